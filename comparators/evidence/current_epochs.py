"""The current epoch of each kind of request, and those that may be it, as far as can be told. Pure."""

from collections import defaultdict
from collections.abc import Mapping

from comparators.evidence.epochs import Epoch
from comparators.evidence.versions import WHICHEVER, VersionChoice, versions_of
from comparators.extract.version import UNNAMED, ModelVersion
from comparators.pairs.summary import PlanSummary, Summary
from comparators.plans.plan import NO_REVISION

Current = Mapping[str | None, tuple[Epoch, ...]]  # by kind of request (None: those beyond the bound), its own first
ByPlan = Mapping[str | None, Mapping[Epoch, PlanSummary]]


def by_plan(found: Mapping[Epoch, Summary]) -> ByPlan:
    plans: dict[str | None, dict[Epoch, PlanSummary]] = defaultdict(dict)
    for epoch, summary in found.items():
        for plan, own in summary.parts():
            plans[plan][epoch] = own
    return plans


def current_of(found: Mapping[Epoch, Summary], asked: VersionChoice = WHICHEVER) -> dict[str | None, tuple[Epoch, ...]]:
    """Of the versions asked for: a kind of request of which these answered nothing has none.

    What failed before anything had answered in its partition tells no version: such pairs go with the current epoch, if
    they may be of it, or a candidate that fails often would have a spotless epoch beside a bad one, and one that fails
    until it is warm no failure at all.
    """
    current = {plan: _with_unheard(own, asked) for plan, own in by_plan(found).items()}
    return {plan: epochs for plan, epochs in current.items() if epochs}


def first_ns(own: PlanSummary) -> int:
    return own.span.first_ns or 0


def last_ns(own: PlanSummary) -> int:
    return own.span.last_ns or 0


def last_told_ns(own: PlanSummary) -> int:
    """When these versions were told last. A failure tells none: it is booked to what its partition heard last, which
    may be a version that another partition has seen replaced. (States of before do not know the last answer.)
    """
    return own.span.last_answered_ns or last_ns(own)


def _with_unheard(own: Mapping[Epoch, PlanSummary], asked: VersionChoice) -> tuple[Epoch, ...]:
    places = {epoch: place for place, epoch in enumerate(own) if asked.includes(epoch)}
    if not places:
        return ()
    latest = max(places, key=lambda epoch: (epoch.revision, _heard(epoch), last_told_ns(own[epoch]), places[epoch]))
    # Subtle: where settings declare a version, what failed before any answer is heard of, too.
    alike = [latest] if _told(latest) == 2 else [epoch for epoch in places if _may_be(latest, epoch)]
    current = max(alike, key=lambda epoch: (_told(epoch), last_told_ns(own[epoch]), places[epoch]))
    others = [epoch for epoch in own if epoch != current and _may_be(epoch, current)]
    if any(_is_replaced_by(current, epoch, own) for epoch in own):
        since_ns = first_ns(own[current])
        others = [epoch for epoch in others if last_ns(own[epoch]) >= since_ns]
    return (current, *others)


def _is_replaced_by(current: Epoch, other: Epoch, own: Mapping[Epoch, PlanSummary]) -> bool:
    """Whether it is of other versions, which answered before: failures of that time are theirs."""
    is_before = _heard(other) == 2 and first_ns(own[other]) < first_ns(own[current])
    return is_before and versions_of(other) != versions_of(current)


def _heard(epoch: Epoch) -> int:
    """Of how many sides it is known who they are."""
    return _told(epoch) + (
        (epoch.production_version is None and epoch.production_declared != UNNAMED)
        + (epoch.candidate_version is None and epoch.candidate_declared != UNNAMED)
    )


def _told(epoch: Epoch) -> int:
    return (epoch.production_version is not None) + (epoch.candidate_version is not None)


def _may_be(epoch: Epoch, current: Epoch) -> bool:
    production, candidate = epoch.production_version, epoch.candidate_version
    if epoch.revision not in (NO_REVISION, current.revision) or _declared(epoch) != _declared(current):
        return False
    return production in (None, current.production_version) and candidate in (None, current.candidate_version)


def _declared(epoch: Epoch) -> tuple[ModelVersion, ModelVersion]:
    return epoch.production_declared, epoch.candidate_declared
