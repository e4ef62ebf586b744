"""Versions that answered while the current ones did: replicas of two versions behind one address. Pure.

Nobody can say of which version such evidence is. A roll-over is told apart: the old versions answered last before the
new ones began, or little later; and once they have been silent for an hour they are history. What a version answered
last counts, not what was booked to it last: a failure tells no version, and may be booked to one that is long gone.
"""

from collections.abc import Mapping
from typing import NamedTuple

from comparators.evidence.current_epochs import Current, by_plan, first_ns, last_ns, last_told_ns
from comparators.evidence.epochs import Epoch
from comparators.evidence.versions import VersionChoice, Versions, heard_of, versions_of
from comparators.pairs.summary import PlanSummary, Summary

ROLL_OVER_NS = 60_000_000_000  # so long both may answer: calls under way, replicas that are replaced one by one
RECENT_NS = 3_600_000_000_000


class OtherEvidence(NamedTuple):
    """Of a kind of request: versions other than its current ones, and when they answered last."""

    plan: str | None
    versions: Versions
    pairs: int
    until_ns: int


def meanwhile(found: Mapping[Epoch, Summary], current: Current, asked: VersionChoice) -> tuple[OtherEvidence, ...]:
    """`found`: by epochs under the same settings. With versions asked for, only those among which the side that was not
    asked for differs. As many as there are epochs at most; of a kind of request the one that answered last first.
    """
    if len(found) == 1:
        return ()
    plans = by_plan(found)
    others = [
        _told(plan, epoch, epochs[0], plans[plan][epoch])
        for plan, epochs in current.items()
        for epoch in plans[plan]
        if _is_beside(epoch, epochs[0], plans[plan]) and asked.includes(epoch)
    ]
    return tuple(sorted(others, key=lambda each: (each.plan or "", -each.until_ns, each.versions)))


def _is_beside(epoch: Epoch, current: Epoch, own: Mapping[Epoch, PlanSummary]) -> bool:
    told_ns, now = last_told_ns(own[epoch]), own[current]
    if told_ns <= first_ns(now) + ROLL_OVER_NS or told_ns < last_ns(now) - RECENT_NS:
        return False
    return _as_heard(epoch, current) != versions_of(current) and not _only_failed(epoch, own[epoch])


def _only_failed(epoch: Epoch, own: PlanSummary) -> bool:
    """Both sides were heard, but never in it: what failed was booked to what they said before."""
    return None not in heard_of(epoch) and own.span.last_answered_ns is None


def _as_heard(epoch: Epoch, current: Epoch) -> Versions:
    """A side of which nothing was heard may be what it is now."""
    heard, now = heard_of(epoch), versions_of(current)
    return Versions(heard.production or now.production, heard.candidate or now.candidate)


def _told(plan: str | None, epoch: Epoch, current: Epoch, own: PlanSummary) -> OtherEvidence:
    return OtherEvidence(plan, _as_heard(epoch, current), own.pairs, last_told_ns(own))
