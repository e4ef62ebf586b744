"""Evidence: what a report is about. Of each kind of request the sums of its current epoch. Pure.

Models behind one prefix tell versions of their own, and change them when they like, so each kind of request has its own
current epoch: the one with its latest pair. All these are of one generation and under the same settings.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec import structs

from comparators.evidence.epochs import Epoch
from comparators.extract.version import UNNAMED, VARIOUS, ModelVersion
from comparators.pairs.summary import PlanSummary, Summary
from comparators.plans.plan import NO_REVISION
from comparators.slices.sums import SliceSums


class Versions(NamedTuple):
    production: ModelVersion
    candidate: ModelVersion


# Why a compared pair is in none of the report's numbers.
LEFT_OUT = {
    "other_version": "under versions other than the latest",
    "other_plan": "by an earlier plan of how they are read",
    "other_settings": "under settings other than the latest",
    "earlier": "before the candidate was changed or restarted, or in sums of another release",
    "other_epoch": "in epochs other than the one asked for",
    "not_recomputed": "not among the pairs compared anew",
}
NOTHING: Mapping[str, int] = MappingProxyType({})

Current = Mapping[str | None, tuple[Epoch, ...]]


class Evidence(NamedTuple):
    """The sums; by kind of request (None: those beyond the bound) what they are of; and the epochs' numbers.

    `current`: first the current epoch, then those of which it cannot be told whether they are another one. `left_out`:
    compared pairs that are not in the sums, by reason; `others` is the reason of those that were not even read.
    """

    summary: Summary
    current: Current
    numbers: Mapping[Epoch, int]  # without those that were never compared live
    left_out: Mapping[str, int] = NOTHING
    others: str = "earlier"

    @property
    def about(self) -> Epoch | None:
        """The epoch with the latest pair: generation and settings are those of all. None: no evidence yet."""
        last = ((_last_ns(own), plan) for plan, own in self.summary.parts() if plan in self.current)
        latest = max(last, key=lambda each: (each[0], each[1] or ""), default=None)
        return None if latest is None else self.current[latest[1]][0]

    @property
    def number(self) -> int:
        """The number of the epoch that the report is about; 0 where it has none."""
        return 0 if self.about is None else self.numbers.get(self.about, 0)

    def compared(self) -> int:
        """How many compared pairs were read: those in the sums, and those left out of them."""
        return sum(own.compared for _, own in self.summary.parts()) + sum(self.left_out.values())

    def all_left_out(self, compared: int) -> dict[str, int]:
        """Of so many compared pairs, those that are not in the sums, by reason."""
        rest = compared - self.compared()
        return {**self.left_out, **({self.others: rest} if rest > 0 else {})}

    def counting(self, slices: Mapping[str, Mapping[str, SliceSums]]) -> "Evidence":
        """With these added to the slices of the kinds of request."""
        plans = dict(self.summary.plans)
        for plan, more in slices.items():
            if plan in plans:
                plans[plan] = plans[plan].with_slices(more)
        return self._replace(summary=structs.replace(self.summary, plans=plans))

    @property
    def versions(self) -> Versions:
        """Of all kinds of request together: VARIOUS where they tell different ones, or some of them none."""
        current = [epochs[0] for epochs in self.current.values()]
        return Versions(
            _common({epoch.production_version for epoch in current}),
            _common({epoch.candidate_version for epoch in current}),
        )

    def epoch_of(self, plan: str | None) -> Epoch | None:
        return self.current[plan][0] if plan in self.current else None

    def plans_by_number(self) -> dict[int, list[str]]:
        """The kinds of request whose sums are of it, by the epoch's number."""
        found: dict[int, list[str]] = defaultdict(list)
        for plan, epochs in self.current.items():
            for number in (self.numbers[epoch] for epoch in epochs if epoch in self.numbers):
                found[number] += [plan] if plan is not None else []
        return found


NONE_YET = Evidence(Summary(), {}, {})


def versions_of(epoch: Epoch | None) -> Versions:
    """What has not been heard has no name."""
    if epoch is None:
        return Versions(UNNAMED, UNNAMED)
    return Versions(epoch.production_version or UNNAMED, epoch.candidate_version or UNNAMED)


