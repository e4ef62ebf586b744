"""Drawings out of characters, for text and Markdown. Sizes are drawing; the shares are the document's."""

from collections.abc import Iterable
from itertools import chain

from comparators.metrics.document import BarChart, Curve, Histogram, IntervalBar
from comparators.render import words

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def bar(block: IntervalBar, width: int) -> str:
    """Solid up to what is certain, shaded up to what is possible."""
    certain, possible = round(width * block.lo / block.end), max(1, round(width * block.hi / block.end))
    return f"{'█' * certain}{'▒' * (possible - certain)}{'·' * (width - possible)}"


def histogram(block: Histogram) -> Iterable[str]:
    """A line for each side, and the edges of both below."""
    top = max(max(curve.shares) for curve in block.curves) or 1.0
    for curve in block.curves:
        drawn = "".join(_EIGHTHS[_eighth(share / top)] for share in curve.shares)
        yield f"{curve.side:>10} {drawn}{_beyond(curve)}"
    low, high = (words.number(edge, block.unit) for edge in (block.edges[0], block.edges[-1]))
    yield f"{'':10} {low}{high:>{max(1, len(block.edges) - 1 - len(low))}}"


def bars(block: BarChart) -> Iterable[str]:
    """A line for each series, all on one scale; below them the ends of both, and where settings have their place."""
    wide = max(len(each.title) for each in block.series)
    top = max(chain.from_iterable(each.shares for each in block.series)) or 1.0
    for each in block.series:
        drawn = "".join(2 * _EIGHTHS[_eighth(share / top)] for share in each.shares)
        yield f"{each.title:>{wide}} {drawn} {words.up_to(max(each.shares))}"
    first, last = (words.number(block.places[at], block.unit) for at in (0, -1))
    yield f"{'':{wide}} {first}{last:>{max(1, 2 * len(block.places) - len(first))}}"
    if block.set_at:
        marks = "".join("▲ " if at in block.set_at else "  " for at in range(len(block.places)))
        yield f"{words.SET:>{wide}} {marks.rstrip()}"


def _beyond(curve: Curve) -> str:
    return f" {words.beyond(curve)}" if curve.beyond else ""


def _eighth(share: float) -> int:
    """What is there at all is seen."""
    return min(8, max(1, round(8 * share))) if share else 0
