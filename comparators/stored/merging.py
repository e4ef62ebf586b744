"""A candidate's sums over all partitions and hours, merged again only where something changed.

Past hours seldom change, and each state has a stamp that is new with every commit. What is settled is merged once and
kept; each look asks for the stamps and for the states that changed since. Merging is exact in any order, so the result
is that of merging everything anew, to the bit. For a process that reports often; one report needs none of this.
"""

import asyncio
import math
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Mapping
from typing import TypeVar

import structlog
from msgspec import Struct, field

from comparators.errors import Unmergeable
from comparators.pairs.summary import Summary
from comparators.stored.states import epoch_of, hour_of
from records.store.store import Stamps, StateKey, Store

MAX_CANDIDATES = 64  # whose sums are kept at once, each window of hours by itself

log = structlog.get_logger()

Each = TypeVar("Each")

Of = tuple[str, str, int | None]  # route, candidate, and the first hour that counts


class SettledSummary(Struct):
    """The sums of an epoch's states that are not expected to change, and which those are, by their stamps."""

    merged: bytes = b""
    stamps: dict[StateKey, bytes] = field(default_factory=dict)

    def holds(self, now: Stamps) -> bool:
        return self.stamps.items() <= now.items()


class Merging:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[Of, dict[int, SettledSummary]] = OrderedDict()
        self._locks: dict[Of, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def summaries(
        self,
        route: str,
        candidate: str,
        epochs: Collection[int],
        stamps: Stamps | None = None,
        form: type[Summary] = Summary,
        since_hour: int | None = None,
    ) -> dict[int, Summary]:
        """By epoch, the caller's own to change; none is older than `stamps`, which are asked for where they are not
        given. `form`: Summary, or what is asked for of it (statistics/reports_alone.py); what is settled is whole.
        `since_hour`: without the hours before, and without what is gathered, of which nobody knows the hours. Raises
        StoreError, and then nothing that is kept has changed.
        """
        of = (route, candidate, since_hour)
        async with self._locks[of]:  # who comes meanwhile finds settled what the first one merged
            if stamps is None:
                stamps = (await self._store.look(route, candidate)).stamps
            stamps = _since(since_hour, stamps)
            while True:
                kept, own = self._kept.get(of, {}), _by_epoch(epochs, stamps)
                settled = {epoch: _still(kept.get(epoch), own[epoch]) for epoch in epochs}
                wanted = sorted(key for epoch in own for key in own[epoch].keys() - settled[epoch].stamps.keys())
                states = await self._store.load_states(route, candidate, wanted)
                if len(states) == len(wanted) and not any(map(_is_gathered, states)):
                    break
                # Subtle: an hour that was gathered between stamps and states would be counted there and by itself, or
                # nowhere. Where none was, the older stamps stay: a state may be newer than its stamp, never older.
                now = _since(since_hour, (await self._store.look(route, candidate)).stamps)
                if _gathered(now) == _gathered(stamps):
                    break
                stamps = now
            unsettled = _by_epoch(epochs, states)
            found = {epoch: _merged(form, settled[epoch], own[epoch], unsettled[epoch]) for epoch in epochs}
            self._keep(of, settled)
        return found

    def _keep(self, of: Of, settled: dict[int, SettledSummary]) -> None:
        self._kept[of] = settled
        self._kept.move_to_end(of)
        while len(self._kept) > MAX_CANDIDATES:
            gone, _ = self._kept.popitem(last=False)
            self._locks.pop(gone, None)


def _with(form: type[Summary], total: Summary | None, state: bytes) -> Summary | None:
    try:
        summary = form.from_bytes(state)
        if total is not None:
            total.merge(summary)
    except Unmergeable as error:
        log.error("summary.set_aside", error=str(error))
        return total
    return summary if total is None else total


def _still(settled: SettledSummary | None, now: Stamps) -> SettledSummary:
    """Where a settled state did change (a late pair, hours gathered into one), all are merged anew."""
    return settled if settled is not None and settled.holds(now) else SettledSummary()


def _merged(form: type[Summary], settled: SettledSummary, stamps: Stamps, states: Mapping[StateKey, bytes]) -> Summary:
    """Of all states; those of hours past become settled. The newest hour never is, so it is among these states."""
    newest = max((hour_of(key[1]) for key in states if not _is_gathered(key)), default=0)
    past = [key for key in sorted(states) if hour_of(key[1]) != newest and stamps[key] is not None]
    if past:
        _settle(settled, {key: states[key] for key in past}, stamps)
    total = form.from_bytes(settled.merged) if settled.merged else None
    for key in sorted(states.keys() - set(past)):
        total = _with(form, total, states[key])
    return total or form()


def _settle(settled: SettledSummary, past: Mapping[StateKey, bytes], stamps: Stamps) -> None:
    total = Summary.from_bytes(settled.merged) if settled.merged else None
    for key, state in past.items():
        total = _with(Summary, total, state)
        settled.stamps[key] = stamps[key] or b""
    settled.merged = b"" if total is None else total.to_bytes()


def _since(hour: int | None, stamps: Stamps) -> Stamps:
    if hour is None:
        return stamps
    return {key: stamp for key, stamp in stamps.items() if hour <= hour_of(key[1]) < math.inf}


def _is_gathered(key: StateKey) -> bool:
    return hour_of(key[1]) == math.inf


def _gathered(stamps: Stamps) -> dict[StateKey, bytes | None]:
    return {key: stamp for key, stamp in stamps.items() if _is_gathered(key)}


def _by_epoch(epochs: Collection[int], by_key: Mapping[StateKey, Each]) -> dict[int, dict[StateKey, Each]]:
    """Of each of these epochs its own. There are those of a week, so they are gone through once."""
    found: dict[int, dict[StateKey, Each]] = {epoch: {} for epoch in epochs}
    for key, each in by_key.items():
        epoch = epoch_of(key[1])
        if epoch in found:
            found[epoch][key] = each
    return found
