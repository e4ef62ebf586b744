"""One partition of one candidate: exchanges are read, sent to the candidate, and committed as pairs.

Three tasks work while the lease is held: reading (and calling), committing, renewing. When the lease is lost, what is
under way is given up: its next owner reads it again. Each entry ends in one commit, under one counter.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog

from proxy.mirror.bell import Bell
from proxy.mirror.candidate import MirrorCandidate
from proxy.mirror.finished import Finished, FinishedQueue
from proxy.mirror.noise import Both
from proxy.mirror.pacer import BEHIND_S, Pacer
from records.codec import decode_exchange, encode
from records.errors import NotJoined, RecordError, StaleToken, StoreError
from records.nouns import Exchange, Observation
from records.store.group import Entry, Group
from records.store.patience import Patience

log = structlog.get_logger()

_FETCH_AT_ONCE = 64
_WAIT_S = 1.0
_RELEASE_S = 1.0  # a stop must not wait for a store that is away; the lease ends by itself
_MAX_BYTES_IN_HAND = 67_108_864  # of pairs that wait for their commit: beyond, reading pauses

# An exchange without its whole request can't be sent. It counts as mirrored, but no pair is made of it.
_CAPTURE_CUT = ("mirrored", "incomparable.capture_cut")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRules:
    lease_s: float
    linger_s: float
    group_max_records: int
    group_max_bytes: int


class MirrorLane:
    def __init__(
        self, group: Group, candidate: MirrorCandidate, rules: LaneRules, rejoin: Callable[[], Awaitable[None]]
    ) -> None:
        """`rejoin` makes the candidate's group anew where the store lost it."""
        self.candidate = candidate
        self.owns = False
        self._group = group
        self._rules = rules
        self._rejoin = rejoin
        self._patiently = Patience(**self._names())
        self._window = max(_FETCH_AT_ONCE, 2 * candidate.settings.max_in_flight) + candidate.may_wait_for_noise
        self._max_lag_s = candidate.settings.max_lag_s
        # What was asked for from an earlier point on is neither too old nor sent slowly, until it has caught up.
        self._backfilling = candidate.settings.start_from != "now"
        self._pacer = Pacer()
        self._leaving = False
        self._moved = Bell()
        self._forget()

    def _forget(self) -> None:
        self._calls: dict[str, Both] = {}
        self._finished = FinishedQueue()
        self._in_hand = 0  # read, and not committed
        self._committing = False

    @property
    def under_way(self) -> int:
        """Exchanges whose calls have not ended."""
        return len(self._calls)

    @property
    def leaving(self) -> bool:
        return self._leaving

    @property
    def tried_by(self) -> str | None:
        """Why the store does not do what this lane asks of it, while that is so."""
        return self._patiently.tried_by

    def leave(self) -> None:
        """Read nothing more; `run` ends when what is under way has been committed."""
        self._leaving = True
        self._moved.ring()

    async def run(self) -> None:
        try:
            while not self._leaving:
                if await self._acquire():
                    await self._own()
                elif not self._leaving:
                    await self._moved.wait(self._rules.lease_s / 3)
        finally:
            with suppress(StoreError, TimeoutError):
                async with asyncio.timeout(_RELEASE_S):
                    await self._group.release()

    async def _acquire(self) -> bool:
        try:
            return await self._patiently(self._group.acquire)
        except NotJoined:
            await self._patiently(self._rejoin)
            return False

    async def _own(self) -> None:
        """Work until asked to leave or the lease is lost."""
        self._forget()
        self.owns = True
        token = self._group.token
        try:
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read())
                others = [tasks.create_task(self._commit(token)), tasks.create_task(self._renew(token))]
                while not self._leaving:
                    await self._moved.wait()
                reading.cancel()
                for calls in list(self._calls.values()):
                    calls.leave_noise()
                while self._calls or self._finished or self._committing:
                    await self._moved.wait()
                for task in others:
                    task.cancel()
        except* (StaleToken, NotJoined) as lost:
            log.info("lease.lost", reason=str(lost.exceptions[0]), given_up=self._in_hand, **self._names())
        finally:
            self.owns = False
            for calls in list(self._calls.values()):
                calls.give_up()

    # ---- reading and calling

    async def _read(self) -> None:
        while True:
            while self._in_hand >= self._window or self._finished.bytes >= _MAX_BYTES_IN_HAND:
                await self._moved.wait()
            if not self.candidate.settings.paused:
                await self.candidate.callable()  # what can't be sent yet stays in the stream
            room = min(_FETCH_AT_ONCE, self._window - self._in_hand)
            entries = await self._patiently(partial(self._group.fetch, room))
            if not entries:
                await self._patiently(partial(self._group.wait, _WAIT_S))
            self._in_hand += len(entries)
            fetched_at = _now()
            for entry in entries:
                await self._take(entry, fetched_at)

    async def _take(self, entry: Entry, fetched_at: float) -> None:
        """Send one exchange, or finish it without; returns when the next one may be taken."""
        if self.candidate.settings.paused:
            self._finish(entry.id, "skipped.paused")
            return
        try:
            exchange = decode_exchange(entry.data)
            request = self.candidate.request(exchange)
        except RecordError as error:
            log.warning("exchange.set_aside", entry=entry.id, error=str(error), **self._names())
            self._finish(entry.id, "skipped.set_aside")
            return
        if exchange.request.body.cut:
            self._finish(entry.id, *_CAPTURE_CUT)
            return
        arrived = fetched_at - entry.waited_ns / 1e9
        if (reason := self._too_old(arrived)) is None:
            await self._pace(arrived)
            await self.candidate.turn()
            if (reason := self._too_old(arrived)) is None:
                waited_ns = entry.waited_ns + int((_now() - fetched_at) * 1e9)
                self._call(entry.id, exchange, request, waited_ns)
                return
            self.candidate.pass_turn()
        self._finish(entry.id, reason)

    def _too_old(self, arrived: float) -> str | None:
        if self._backfilling or _now() - arrived <= self._max_lag_s:
            return None
        return "skipped.breaker" if self.candidate.breaker.held_up(arrived) else "skipped.too_old"

    async def _pace(self, arrived: float) -> None:
        now = _now()
        if now - arrived < BEHIND_S:
            self._backfilling = False
        if not self._backfilling and (due := self._pacer.due(arrived, now)) > now:
            await asyncio.sleep(due - now)

    def _call(self, entry_id: str, exchange: Exchange, request: bytes, waited_ns: int) -> None:
        warming_up = False

        def done(observation: Observation | None, noise: Observation | None) -> None:
            del self._calls[entry_id]
            if observation is not None:
                pair = self.candidate.pair(exchange, observation, noise, waited_ns, warming_up)
                self._finish(entry_id, "mirrored", pair=encode(pair))
            self._moved.ring()

        self.candidate.queue_delay_ns = waited_ns
        calls = self._calls[entry_id] = Both(done)
        to_head_request = exchange.request.method == "HEAD"
        call, warming_up = self.candidate.call(request, to_head_request=to_head_request, done=calls.answered)
        calls.start(call, self.candidate.call_again(exchange, calls.answered_again))

    # ---- committing

    def _finish(self, entry_id: str, *counts: str, pair: bytes | None = None) -> None:
        self._finished.put(Finished(entry_id, counts, pair))
        self._moved.ring()

    async def _commit(self, token: int) -> None:
        while True:
            while not self._finished:
                await self._moved.wait()
            if len(self._finished) < self._rules.group_max_records and not self._leaving:
                await asyncio.sleep(self._rules.linger_s)
            self._committing = True
            group = self._finished.take_group(self._rules.group_max_records, self._rules.group_max_bytes)
            await self._commit_group(group, token)
            self._committing = False
            self._moved.ring()

    async def _commit_group(self, group: list[Finished], token: int) -> None:
        ids = [each.id for each in group]
        pairs = [each.pair for each in group if each.pair is not None]
        counts = Counter(name for each in group for name in each.counts)

        async def commit() -> None:
            if self._group.token != token:
                raise StaleToken("the lease changed hands meanwhile")
            await self._group.commit(ids, pairs=pairs, counts=counts)

        await self._patiently(commit)
        self._in_hand -= len(group)
        self._finished.committed(group)
        self.candidate.counts.update(counts)

    # ---- the store

    async def _renew(self, token: int) -> None:
        while True:
            await asyncio.sleep(self._rules.lease_s / 3)
            await self._patiently(self._group.acquire)
            if self._group.token != token:
                raise StaleToken("the lease changed hands meanwhile")

    def _names(self) -> dict[str, str]:
        return {"route": self.candidate.route, "candidate": self.candidate.settings.name}


def _now() -> float:
    return asyncio.get_running_loop().time()
