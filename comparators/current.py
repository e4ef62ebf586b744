"""A candidate's report from what the store holds now: summaries merged, coverage, versions, plans, examples.

Reads, and derives nothing itself: the numbers are metrics.py's.
"""

from collections.abc import Callable, Iterable

import msgspec
import structlog

from comparators.agreed import decoded_epoch, decoded_plan
from comparators.comparison import Version
from comparators.epochs import Epoch
from comparators.errors import Unmergeable
from comparators.examples import Example
from comparators.extract.plan import Plan
from comparators.report import Report, build
from comparators.summary import Summary
from records.store import Store

Shown = Callable[[str], str]

MAX_LOOKED_AT = 8  # epochs, the newest ones, among which the one with the latest evidence is the current one

log = structlog.get_logger()


async def report_of(
    store: Store,
    route: str,
    candidate: str,
    alpha: float,
    shown: Shown = str,
    *,
    epoch: int | None = None,
    generation: int | None = None,
) -> Report:
    """Of this epoch; without one, of that with the latest evidence, among those of the generation, where one is given:
    so after a restart nothing of before is shown. Raises StoreError.
    """
    number, about, summary = await _evidence(store, route, candidate, epoch, generation)
    coverage = await store.coverage(route, candidate)
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
        plans=await route_plans(store, route),
        examples=_examples(await store.control.examples(candidate, number)),
        alpha=alpha,
        shown=shown,
    )


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


async def _evidence(
    store: Store, route: str, candidate: str, wanted: int | None, generation: int | None
) -> tuple[int, Epoch | None, Summary]:
    epochs = {number: decoded_epoch(about) for number, about in await store.control.epochs(candidate)}
    own = [
        number
        for number, epoch in epochs.items()
        if epoch is not None and epoch.route == route and generation in (None, epoch.generation)
    ]
    numbers = sorted(own)[-MAX_LOOKED_AT:] if wanted is None else [number for number in own if number == wanted]
    found: tuple[int, Epoch | None, Summary] = (0, None, Summary())
    for number in numbers:
        summary = merged_states(await store.summaries(route, candidate, number))
        if found[1] is None or (summary.last_ns or 0) >= (found[2].last_ns or 0):
            found = (number, epochs[number], summary)
    return found


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
