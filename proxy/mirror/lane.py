"""One partition of one candidate: exchanges are read, sent to the candidate, and committed as pairs.

Two tasks work under the lease: reading (and calling), and committing. When the lease is lost, what is under way is
given up: its next owner reads it again. Each entry ends in one commit, under one counter.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

import structlog

from proxy.mirror.bell import Bell
from proxy.mirror.candidate import MirrorCandidate
from proxy.mirror.endings import Ending, EndingQueue
from proxy.mirror.noise import Both
from proxy.mirror.pacer import BEHIND_S, Pacer
from records.codec import Codec
from records.errors import RecordError
from records.nouns import Exchange, Observation
from records.store.group import Entry
from records.store.lease import Lease

log = structlog.get_logger()

_FETCH_AT_ONCE = 64
_WAIT_S = 1.0
_MAX_BYTES_IN_HAND = 67_108_864  # of pairs that wait for their commit: beyond, reading pauses

# An exchange without its whole request can't be sent. It counts as mirrored, but no pair is made of it.
_CAPTURE_CUT = ("mirrored", "incomparable.capture_cut")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRules:
    linger_s: float
    group_max_records: int
    group_max_bytes: int


class MirrorLane:
    def __init__(self, lease: Lease, candidate: MirrorCandidate, rules: LaneRules, codec: Codec) -> None:
        self._lease = lease
        self._candidate = candidate
        self._rules = rules
        self._codec = codec
        self._window = max(_FETCH_AT_ONCE, 2 * candidate.settings.max_in_flight) + candidate.may_wait_for_noise
        self._max_lag_s = candidate.settings.max_lag_s
        # What was asked for from an earlier point on is neither too old nor sent slowly, until it has caught up.
        self._backfilling = candidate.settings.start_from != "now"
        self._pacer = Pacer()
        self._moved = Bell()
        self._forget()

    def _forget(self) -> None:
        self._calls: dict[str, Both] = {}
        self._finished = EndingQueue()
        self._in_hand = 0  # read, and not committed
        self._committing = False

    @property
    def under_way(self) -> int:
        return self._in_hand

    async def work(self) -> None:
        self._forget()
        try:
            async with asyncio.TaskGroup() as tasks:
                reading, committing = tasks.create_task(self._read()), tasks.create_task(self._commit())
                await self._lease.asked_to_leave()
                reading.cancel()
                for calls in list(self._calls.values()):
                    calls.leave_noise()
                while self._calls or self._finished or self._committing:
                    await self._moved.wait()
                committing.cancel()
        finally:
            for calls in list(self._calls.values()):
                calls.give_up()

    # ---- reading and calling

    async def _read(self) -> None:
        while True:
            while self._in_hand >= self._window or self._finished.bytes >= _MAX_BYTES_IN_HAND:
                await self._moved.wait()
            if not self._candidate.settings.paused:
                await self._candidate.callable()  # what can't be sent yet stays in the stream
            room = min(_FETCH_AT_ONCE, self._window - self._in_hand)
            entries = await self._lease.fetch(room)
            if not entries:
                await self._lease.wait(_WAIT_S)
            self._in_hand += len(entries)
            fetched_at = _now()
            for entry in entries:
                await self._take(entry, fetched_at)

    async def _take(self, entry: Entry, fetched_at: float) -> None:
        """Send one exchange, or finish it without; returns when the next one may be taken."""
        if self._candidate.settings.paused:
            self._finish(entry.id, "skipped.paused")
            return
        try:
            exchange = self._codec.decode_exchange(entry.data)
            request = self._candidate.request(exchange)
        except RecordError as error:
            log.warning("exchange.set_aside", entry=entry.id, error=str(error), **self._lease.labels)
            self._finish(entry.id, "skipped.set_aside")
            return
        if exchange.request.body.cut:
            self._finish(entry.id, *_CAPTURE_CUT)
            return
        arrived = fetched_at - entry.waited_ns / 1e9
        if (reason := self._too_old(arrived)) is None:
            await self._pace(arrived)
            await self._candidate.turn()
            if (reason := self._too_old(arrived)) is None:
                waited_ns = entry.waited_ns + int((_now() - fetched_at) * 1e9)
                self._call(entry.id, exchange, request, waited_ns)
                return
            self._candidate.pass_turn()
        self._finish(entry.id, reason)

    def _too_old(self, arrived: float) -> str | None:
        if self._backfilling or _now() - arrived <= self._max_lag_s:
            return None
        return "skipped.breaker" if self._candidate.breaker.held_up(arrived) else "skipped.too_old"

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
                pair = self._candidate.pair(exchange, observation, noise, waited_ns, warming_up)
                self._finish(entry_id, "mirrored", pair=self._codec.encode(pair))
            self._moved.ring()

        self._candidate.queue_delay_ns = waited_ns
        calls = self._calls[entry_id] = Both(done)
        to_head_request = exchange.request.method == "HEAD"
        call, warming_up = self._candidate.call(request, to_head_request=to_head_request, done=calls.answered)
        calls.start(call, self._candidate.call_again(exchange, calls.answered_again))

    # ---- committing

    def _finish(self, entry_id: str, *counts: str, pair: bytes | None = None) -> None:
        self._finished.put(Ending(entry_id, counts, pair))
        self._moved.ring()

    async def _commit(self) -> None:
        while True:
            while not self._finished:
                await self._moved.wait()
            if len(self._finished) < self._rules.group_max_records:
                await self._lease.pause(self._rules.linger_s)
            self._committing = True
            group = self._finished.take_group(self._rules.group_max_records, self._rules.group_max_bytes)
            await self._commit_group(group)
            self._committing = False
            self._moved.ring()

    async def _commit_group(self, group: list[Ending]) -> None:
        pairs = [each.pair for each in group if each.pair is not None]
        counts = Counter(name for each in group for name in each.counts)
        await self._lease.commit([each.id for each in group], pairs=pairs, counts=counts)
        self._in_hand -= len(group)
        self._finished.committed(group)
        self._candidate.counts.update(counts)


def _now() -> float:
    return asyncio.get_running_loop().time()
