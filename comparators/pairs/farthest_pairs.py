"""The pairs whose answers are farthest apart, output by output: a few of them are shown beside the first examples.

Of each output the MAX_FARTHEST farthest ones, by how far apart both values are; of equal ones those with the smallest
ids. Whoever keeps these of any parts keeps them of the whole, in whatever order pairs come.
"""

from bisect import insort
from typing import NamedTuple

from msgspec import Struct

from comparators.compare.kinds import KINDS, HeadSums, kind_of
from comparators.metrics.definition import Unit
from comparators.pairs.comparison import Comparison
from comparators.pairs.examples import Example
from comparators.pairs.heads import measured
from comparators.pairs.summary import PlanSummary
from comparators.statistics.exact import ONE

MAX_FARTHEST = 5  # of one output
MAX_OUTPUTS = 500  # of an epoch, that one worker follows; of what comes after them nothing is taken
LEAST_SHARE = ONE // 100  # of the largest distance there is: less, where the request agrees, nobody wants to see


class OutputPlace(NamedTuple):
    """An output, by its pointer, of a kind of request in an epoch."""

    epoch: int
    plan: str
    output: str


class FarthestPair(Struct, frozen=True, kw_only=True):
    """`size`: how far apart both values of the output are, in `unit`; None where that is infinite."""

    plan: str
    head: str
    distance: str
    unit: Unit
    size: float | None
    example: Example


class FarthestChooser:
    """Which pairs of an epoch are among the farthest of all that this one was asked about."""

    def __init__(self) -> None:
        self._kept: dict[OutputPlace, list[tuple[float, str]]] = {}  # each -size and id, the farthest first

    def wants(self, epoch: int, exchange: str, found: Comparison) -> list[tuple[OutputPlace, float]]:
        """In which outputs the pair of this exchange is, and how far apart both sides are there."""
        return [
            (place, size)
            for output, size in found.sizes.items()
            if found.rows_disagreeing or found.distances[output] >= LEAST_SHARE
            if self._takes(place := OutputPlace(epoch, found.plan, output), (-size, exchange))
        ]

    def _takes(self, place: OutputPlace, pair: tuple[float, str]) -> bool:
        if place not in self._kept and len(self._kept) >= MAX_OUTPUTS:
            return False
        kept = self._kept.setdefault(place, [])
        if pair in kept or (len(kept) == MAX_FARTHEST and pair > kept[-1]):
            return False
        insort(kept, pair)
        del kept[MAX_FARTHEST:]
        return True


def outputs_of(own: PlanSummary) -> list[str]:
    """Those whose pairs are told apart by how far apart they are, by pointer."""
    return measured({pointer: kind_of(sums) for pointer, sums in own.heads.items()})


def farthest_pair(plan: str, head: str, sums: HeadSums, size: float, example: Example) -> FarthestPair | None:
    """`plan` and `head` as a person may see them; None for a kind of output without a distance."""
    distance = KINDS[kind_of(sums)].distance
    if distance is None:
        return None
    known = size if size < float("inf") else None
    return FarthestPair(plan=plan, head=head, distance=distance.label, unit=distance.unit, size=known, example=example)
