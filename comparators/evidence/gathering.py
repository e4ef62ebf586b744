"""Evidence: what a report is about. Of each kind of request the sums of its current epoch. Pure.

Models behind one prefix tell versions of their own, and change them when they like, so each kind of request has its own
current epoch: the one with its latest pair. All these are of one generation and under the same settings.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from msgspec import structs

from comparators.evidence.current_epochs import Current, current_of, last_ns
from comparators.evidence.epochs import Epoch
from comparators.evidence.meanwhile import OtherEvidence, meanwhile
from comparators.evidence.versions import WHICHEVER, VersionChoice, Versions, common, heard_of, versions_of
from comparators.pairs.summary import Summary
from comparators.plans.plan import NO_REVISION
from comparators.slices.sums import SliceSums

# Why a compared pair is in none of the report's numbers.
LEFT_OUT = {
    "other_version": "under versions other than the latest",
    "not_asked_for": "under versions other than those asked for",
    "too_old": "in hours before those that count, or in sums that no longer tell their hour",
    "other_plan": "by an earlier plan of how they are read",
    "other_settings": "under settings other than the latest",
    "earlier": "before the candidate was changed or restarted, or in sums of another release",
    "other_epoch": "in epochs other than the one asked for",
    "not_recomputed": "not among the pairs compared anew",
}
NOTHING: Mapping[str, int] = MappingProxyType({})


class Evidence(NamedTuple):
    """The sums; by kind of request (None: those beyond the bound) what they are of; and the epochs' numbers.

    `current`: first the current epoch, then those of which it cannot be told whether they are another one. `left_out`:
    compared pairs that are not in the sums, by reason; `others` is the reason of those that were not even read.
    `since_ns`: from when on evidence counts, where that is bounded. `meanwhile`: what else answered while the current
    epochs did.
    """

    summary: Summary
    current: Current
    numbers: Mapping[Epoch, int]  # without those that were never compared live
    left_out: Mapping[str, int] = NOTHING
    others: str = "earlier"
    asked: VersionChoice = WHICHEVER
    since_ns: int | None = None
    meanwhile: tuple[OtherEvidence, ...] = ()
    instead: tuple[Versions, ...] = ()

    @property
    def about(self) -> Epoch | None:
        """The epoch with the latest pair: generation and settings are those of all. None: no evidence yet."""
        last = ((last_ns(own), plan) for plan, own in self.summary.parts() if plan in self.current)
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

    def since(self, since_ns: int, too_old: int) -> "Evidence":
        """These sums, said to be without so many compared pairs of before."""
        left_out = {**self.left_out, **({"too_old": too_old} if too_old else {})}
        return self._replace(since_ns=since_ns, left_out=left_out)

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
            common({heard_of(epoch).production for epoch in current}),
            common({heard_of(epoch).candidate for epoch in current}),
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


def latest(found: Mapping[int, Summary], epochs: Mapping[int, Epoch], asked: VersionChoice = WHICHEVER) -> Evidence:
    """Out of the sums of some epochs: those of the versions asked for, under the settings of their latest pair."""
    numbered = {epochs[number]: number for number in sorted(found)}
    by_epoch = {epoch: found[number] for epoch, number in numbered.items()}
    last = max(
        (
            (last_ns(own), numbered[epoch])
            for epoch, summary in by_epoch.items()
            for _, own in summary.parts()
            if asked.includes(epoch)
        ),
        default=None,
    )
    if last is None:
        return _none_of(asked, by_epoch)
    basis = epochs[last[1]].basis
    own = {epoch: summary for epoch, summary in by_epoch.items() if epoch.basis == basis}
    current = current_of(own, asked)
    return Evidence(
        summary=gathered(own, current),
        current=current,
        numbers=numbered,
        left_out=_left_out(by_epoch, basis, current, asked),
        asked=asked,
        meanwhile=meanwhile(own, current, asked),
    )


def compared_pairs(found: Mapping[int, Summary]) -> int:
    return sum(own.compared for summary in found.values() for _, own in summary.parts())


def _none_of(asked: VersionChoice, found: Mapping[Epoch, Summary]) -> Evidence:
    """The versions of the latest epochs stand first."""
    compared = {epoch: sum(own.compared for _, own in summary.parts()) for epoch, summary in found.items()}
    others = sum(compared.values())
    instead = tuple(dict.fromkeys(versions_of(epoch) for epoch in reversed(compared) if compared[epoch]))
    return NONE_YET._replace(asked=asked, left_out={"not_asked_for": others} if others else NOTHING, instead=instead)


def _left_out(found: Mapping[Epoch, Summary], basis: str, current: Current, asked: VersionChoice) -> dict[str, int]:
    left: Counter[str] = Counter()
    for epoch, summary in found.items():
        for plan, own in summary.parts():
            if epoch.basis != basis:
                left["other_settings"] += own.compared
            elif epoch not in current.get(plan, ()):
                left[why_left_out(epoch, current.get(plan, ()), asked)] += own.compared
    return {reason: left[reason] for reason in LEFT_OUT if left[reason]}


def why_left_out(epoch: Epoch, current: Sequence[Epoch], asked: VersionChoice = WHICHEVER) -> str:
    """A reason of LEFT_OUT, of an epoch under the same settings that is none of these."""
    if asked != WHICHEVER and not asked.includes(epoch):
        return "not_asked_for"
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
