"""Recordings as a file: one header line, then one exchange or pair a line, as JSON Lines.

Whatever leaves is redacted first: a Writer must be given the redaction, or None where everything is to be shown, so
that nobody forgets it. `understudy export` and `import` call this; the shape of a line is lines.py's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct, json

from records.errors import RecordError
from records.files.lines import Line, line_of, record_of
from records.nouns import Exchange, Pair
from records.privacy.redaction import Redaction

SCHEMA = "understudy.recording/1"
MAX_LINE_BYTES = 512 * 1024 * 1024

# What a line may raise: msgspec's own errors, UTF-8 and base64 that are none (all of them ValueErrors), and nesting.
_UNREADABLE = (ValueError, RecursionError)


class HeaderLine(Struct, frozen=True, kw_only=True):
    schema: str
    redacted: bool = False


_encoder = json.Encoder()
_header_decoder = json.Decoder(HeaderLine)
_line_decoder: json.Decoder[Line] = json.Decoder(Line)


class RefusedLine(RecordError):
    """A line of a file that can't be imported."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"line {number}: {reason}")
        self.number = number
        self.reason = reason


class Writer:
    """Makes the lines of one file, each with its line end."""

    def __init__(self, redaction: Redaction | None) -> None:
        self._redaction = redaction if redaction is not None and redaction.hides_anything else None

    def header(self) -> bytes:
        return _encoder.encode(HeaderLine(schema=SCHEMA, redacted=self._redaction is not None)) + b"\n"

    def line(self, record: Exchange | Pair) -> bytes:
        return _encoder.encode(line_of(self._redacted(record))) + b"\n"

    def _redacted(self, record: Exchange | Pair) -> Exchange | Pair:
        if self._redaction is None:
            return record
        return self._redaction.pair(record) if isinstance(record, Pair) else self._redaction.exchange(record)


def read(file: BinaryIO) -> Iterator[Exchange | Pair]:
    """The records of a file, as it is read. Raises RefusedLine with a line's number and what is wrong with it."""
    read_header(file)
    yield from read_records(file)


def read_records(file: BinaryIO) -> Iterator[Exchange | Pair]:
    """Those behind the header. Raises RefusedLine."""
    number = 1
    while line := file.readline(MAX_LINE_BYTES):
        number += 1
        if line.isspace():
            continue
        try:
            record = record_of(_line_decoder.decode(line))
        except _UNREADABLE as error:
            raise RefusedLine(number, str(error)) from error
        yield record


def read_header(file: BinaryIO) -> HeaderLine:
    """Raises RefusedLine where it is none of ours."""
    line = file.readline(MAX_LINE_BYTES)
    try:
        header = _header_decoder.decode(line)
    except _UNREADABLE as error:
        raise RefusedLine(1, f'a recording begins with {{"schema":"{SCHEMA}"}}: {error}') from error
    if header.schema != SCHEMA:
        raise RefusedLine(1, f"schema {header.schema!r} is not one of {SCHEMA}")
    return header
