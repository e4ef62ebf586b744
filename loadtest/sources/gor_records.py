"""The records of a .gor file: where each begins and ends, and what its header says.

    record     header payload separator
    header     kind SP id SP timestamp [SP latency] LF      kind 1: request, 2: production's answer, 3: a replay's
               (a request without the field for its latency is an older GoReplay's: gor.py says what that changes)
    separator  LF 🐵🙈🙉 LF

A body may hold a line that looks like the separator. So where a head tells its body's length, and a separator stands
there, the record ends there; else it ends at the first separator, and was cut. One doubt is left: a body that was cut
whose length, by chance, leads to the end of a record behind it looks like one that holds whole records. Then neither
reading is taken: all of these are counted. Who asked and who answered is gor.py's.
"""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import BinaryIO, NamedTuple

from http1.body import BadFraming, LooseChunkedBody
from loadtest.sources.blocks import ByteWindow
from loadtest.sources.messages import MAX_NS, Unusable
from loadtest.sources.source import Skips
from loadtest.sources.wire import WireHead, answer_head, is_whole, request_head

MARK = "🐵🙈🙉".encode()
SEPARATOR = b"\n" + MARK + b"\n"
REQUEST, ANSWER, REPLAY = b"1", b"2", b"3"

AMBIGUOUS = "a record in another one's body, or another one cut"
CUT_RECORD = "a record that the file ends within"
CUT_GZIP = "whatever follows where the gzip is damaged or cut off"
NO_HEADER = "no line that begins a record"
TOO_LARGE = "a record of more than 64 MiB"

MAX_RECORD_BYTES = 64 * 1024 * 1024  # GoReplay itself cuts at 5 MB, if it is not told otherwise
_MAX_HEADER_BYTES = 1_024
_MAX_HEAD_BYTES = 262_144
_BEGINNING_BYTES = 32  # shown of a file that is none

RECORD_ID = re.compile(rb"[^ \r\n]{1,256}")
_HEADER = re.compile(rb"([123]) (" + RECORD_ID.pattern + rb") ([0-9]{1,19})(?: (-?[0-9]{1,18}))?[ \t\r]*\n")
_HEAD_END = re.compile(rb"\n\r?\n")
_NO_LINE_END = re.compile(rb"[^\r\n]")
_SEPARATOR_HERE = re.compile(rb"[\r\n]{0,4}\n" + MARK + rb"(?:\r?\n|\Z)")
_MARK_LINE = re.compile(MARK + rb"(\r?\n|\Z)")
INNER_RECORD = re.compile(MARK + rb"(?<=\n" + MARK + rb")[\r\n]*\n" + _HEADER.pattern)  # behind a separator
_SEPARATOR_BYTES = 4 + len(SEPARATOR) + 1  # the longest of them


class GorRecord(NamedTuple):
    """`at_ns`: when its message began. `latency_ns`: how long that took; None where it is not told. `is_short`: whether
    its header has no field for that. `head`: None where the payload begins with none. `body`: as it passed.
    """

    number: int
    kind: bytes
    id: bytes
    at_ns: int
    latency_ns: int | None
    is_short: bool
    head: WireHead | None
    body: bytes

    @property
    def place(self) -> str:
        return f"record {self.number}"

    @property
    def size(self) -> int:
        """About as many bytes are held with it."""
        fields = () if self.head is None else self.head.headers
        return len(self.body) + sum(len(name) + len(value) for name, value in fields)


class GorHeader(NamedTuple):
    kind: bytes
    id: bytes
    at_ns: int
    latency_ns: int | None
    is_short: bool


class RecordSpan(NamedTuple):
    """Where in the window a payload ends, and where behind its separator the next record begins."""

    end: int
    next: int


