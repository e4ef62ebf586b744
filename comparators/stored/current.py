"""A candidate's report from what the store holds now: summaries merged, coverage, versions, plans, examples.

Reads, and derives nothing itself: the numbers are those of the registry's definitions.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

import msgspec
import structlog

from comparators.errors import UnknownEpoch
from comparators.evidence.building import build
from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import NONE_YET, Evidence, compared_pairs, latest
from comparators.evidence.partition_book import PartitionBook
from comparators.evidence.report import RecomputationScope, Report
from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.pairs.examples import Example
from comparators.pairs.farthest_pairs import FarthestPair, farthest_pair, outputs_of
from comparators.pairs.summary import Summary
from comparators.plans.plan import Plan
from comparators.slices.later import MAX_LATER
from comparators.slices.learned_slices import LearnedSlices
from comparators.stored.decisions import decoded_epoch
from comparators.stored.merging import Merging
from comparators.stored.shared_plans import decoded_plan
from comparators.stored.shared_slices import decoded_slices
from comparators.stored.states import HOUR_NS
from comparators.stored.tenure import decoded_book
from comparators.view import View
from ground.moments import moment
from records import documents
from records.coverage import Coverage
from records.silence import together
from records.store.control import MAX_EXAMPLES, StoredConditions
from records.store.store import Stamps, Store

MAX_NAMED = 20  # epochs, where one is asked for that is not there

log = structlog.get_logger()


async def report_of(
    store: Store,
    route: str,
    candidate: str,
    view: View,
    *,
    epoch: int | None = None,
    generation: int | None = None,
    asked: VersionChoice = WHICHEVER,
    max_age_s: float | None = None,
    merging: Merging | None = None,
) -> Report:
    """Of this epoch, whenever it was; without one, of each kind of request that with its latest pair, among those of
    the generation, or else of the newest: so after a restart nothing of before is shown. `asked`: of these versions
    alone. `max_age_s`: without the hours that were over so long ago. Raises StoreError, UnknownEpoch.
    """
    coverage = await store.coverage(route, candidate)  # first: what is compared meanwhile is not left out
    evidence = await evidence_of(
        store, route, candidate, generation, epoch=epoch, asked=asked, max_age_s=max_age_s, merging=merging
    )
    return await report_on(store, route, candidate, evidence, coverage, view)


async def report_on(
    store: Store,
    route: str,
    candidate: str,
    evidence: Evidence,
    coverage: Coverage,
    view: View,
    *,
    plans: Mapping[str, Plan] | None = None,
    recomputed: RecomputationScope | None = None,
) -> Report:
    """Of this evidence. `plans`: those it was compared by, where they are not the stored ones. Raises StoreError."""
    learned = _readable(await conditions_of(store, candidate, evidence))
    if recomputed is None and "too_old" not in evidence.left_out:  # else their first pairs may be so, too
        evidence = evidence.counting({plan: first.sums for plan, (first, *_) in learned.items()})
    live = recomputed is None or recomputed.live_settings  # else the examples differ by settings that do not hold
    return build(
        evidence,
        candidate=candidate,
        route=route,
        coverage=coverage.as_json(),
        silence=together(await store.control.words(route, candidate)),
        plans=compared_by(await all_plans(store, route), evidence) if plans is None else plans,
        examples=await _examples(store, candidate, evidence, view) if live else (),
        farthest=await _farthest(store, candidate, evidence, view) if live else (),
        view=view,
        conditions={plan: [each.conditions for each in several] for plan, several in learned.items()},
        recomputed=recomputed,
    )


async def conditions_of(store: Store, candidate: str, evidence: Evidence) -> dict[str, list[StoredConditions]]:
    """By plan: those of its current epoch's slices, the first and the later ones. Raises StoreError."""
    found: dict[str, list[StoredConditions]] = {}
    for number, plans in evidence.plans_by_number().items():
        current = [plan for plan in plans if evidence.numbers.get(evidence.current[plan][0]) == number]
        for later in range(MAX_LATER + 1):
            stored = await store.control.all_conditions(candidate, number, later) if current else {}
            current = [plan for plan in current if plan in stored]
            for plan in current:
                found.setdefault(plan, []).append(stored[plan])
    return found


