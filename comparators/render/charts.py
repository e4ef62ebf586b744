"""The page's drawings, as SVG. Sizes are drawing; shares and edges are the document's. Colours are the style's."""

import math
from collections.abc import Sequence

from comparators.metrics.document import BarChart, Histogram, IntervalBar
from comparators.render import words
from comparators.render.markup import Markup, tag

_WIDTH, _HEIGHT = 720, 150
_STEPS = (1, 2, 5)
_APART = 60  # of the names of an axis, at least


def scale(bar: IntervalBar) -> Markup:
    """The interval of a share as a band, its value as a mark."""
    left, right = _WIDTH * bar.lo / bar.end, _WIDTH * bar.hi / bar.end
    parts = [
        tag("rect", x=0, y=8, width=_WIDTH, height=6, rx=3, class_="rail"),
        tag("rect", x=0, y=8, width=_at(left), height=6, rx=3, class_="certain"),
        tag("rect", x=_at(left), y=4, width=_at(max(2.0, right - left)), height=14, rx=3, class_="band"),
    ]
    if bar.value is not None:
        place = _at(min(_WIDTH - 1.5, max(1.5, _WIDTH * bar.value / bar.end)))
        parts.append(tag("line", x1=place, x2=place, y1=0, y2=22, class_="mark"))
    drawing = tag("svg", *parts, viewBox=f"0 0 {_WIDTH} 22", role="img", aria_label=words.bar(bar))
    return tag("div", drawing, tag("small", "0", tag("span", words.scale(bar))), class_="scale")


def share(part: float) -> Markup:
    """A short bar for a share of a table's row."""
    rail = tag("rect", x=0, y=0, width=120, height=8, rx=2, class_="rail")
    bar = tag("rect", x=0, y=0, width=_at(max(1.0, 120 * min(1.0, part))), height=8, rx=2, class_="certain")
    return tag("svg", rail, bar, viewBox="0 0 120 8", class_="share", aria_hidden="true")


def distributions(block: Histogram) -> Markup:
    """All curves over one axis, as overlaid areas."""
    top = max(max(curve.shares) for curve in block.curves) or 1.0
    areas = (_area(curve.shares, top, curve.side) for curve in block.curves)
    base = tag("line", x1=0, x2=_WIDTH, y1=_HEIGHT, y2=_HEIGHT, class_="axis")
    box = f"0 0 {_WIDTH} {_HEIGHT + 26}"
    return tag(
        "svg", *areas, base, *_axis(block), viewBox=box, class_="chart", role="img", aria_label=words.span(block)
    )


def bars(block: BarChart) -> Markup:
    """A column for each place, in which the series stand upon each other, and a line where settings have theirs."""
    top, wide = max(block.totals) or 1.0, _WIDTH / len(block.places)
    parts: list[Markup] = []
    below = [0.0] * len(block.places)
    for each in block.series:
        for place, part in enumerate(each.shares):
            high = 0.9 * _HEIGHT * part / top
            box = {"x": _at(wide * (place + 0.1)), "width": _at(0.8 * wide), "height": _at(high)}
            parts.append(tag("rect", y=_at(_HEIGHT - below[place] - high), **box, class_=each.side))
            below[place] += high
    middles = (_at(wide * (place + 0.5)) for place in block.set_at)
    parts += [tag("line", x1=middle, x2=middle, y1=0, y2=_HEIGHT, class_="set") for middle in middles]
    base = tag("line", x1=0, x2=_WIDTH, y1=_HEIGHT, y2=_HEIGHT, class_="axis")
    label, size = words.chart(block), f"0 0 {_WIDTH} {_HEIGHT + 26}"
    return tag("svg", *parts, base, *_places(block), viewBox=size, class_="chart", role="img", aria_label=label)


def _places(block: BarChart) -> list[Markup]:
    """Names below the columns, as many as there is room for."""
    wide, count = _WIDTH / len(block.places), len(block.places)
    shown = range(0, count, math.ceil(44 / wide))
    names = {place: words.number(block.places[place], block.unit) for place in shown}
    return [
        tag("text", name, x=_at(wide * (place + 0.5)), y=_HEIGHT + 20, text_anchor="middle")
        for place, name in names.items()
    ]


def _area(shares: Sequence[float], top: float, side: str) -> Markup:
    """Steps, since columns are counts: a smooth line would show values that nobody measured."""
    wide = _WIDTH / len(shares)
    steps = "".join(
        f"L{_at(wide * i)} {_at(_HEIGHT * (1 - 0.94 * each / top))}H{_at(wide * (i + 1))}"
        for i, each in enumerate(shares)
    )
    return tag("path", d=f"M0 {_HEIGHT}{steps}V{_HEIGHT}Z", class_=side)


def _axis(block: Histogram) -> list[Markup]:
    marks: list[Markup] = []
    last = -float(_APART)
    for tick, part in _log_ticks(block.edges) if block.scale == "log" else _linear_ticks(block.edges):
        place = _WIDTH * part
        if 24 <= place <= _WIDTH - 24 and place - last >= _APART:
            last = place
            marks.append(tag("line", x1=_at(place), x2=_at(place), y1=_HEIGHT, y2=_HEIGHT + 5, class_="axis"))
            marks.append(tag("text", _tick(tick, block.unit), x=_at(place), y=_HEIGHT + 20, text_anchor="middle"))
    return marks


def _log_ticks(edges: Sequence[float]) -> list[tuple[float, float]]:
    """Round numbers, and what part of the axis lies before each: powers of ten alone where there are many."""
    low, high = math.log10(edges[0]), math.log10(edges[-1])
    steps = _STEPS if (high - low) * _APART * len(_STEPS) < _WIDTH else (1,)
    ticks = [step * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for step in steps]
    return [(tick, (math.log10(tick) - low) / (high - low)) for tick in ticks]


def _linear_ticks(edges: Sequence[float]) -> list[tuple[float, float]]:
    """Likewise, multiples of one round number."""
    low, wide = edges[0], edges[-1] - edges[0]
    power = 10.0 ** math.floor(math.log10(wide))
    step = next(each for each in (power / 10, power / 5, power / 2, power, 2 * power) if wide / each * _APART <= _WIDTH)
    first = math.ceil(low / step)
    return [(at * step, (at * step - low) / wide) for at in range(first, first + math.ceil(wide / step) + 1)]


def _tick(value: float, unit: str) -> str:
    if unit != "ms":
        return f"{value:.10g}"
    if value >= 1000:
        return f"{value / 1000:g} s"
    return f"{value:g} ms" if value >= 1 else f"{value * 1000:g} µs"


def _at(place: float) -> str:
    return f"{place:.1f}"
