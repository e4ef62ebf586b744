"""The values of both sides as distributions: a picture over one axis, and how far they are apart. Pure.

For information: what makes a request disagree is its own two values, and two models may have the same distribution and
agree on nothing. Each request counts once on each side.
"""

from itertools import accumulate

from msgspec import field

from comparators.compare.detail import Detail, Picture, PictureCurve
from comparators.compare.extent import NOT_TOLD, Extent
from comparators.compare.row_stack import Numbers
from comparators.statistics.axis_histogram import AxisHistogram
from comparators.statistics.sample_distances import sample_distances
from comparators.statistics.sums import Sums

COLUMNS = 48
TAIL = 0.001  # of all values on either end: in the first column and the last one, whatever they are
_FINER = 30  # bits below an output's size: what is told apart at all
WHOLE = Extent(scale=_FINER)  # of counts: none is finer than one


class BothSides(Sums, kw_only=True):
    production: AxisHistogram = field(default_factory=AxisHistogram)
    candidate: AxisHistogram = field(default_factory=AxisHistogram)

    def add_all(self, p: Numbers, c: Numbers, extent: Extent = NOT_TOLD) -> None:
        """Of the same requests, all finite."""
        self.production.add_all(p, extent.scale - _FINER)
        self.candidate.add_all(c, extent.scale - _FINER)


def told(sums: BothSides, title: str, *, whole: bool = False) -> list[Detail]:
    """`title` says of what; `whole`: of whole numbers. Nothing where there are no values."""
    found = sample_distances(sums.production, sums.candidate, whole=whole)
    if found is None:
        return []
    names = ("Wasserstein-1 distance", "Kolmogorov-Smirnov statistic", "population stability index")
    detail = Detail(
        title=f"{title} of both sides, as distributions",
        columns=("", "value", "off by binning, at most"),
        units=("", "value", "value"),
        rows=[(name, *each) for name, each in zip(names, found, strict=True)],
        pictures=_pictures(sums, title),
    )
    return [detail]


def _pictures(sums: BothSides, title: str) -> tuple[Picture, ...]:
    """None where there is nothing but one cell."""
    step = max(each.step or 0 for each in (sums.production, sums.candidate))
    sides = sums.production.at(step), sums.candidate.at(step)
    first, last = _middle([*sides[0].items(), *sides[1].items()])
    wide = -(-(last + 1 - first) // COLUMNS)
    number = -(-(last + 1 - first) // wide)
    if number < 2:
        return ()
    picture = Picture(
        title=title,
        unit="value",
        scale="linear",
        edges=tuple((first + wide * at) * 2.0**step for at in range(number + 1)),
        curves=(
            PictureCurve("production", _columns(sides[0], first, wide, number)),
            PictureCurve("candidate", _columns(sides[1], first, wide, number)),
        ),
    )
    return (picture,)


def _middle(cells: list[tuple[int, int]]) -> tuple[int, int]:
    """The first and the last cell without the tails."""
    ordered = sorted(cells)
    tail = TAIL * sum(count for _, count in ordered)
    return _beyond(ordered, tail), _beyond(ordered[::-1], tail)


def _beyond(cells: list[tuple[int, int]], tail: float) -> int:
    """The cell before which not more than the tail lies."""
    numbers, counts = zip(*cells, strict=True)
    place = next(at for at, passed in enumerate(accumulate(counts)) if passed > tail)
    found: int = numbers[place]
    return found


def _columns(side: dict[int, int], first: int, wide: int, number: int) -> tuple[float, ...]:
    counts = [0] * number
    for cell, count in side.items():
        counts[min(number - 1, max(0, (cell - first) // wide))] += count
    return tuple(count / sum(side.values()) for count in counts)