async def route_plans(store: Store, route: str) -> dict[str, Plan]:
    """The route's plans by their key: of each the latest revision. Raises StoreError."""
    return latest_of(_plans_of((await store.control.plans()).items(), route))


async def all_plans(store: Store, route: str) -> list[Plan]:
    """The route's plans, of each the revisions before the latest too. Raises StoreError."""
    earlier = await store.control.earlier_plans()
    return [*_plans_of(earlier, route), *(await route_plans(store, route)).values()]


def latest_of(plans: Iterable[Plan]) -> dict[str, Plan]:
    """By key."""
    return {plan.key: plan for plan in sorted(plans, key=lambda each: each.revision)}


def compared_by(plans: Collection[Plan], evidence: Evidence) -> dict[str, Plan]:
    """By key: the revision that the evidence was compared by, else the latest."""
    revisions = {(plan.key, plan.revision): plan for plan in plans}
    epochs = {key: evidence.epoch_of(key) for key in latest_of(plans)}
    own = {key: revisions.get((key, epoch.revision)) for key, epoch in epochs.items() if epoch is not None}
    return latest_of(plans) | {key: plan for key, plan in own.items() if plan is not None}


async def books_of(store: Store, route: str, candidate: str) -> dict[int, PartitionBook]:
    """What was booked of each partition, as far as it can be read. Raises StoreError."""
    return {at: decoded_book(book) for at, book in (await store.booked(route, candidate)).items()}


async def plans_in_words(store: Store, view: View) -> dict[str, str]:
    """Each kind of request of each route, and how its answers are read. Raises StoreError."""
    stored = await store.control.plans()
    read = {key: decoded_plan(plan) for key, plan in sorted(stored.items())}
    return {view.key(key): view.plan(plan) for key, plan in read.items() if plan is not None}


async def route_of(store: Store, candidate: str) -> str | None:
    """The route on which it was compared last, where no settings tell. Raises StoreError."""
    epochs = [decoded_epoch(about) for _, about in await store.control.epochs(candidate)]
    return next((epoch.route for epoch in reversed(epochs) if epoch is not None), None)


async def compared_routes(store: Store) -> list[str]:
    """The routes of which anything was compared. Raises StoreError."""
    return sorted({key.partition(" ")[0] for key in await store.control.plans()})


async def evidence_of(
    store: Store,
    route: str,
    candidate: str,
    generation: int | None,
    *,
    epoch: int | None = None,
    asked: VersionChoice = WHICHEVER,
    max_age_s: float | None = None,
    merging: Merging | None = None,
) -> Evidence:
    """As `report_of` says. `merging` spares who asks often most of the work. Raises StoreError, UnknownEpoch."""
    epochs = _of_route(route, await epochs_of(store, candidate))
    if epoch is not None:
        epochs, generation = {epoch: _known(epoch, epochs, candidate)}, None
    since_hour = None if max_age_s is None else int(await store.now_ns() - max_age_s * 1e9) // HOUR_NS
    merging = merging or Merging(store)
    found = await evidence_among(epochs, route, candidate, generation, merging, asked=asked, since_hour=since_hour)
    return found if epoch is None else found._replace(others="other_epoch")


