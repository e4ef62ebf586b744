"""From the verdict to the record and the hooks.

A promotion of the same versions in the same epoch is one, however often it is asked for: a second run appends no second
entry, and calls those hooks that have not succeeded yet, with the same key. Hooks are called one by one, and none after
one that failed.
"""

import time
from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from comparators.policy.judgement import Judgement
from ground.moments import moment
from records.store.store import Store
from understudy.control.subjects import routes_in_force
from understudy.history.chain import Chain, Link, entries, following
from understudy.history.entry import HistoryEntry
from understudy.history.writer import HistoryWriter
from understudy.promotion.edit import edit, former_name, promoted
from understudy.promotion.hooks import OK, PromotionCall
from understudy.reading.judging import GateQuery, judgement_on, judging_of, policy_of
from understudy.reading.records import entry_on, writer_of
from understudy.settings.checks import each_candidate
from understudy.settings.loading import SettingsError
from understudy.settings.model import Route, Settings
from understudy.settings.promotion import HookSettings


class PromotionQuery(NamedTuple):
    """`gate.record_for` is who decides. `written`: the settings as they are written, without values of variables."""

    gate: GateQuery
    because: str
    override: bool
    dry_run: bool
    written: Settings
    hooks: Sequence[HookSettings]


class HookOutcome(NamedTuple):
    hook: str
    outcome: str


class Promotion(NamedTuple):
    """`record` is the hash of its entry; "" where nothing was recorded: it was refused, or was a trial. `earlier`: it
    was recorded before, by an entry of this number, or 0. `pending`: the hooks that were, or would be, called.
    """

    judgement: Judgement
    edit: str = ""
    record: str = ""
    earlier: int = 0
    pending: tuple[str, ...] = ()
    outcomes: tuple[HookOutcome, ...] = ()
    refused: bool = False

    @property
    def failed(self) -> bool:
        return any(each.outcome != OK for each in self.outcomes)


async def promotion(settings: Settings, query: PromotionQuery) -> Promotion:
    """Raises SettingsError, StoreError."""
    gate = query.gate
    async with judging_of(settings, gate) as judging:
        store = judging.store
        policy = await policy_of(store, settings, judging.subject, gate.policy)
        report = await judging.report(gate.asked, gate.epoch, policy.policy.max_evidence_age_s)
        judgement = judgement_on(report, policy, gate.asked)
        if judgement.verdict != "pass" and not query.override:
            return Promotion(judgement, refused=True)
        found = Promotion(judgement, edit=await _edit(store, query.written, judgement))
        entry = await entry_on(store, settings, judgement, report, "promotion", gate.record_for)
        entry = replace(entry, because=query.because, override=judgement.verdict != "pass")
        writer = HistoryWriter(store) if query.dry_run else await writer_of(store, settings, entry.route)
        return await _decided(writer, found, entry, query)


async def _decided(writer: HistoryWriter, found: Promotion, entry: HistoryEntry, query: PromotionQuery) -> Promotion:
    chain = await writer.chain(entry.route)
    earlier = _earlier(chain, entry)
    if query.dry_run:
        link = earlier or following(chain, entry)
    else:
        link = await _recorded(writer, entry)
    pending = _pending(chain, link, query.hooks)
    found = found._replace(
        record="" if query.dry_run and not earlier else link.ends_with,
        earlier=earlier.last if earlier else 0,
        pending=tuple(each.name for each in pending),
    )
    return found if query.dry_run else found._replace(outcomes=await _called(writer, link, pending))


async def _recorded(writer: HistoryWriter, entry: HistoryEntry) -> Link:
    """Of several at once, one records it."""
    appended = await writer.append(entry.route, lambda chain: None if _earlier(chain, entry) else entry)
    link = appended or _earlier(await writer.chain(entry.route), entry)
    assert link is not None  # noqa: S101 - it was there, or was just appended
    return link


async def _called(writer: HistoryWriter, link: Link, pending: Sequence[HookSettings]) -> tuple[HookOutcome, ...]:
    """Each outcome is recorded before the next one is called."""
    outcomes: list[HookOutcome] = []
    for hook in pending:
        outcome = await PromotionCall(hook, link.data, link.ends_with).outcome()
        outcomes.append(HookOutcome(hook.name, outcome))
        await _record(writer, _of_hook(link, hook.name, outcome))
        if outcome != OK:
            break
    return tuple(outcomes)


async def _record(writer: HistoryWriter, entry: HistoryEntry) -> None:
    await writer.append(entry.route, lambda _: entry)


def _earlier(chain: Chain, entry: HistoryEntry) -> Link | None:
    """The same promotion, where it was recorded already."""
    key = (entry.candidate, entry.epoch, entry.versions)
    own = (
        link
        for link in reversed(chain)
        if isinstance(link.what, HistoryEntry)
        and link.what.kind == "promotion"
        and (link.what.candidate, link.what.epoch, link.what.versions) == key
    )
    return next(own, None)


def _pending(chain: Chain, link: Link, hooks: Sequence[HookSettings]) -> list[HookSettings]:
    own = [each for _, each in entries(chain) if each.promotion == link.ends_with]
    done = {each.hook for each in own if each.outcome == OK}
    return [each for each in hooks if each.name not in done]


def _of_hook(link: Link, hook: str, outcome: str) -> HistoryEntry:
    of = link.what
    assert isinstance(of, HistoryEntry)  # noqa: S101 - a promotion is never a fold here
    now, own = moment(time.time_ns()), link.ends_with
    about = {"promotion": own, "hook": hook, "outcome": outcome}
    return replace(of, kind="hook", time=now, checks=[], checks_not_listed=0, because="", override=False, **about)


async def _edit(store: Store, written: Settings, judgement: Judgement) -> str:
    """Raises SettingsError for a candidate that is not in force: there is nothing to edit."""
    routes = await routes_in_force(store, written)
    name, route = judgement.candidate, _route_of(routes, judgement)
    former = former_name(name, {each.name for _, _, each in each_candidate(routes)})
    known = [each.generation for each in route.candidates if each.name == former]
    generation = 1 + max(len(await store.control.epochs(former)), *known, 0)
    return edit(route, name, promoted(route, name, former, generation))


def _route_of(routes: tuple[Route, ...], judgement: Judgement) -> Route:
    for _, route, candidate in each_candidate(routes):
        if (route.key_name(), candidate.name) == (judgement.route, judgement.candidate):
            return route
    raise SettingsError("promote", "is no candidate in force: there is nothing to promote", judgement.candidate)
