"""A candidate's report from what the store holds now: summaries merged, coverage, versions, plans, examples.

Reads, and derives nothing itself: the numbers are metrics.py's.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec
import structlog

from comparators.agreed import decoded_epoch, decoded_plan
from comparators.agreed_slices import decoded_conditions
from comparators.comparison import Version
from comparators.epochs import Epoch
from comparators.errors import Unmergeable
from comparators.examples import Example
from comparators.extract.plan import Plan
from comparators.report import Recomputed, Report, Shown, build
from comparators.slices.conditions import Conditions
from comparators.slices.settings import Hidden, nothing_hidden
from comparators.summary import Summary
from records.store import Store

MAX_LOOKED_AT = 8  # epochs, the newest ones, among which the one with the latest evidence is the current one

log = structlog.get_logger()


class Evidence(NamedTuple):
    """The sums of one epoch: its number, what that stands for, None where there is no evidence yet, and the sums."""

    number: int
    about: Epoch | None
    summary: Summary


async def report_of(
    store: Store,
    route: str,
    candidate: str,
    alpha: float,
    shown: Shown = str,
    hidden: Hidden = nothing_hidden,
    *,
    epoch: int | None = None,
    generation: int | None = None,
) -> Report:
    """Of this epoch; without one, of that with the latest evidence, among those of the generation, where one is given:
    so after a restart nothing of before is shown. Raises StoreError.
    """
    evidence = await evidence_of(store, route, candidate, generation, epoch=epoch)
    return await report_on(store, route, candidate, evidence, alpha, shown, hidden)


async def report_on(
    store: Store,
    route: str,
    candidate: str,
    evidence: Evidence,
    alpha: float,
    shown: Shown = str,
    hidden: Hidden = nothing_hidden,
    *,
    plans: Mapping[str, Plan] | None = None,
    recomputed: Recomputed | None = None,
) -> Report:
    """Of this evidence. `plans`: those it was compared by, where they are not the stored ones. Raises StoreError."""
    number, about, summary = evidence
    coverage = await store.coverage(route, candidate)
    live = recomputed is None or recomputed.live_settings  # else the examples differ by settings that do not hold
    examples = await store.control.examples(candidate, number) if live else ()
    return build(
        summary,
        candidate=candidate,
        route=route,
        epoch=number,
        versions={
            "production": _shown_version(about.production_version if about else Version(), shown),
            "candidate": _shown_version(about.candidate_version if about else Version(), shown),
        },
        coverage=coverage.as_json(),
        plans=await route_plans(store, route) if plans is None else plans,
        examples=_examples(examples),
        alpha=alpha,
        shown=shown,
        hidden=hidden,
        conditions=await conditions_of(store, candidate, number),
        recomputed=recomputed,
    )


async def conditions_of(store: Store, candidate: str, epoch: int) -> dict[str, Conditions]:
    """By plan: those of the epoch's slices. Raises StoreError."""
    stored = await store.control.all_conditions(candidate, epoch)
    read = {plan: decoded_conditions(each.document) for plan, each in stored.items()}
    return {plan: each for plan, each in read.items() if each is not None}


async def route_plans(store: Store, route: str) -> dict[str, Plan]:
    """The route's plans by their key. Raises StoreError."""
    plans = (
        decoded_plan(stored) for key, stored in (await store.control.plans()).items() if key.startswith(f"{route} ")
    )
    return {plan.key: plan for plan in plans if plan is not None}


async def plans_in_words(store: Store, shown: Shown = str) -> dict[str, str]:
    """Each kind of request of each route, and how its answers are read. Raises StoreError."""
    stored = await store.control.plans()
    read = {key: decoded_plan(plan) for key, plan in sorted(stored.items())}
    return {shown(key): shown(str(plan)) for key, plan in read.items() if plan is not None}


async def route_of(store: Store, candidate: str) -> str | None:
    """The route on which it was compared last, where no settings tell. Raises StoreError."""
    epochs = [decoded_epoch(about) for _, about in await store.control.epochs(candidate)]
    return next((epoch.route for epoch in reversed(epochs) if epoch is not None), None)


async def evidence_of(
    store: Store, route: str, candidate: str, generation: int | None, *, epoch: int | None = None
) -> Evidence:
    """Of this epoch; else as `report_of` says. Raises StoreError."""
    epochs = await epochs_of(store, candidate)
    own = [
        number for number, about in epochs.items() if about.route == route and generation in (None, about.generation)
    ]
    numbers = sorted(own)[-MAX_LOOKED_AT:] if epoch is None else [number for number in own if number == epoch]
    found = Evidence(0, None, Summary())
    for number in numbers:
        summary = merged_states(await store.summaries(route, candidate, number))
        if found.about is None or (summary.last_ns or 0) >= (found.summary.last_ns or 0):
            found = Evidence(number, epochs[number], summary)
    return found


async def epochs_of(store: Store, candidate: str) -> dict[int, Epoch]:
    """What the candidate's epochs are, by number. Raises StoreError."""
    epochs = ((number, decoded_epoch(about)) for number, about in await store.control.epochs(candidate))
    return {number: epoch for number, epoch in epochs if epoch is not None}


def merged_states(states: Iterable[bytes]) -> Summary:
    """One summary of an epoch's states. One that cannot be read is left out, and the log says so."""
    total: Summary | None = None
    for state in states:
        try:
            summary = Summary.from_bytes(state)
            if total is None:
                total = Summary(basis=summary.basis)
            total.merge(summary)
        except Unmergeable as error:
            log.error("summary.set_aside", error=str(error))
    return total or Summary()


def _examples(stored: Iterable[bytes]) -> list[Example]:
    """Those that are written as this release writes them."""
    found = []
    for data in stored:
        try:
            found.append(msgspec.json.decode(data, type=Example))
        except msgspec.DecodeError as error:
            log.warning("example.unreadable", error=str(error))
    return found


def _shown_version(version: Version, shown: Shown) -> Version:
    return Version(shown(version.version), shown(version.build))