async def evidence_among(
    all_epochs: Mapping[int, Epoch],
    route: str,
    candidate: str,
    generation: int | None,
    merging: Merging,
    *,
    asked: VersionChoice = WHICHEVER,
    since_hour: int | None = None,
    stamps: Stamps | None = None,
    form: type[Summary] = Summary,
) -> Evidence:
    """The evidence, for who knows the candidate's epochs, and perhaps the stamps. `form`: as Merging has it. Raises
    StoreError.
    """
    epochs = _of_route(route, all_epochs)
    generations = {about.generation for about in epochs.values()} if generation is None else {generation}
    for each in sorted(generations, reverse=True):
        numbers = [number for number, about in epochs.items() if about.generation == each]
        summaries = partial(merging.summaries, route, candidate, numbers, stamps, form)
        every = await summaries() if since_hour is not None else {}  # first: what comes meanwhile is not too old
        some = await summaries(since_hour)
        found = latest(some, epochs, asked)
        if since_hour is not None:
            found = found.since(since_hour * HOUR_NS, max(0, compared_pairs(every) - compared_pairs(some)))
        if found.about is not None or found.left_out:
            return found
    return NONE_YET._replace(asked=asked)


async def epochs_of(store: Store, candidate: str) -> dict[int, Epoch]:
    """What the candidate's epochs are, by number. Raises StoreError."""
    epochs = ((number, decoded_epoch(about)) for number, about in await store.control.epochs(candidate))
    return {number: epoch for number, epoch in epochs if epoch is not None}


async def _examples(store: Store, candidate: str, evidence: Evidence, view: View) -> list[Example]:
    """Of each kind of request those of its epoch; the newest, in their order of time."""
    found: list[Example] = []
    for number, plans in evidence.plans_by_number().items():
        own = set(map(view.key, plans))
        stored = _decoded(await store.control.examples(candidate, number))
        found += [each for each in stored if each.plan in own and _counts(each, evidence)]
    return sorted(found, key=lambda each: each.at)[-MAX_EXAMPLES:]


async def _farthest(store: Store, candidate: str, evidence: Evidence, view: View) -> list[FarthestPair]:
    """Likewise: of each output those that are farthest apart, the farthest first."""
    found: list[FarthestPair | None] = []
    for number, plans in evidence.plans_by_number().items():
        for plan in sorted(plans):
            own = evidence.summary.plans[plan]
            for output in outputs_of(own):
                stored = await store.control.farthest(candidate, number, plan, output)
                told = partial(farthest_pair, view.key(plan), view.shown_path(output), own.heads[output])
                found += [
                    told(size, example)
                    for size, data in stored
                    for example in _decoded([data])
                    if _counts(example, evidence)
                ]
    return [each for each in found if each is not None]


def _of_route(route: str, epochs: Mapping[int, Epoch]) -> dict[int, Epoch]:
    return {number: about for number, about in epochs.items() if about.route == route}


def _known(epoch: int, epochs: Mapping[int, Epoch], candidate: str) -> Epoch:
    if epoch not in epochs:
        known = ", ".join(map(str, sorted(epochs)[-MAX_NAMED:])) or "none yet"
        raise UnknownEpoch(f"{candidate} has no epoch {epoch}; the latest are {known}")
    return epochs[epoch]


def _plans_of(stored: Iterable[tuple[str, bytes]], route: str) -> list[Plan]:
    plans = (decoded_plan(document) for name, document in stored if name.startswith(f"{route} "))
    return [plan for plan in plans if plan is not None]


def _counts(example: Example, evidence: Evidence) -> bool:
    return evidence.since_ns is None or example.at >= moment(evidence.since_ns)


def _decoded(stored: Iterable[bytes]) -> Iterable[Example]:
    """The examples that are written as this release writes them."""
    for data in stored:
        try:
            yield documents.read(data, Example)
        except msgspec.DecodeError as error:
            log.warning("example.unreadable", error=str(error))


def _readable(stored: Mapping[str, Sequence[StoredConditions]]) -> dict[str, list[LearnedSlices]]:
    """Those whose first ones can be read."""
    read = {plan: [decoded_slices(each.document) for each in several] for plan, several in stored.items()}
    return {plan: [each for each in own if each is not None] for plan, own in read.items() if own[0] is not None}
