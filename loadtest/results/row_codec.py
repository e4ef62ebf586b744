"""Rows on their way from host to host: columns, each as what it adds to the one before it, compressed. Pure.

A row of an answer takes some 20 bytes. Whoever reads is of the same release as who wrote.
"""

from collections.abc import Sequence
from math import isnan
from typing import Any

import msgspec
import numpy as np
import zstandard
from msgspec import Struct

from loadtest.results.rows import ResultRow

MAX_ROWS = 32_768  # in one piece
_MAX_BYTES = 16_777_216  # of one piece, unpacked: of MAX_ROWS rows it is about half of that
_LEVEL = 3
# Times follow each other closely: each is told by what it is after another one. Their order matters to who reads.
_AFTER = {"ready": "due", "issued": "ready", "sent": "issued", "first_byte": "sent", "done": "first_byte"}
_STEADY = ("n", "due")  # ascend, mostly: each row's is told by what it is after that of the row before
_OTHERS = ("bytes_out", "bytes_in", "recorded", "status", "first_token", "last_token", "token_events", "tokens")


class RowPiece(Struct, frozen=True, array_like=True):
    """`numbers` by column: int64, of which first the lowest bytes of all rows stand, then the next. `failures` are
    places in `kinds`, a byte each; `disagrees` float64 with NaN for None; `warmup` a byte each.
    """

    size: int
    numbers: dict[str, bytes]
    kinds: list[str]
    failures: bytes
    disagrees: bytes
    warmup: bytes


def encode_rows(rows: Sequence[ResultRow]) -> bytes:
    """At most MAX_ROWS, which come out in their order."""
    columns = {name: _column(rows, name) for name in (*_STEADY, *_AFTER, *_OTHERS)}
    told = {name: np.diff(columns[name], prepend=0) for name in _STEADY}
    told |= {name: columns[name] - columns[before] for name, before in _AFTER.items()}
    told |= {name: columns[name] for name in _OTHERS}
    kinds = sorted({each.failure for each in rows})
    places = {kind: place for place, kind in enumerate(kinds)}
    piece = RowPiece(
        size=len(rows),
        numbers={name: _apart(column) for name, column in told.items()},
        kinds=kinds,
        failures=bytes(places[each.failure] for each in rows),
        disagrees=np.array([_told(each.disagrees) for each in rows], dtype="<f8").tobytes(),
        warmup=bytes(each.warmup for each in rows),
    )
    return zstandard.compress(msgspec.msgpack.encode(piece), _LEVEL)


def decode_rows(data: bytes) -> list[ResultRow]:
    """Raises ValueError for what is no such piece."""
    try:
        plain = zstandard.ZstdDecompressor().decompress(data, max_output_size=_MAX_BYTES)
        piece = msgspec.msgpack.decode(plain, type=RowPiece)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise ValueError(f"no rows of a run ({len(data)} bytes): {error}") from error
    columns = {name: _joined(column) for name, column in piece.numbers.items()}
    columns |= {name: np.cumsum(columns[name]) for name in _STEADY}
    for name, before in _AFTER.items():
        columns[name] += columns[before]
    names = tuple(columns)
    shares = (None if isnan(share) else share for share in np.frombuffer(piece.disagrees, "<f8").tolist())
    others = zip(piece.failures, shares, piece.warmup, strict=True)
    numbers = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        ResultRow(**dict(zip(names, own, strict=True)), failure=piece.kinds[kind], disagrees=share, warmup=bool(warm))
        for own, (kind, share, warm) in zip(numbers, others, strict=True)
    ]


def _column(rows: Sequence[ResultRow], name: str) -> Any:
    return np.array([getattr(each, name) for each in rows], dtype="<i8")


def _apart(column: Any) -> bytes:
    """Bytes of equal weight stand together, which compresses to half."""
    found: bytes = np.ascontiguousarray(column.astype("<i8").view(np.uint8).reshape(-1, 8).T).tobytes()
    return found


def _joined(data: bytes) -> Any:
    return np.ascontiguousarray(np.frombuffer(data, np.uint8).reshape(8, -1).T).view("<i8").reshape(-1).copy()


def _told(share: float | None) -> float:
    return np.nan if share is None else share
