"""Open Inference Protocol V2 over REST, answers in JSON (open-inference-protocol, inference_rest.md).

Read are the outputs and the model's version. `id`, `model_name`, `model_version` and parameters are not compared: the
first is an echo, the others tell two models apart that are meant to differ. The binary-tensor extension is not read.
"""

import math
from itertools import chain
from typing import Any

import msgspec
from msgspec import Struct

from comparators.errors import Unreadable
from comparators.extract.document import parsed
from comparators.extract.output import Tensor, Tensors


class _Output(Struct, gc=False):
    name: str
    shape: tuple[int, ...]
    datatype: str
    data: list[Any]


class _Answer(Struct, gc=False):
    outputs: list[_Output]
    model_version: str | int | None = None


_decoder = msgspec.json.Decoder(_Answer)


def read(data: bytes) -> Tensors:
    try:
        answer = _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        answer = _leniently(data, error)
    outputs: dict[str, Tensor] = {}
    for output in answer.outputs:
        outputs[output.name] = _tensor(output)
    if len(outputs) != len(answer.outputs):
        msg = "two of its outputs have the same name"
        raise Unreadable(msg)
    return Tensors(outputs, "" if answer.model_version is None else str(answer.model_version))


def _leniently(data: bytes, strict: Exception) -> _Answer:
    """With the bare NaN and Infinity that the strict reading refuses."""
    if b"NaN" not in data and b"Infinity" not in data:
        msg = f"it is not an answer of the Open Inference Protocol: {strict}"
        raise Unreadable(msg) from strict
    try:
        return msgspec.convert(parsed(data), _Answer)
    except msgspec.ValidationError as error:
        msg = f"it is not an answer of the Open Inference Protocol: {error}"
        raise Unreadable(msg) from error


def _tensor(output: _Output) -> Tensor:
    values = output.data
    if values and type(values[0]) is list:
        values = _flat(output)
    if len(values) != math.prod(output.shape):
        msg = f"output {output.name[:64]!r} has {len(values)} values, its shape {output.shape[:8]} says otherwise"
        raise Unreadable(msg)
    return Tensor(output.datatype, output.shape, values)


def _flat(output: _Output) -> list[Any]:
    """Nested data, a level for each dimension, as the flat row-major list that the protocol holds equal to it."""
    level: list[Any] = output.data
    for size in output.shape[1:]:
        if not all(type(part) is list and len(part) == size for part in level):
            msg = f"the nesting of output {output.name[:64]!r} does not follow its shape {output.shape[:8]}"
            raise Unreadable(msg)
        level = list(chain.from_iterable(level))
    return level