class GorRecords:
    """Read once. What is no record is counted in `skips`, with the records' numbers from 1."""

    def __init__(self, file: BinaryIO, skips: Skips) -> None:
        self.readable = 0  # those that had a header
        self.beginning = b""  # of the file, as much as an error shows
        self._window = ByteWindow(file)
        self._skips = skips
        self._number = 0

    def __iter__(self) -> Iterator[GorRecord]:
        self._window.reach(_BEGINNING_BYTES)
        self.beginning = bytes(self._window.data[:_BEGINNING_BYTES])
        while self._goes_on():
            self._number += 1
            try:
                record = self._record()
            except Unusable as error:
                self._skips.add(error.reason, f"record {self._number}")
            else:
                yield record
        if self._window.is_damaged:
            self._skips.add(CUT_GZIP, f"behind record {self._number}")

    def _goes_on(self) -> bool:
        """Whether there is anything but empty lines."""
        window = self._window
        while (found := _NO_LINE_END.search(window.data)) is None:
            window.drop(len(window.data))
            if not window.more():
                return False
        window.drop(found.start())
        return True

    def _record(self) -> GorRecord:
        header, payload = self._header()
        self.readable += 1
        head, body = self._head(header.kind, payload)
        span = self._span(header.kind, head, payload, body)
        if span is None:
            return GorRecord(self._number, *header, head, self._last_body(head, body))
        if span.end < body:  # the head was cut, and the separator's line end taken for its own
            head = None
        data = bytes(self._window.data[body : span.end])
        self._window.drop(span.next)
        return GorRecord(self._number, *header, head, data)

    def _header(self) -> tuple[GorHeader, int]:
        """And where the payload begins."""
        window = self._window
        while (end := window.data.find(b"\n", 0, _MAX_HEADER_BYTES) + 1) == 0 and len(window.data) < _MAX_HEADER_BYTES:
            if not window.more():
                window.drop(len(window.data))
                raise Unusable(CUT_RECORD)
        found = _HEADER.fullmatch(bytes(window.data[:end]))
        if found is None or int(found[3]) > MAX_NS:
            self._pass_over()
            raise Unusable(NO_HEADER)
        # GoReplay writes -1 where it took no time.
        latency_ns = None if found[4] is None or found[4].startswith(b"-") else int(found[4])
        return GorHeader(found[1], found[2], int(found[3]), latency_ns, is_short=found[4] is None), end

    def _head(self, kind: bytes, payload: int) -> tuple[WireHead | None, int]:
        """And where its body begins. Interim answers before an answer are passed over."""
        read = request_head if kind == REQUEST else answer_head
        begin = payload
        while (end := self._head_end(begin)) is not None:
            try:
                head = read(bytes(self._window.data[begin:end]))
            except Unusable:
                break
            if not head.is_interim:
                return head, end
            begin = end
        return None, payload

    def _head_end(self, begin: int) -> int | None:
        window = self._window
        while (found := _HEAD_END.search(window.data, begin, begin + _MAX_HEAD_BYTES)) is None:
            if len(window.data) >= begin + _MAX_HEAD_BYTES or not window.more():
                return None
        return found.end()

    def _span(self, kind: bytes, head: WireHead | None, payload: int, body: int) -> RecordSpan | None:
        """None: no separator follows in as much as a record may have. Raises Unusable where that is not to be told."""
        span = None if head is None else self._end_by_head(head, body)
        if span is None:
            return self._separator_from(payload)
        if INNER_RECORD.search(self._window.data, body, span.end) is None:
            return span
        inner = list(takewhile(lambda each: each.next < span.next, self._separators(body)))
        if kind != REQUEST and inner[0].end == body:
            return inner[0]  # an answer to HEAD, mostly: there the length is of what was not sent
        for _ in inner:
            self._skips.add(AMBIGUOUS, f"record {self._number}")
            self._number += 1
        self._window.drop(span.next)
        raise Unusable(AMBIGUOUS)

    def _end_by_head(self, head: WireHead, body: int) -> RecordSpan | None:
        if head.chunked:
            return self._end_of_chunks(body)
        return None if head.length is None else self._separator_at(body + head.length)

    def _last_body(self, head: WireHead | None, body: int) -> bytes:
        """Of a record without a separator: the file's last one, or one that is too large. Raises Unusable."""
        window = self._window
        if not window.ended:
            self._pass_over()
            raise Unusable(TOO_LARGE)
        rest = bytes(window.data[body:])
        window.drop(len(window.data))
        for data in (rest, _without_torn_mark(rest)):
            if head is not None and is_whole(head, data):
                return data
        raise Unusable(CUT_RECORD)

    def _pass_over(self) -> None:
        """Drops all up to the next separator, itself included."""
        window = self._window
        while (span := self._separator_from(0)) is None and not window.ended:
            window.drop(len(window.data) - len(MARK))  # with one that is begun, and what stands before it
        window.drop(len(window.data) if span is None else span.next)

    def _end_of_chunks(self, body: int) -> RecordSpan | None:
        """Of the separators behind `body` the one where its chunks are complete."""
        reader, fed = LooseChunkedBody(), body
        for span in self._separators(body):
            try:
                _, rest = reader.feed(bytes(self._window.data[fed : span.end]))
            except BadFraming:
                return None
            if rest is not None:
                return None if rest.strip(b"\r\n") else span
            fed = span.end
        return None

    def _separators(self, start: int) -> Iterator[RecordSpan]:
        while (span := self._separator_from(start)) is not None:
            yield span
            start = span.next

    def _separator_at(self, end: int) -> RecordSpan | None:
        """The one that stands at `end`, if one does."""
        if end > MAX_RECORD_BYTES:
            return None
        self._window.reach(end + _SEPARATOR_BYTES)
        found = _SEPARATOR_HERE.match(self._window.data, end)
        return None if found is None else RecordSpan(end, found.end())

    def _separator_from(self, start: int) -> RecordSpan | None:
        """The first one whose line begins at `start`, where a line begins, or later."""
        window, at = self._window, start
        while True:
            at = window.data.find(MARK, at)
            if at < 0:
                at = max(start, len(window.data) - len(MARK) + 1)
                if len(window.data) > MAX_RECORD_BYTES or not window.more():
                    return None
            elif (span := self._mark_line(at, start)) is not None:
                return span
            else:
                at += 1

    def _mark_line(self, at: int, start: int) -> RecordSpan | None:
        """A separator whose mark stands at `at`: a line of nothing else. The line end before it is a part of it."""
        data = self._window.data
        self._window.reach(at + len(MARK) + 2)
        found = _MARK_LINE.match(data, at)
        if found is None or (at > 0 and data[at - 1 : at] != b"\n"):
            return None
        before = 2 if found[1] == b"\r\n" == data[at - 2 : at] else 1
        return RecordSpan(max(start, at - before), found.end())


def _without_torn_mark(data: bytes) -> bytes:
    """`data` without the beginning of a separator, where the file was cut within it."""
    before, _, torn = data.rpartition(b"\n")
    return before if MARK.startswith(torn) else data
