"""A candidate's report from what the store holds: summaries merged, coverage, versions, plans, examples.

Used by the admin API and by `understudy report`; it reads and puts together, and computes no number itself.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from comparators.comparison import Version
from comparators.epochs import Epoch
from comparators.errors import Unmergeable
from comparators.examples import Example
from comparators.extract.plan import Plan
from comparators.report import Report, build
from comparators.summary import Summary
from records.store import Store
from understudy.overlay import Routes
from understudy.settings import Settings

Shown = Callable[[str], str]
Kind = TypeVar("Kind")


class Subject(NamedTuple):
    """Whose report. `generation` None: the newest there is, where no settings tell."""

    route: str
    candidate: str
    generation: int | None = None


def subjects_of(routes: Routes) -> list[Subject]:
    """The candidates of routes that are in force."""
    return [
        Subject(route.key_name(), candidate.name, candidate.generation)
        for route in routes
        for candidate in route.candidates
    ]


def alpha_of(settings: Settings, route: str) -> float:
    """The chance that an interval misses, as the route says, or else all routes."""
    own = next((each.compare for each in settings.routes if each.key_name() == route), None)
    return (own or settings.compare).alpha


class _Found(NamedTuple):
    number: int
    epoch: Epoch | None
    summary: Summary


async def report_of(store: Store, subject: Subject, alpha: float, shown: Shown) -> Report:
    """Of the epoch that was added to last, among those of the candidate's generation. Raises StoreError."""
    found = await _newest(store, subject)
    examples = await store.control.examples(subject.candidate, found.number) if found.number else []
    return build(
        found.summary,
        candidate=subject.candidate,
        route=subject.route,
        epoch=found.number,
        versions={
            "production": found.epoch.production_version if found.epoch else Version(),
            "candidate": found.epoch.candidate_version if found.epoch else Version(),
        },
        coverage=(await store.coverage(subject.route, subject.candidate)).as_json(),
        plans=await plans_of(store, subject.route),
        examples=[example for example in (_decoded(each, Example) for each in examples) if example is not None],
        alpha=alpha,
        shown=shown,
    )


async def plans_of(store: Store, route: str) -> dict[str, Plan]:
    """How the route's answers are read, by kind of request."""
    stored = await store.control.plans()
    plans = (_decoded(each, Plan) for key, each in stored.items() if key.startswith(f"{route} "))
    return {plan.key: plan for plan in plans if plan is not None}


async def route_of(store: Store, candidate: str) -> str | None:
    """The route on which it was compared last, where no settings tell."""
    epochs = await _epochs(store, candidate)
    return epochs[-1][1].route if epochs else None


async def _newest(store: Store, subject: Subject) -> _Found:
    epochs = await _epochs(store, subject.candidate)
    newest = max((epoch.generation for _, epoch in epochs), default=0)
    wanted = newest if subject.generation is None else subject.generation
    found = [
        _Found(number, epoch, _merged(await store.summaries(subject.route, subject.candidate, number)))
        for number, epoch in epochs
        if epoch.route == subject.route and epoch.generation == wanted
    ]
    return max(found, key=lambda each: each.summary.last_ns or 0, default=_Found(0, None, Summary()))


async def _epochs(store: Store, candidate: str) -> list[tuple[int, Epoch]]:
    stored = [(number, _decoded(about, Epoch)) for number, about in await store.control.epochs(candidate)]
    return [(number, epoch) for number, epoch in stored if epoch is not None]


def _merged(states: list[bytes]) -> Summary:
    """All partitions and hours of an epoch; what can't be read was set aside by the compare worker, who logged it."""
    total: Summary | None = None
    for state in states:
        try:
            summary = Summary.from_bytes(state)
        except Unmergeable:
            continue
        if total is None:
            total = summary
        else:
            total.merge(summary)
    return total if total is not None else Summary()


def _decoded(data: bytes, kind: type[Kind]) -> Kind | None:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError:
        return None  # of another release
