"""Body framing: where a body ends (RFC 9112 §6, §7). By length, chunked, or until close.

Each reader has one verb: `feed(data)` answers the payload in it and, once the body is complete, the bytes behind it
(else None). Nothing is buffered but an unfinished chunk line. Raises BadFraming.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from http1.errors import Http1Error

_Step = Callable[[bytes, int, list[bytes]], "tuple[int, _Step | None]"]

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?")
_LOOSE_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t;][^\r]*)?")
_TRAILER_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")
_MAX_TRAILERS = 8192

LAST_CHUNK = b"0\r\n\r\n"


class BadFraming(Http1Error):
    """The body's framing is broken: nothing that follows on this connection can be trusted."""


class LengthBody:
    """A body of a known length in bytes."""

    __slots__ = ("left",)

    def __init__(self, length: int) -> None:
        self.left = length

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        size = len(data)
        if size < self.left:
            self.left -= size
            return data, None
        cut, self.left = self.left, 0
        return (data, b"") if size == cut else (data[:cut], data[cut:])

    def end_of_stream(self) -> None:
        raise BadFraming(f"the connection closed {self.left} bytes before the body's end")


class UntilCloseBody:
    """An answer without length: it ends when its connection does."""

    __slots__ = ()

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        return data, None

    def end_of_stream(self) -> None:
        """Closing is how such a body ends."""


class ChunkedBody:
    """The chunked coding. Extensions and trailers are checked and dropped, as RFC 9112 §7.1 allows."""

    __slots__ = ("_left", "_line", "_step", "_trailer_bytes")

    _size_line = _SIZE_LINE
    _max_line = 1024  # bytes

    def __init__(self) -> None:
        self._step: _Step = self._size
        self._line = b""
        self._left = 0
        self._trailer_bytes = 0

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        pieces: list[bytes] = []
        if self._line:
            data, self._line = self._line + data, b""
        at = 0
        while at >= 0:
            at, step = self._step(data, at, pieces)
            if step is None:
                return b"".join(pieces), data[at:]
            self._step = step
        return (pieces[0] if len(pieces) == 1 else b"".join(pieces)), None

    def end_of_stream(self) -> None:
        raise BadFraming("the connection closed before the last chunk")

    # Each step reads from `at` and answers where the next one starts and which it is; a negative position means
    # that more bytes are needed, no step that the body is complete.

    def _size(self, data: bytes, at: int, pieces: list[bytes]) -> tuple[int, _Step | None]:
        line, end = self._take_line(data, at)
        if line is None:
            return -1, self._size
        match = self._size_line.fullmatch(line)
        if match is None:
            raise BadFraming("a chunk's size is not a hexadecimal number")
        self._left = int(match[1], 16)
        return end, self._payload if self._left else self._trailer

    def _payload(self, data: bytes, at: int, pieces: list[bytes]) -> tuple[int, _Step | None]:
        piece = data[at : at + self._left]
        if piece:
            pieces.append(piece)
        self._left -= len(piece)
        return (-1, self._payload) if self._left else (at + len(piece), self._payload_end)

    def _payload_end(self, data: bytes, at: int, pieces: list[bytes]) -> tuple[int, _Step | None]:
        found = data[at : at + 2]
        if found == b"\r\n":
            return at + 2, self._size
        if found not in (b"", b"\r"):
            raise BadFraming("a chunk is longer than its size")
        self._line = found
        return -1, self._payload_end

    def _trailer(self, data: bytes, at: int, pieces: list[bytes]) -> tuple[int, _Step | None]:
        line, end = self._take_line(data, at)
        if line is None:
            return -1, self._trailer
        if not line:
            return end, None
        self._trailer_bytes += len(line)
        if not self._is_trailer(line) or self._trailer_bytes > _MAX_TRAILERS:
            raise BadFraming("a trailer is malformed or too long")
        return end, self._trailer

    def _is_trailer(self, line: bytes) -> bool:
        return _TRAILER_LINE.fullmatch(line) is not None

    def _take_line(self, data: bytes, at: int) -> tuple[bytes | None, int]:
        end = data.find(b"\r\n", at)
        if end < 0:
            self._line = data[at:]
            if len(self._line) > self._max_line:
                raise BadFraming("a chunk line is too long")
            return None, -1
        if end - at > self._max_line:
            raise BadFraming("a chunk line is too long")
        return data[at:end], end + 2


class LooseChunkedBody(ChunkedBody):
    """An endpoint's, read as nginx and curl read it: a line may end in a bare LF, a size may be followed by blanks and
    whatever, and a trailer, which is dropped, may be any line."""

    __slots__ = ()

    _size_line = _LOOSE_SIZE_LINE
    _max_line = 16_384

    def _payload_end(self, data: bytes, at: int, pieces: list[bytes]) -> tuple[int, _Step | None]:
        if data[at : at + 1] == b"\n":
            return at + 1, self._size
        return super()._payload_end(data, at, pieces)

    def _is_trailer(self, line: bytes) -> bool:
        return True

    def _take_line(self, data: bytes, at: int) -> tuple[bytes | None, int]:
        end = data.find(b"\n", at)
        if end < 0:
            return super()._take_line(data, at)
        if end - at > self._max_line:
            raise BadFraming("a chunk line is too long")
        return data[at:end].removesuffix(b"\r"), end + 1


BodyReader = LengthBody | ChunkedBody | UntilCloseBody


def chunk(data: bytes) -> bytes:
    """`data`, not empty, as one chunk: an empty one would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)
