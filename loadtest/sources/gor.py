"""Captures of GoReplay, `.gor`: its requests, each with the answer that production gave.

What a header's latency is counted from has changed, and no header says which release wrote it. Since a request's header
has one itself, it is how long its own message took. Before that an answer's was counted from its request's first packet
(then it has its request's time, or none), or from its last one, in part by GoReplay's own clock (goreplay#547, #573,
PR 549). Added to when the answer began it would count the wait twice, so of such a capture it is not taken.

Where a record begins and ends, gor_records.py says; what is in it, wire.py. The writer is gor_writer.py's.
"""

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from loadtest.errors import SourceError
from loadtest.sources.gor_records import (
    ANSWER,
    CUT_GZIP,
    MARK,
    MAX_RECORD_BYTES,
    REQUEST,
    GorRecord,
    GorRecords,
)
from loadtest.sources.messages import MAX_NS, Unusable, production_of
from loadtest.sources.source import Skips, SourceRequest
from loadtest.sources.wire import NO_ANSWER, NO_REQUEST, read_answer, read_request
from records.nouns import Observation, Request, Timings

MAX_WAITING = 4_096  # requests
MAX_WAITING_BYTES = 192 * 1024 * 1024  # theirs, with the answers that came already
MAX_EARLY = 1_024  # answers before their requests
MAX_EARLY_BYTES = MAX_RECORD_BYTES

OF_A_REPLAY = "an answer of a replay"
OLD_LATENCIES = (
    "an older GoReplay made it: how long an answer took is counted from various moments there, and taken as not known"
)
UNASKED = "an answer whose request is not there, or too far from it"

_SEEN_BYTES = 16 * 1024 * 1024  # takes 1 new id of 100 for one that was there when 10 million were, hardly one before
_SEEN_HASHES = 3


class GorFile:
    """A `.gor` file, zipped or not. A source: see source.py.

    Requests come in the file's order. One waits for its answer until that is found, or as many requests or bytes wait
    as may: then it is given without. An id is the record's own; where it was there already (GoReplay sees a packet
    twice on some machines), `#` and the record's number follow it. Latency: `sent` is when production had the whole
    request, as far as GoReplay saw it, and `first_byte` and `last_byte` those of the answer. Of an older capture there
    is no `last_byte`, and a note says so.
    """

    def __init__(
        self, file: BinaryIO, *, max_waiting: int = MAX_WAITING, max_waiting_bytes: int = MAX_WAITING_BYTES
    ) -> None:
        self.skips = Skips()
        self._records = GorRecords(file, self.skips)
        self._join = GorJoin(self.skips, max_waiting, max_waiting_bytes)

    def __iter__(self) -> Iterator[SourceRequest]:
        """Raises SourceError where there is not one record."""
        for record in self._records:
            self._take(record)
            yield from self._join.ready()
        yield from self._join.rest()
        if not self._records.readable:
            raise SourceError(self._no_records())

    def _no_records(self) -> str:
        beginning = self._records.beginning
        found = f"it begins with {beginning!r}" if beginning else "there is nothing in it"
        damage = ", as far as its gzip can be read" if self.skips.counts[CUT_GZIP] else ""
        return (
            f"no .gor file: {found}{damage}; a record begins with a line such as '1 932079936fa4306fc308d678 "
            "1439818823587396305 200' (kind, id, ns since 1970, ns that it took), the request follows it, and a line "
            f"of '{MARK.decode()}' ends it"
        )

    def _take(self, record: GorRecord) -> None:
        try:
            if record.kind == REQUEST:
                self._join.add_request(record)
            elif record.kind == ANSWER:
                self._join.add_answer(record)
            else:
                raise Unusable(OF_A_REPLAY)
        except Unusable as error:
            self.skips.add(error.reason, record.place)


@dataclass(slots=True, kw_only=True)
class OpenRequest:
    """A request that has not been given yet. `production`: once its answer came."""

    name: str
    record_id: bytes
    at_ns: int
    sent: int | None
    is_old: bool
    request: Request
    size: int
    production: Observation | None = None

    def source_request(self) -> SourceRequest:
        return SourceRequest(id=self.name, request=self.request, at_ns=self.at_ns, production=self.production)


