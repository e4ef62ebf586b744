"""Numbers, intervals and times as a person reads them. Every renderer says the same number in the same words."""

from collections.abc import Mapping

import msgspec

from comparators.evidence.gathering import LEFT_OUT
from comparators.evidence.report import HeadReport, NotAnswering, PlanReport, Recomputed, Report
from comparators.metrics.metric import Metric
from comparators.slices.finder import SliceReport
from ground.counted import counted

UNKNOWN = "—"

# Of a kind that leaves something out: the figure that says how much of it changed, and what is said of that.
_NOT_COUNTED = {
    "probabilities": ("probability.total_variation", "probabilities changed by {} (mean total variation)"),
    "embedding": ("embedding.cosine_distance", "directions changed by {} (mean cosine distance)"),
}


def count(n: int) -> str:
    return f"{n:,}"


def number(value: float | None, unit: str) -> str:
    """With its unit; — where it is not known."""
    if value is None:
        return UNKNOWN
    if unit == "share":
        return f"{_percent(value)} %"
    if unit == "ratio":
        return f"{value:.2f}x" if value < 100 else f"{value:,.0f}x"
    return _duration(value) if unit == "ms" else _figure(value)


def interval(metric: Metric) -> str:
    """[lo, hi] in the value's unit, ∞ where it is open; — where neither is known."""
    lo, hi = metric.lo, metric.hi
    if lo is None and hi is None:
        return UNKNOWN
    return f"[{_bound(lo, metric.unit, '-∞')}, {_bound(hi, metric.unit, '∞')}]"


def interval_or_reason(metric: Metric) -> str:
    """The interval, and why it is open; the reason alone where nothing but that is known."""
    if metric.hi is None and not metric.lo:
        return metric.reason
    return interval(metric) + (f"  {metric.reason}" if metric.reason else "")


def figure_of(name: str) -> str:
    """A metric's name without its kind, as words."""
    return name.partition(".")[2].replace("_", " ").replace(".", " ") or name


def kind(head: HeadReport) -> str:
    """What an output is, and which part of it is compared where that is not all."""
    return f"{head.kind} (compared: {head.compared})" if head.compared else head.kind


def not_counted(plan: PlanReport) -> list[str]:
    """Of each output in which more changed than what makes a row disagree: one line, to stand by the rate."""
    lines = []
    for head in plan.heads:
        name, said = _NOT_COUNTED.get(head.kind, ("", ""))
        found = head.metrics.get(name)
        if found is not None and found.value:
            changed = said.format(number(found.value, found.unit))
            lines.append(f"beside it, {head.head or 'the body'}: {changed}")
    return lines


def figures(metrics: Mapping[str, Metric]) -> list[tuple[str, str, str]]:
    """(what, value, interval or the reason why there is none) of each metric that has either."""
    return [
        (figure_of(name), number(each.value, each.unit), interval_or_reason(each)) for name, each in metrics.items()
    ]


WHERE_TO_IGNORE = (
    "Settings that leave them out, for the file of serve --config FILE; "
    "understudy report --recompute --config FILE shows what is left:"
)


def ignoring(plan: PlanReport) -> tuple[str, str]:
    """The lines of the settings that leave out what is new in every answer. TOML's strings are JSON's."""
    return "[compare]", f"ignore = {safe(msgspec.json.encode([each.path for each in plan.volatile]).decode())}"


def sliced(each: SliceReport) -> str:
    """`pressure is missing: 38 % [31, 45] against 1.2 %`"""
    against = f" against {number(each.complement.value, 'share')}" if each.complement.value is not None else ""
    return f"{each.words}: {number(each.value, 'share')} {rate(each)}{against}"


def rate(each: SliceReport) -> str:
    """[lo, hi] of a slice."""
    return f"[{_bound(each.lo, 'share', '-∞')}, {_bound(each.hi, 'share', '∞')}]"


