"""What requests of the Open Inference Protocol V2 ask: a feature for each input that is a table, by its name.

Called for each pair that is compared, so the usual request (one row of scalars) is read and checked by one typed
decoding. reading.py calls this.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from comparators.extract.columns import MAX_FEATURES, MAX_NAME_CHARS, MAX_TEXT_CHARS, Columns, columns
from comparators.extract.oip import json_length
from comparators.extract.request_body import RequestBody


class _Input(Struct, gc=False):
    """One row of one scalar: the decoder itself refuses what is anything else."""

    name: Annotated[str, Meta(max_length=MAX_NAME_CHARS)]
    data: tuple[Annotated[str, Meta(max_length=MAX_TEXT_CHARS)] | int | float | bool | None]


class _OneRow(Struct, gc=False):
    inputs: Annotated[list[_Input], Meta(max_length=MAX_FEATURES)]


_decoder = msgspec.json.Decoder(_OneRow)


def asked(body: RequestBody) -> Columns:
    if json_length(body.headers) is not None:
        return {}
    try:
        return {each.name: each.data for each in _decoder.decode(body.data).inputs}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # several rows, or another form
        return columns(body.document())
