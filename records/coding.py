"""Content codings undone, within a bound: a body of gzip, deflate, br or zstd as the text that it stands for.

Recorded bodies keep their coding, since a candidate must be sent them as they came; whoever reads or hides what is
in them undoes it here. Pure. A coding that is not known, is broken, or would grow past the bound has no reading.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial

import brotli
import zstandard

from records.nouns import Headers

MAX_DECODED_BYTES = 64 * 1024 * 1024  # a kilobyte of gzip can stand for a megabyte
# Nobody codes twice, or in many members; a header that lists hundreds, or a body of empty members, is an attack on us.
_MAX_CODINGS = 2
_MAX_MEMBERS = 64

# zlib's own numbers: 16 + wbits reads the gzip form, wbits the zlib form, -wbits the bare one.
_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_BARE = -zlib.MAX_WBITS

_BROTLI_STEP_BYTES = 1024 * 1024  # of output; brotli overshoots it by as much again, and a larger one by tens of MiB
_ZSTD_WINDOW_BYTES = 8 * 1024 * 1024  # no more is allowed for in HTTP (RFC 9659 §3)
# Of input: zstd's decoder has no bound for its output, but a block of 4 bytes makes no more than 128 KiB (RFC 8878
# §3.1.1.2), so that this overshoots by 4 MiB at most.
_ZSTD_STEP_BYTES = 128

CODING = b"content-encoding"


class Undecodable(ValueError):
    """A body whose content coding is unknown or broken."""


class Oversized(Undecodable):
    """A body that would unpack to more than it may."""


Undo = Callable[[bytes, int], "bytes | None"]  # data and limit in; None where there is more


def codings(headers: Headers) -> list[bytes]:
    """The codings in the order they were applied, `identity` left out."""
    listed = b",".join(value for name, value in headers if name == CODING)
    names = [name.strip().lower() for name in listed.split(b",")]
    return [name for name in names if name not in (b"", b"identity")]


def decoded(data: bytes, headers: Headers, limit: int = MAX_DECODED_BYTES) -> bytes | None:
    """`data` without its content codings; None where there is no reading of at most `limit` bytes."""
    try:
        return undone(data, headers, limit)
    except Undecodable:
        return None


def undone(data: bytes, headers: Headers, limit: int) -> bytes:
    """`data` without its content codings. Raises Oversized beyond `limit`, Undecodable where it has none."""
    applied = codings(headers)
    if len(applied) > _MAX_CODINGS:
        raise Undecodable(f"{len(applied)} codings; {_MAX_CODINGS} are undone at most")
    for coding in reversed(applied):
        data = _undone(data, _FORMS.get(coding, ()), limit)
    return data


def _undone(data: bytes, forms: tuple[Undo, ...], limit: int) -> bytes:
    for undo in forms:
        try:
            reading = undo(data, limit) if data else b""
        except (zlib.error, brotli.error, zstandard.ZstdError):
            continue
        if reading is None:
            raise Oversized(f"more than {limit:,} bytes")
        return reading
    raise Undecodable("the coding is unknown or broken")


def _inflated(form: int, data: bytes, limit: int) -> bytes | None:
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


def _unbrotlied(data: bytes, limit: int) -> bytes | None:
    """RFC 7932: one stream, of windows up to 16 MiB. Raises brotli.error, for what comes after its end as well."""
    whole = bytearray()
    stream = brotli.Decompressor()
    while len(whole) <= limit:
        step = stream.process(data, output_buffer_limit=min(_BROTLI_STEP_BYTES, limit + 1 - len(whole)))
        whole += step
        if stream.is_finished():
            return bytes(whole) if len(whole) <= limit else None
        if not step:  # can_accept_more_data() does not tell: it is true while there is more output, too
            raise brotli.error("ends before its end")
        data = b""
    return None


def _unzstd(data: bytes, limit: int) -> bytes | None:
    """The frames of `data` (RFC 8878 §3 allows several). Raises zstandard.ZstdError."""
    whole = bytearray()
    start = 0
    for _ in range(_MAX_MEMBERS):
        if start >= len(data):
            return bytes(whole)
        frame = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW_BYTES).decompressobj()
        while not frame.eof:
            step = data[start : start + _ZSTD_STEP_BYTES]
            if not step:
                raise zstandard.ZstdError("ends before its end")
            whole += frame.decompress(step)
            if len(whole) > limit:
                return None
            start += len(step)
        start -= len(frame.unused_data)
    return None


# "deflate" is the zlib form by RFC 9110 §8.4.1.2; some servers send it bare, so that is tried after it.
_FORMS: dict[bytes, tuple[Undo, ...]] = {
    b"gzip": (partial(_inflated, _GZIP),),
    b"x-gzip": (partial(_inflated, _GZIP),),
    b"deflate": (partial(_inflated, _ZLIB), partial(_inflated, _BARE)),
    b"br": (_unbrotlied,),
    b"zstd": (_unzstd,),
}
