"""Content codings undone, within a bound: a body of gzip or deflate as the text that it stands for.

Recorded bodies keep their coding, since a candidate must be sent them as they came; whoever reads or hides what is
in them undoes it here. Pure. A coding that is not known, is broken, or would grow past the bound has no reading.
"""

from __future__ import annotations

import zlib

from records.nouns import Headers

MAX_DECODED_BYTES = 64 * 1024 * 1024  # a kilobyte of gzip can stand for a megabyte
# Nobody codes twice, or in many members; a header that lists hundreds, or a body of empty members, is an attack on us.
_MAX_CODINGS = 2
_MAX_MEMBERS = 64

# zlib's own numbers: 16 + wbits reads the gzip form, wbits the zlib form, -wbits the bare one.
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_BARE = -zlib.MAX_WBITS

# "deflate" is the zlib form by RFC 9110 §8.4.1.2; some servers send it bare, so that is tried after it.
_FORMS: dict[bytes, tuple[int, ...]] = {
    b"gzip": (_GZIP,),
    b"x-gzip": (_GZIP,),
    b"deflate": (_ZLIB, _BARE),
}


def codings(headers: Headers) -> list[bytes]:
    """The codings in the order they were applied, `identity` left out."""
    listed = b",".join(value for name, value in headers if name == b"content-encoding")
    names = [name.strip().lower() for name in listed.split(b",")]
    return [name for name in names if name not in (b"", b"identity")]


def decoded(data: bytes, headers: Headers, limit: int = MAX_DECODED_BYTES) -> bytes | None:
    """`data` without its content codings; None where there is no reading of at most `limit` bytes."""
    applied = codings(headers)
    reading: bytes | None = data if len(applied) <= _MAX_CODINGS else None
    for coding in reversed(applied):
        if reading is None:
            return None
        reading = _undone(reading, _FORMS.get(coding, ()), limit)
    return reading


def _undone(data: bytes, forms: tuple[int, ...], limit: int) -> bytes | None:
    for form in forms:
        try:
            return _inflated(data, form, limit)
        except zlib.error:
            continue
    return None


def _inflated(data: bytes, form: int, limit: int) -> bytes | None:
    """The members of `data` (RFC 1952 §2.2 allows several). Raises zlib.error where it is not of this form."""
    whole = bytearray()
    for _ in range(_MAX_MEMBERS):
        if not data:
            return bytes(whole)
        member = zlib.decompressobj(form)
        whole += member.decompress(data, limit + 1 - len(whole))
        if len(whole) > limit:
            return None
        if not member.eof:
            raise zlib.error("ends before its end")
        data = member.unused_data
    return None
