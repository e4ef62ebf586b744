"""The slices of one kind of request in a report, from its sums: by how often it disagrees, and by how far apart both
answers are in each of its outputs.
"""

from typing import NamedTuple

from msgspec import structs

from comparators.compare.kinds import KINDS, Distance, kind_of
from comparators.evidence.report import DistanceSlice, PlanSlice
from comparators.pairs.summary import PlanSummary
from comparators.slices.conditions import Conditions
from comparators.slices.finder import Rate, SliceReport, find
from comparators.slices.slicing import name_of
from comparators.slices.sums import SliceSums
from comparators.view import View


class _ToFind(NamedTuple):
    """What slices of a kind of request are found in: disagreement, and the distances in some outputs. Half of alpha is
    the former's, where there are any of the latter, which share the other half.
    """

    disagreement: SliceSums
    distances: dict[str, SliceSums]

    @classmethod
    def of(cls, own: PlanSummary, conditions: Conditions) -> "_ToFind":
        fingerprint = conditions.fingerprint()
        found = {output: own.slices.get(name_of(fingerprint, output)) for output in sorted(own.heads)}
        distances = {output: sums for output, sums in found.items() if sums is not None}
        return cls(own.slices.get(name_of(fingerprint), SliceSums()), distances)

    @property
    def part(self) -> float:
        return 0.5 if self.distances else 1.0


def slices_of(key: str, own: PlanSummary, conditions: Conditions, view: View) -> list[PlanSlice]:
    found = _ToFind.of(own, conditions)
    slices = find(conditions, found.disagreement, view, own.design_effect().measured, found.part).slices
    return [PlanSlice(plan=view.key(key), **structs.asdict(each)) for each in slices]


def distance_slices_of(key: str, own: PlanSummary, conditions: Conditions, view: View) -> list[DistanceSlice]:
    """Those that are named."""
    found, effect = _ToFind.of(own, conditions), own.design_effect().greatest
    slices: list[DistanceSlice] = []
    for output, sums in found.distances.items():
        distance = KINDS[kind_of(own.heads[output])].distance
        if distance is not None:
            named = find(conditions, sums, view, effect, found.part / len(found.distances)).slices
            shown, whole = (view.key(key), view.shown_path(output)), distance.whole(own.heads[output])
            slices += [_by_distance(*shown, distance, whole, each) for each in named if each.named]
    return slices


def _by_distance(plan: str, head: str, distance: Distance, whole: float, found: SliceReport) -> DistanceSlice:
    return DistanceSlice(
        plan=plan,
        head=head,
        distance=distance.label,
        unit=distance.unit,
        words=found.words,
        source=found.source,
        feature=found.feature,
        condition=found.condition,
        within=_in_units(Rate(found.n, found.value, found.lo, found.hi), whole),
        elsewhere=_in_units(found.complement, whole),
        e_value=found.e_value or 0.0,
        e_value_needed=found.e_value_needed,
        method=found.method,
        alpha=found.alpha,
        also=tuple(each.words for each in found.also),
        also_not_listed=found.also_not_listed,
    )


def _in_units(share: Rate, whole: float) -> Rate:
    value = None if share.value is None else share.value * whole
    return Rate(share.n, value, share.lo * whole, share.hi * whole)
