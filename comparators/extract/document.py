"""Any JSON, and what every JSON protocol here builds on: one way to parse, and to say why it failed."""

from typing import Any

import msgspec
import orjson

from comparators.errors import Unreadable
from comparators.extract import lenient
from comparators.extract.output import Document, Reading
from records.coding import decoded
from records.nouns import Answer, Headers

Plain = tuple[bytes, Headers]  # a body without its content coding, and the headers that it came with

_decoder = msgspec.json.Decoder()
_REFUSALS = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def plain(answer: Answer, limit: int) -> bytes:
    """The body without its content coding, at most `limit` bytes of it."""
    for name, _ in answer.headers:
        if name == b"content-encoding":
            return _undone(answer, limit)
    return answer.body.data


def _undone(answer: Answer, limit: int) -> bytes:
    data = decoded(answer.body.data, answer.headers, limit)
    if data is None:
        msg = f"its content coding is unknown or broken, or it unpacks to more than {limit:,} bytes"
        raise Unreadable(msg)
    return data


def read(data: bytes) -> Reading:
    plain = b"true" not in data and b"false" not in data  # Python holds True == 1; JSON does not
    return Reading({"": Document(parsed(data), plain)})


def read_lines(data: bytes) -> Reading:
    """JSON Lines: a document a line, of any origin."""
    lines = [parsed(line) for line in data.split(b"\n") if line.strip()]
    if not lines:
        msg = "it has no line"
        raise Unreadable(msg)
    plain = b"true" not in data and b"false" not in data
    return Reading({"": Document(lines, plain)})


def parsed(data: bytes) -> Any:
    """The JSON value, read as loosely as any client reads it (lenient.py) where it is not strictly JSON."""
    try:
        return _strictly(data)
    except orjson.JSONDecodeError:
        return lenient.loads(lenient.mended(lenient.decoded(data)))


def parsed_piece(data: bytes) -> Any:
    """Likewise, of an event of a stream: a character that this event holds a part of stays as it came, until `joined`
    has the other part.
    """
    try:
        return _strictly(data)
    except orjson.JSONDecodeError:
        return lenient.loads(lenient.decoded(data))


def _strictly(data: bytes) -> Any:
    """Whole numbers keep all of their digits, where orjson's lose some beyond 64 bits. orjson reads what is nested
    deeper than msgspec follows, and says what is no JSON.
    """
    try:
        return _decoder.decode(data)
    except _REFUSALS:
        return orjson.loads(data)
