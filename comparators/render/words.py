"""Numbers, intervals and times as a person reads them. Every renderer says the same number in the same words."""

from typing import assert_never

from comparators.metrics.document import (
    BarChart,
    Code,
    Curve,
    Histogram,
    Inline,
    IntervalBar,
    Line,
    Mark,
    MetricValue,
    Moment,
    Number,
    Rest,
)
from comparators.metrics.metric import COUNT
from ground.plurals import counted
from ground.printable import blanked

UNKNOWN = "—"
COUNTED = "counted"  # what was counted of everything there is has no interval
_UNITS = "xms%/ "  # the characters of units behind a number
_NOISE = 1e-12  # what is nearer to 0 is what sums of binary fractions leave
_LONG_EVIDENCE = 1e6  # an e-value beyond is told by its power of ten
_MOST_EVIDENCE = 1e300  # near the largest double, which stands for all that are larger
_LONGEST = 1e15  # written out; beyond, a double does not hold each digit


def left_out(number: int | None) -> str:
    """What stands behind a text that is not whole; nothing behind one that is."""
    return "…" if number is None else f"… ({number:,} more)" if number else ""


def line(inlines: Line) -> str:
    """As plain text without control characters."""
    return "".join(map(said, inlines))


def said(each: Inline) -> str:
    match each:
        case str():
            return blanked(each)
        case Code() | Mark():
            return blanked(each.text)
        case Number():
            return number(each.value, each.unit)
        case Moment():
            return time(each.at)
        case MetricValue():
            return f"{value(each)}  {about(each)}"
        case _:
            assert_never(each)


def count(n: float) -> str:
    return f"{n:,.0f}"


def number(value: float | None, unit: str) -> str:
    """With its unit; — where it is not known."""
    if value is None:
        return UNKNOWN
    if unit == "count":
        return count(value)
    if unit == "share":
        return f"{_percent(value)} %"
    if unit == "ratio":
        return f"{_ratio(value)}x"
    if unit == "evidence":
        return _evidence(value)
    if unit == "per_s":
        return f"{_plain(value)}/s"
    return _duration(value, _is_long(value)) if unit == "ms" else _plain(value)


def value(metric: MetricValue) -> str:
    """Of a difference with its sign."""
    text = number(metric.value, metric.unit)
    return f"+{text}" if metric.signed and metric.value is not None and metric.value > 0 else text


def interval(metric: MetricValue) -> str:
    """[lo, hi] in the value's unit, ∞ where it is open; — where neither is known."""
    lo, hi = metric.lo, metric.hi
    if metric.method == COUNT:
        return COUNTED
    if lo is None and hi is None:
        return UNKNOWN
    return f"[{_bound(lo, metric, '-∞')}, {_bound(hi, metric, '∞')}]"


def is_bounded(metric: MetricValue) -> bool:
    """Whether an interval says anything."""
    return metric.hi is not None or bool(metric.lo)


def interval_or_reason(metric: MetricValue) -> str:
    """The interval, and why it is open; the reason alone where nothing but that is known."""
    return "  ".join(filter(None, (interval(metric) if is_bounded(metric) else "", metric.reason)))


def about(metric: MetricValue) -> str:
    """What is said beside a value: how sure it is, and of how many requests."""
    return f"{interval_or_reason(metric)} of {counted(metric.n, 'request')}"


def scale(bar: IntervalBar) -> str:
    """Where the bar ends."""
    return number(bar.end, "share")


def bar(block: IntervalBar) -> str:
    lo, hi = (number(end, "share") for end in (block.lo, block.hi))
    return f"{number(block.value, 'share')}, between {lo} and {hi}"


def span(block: Histogram) -> str:
    """What a histogram shows, and between which values."""
    low, high = (number(edge, block.unit) for edge in (block.edges[0], block.edges[-1]))
    return f"{block.title}, from {low} to {high}"


def beyond(curve: Curve) -> str:
    """Of a side's calls."""
    return f"{number(curve.beyond, 'share')} cut off"


SET = "set"  # of a place that settings name


def up_to(share: float) -> str:
    """How high a series of bars is."""
    return f"up to {number(share, 'share')}"


def chart(block: BarChart) -> str:
    """What bars show, over which places, and how high they are."""
    first, last = (number(block.places[at], block.unit) for at in (0, -1))
    return f"{block.title}, from {first} to {last}: {up_to(max(block.totals))}"


def rest(left: Rest) -> str:
    return f"and {count(left.number)} {left.where}"


def time(text: str) -> str:
    """RFC 3339 without what a person does not need."""
    return text[:19].replace("T", " ")


def _bound(bound: float | None, metric: MetricValue, unbounded: str) -> str:
    """In the value's unit, which is said there; with a unit of its own where there is no value."""
    if bound is None:
        return unbounded
    if metric.value is None:
        return number(bound, metric.unit)
    if metric.unit == "ms":
        bare = _duration(bound, _is_long(metric.value))
    else:
        bare = number(bound, metric.unit)
    return bare.rstrip(_UNITS)


def _evidence(value: float) -> str:
    if value >= _MOST_EVIDENCE:
        return f"over {_MOST_EVIDENCE:g}"
    return f"{value:.3g}" if value >= _LONG_EVIDENCE else _plain(value)


def _plain(value: float) -> str:
    """Four significant digits."""
    if 0 < abs(value) < _NOISE:
        return f"<{_NOISE:g}" if value > 0 else f">-{_NOISE:g}"
    return f"{value:,.0f}" if 9_999.5 <= abs(value) < _LONGEST else f"{value:.4g}"


def _percent(share: float) -> str:
    percent = 100 * share
    size = abs(percent)
    decimals = 1 if 10 <= size < 99 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    text = _decimal(percent, decimals)
    if text.endswith("100.00") and size < 100:
        text = text.replace("100.00", "99.99")  # whatever is not all is never called all
    return _trimmed(text)


def _ratio(ratio: float) -> str:
    return _decimal(ratio, 0 if ratio >= 100 else 2 if ratio >= 0.1 else 3 if ratio >= 0.01 else 4)


def _is_long(ms: float) -> bool:
    """Whether it is said in seconds."""
    return abs(ms) >= 10_000


def _duration(ms: float, in_seconds: bool) -> str:
    length = ms / 1000 if in_seconds else ms
    size = abs(length)
    decimals = 1 if size >= 10 else 2 if size >= 1 else 3
    if in_seconds:
        return f"{_decimal(length, decimals)} s"
    return f"{_decimal(length, 0 if size >= 100 else decimals)} ms"


def _decimal(value: float, decimals: int) -> str:
    """Whatever is not nothing is never called nothing."""
    text = f"{value + 0.0:,.{decimals}f}"  # + 0.0: -0 has no sign
    if value == 0 or text.strip("-0."):
        return text
    least = f"{10**-decimals:.{decimals}f}"
    return f"<{least}" if value > 0 else f">-{least}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