def cell(value: str | float | None, unit: str) -> str:
    """Of a detail's table: text as it is, a count, or a figure in its column's unit."""
    if isinstance(value, str):
        return value
    return count(value) if isinstance(value, int) else number(value, unit)


def window(start: str | None, end: str | None) -> str:
    return f"{time(start)} to {time(end)} UTC" if start else "none compared yet"


def not_answering(silence: NotAnswering) -> str:
    """Since when, why, and by how many calls that was found."""
    tried = f"{counted(silence.calls, 'call')} in a row, the last at {time(silence.last)}"
    return f"the candidate has not answered since {time(silence.since)} UTC ({tried}): {silence.why}"


def recomputed(over: Recomputed) -> str:
    """Which pairs a report was computed anew from, how many, and by what."""
    some = f"{count(over.pairs)} of {counted(over.of, 'pair')}"
    pairs = {
        "all": f"all {counted(over.pairs, 'recorded pair')}",
        "window": f"the newest complete ones, {some}",
        "control": f"a uniform control sample, {some}",
    }
    settings = "the settings of the live report" if over.live_settings else "settings other than the live report's"
    return f"over {pairs[over.over]}, with {settings}"


def change(metric: Metric) -> str:
    """The value with its sign: of a difference."""
    text = number(metric.value, metric.unit)
    return f"+{text}" if metric.value is not None and metric.value > 0 else text


def version(version: str, build: str) -> str:
    named = version or "unversioned"
    return f"{named} ({build})" if build else named


def own_versions(plan: PlanReport, report: Report) -> str:
    """What answered this kind of request, where it is not what the report's head says; else nothing."""
    if plan.versions == report.versions:
        return ""
    production, candidate = (plan.versions[side] for side in ("production", "candidate"))
    told = f"candidate {version(candidate.version, candidate.build)}"
    return f"{told} against {version(production.version, production.build)}, epoch {plan.epoch}"


def time(text: str | None) -> str:
    """RFC 3339 without what a person does not need."""
    return text[:19].replace("T", " ") if text else UNKNOWN


def confidence(alpha: float) -> str:
    return f"{_percent(1 - alpha)} %"


def reasons(counts: dict[str, int]) -> str:
    """`name n, name n`, without those that did not occur."""
    return ", ".join(f"{name} {count(n)}" for name, n in counts.items() if n)


def left_out(report: Report) -> str:
    """How many compared pairs are in none of the numbers, and why; nothing where all are."""
    total = sum(report.left_out.values())
    if not total:
        return ""
    why = ", ".join(f"{count(n)} {LEFT_OUT[reason]}" for reason, n in report.left_out.items())
    return f"{count(total)} of {count(report.coverage['compared'])} compared pairs are in no number below: {why}"


def safe(text: str) -> str:
    """One line without control characters: a path or a body must not move a terminal's cursor."""
    return "".join(each if each.isprintable() else " " for each in text)


def _bound(value: float | None, unit: str, unbounded: str) -> str:
    if value is None:
        return unbounded
    return number(value, unit).removesuffix(" %").removesuffix(" ms") if unit != "ratio" else f"{value:.2f}"


def _figure(value: float) -> str:
    """Four significant digits."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _percent(share: float) -> str:
    percent = 100 * share
    size = abs(percent)
    decimals = 1 if 10 <= size < 99 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    text = f"{percent:.{decimals}f}"
    if text.lstrip("-").strip("0.") == "" and share != 0:
        return "<0.0001" if share > 0 else ">-0.0001"
    if text == "100.00" and share < 1:
        return "99.99"  # whatever is not all is never called all
    return _trimmed(text)


def broken(report: Report) -> list[str]:
    """What of the report could not be made."""
    return [f"{each.part or 'the body'} of {each.plan} is broken: {each.error}" for each in report.broken]


def _duration(ms: float) -> str:
    size = abs(ms)
    if size >= 10_000:
        return f"{ms / 1000:,.1f} s"
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{ms:,.{decimals}f} ms"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
