"""A request as features: what its model is asked about, by name, and what an operator wants to tell requests apart by.

Called for each pair that is compared, so the common request (one row, scalar inputs, Open Inference Protocol) is read
and checked by one typed decoding. Never raises: a body that cannot be read has no features, nor have binary tensors.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from comparators.errors import Unreadable
from comparators.extract.document import parsed
from comparators.settings import Dimension, SliceSettings
from comparators.slices.layouts import MAX_FEATURES, MAX_NAME_CHARS, MAX_ROWS, columns, values_at
from records.coding import decoded
from records.nouns import Request
from records.privacy.pointers import tokens_of

MAX_BYTES = 8_388_608  # a larger body, unpacked, is not looked into
MAX_TEXT_CHARS = 64  # of a value: what differs only later counts as equal

Scalar = str | int | float | bool | None
Values = Sequence[Scalar]
ABSENT: Values = (None,)  # of a feature that a request should have and has not


class Features(Struct, frozen=True, gc=False):
    """Values over a request's rows. None and "" are missing; NaN was read as None.

    `body` is empty where the body could not be read: then nothing is known, and nothing missing. `chosen` has the
    configured headers and pointers; a pointer into a body that could not be read is left out. `one_row`: each feature
    of the body has one value.
    """

    body: dict[str, Values]
    chosen: dict[Dimension, Values]
    one_row: bool = False


class FeatureReader:
    """Reads requests, with these configured dimensions besides the features of their bodies."""

    def __init__(self, configured: Sequence[SliceSettings] = ()) -> None:
        dimensions = [each.dimension for each in configured]
        self._headers = [(each, each.name.encode("latin-1", "replace")) for each in dimensions if each[0] == "header"]
        self._pointers = [(each, tokens_of(each.name)) for each in dimensions if each[0] == "pointer"]

    def read(self, request: Request) -> Features:
        data = _plain(request)
        chosen = self._chosen(request, data) if self._headers or self._pointers else {}
        one_row = _one_row(data) if data is not None and b'"inputs"' in data else None
        if one_row is not None:
            return Features(one_row, chosen, one_row=True)
        return Features({} if data is None else _columns(data), chosen)

    def _chosen(self, request: Request, data: bytes | None) -> dict[Dimension, Values]:
        chosen = {dimension: _header(request, name) for dimension, name in self._headers}
        if self._pointers and data is not None:
            try:
                document = parsed(data)
            except Unreadable:
                return chosen
            for dimension, tokens in self._pointers:
                chosen[dimension] = _cells(values_at(document, tokens), nan=True) or ABSENT
        return chosen


class _Input(Struct, gc=False):
    """One row of one scalar: the decoder itself refuses what is anything else."""

    name: Annotated[str, Meta(max_length=MAX_NAME_CHARS)]
    data: tuple[Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] | int | float | bool | None]


class _OneRow(Struct, gc=False):
    inputs: Annotated[list[_Input], Meta(max_length=MAX_FEATURES)]


_decoder = msgspec.json.Decoder(_OneRow)
_NUMBERS = {int, float, bool, type(None)}


def _one_row(data: bytes) -> dict[str, Values] | None:
    """None where it has several rows, or another layout."""
    try:
        return {each.name: each.data for each in _decoder.decode(data).inputs}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _columns(data: bytes) -> dict[str, Values]:
    try:
        document = parsed(data)
    except Unreadable:
        return {}
    nan = b"NaN" in data
    return {name: _cells(column, nan) for name, column in columns(document).items()}


def _plain(request: Request) -> bytes | None:
    """The body as JSON text may stand in it; None where it cannot be known, or ends in binary tensors."""
    if request.body.cut:
        return None
    for name, _ in request.headers:
        if name == b"content-encoding":
            return decoded(request.body.data, request.headers, MAX_BYTES)
        if name == b"inference-header-content-length":
            return None
    return request.body.data if len(request.body.data) <= MAX_BYTES else None


def _header(request: Request, wanted: bytes) -> Values:
    values = [value.decode("latin-1")[:MAX_TEXT_CHARS] for name, value in request.headers if name == wanted]
    return values[:MAX_ROWS] or ABSENT


def _cells(column: list[Any], nan: bool) -> Values:
    """The scalars of a column; objects and lists are left out: not missing, but nothing to tell requests apart by."""
    if not nan and set(map(type, column)) <= _NUMBERS:
        return column
    return [_cell(each) for each in column if not isinstance(each, list | dict)]


def _cell(value: Any) -> Scalar:
    if isinstance(value, str):
        return value[:MAX_TEXT_CHARS]
    if isinstance(value, float) and math.isnan(value):
        return None
    scalar: Scalar = value
    return scalar