class GorJoin:
    """Requests, in the order in which they came, each until its answer is there. Bounded in number and bytes."""

    def __init__(self, skips: Skips, max_waiting: int, max_waiting_bytes: int) -> None:
        self._skips = skips
        self._max_waiting = max_waiting
        self._max_waiting_bytes = max_waiting_bytes
        self._queue: deque[OpenRequest] = deque()
        self._bytes = 0
        self._unanswered: dict[bytes, deque[OpenRequest]] = {}  # of the queue, by id; the oldest is answered first
        self._early: dict[bytes, GorRecord] = {}
        self._early_bytes = 0
        self._seen = SeenIds()

    def add_request(self, record: GorRecord) -> None:
        """Raises Unusable for what is none."""
        if record.head is None:
            raise Unusable(NO_REQUEST)
        request = read_request(record.head, record.body)
        opened = OpenRequest(
            name=self._name(record),
            record_id=record.id,
            at_ns=record.at_ns,
            sent=record.latency_ns,
            is_old=record.is_short,
            request=request,
            size=record.size,
        )
        self._queue.append(opened)
        self._bytes += opened.size
        self._unanswered.setdefault(record.id, deque()).append(opened)
        early = self._early.pop(record.id, None)
        if early is not None:
            self._early_bytes -= early.size
            self._answer(opened, early)

    def add_answer(self, record: GorRecord) -> None:
        asked = self._unanswered.get(record.id)
        if asked is None:
            self._keep_early(record)
        else:
            self._answer(asked[0], record)

    def ready(self) -> Iterator[SourceRequest]:
        """Those that need not wait any longer."""
        while self._queue and (self._queue[0].production is not None or self._is_full):
            yield self._leave()

    def rest(self) -> Iterator[SourceRequest]:
        """All that are left, where no more records come."""
        while self._queue:
            yield self._leave()
        while self._early:
            self._drop_early()

    @property
    def _is_full(self) -> bool:
        return len(self._queue) > self._max_waiting or self._bytes > self._max_waiting_bytes

    def _name(self, record: GorRecord) -> str:
        """Unique: those without a number have no `#`."""
        name = record.id.decode("latin-1")
        return f"{name}#{record.number}" if self._seen.add(record.id) or "#" in name else name

    def _answer(self, opened: OpenRequest, record: GorRecord) -> None:
        """Another answer may still come where this one can't be read: a `100 Continue`, say."""
        try:
            opened.production = _production(opened, record)
        except Unusable as error:
            self._skips.add(error.reason, record.place)
            return
        if opened.is_old and OLD_LATENCIES not in self._skips.notes:
            self._skips.notes.append(OLD_LATENCIES)
        opened.size += record.size
        self._bytes += record.size
        self._close(opened)

    def _leave(self) -> SourceRequest:
        opened = self._queue.popleft()
        self._bytes -= opened.size
        if opened.production is None:
            self._close(opened)
        return opened.source_request()

    def _close(self, opened: OpenRequest) -> None:
        """It is the oldest of its id that has no answer."""
        asked = self._unanswered[opened.record_id]
        asked.popleft()
        if not asked:
            del self._unanswered[opened.record_id]

    def _keep_early(self, record: GorRecord) -> None:
        before = self._early.pop(record.id, None)
        if before is not None:
            self._count_unasked(before)
        self._early[record.id] = record
        self._early_bytes += record.size
        while len(self._early) > MAX_EARLY or self._early_bytes > MAX_EARLY_BYTES:
            self._drop_early()

    def _drop_early(self) -> None:
        self._count_unasked(self._early.pop(next(iter(self._early))))

    def _count_unasked(self, record: GorRecord) -> None:
        self._early_bytes -= record.size
        self._skips.add(UNASKED, record.place)


class SeenIds:
    """Which ids were there, in a bound of memory: a Bloom filter. It may take a new id for one that was there, and then
    that has its record's number behind it for nothing; never the other way round.
    """

    def __init__(self) -> None:
        self._bits = np.zeros(_SEEN_BYTES, np.uint8)  # takes its memory only as it fills

    def add(self, record_id: bytes) -> bool:
        """Whether it was there before."""
        digest = hashlib.blake2b(record_id, digest_size=4 * _SEEN_HASHES).digest()
        was_there = True
        for start in range(0, len(digest), 4):
            byte, bit = divmod(int.from_bytes(digest[start : start + 4]) % (8 * _SEEN_BYTES), 8)
            found = int(self._bits[byte])
            was_there &= bool(found >> bit & 1)
            self._bits[byte] = found | 1 << bit
        return was_there


def _production(asked: OpenRequest, record: GorRecord) -> Observation:
    if record.head is None:
        raise Unusable(NO_ANSWER)
    answer = read_answer(record.head, record.body, asked.request.method)
    return production_of(asked.at_ns, _timings(asked, record), answer)


def _timings(asked: OpenRequest, record: GorRecord) -> Timings:
    began = record.at_ns - asked.at_ns
    if began < 0:
        return Timings()  # a clock that was set back, or another's: nothing is known
    took = None if asked.is_old else record.latency_ns
    last = None if took is None else min(began + took, MAX_NS)
    sent = asked.sent or 0
    # No answer begins with its request: one that has its time says nothing of its first byte.
    return Timings(sent=sent if last is None or sent <= last else 0, first_byte=began or None, last_byte=last)