def latest(found: Mapping[int, Summary], epochs: Mapping[int, Epoch]) -> Evidence:
    """Out of the sums of some epochs: those under the settings of the latest pair."""
    numbered = {epochs[number]: number for number in sorted(found)}
    by_epoch = {epoch: found[number] for epoch, number in numbered.items()}
    last = max(
        ((_last_ns(own), numbered[epoch]) for epoch, summary in by_epoch.items() for _, own in summary.parts()),
        default=None,
    )
    if last is None:
        return NONE_YET
    basis = epochs[last[1]].basis
    own = {epoch: summary for epoch, summary in by_epoch.items() if epoch.basis == basis}
    current = current_of(own)
    return Evidence(gathered(own, current), current, numbered, _left_out(by_epoch, basis, current))


def _left_out(found: Mapping[Epoch, Summary], basis: str, current: Current) -> dict[str, int]:
    left: Counter[str] = Counter()
    for epoch, summary in found.items():
        for plan, own in summary.parts():
            if epoch.basis != basis:
                left["other_settings"] += own.compared
            elif epoch not in current[plan]:
                left[why_left_out(epoch, current[plan])] += own.compared
    return {reason: left[reason] for reason in LEFT_OUT if left[reason]}


def current_of(found: Mapping[Epoch, Summary]) -> dict[str | None, tuple[Epoch, ...]]:
    """By kind of request, as Evidence has them.

    What failed before anything had answered in its partition tells no version: such pairs go with the current epoch, if
    they may be of it, or a candidate that fails often would have a spotless epoch beside a bad one, and one that fails
    until it is warm no failure at all.
    """
    by_plan: dict[str | None, dict[Epoch, PlanSummary]] = defaultdict(dict)
    for epoch, summary in found.items():
        for plan, own in summary.parts():
            by_plan[plan][epoch] = own
    return {plan: _with_unheard(own) for plan, own in by_plan.items()}


def _with_unheard(own: Mapping[Epoch, PlanSummary]) -> tuple[Epoch, ...]:
    places = {epoch: place for place, epoch in enumerate(own)}
    current = max(own, key=lambda epoch: (epoch.revision, _heard(epoch), _last_told_ns(own[epoch]), places[epoch]))
    others = [epoch for epoch in own if epoch != current and _may_be(epoch, current)]
    if any(_is_replaced_by(current, epoch, own) for epoch in own):
        since_ns = _first_ns(own[current])
        others = [epoch for epoch in others if _last_ns(own[epoch]) >= since_ns]
    return (current, *others)


def _is_replaced_by(current: Epoch, other: Epoch, own: Mapping[Epoch, PlanSummary]) -> bool:
    """Whether it is of other versions, which answered before: failures of that time are theirs."""
    is_other = versions_of(other) != versions_of(current)
    return _heard(other) == 2 and is_other and _first_ns(own[other]) < _first_ns(own[current])


def _heard(epoch: Epoch) -> int:
    return (epoch.production_version is not None) + (epoch.candidate_version is not None)


def _may_be(epoch: Epoch, current: Epoch) -> bool:
    production, candidate = epoch.production_version, epoch.candidate_version
    if epoch.revision not in (NO_REVISION, current.revision):
        return False
    return production in (None, current.production_version) and candidate in (None, current.candidate_version)


def why_left_out(epoch: Epoch, current: Sequence[Epoch]) -> str:
    """A reason of LEFT_OUT, of an epoch under the same settings that is none of these."""
    is_by_other_plan = bool(current) and epoch.revision not in (NO_REVISION, current[0].revision)
    return "other_plan" if is_by_other_plan else "other_version"


def gathered(found: Mapping[Epoch, Summary], current: Current) -> Summary:
    """Of each kind of request the sums of its epochs. Those of an only epoch are not copied: nobody changes them."""
    only = next(iter(found.values())) if len(found) == 1 else None
    if only is not None and all(plan in current for plan, _ in only.parts()):
        return only
    total = Summary(basis=next((summary.basis for summary in found.values()), ""))
    for plan, epochs in current.items():
        for own in (found[epoch].part(plan) for epoch in epochs):
            if own is not None:
                total.add(plan, own)
    return total


def _first_ns(own: PlanSummary) -> int:
    return own.span.first_ns or 0


def _last_ns(own: PlanSummary) -> int:
    return own.span.last_ns or 0


def _last_told_ns(own: PlanSummary) -> int:
    """When these versions were told last. A failure tells none: it is booked to what its partition heard last, which
    may be a version that another partition has seen replaced. (States of before do not know the last answer.)
    """
    return own.span.last_answered_ns or _last_ns(own)


def _common(versions: Collection[ModelVersion | None]) -> ModelVersion:
    """One that answers without a version is none of those that are named; what has not been heard may be any."""
    told = [each for each in versions if each is not None] or [UNNAMED]
    return told[0] if len(told) == 1 else VARIOUS
