"""The slices of one kind of request in a report, from its sums: by how often it disagrees, and by how far apart both
answers are in each of its outputs.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import structs

from comparators.compare.kinds import KINDS, Distance, kind_of
from comparators.evidence.report import DistanceSlice, PlanSlice
from comparators.pairs.summary import PlanSummary
from comparators.slices.conditions import Condition, Conditions
from comparators.slices.finder import Rate, SliceFindings, SliceReport, find, with_later
from comparators.slices.later import MAX_LATER
from comparators.slices.slicing import name_of
from comparators.slices.sums import SliceSums
from comparators.view import View

LATER = 0.2  # of alpha: for conditions on what is first seen later, whether that comes or not


class _ToFind(NamedTuple):
    """What slices by some conditions are found in: disagreement, and the distances in some outputs. Half of their part
    of alpha is the former's, where there are any of the latter, which share the other half.
    """

    conditions: Conditions
    disagreement: SliceSums
    distances: dict[str, SliceSums]
    alpha: float  # their part of it
    is_later: bool

    @property
    def part(self) -> float:
        return self.alpha / 2 if self.distances else self.alpha


def slices_of(key: str, own: PlanSummary, conditions: Sequence[Conditions], view: View) -> list[PlanSlice]:
    """By the first conditions, and by later ones."""
    effect = own.design_effect().measured
    several = [
        (find(each.conditions, each.disagreement, view, effect, each.part), each.is_later)
        for each in _to_find(own, conditions)
    ]
    return [PlanSlice(plan=view.key(key), later=later, **structs.asdict(found)) for found, later in _joined(several)]


def distance_slices_of(key: str, own: PlanSummary, conditions: Sequence[Conditions], view: View) -> list[DistanceSlice]:
    """Those that are named, output by output."""
    several = list(_to_find(own, conditions))
    slices: list[DistanceSlice] = []
    for output in sorted(own.heads):
        distance = KINDS[kind_of(own.heads[output])].distance
        if distance is not None:
            shown, whole = (view.key(key), view.shown_path(output)), distance.whole(own.heads[output])
            named = _named_by_distance(output, several, view, own.design_effect().greatest)
            slices += [_by_distance(*shown, distance, whole, found, later) for found, later in named]
    return slices


def _named_by_distance(
    output: str, several: Sequence[_ToFind], view: View, effect: float
) -> Iterator[tuple[SliceReport, bool]]:
    """And whether they are by later conditions."""
    found = [
        (find(each.conditions, each.distances[output], view, effect, each.part / len(each.distances)), each.is_later)
        for each in several
        if output in each.distances
    ]
    yield from ((one, later) for one, later in _joined(found) if one.named)


def _joined(several: Iterable[tuple[SliceFindings, bool]]) -> list[tuple[SliceReport, bool]]:
    """Each with whether it is by later conditions. One that most of an earlier named slice's requests account for goes
    under that one, unless it was asked for.
    """
    joined: list[tuple[SliceReport, bool]] = []
    for found, is_later in several:
        own: list[tuple[SliceReport, bool]] = []
        for each, under in zip(found.slices, found.under, strict=True):
            leader = None if each.configured or not each.named else _leader(joined, under)
            if leader is None:
                own.append((each, is_later))
            else:
                joined[leader] = with_later(joined[leader][0], each), joined[leader][1]
        joined += own
    return joined


def _leader(joined: Sequence[tuple[SliceReport, bool]], under: Sequence[Condition]) -> int | None:
    """The place of the first that is named for one of these conditions."""
    named = (
        at for at, (each, _) in enumerate(joined) if each.named and each.second is None and each.condition in under
    )
    return next(named, None)


def _to_find(own: PlanSummary, conditions: Sequence[Conditions]) -> Iterator[_ToFind]:
    for place, each in enumerate(conditions):
        fingerprint = each.fingerprint()
        found = {output: own.slices.get(name_of(fingerprint, output)) for output in own.heads}
        distances = {output: sums for output, sums in found.items() if sums is not None}
        alpha = LATER / MAX_LATER if place else 1 - LATER
        yield _ToFind(each, own.slices.get(name_of(fingerprint), SliceSums()), distances, alpha, place > 0)


def _by_distance(
    plan: str, head: str, distance: Distance, whole: float, found: SliceReport, is_later: bool
) -> DistanceSlice:
    return DistanceSlice(
        plan=plan,
        later=is_later,
        head=head,
        distance=distance.label,
        unit=distance.unit,
        words=found.words,
        source=found.source,
        feature=found.feature,
        condition=found.condition,
        second=found.second,
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
