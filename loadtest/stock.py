"""The requests of a run and what production answered to them, laid out in a directory before it starts.

A source is read once, and what its requests become at the target is made then: the run itself only copies bytes from a
mapped file to a socket. Bodies are on disk and not in memory, so a recording may be larger than that; of each request
its index takes some 70 bytes. Sending processes and the scorer map the same files.

    requests    the bytes that are sent, one after another
    exchanges   the records (records/codec.py) that answers are scored by
    index.npz   a column each: where they end, when production was asked, whose they are, what they are by a hash
"""

import hashlib
import mmap
from array import array
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from calling.endpoint import CalledEndpoint
from ground.room import room_for
from loadtest.grouping import KeyOf, number_of
from loadtest.sources.source import Skips, SourceRequest
from loadtest.stock_index import NO_TIME, StockIndex
from records.codec import Codec
from records.errors import RecordError
from records.nouns import Answer, Exchange, Failure, Headers, Observation, Timings
from records.privacy.kept_rules import FRAMING, KeptRules

NOT_RECORDED = "what production answered was not recorded"
MORE_ROOM = "set TMPDIR to a directory with more room, or send a part of the source (--sample, --filter)"
MAX_NAMED = 20  # of what is left out of requests
_OTHERS = "other headers"
_DIGEST_BYTES = 16
_REFUSED = "makes no well-formed request"
_CUT = "its body was recorded cut"
_NOTHING = Observation(
    wall_ns=0, timings=Timings(), outcome=Failure("cancelled", NOT_RECORDED), in_flight=0, loop_lag_ns=0,
    reader_paused=False,
)  # fmt: skip


class StockWriter:
    """Takes requests in the source's order; then `close`, or `abandon`."""

    def __init__(
        self, directory: Path, endpoint: CalledEndpoint, kept: KeptRules, skips: Skips, session_of: KeyOf | None = None
    ) -> None:
        """What makes no request is counted in `skips`."""
        self._directory = directory
        self._room = partial(room_for, "the requests of the source", directory, MORE_ROOM)
        self._endpoint = endpoint
        self._kept = kept
        self._skips = skips
        self._session_of = session_of
        self._codec = Codec()
        self._encoder = msgspec.msgpack.Encoder()
        self._requests = (directory / "requests").open("wb")
        self._exchanges = (directory / "exchanges").open("wb")
        self._ends = [0, 0]
        self._columns: dict[str, array[Any]] = {name: array(kind) for name, kind in _KINDS.items()}
        self._digests = bytearray()
        self._without: Counter[str] = Counter()

    def add(self, found: SourceRequest) -> bool:
        """Whether it is in. Raises NoRoomError."""
        if found.request.body.cut:
            self._skips.add(_CUT, found.id)
            return False
        exchange = self._exchange(found)
        try:
            asked = self._endpoint.request(exchange)
        except RecordError:
            self._skips.add(_REFUSED, found.id)
            return False
        record = self._codec.encode(exchange)
        with self._room():
            self._requests.write(asked)
            self._exchanges.write(record)
        self._ends = [self._ends[0] + len(asked), self._ends[1] + len(record)]
        session = self._session_of(found) if self._session_of else ""
        row = (
            NO_TIME if found.at_ns is None else found.at_ns, _lasted_ns(found.production),
            _answered_ns(found.production), number_of(session) if session else 0, found.ratio,
            found.production is not None, found.request.body.size, *self._ends,
        )  # fmt: skip
        for column, value in zip(self._columns.values(), row, strict=True):
            column.append(value)
        content = self._encoder.encode(exchange.request)
        self._digests += hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
        return True

    def abandon(self) -> None:
        """There will be no stock: the source cannot be read on, or there is no room for it."""
        for each in (self._requests, self._exchanges):
            with suppress(OSError):  # what is left of it may find no room
                each.close()

    def close(self) -> "Stock":
        """Raises NoRoomError."""
        try:
            with self._room():
                self._requests.close()
                self._exchanges.close()
                self._write_index()
        finally:
            self.abandon()
        return Stock(self._directory)

    def _write_index(self) -> None:
        if self._without:
            told = ", ".join(f"{name} ({count:,})" for name, count in self._without.most_common())
            self._skips.notes.append(f"sent without what a candidate is not given: {told}")
        columns: dict[str, Any] = {name: np.array(column) for name, column in self._columns.items()}
        columns["answered"] = columns["answered"].astype(np.bool_)
        columns["digests"] = np.frombuffer(bytes(self._digests), dtype=np.uint8).reshape(-1, _DIGEST_BYTES)
        np.savez(self._directory / "index.npz", **columns)

    def _exchange(self, found: SourceRequest) -> Exchange:
        """With no header that may not be kept: the source is somebody else's."""
        asked = found.request
        target, headers = self._kept.target(asked.target), self._kept.request_headers(asked.headers)
        self._count_left_out(found, target, headers)
        request = msgspec.structs.replace(asked, target=target, headers=headers)
        return Exchange(
            id=found.id, route=found.route, revision=0, request=request, production=self._answered(found.production),
            sampling_key=found.sampling_key or _hashed(found.unit), unit=found.unit,
        )  # fmt: skip

    def _count_left_out(self, found: SourceRequest, target: str, headers: Headers) -> None:
        """What of it is not sent, by name: whoever reads the report should know before he wonders at failures."""
        if target != found.request.target:
            self._without["credentials in its query"] += 1
        if len(headers) < len(found.request.headers):
            kept = {name for name, _ in headers}
            for name in {name.lower() for name, _ in found.request.headers} - kept - FRAMING:
                label = f"header {name.decode('latin-1')}"
                self._without[label if label in self._without or len(self._without) < MAX_NAMED else _OTHERS] += 1

    def _answered(self, production: Observation | None) -> Observation:
        if production is None:
            return _NOTHING
        if not isinstance(production.outcome, Answer):
            return production
        headers = self._kept.answer_headers(production.outcome.headers)
        return msgspec.structs.replace(production, outcome=msgspec.structs.replace(production.outcome, headers=headers))


