"""What requests of the Open Inference Protocol V2 ask: features for each input that is a table, by its name.

An input of one column is a feature, one of several is a feature for each (`x[0]`, `x[1]`), and the first dimension is
rows. What has more dimensions is an image or the like. In JSON, and with binary tensors (oip.py). Parameters, and which
outputs are wanted, are for the server, and no features.

Called for each pair that is compared, so the usual request (one row of scalars) is read and checked by one typed
decoding. reading.py calls this.
"""

from collections.abc import Iterator
from math import prod
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from comparators.errors import Unreadable
from comparators.extract import asking
from comparators.extract.columns import MAX_FEATURES, MAX_NAME_CHARS, MAX_TEXT_CHARS, Cells, Columns, flat, gathered
from comparators.extract.document import parsed
from comparators.extract.oip import json_length
from comparators.extract.oip_elements import unpacked
from comparators.extract.request_body import RequestBody

_Size = Annotated[int, Meta(ge=0, lt=2**48)]


class _Input(Struct, gc=False):
    """One row of one scalar: the decoder itself refuses what is anything else."""

    name: Annotated[str, Meta(max_length=MAX_NAME_CHARS)]
    data: tuple[Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] | int | float | bool | None]


class _OneRow(Struct, gc=False):
    inputs: Annotated[list[_Input], Meta(max_length=MAX_FEATURES)]


class _InputParameters(Struct, gc=False):
    binary_data_size: _Size | None = None


class _AnyInput(Struct, gc=False):
    """Its elements follow the JSON, or are in it."""

    name: str
    datatype: str
    shape: list[_Size]
    parameters: _InputParameters | None = None
    data: Any = None


class _AnyInputs(Struct, gc=False):
    inputs: list[_AnyInput]


_one_row = msgspec.json.Decoder(_OneRow)


def asked(body: RequestBody) -> Columns:
    """Raises Unreadable."""
    length = json_length(body.headers)
    if length is not None:
        return gathered(_binary(body.data, length))
    try:
        return {each.name: each.data for each in _one_row.decode(body.data).inputs}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # several rows, or another form
        return asking.asked(body)


def _binary(data: bytes, length: int) -> Iterator[tuple[str, Cells]]:
    if length > len(data):
        msg = f"its JSON should have {length:,} bytes, and all of it has {len(data):,}"
        raise Unreadable(msg)
    try:
        found = msgspec.convert(parsed(data[:length]), _AnyInputs)
    except msgspec.ValidationError as error:
        msg = f"it is no request of the Open Inference Protocol: {error}"
        raise Unreadable(msg) from error
    start = length
    for each in found.inputs:
        size = each.parameters.binary_data_size if each.parameters else None
        if size is None:
            yield from asking.tensor(each.name, each.shape, each.data)
        else:
            yield from _packed(each, data, start, size)
            start += size


def _packed(each: _AnyInput, data: bytes, start: int, size: int) -> Iterator[tuple[str, Cells]]:
    count = prod(each.shape)
    elements = unpacked(each.datatype, count, data, start, size) if start + size <= len(data) else None
    if elements is None:
        msg = f"input {each.name[:64]!r:.80} has {size:,} bytes, its datatype and its shape say otherwise"
        raise Unreadable(msg)
    if len(each.shape) > 2:
        return iter(())
    listed: list[Any] = elements if isinstance(elements, list) else elements.tolist()
    return flat(count, each.shape[0] if each.shape else 1, listed, each.name)
