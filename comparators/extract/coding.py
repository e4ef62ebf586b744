"""Content coding (RFC 9110 §8.4): the bytes that were coded, bounded, since a kilobyte can unpack to a gigabyte."""

import zlib

from comparators.errors import Unreadable
from records.nouns import Answer

_GZIP, _ZLIB, _BARE = 31, 15, -15  # zlib's window bits for each framing


def decoded(answer: Answer, limit: int) -> bytes:
    """The body without its content coding, at most `limit` bytes of it."""
    data = answer.body.data
    codings = [value for name, value in answer.headers if name == b"content-encoding"]
    if not codings:
        return data
    for coding in reversed(b",".join(codings).decode("latin-1").lower().split(",")):
        data = _undone(coding.strip(), data, limit)
    return data


def _undone(coding: str, data: bytes, limit: int) -> bytes:
    if coding in {"identity", ""} or not data:
        return data
    try:
        if coding in {"gzip", "x-gzip"}:
            return _inflated(data, _GZIP, limit)
        if coding == "deflate":
            # RFC 9110 says zlib's framing; some servers send the bare stream, and clients take both.
            is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            return _inflated(data, _ZLIB if is_zlib else _BARE, limit)
    except zlib.error as error:
        msg = f"its {coding} coding is broken: {error}"
        raise Unreadable(msg) from error
    msg = f"content coding {coding[:20]!r} is not one of gzip, deflate, identity"
    raise Unreadable(msg)


def _inflated(data: bytes, window: int, limit: int) -> bytes:
    parts: list[bytes] = []
    room = limit
    while data:  # a gzip body may have several members, one after the other (RFC 1952 §2.2)
        stream = zlib.decompressobj(window)
        part = stream.decompress(data, room + 1)
        room -= len(part)
        if room < 0:
            msg = f"it unpacks to more than {limit:,} bytes"
            raise Unreadable(msg)
        if not stream.eof:
            msg = "its coded body ends too early"
            raise Unreadable(msg)
        parts.append(part)
        data = stream.unused_data if window == _GZIP else b""
    return b"".join(parts)
