"""One partition of one candidate: exchanges are read, sent when the candidate's sender says so, and committed as pairs.

Two tasks work under the lease: reading, and committing. When the lease is lost, what is under way is given up: its next
owner reads it again. Each entry ends in one commit, under one counter.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic_ns

import structlog

from proxy.mirror.bell import Bell
from proxy.mirror.candidate import MirrorCandidate
from proxy.mirror.endings import Ending, EndingQueue
from proxy.mirror.noise import Both
from proxy.mirror.order import Departure
from proxy.mirror.timeline import Turn
from records.codec import Codec
from records.errors import RecordError
from records.nouns import Answer, Exchange, Observation
from records.store.group import Entry
from records.store.lease import Lease

log = structlog.get_logger()

_FETCH_AT_ONCE = 64
_TAKEN_AT_ONCE = 8  # records read in one turn of the loop: what is due meanwhile must not be late
_WAIT_S = 1.0
_MAX_BYTES_IN_HAND = 67_108_864  # of pairs that wait for their commit: beyond, reading pauses

# An exchange without its whole request can't be sent. It counts as mirrored, but no pair is made of it.
_CAPTURE_CUT = ("mirrored", "incomparable.capture_cut")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneRules:
    linger_s: float
    group_max_records: int
    group_max_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadExchange:
    """A proxy.mirror.sender.Sendable."""

    lane: MirrorLane
    entry_id: str
    exchange: Exchange
    request: bytes
    arrived: int  # in the store, by time.monotonic_ns

    @property
    def size(self) -> int:
        outcome = self.exchange.production.outcome
        answer = len(outcome.body.data) if isinstance(outcome, Answer) else 0
        return len(self.exchange.request.body.data) + len(self.request) + answer

    def turn(self) -> Turn:
        production = self.exchange.production
        times = production.timings
        sent = times.sent or 0
        ended = max(sent, times.last_byte or times.failed or 0)
        return Turn(
            sent=production.wall_ns + sent,
            ended=production.wall_ns + ended,
            in_hand=max(1, production.in_flight),
            arrived=self.arrived,
        )


class MirrorLane:
    def __init__(self, lease: Lease, candidate: MirrorCandidate, rules: LaneRules, codec: Codec) -> None:
        self._lease = lease
        self._candidate = candidate
        self._sender = candidate.sender
        self._rules = rules
        self._codec = codec
        self._max_lag_ns = int(candidate.settings.max_lag_s * 1e9)
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
        self._sender.join(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                reading, committing = tasks.create_task(self._read()), tasks.create_task(self._commit())
                await self._lease.asked_to_leave()
                reading.cancel()
                await self._hand_back(self._sender.leave(self))
                for calls in list(self._calls.values()):
                    calls.leave_noise()
                while self._calls or self._finished or self._committing:
                    await self._moved.wait()
                committing.cancel()
        finally:
            self._sender.leave(self)
            for calls in list(self._calls.values()):
                calls.give_up()

    async def _hand_back(self, unsent: Sequence[ReadExchange]) -> None:
        """What was read ahead is the next owner's as if it had never been delivered: a candidate that is often changed
        must not lose what it was never asked.
        """
        if unsent:
            await self._lease.patiently(partial(self._lease.defer, [each.entry_id for each in unsent]))

    # ---- reading and calling

    async def _read(self) -> None:
        while True:
            await self._sender.has_room()
            while self._finished.bytes >= _MAX_BYTES_IN_HAND:
                await self._moved.wait()
            if not self._candidate.settings.paused:
                await self._candidate.callable()  # what can't be sent yet stays in the stream
            entries = await self._lease.fetch(_FETCH_AT_ONCE)
            if not entries:
                await self._lease.wait(_WAIT_S)
            self._in_hand += len(entries)
            fetched_at = monotonic_ns()
            for number, entry in enumerate(entries, 1):
                self._take(entry, fetched_at - entry.waited_ns)
                if number % _TAKEN_AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _take(self, entry: Entry, arrived: int) -> None:
        """Put one exchange into the candidate's order, or finish it without."""
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
        elif (reason := self._too_old(monotonic_ns() - arrived, arrived)) is not None:
            self._finish(entry.id, reason)
        else:
            self._sender.put(
                ReadExchange(lane=self, entry_id=entry.id, exchange=exchange, request=request, arrived=arrived)
            )

    def send(self, read: ReadExchange, departure: Departure[ReadExchange]) -> bool:
        """It is due. False where it was finished without a call."""
        if (reason := self._too_old(departure.lag, read.arrived)) is not None:
            self._finish(read.entry_id, reason)
            return False
        self._call(read, departure)
        return True

    def _too_old(self, lag: int, arrived: int) -> str | None:
        if lag <= self._max_lag_ns or self._sender.backfilling:
            return None
        return "skipped.breaker" if self._candidate.breaker.held_up(arrived / 1e9) else "skipped.too_old"

    def _call(self, read: ReadExchange, departure: Departure[ReadExchange]) -> None:
        warming_up = False

        def done(observation: Observation | None, noise: Observation | None) -> None:
            del self._calls[read.entry_id]
            if observation is not None:
                pair = self._candidate.pair(read.exchange, observation, noise, departure, warming_up)
                self._finish(read.entry_id, "mirrored", pair=self._codec.encode(pair))
            self._moved.ring()

        self._candidate.queue_delay_ns = departure.lag
        calls = self._calls[read.entry_id] = Both(done)
        to_head_request = read.exchange.request.method == "HEAD"
        call, warming_up = self._candidate.call(read.request, to_head_request=to_head_request, done=calls.answered)
        calls.start(call, self._candidate.call_again(read.exchange, calls.answered_again))

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