_KINDS = {
    "at_ns": "q",
    "lasted_ns": "q",
    "answered_ns": "q",
    "session": "q",
    "ratio": "d",
    "answered": "b",
    "body_bytes": "q",
    "request_ends": "q",
    "exchange_ends": "q",
}


class Stock:
    """What a writer laid out, mapped."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        with np.load(directory / "index.npz") as columns:
            self.index = StockIndex(**{name: columns[name] for name in StockIndex._fields})
        self._requests = _mapped(directory / "requests")
        self._exchanges = _mapped(directory / "exchanges")
        self._decode = Codec().decode_exchange

    def request(self, item: int) -> bytes:
        """The bytes to be sent."""
        return _piece(self._requests, self.index.request_ends, item)

    def exchange(self, item: int) -> Exchange:
        return self._decode(_piece(self._exchanges, self.index.exchange_ends, item))

    def close(self) -> None:
        for each in (self._requests, self._exchanges):
            if isinstance(each, mmap.mmap):
                each.close()


def _mapped(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else b""


def _piece(data: mmap.mmap | bytes, ends: NDArray[np.int64], item: int) -> bytes:
    return data[int(ends[item - 1]) if item else 0 : int(ends[item])]


def _lasted_ns(production: Observation | None) -> int:
    if production is None:
        return NO_TIME
    times = production.timings
    end = times.last_byte if times.last_byte is not None else times.failed
    return NO_TIME if end is None or times.sent is None else max(0, end - times.sent)


def _answered_ns(production: Observation | None) -> int:
    is_known = production is not None and isinstance(production.outcome, Answer)
    return _lasted_ns(production) if is_known else NO_TIME


def _hashed(unit: str) -> str:
    """Whose a request is, as a table of somebody else's tells it."""
    return f"{number_of(unit):016x}" if unit else ""
