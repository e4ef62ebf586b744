"""Open Inference Protocol V2 over REST (open-inference-protocol, inference_rest.md): outputs as "/outputs/<name>".

Also with binary tensors and with classifications, as Triton and KServe answer them (Triton, extension_binary_data.md,
extension_classification.md). `id`, `model_name` and parameters are not compared: the first is an echo, the others tell
two models apart that are meant to differ. MLServer's `content_type` changes nothing: tensors are compared as they were
sent, base64 as its text. On the way of every pair, so the usual answer takes a strict decoder and nothing else.
reading.py calls this.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from math import prod
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct

from comparators.errors import Unreadable
from comparators.extract.document import Plain, parsed
from comparators.extract.oip_classification import classes
from comparators.extract.oip_detections import with_boxes
from comparators.extract.oip_elements import unpacked
from comparators.extract.oip_layout import layout_of
from comparators.extract.output import Reading, Tensor, Value
from comparators.extract.shaping import are_names, escaped, refuse_error
from records.nouns import Headers

JSON_LENGTH = b"inference-header-content-length"  # of a body with binary tensors
MAX_OUTPUTS = 1_024  # a data frame has one for each column
MAX_DIMENSIONS = 32
MAX_EMPTY_ROWS = 65_536  # of a tensor without elements, whose sizes cost the sender nothing

_EXPECTED = ("outputs",)
_REFUSALS = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

_Scalar = int | float | str | bool | None
_Size = Annotated[int, Meta(ge=0, lt=2**48)]
_SCALARS = frozenset({int, float, str, bool, type(None)})


class _OipOutput(Struct, gc=False):
    name: str
    shape: Annotated[tuple[_Size, ...], Meta(max_length=MAX_DIMENSIONS)]
    datatype: str


class _FlatOutput(_OipOutput, gc=False):
    data: list[_Scalar]


class _NestedOutput(_OipOutput, gc=False):
    data: Any  # a list; or one value, where the shape is []


class _Parameters(Struct, gc=False):
    binary_data_size: _Size | None = None


class _PackedOutput(_OipOutput, gc=False):
    """Its elements follow the JSON, or are in it."""

    parameters: _Parameters | None = None
    data: list[Any] | None = None


_Form = TypeVar("_Form", bound=_OipOutput)


class _OipAnswer(Struct, Generic[_Form], gc=False):
    outputs: Annotated[list[_Form], Meta(min_length=1, max_length=MAX_OUTPUTS)]
    model_version: str | int | None = None


_flat = msgspec.json.Decoder(_OipAnswer[_FlatOutput])
_nested = msgspec.json.Decoder(_OipAnswer[_NestedOutput])
_packed = msgspec.json.Decoder(_OipAnswer[_PackedOutput])


def read(data: bytes) -> Reading:
    try:
        answer = _flat.decode(data)
    except _REFUSALS:
        return _carefully(data)
    heads = {}
    for output in answer.outputs:
        heads[_pointer(output.name)] = _tensor(output, output.data)
    return _reading(answer, heads)


def read_binary(data: bytes, json_length: int) -> Reading:
    """`json_length` bytes of JSON, then the elements of those of its outputs that have a `binary_data_size`."""
    if json_length > len(data):
        msg = f"its JSON should have {json_length:,} bytes, and all of it has {len(data):,}"
        raise Unreadable(msg)
    head = data[:json_length]
    try:
        answer = _packed.decode(head)
    except _REFUSALS as error:
        answer = _leniently(head, _OipAnswer[_PackedOutput], error)
    start = len(head)
    heads = {}
    for output in answer.outputs:
        size = output.parameters.binary_data_size if output.parameters else None
        if size is None:
            heads[_pointer(output.name)] = _from_lists(output, output.data)
        else:
            heads[_pointer(output.name)] = _from_bytes(output, data, start, size)
            start += size
    if start != len(data):
        msg = f"{len(data) - start:,} bytes after its last tensor belong to none"
        raise Unreadable(msg)
    return _reading(answer, heads)


def read_several(bodies: Sequence[Plain]) -> list[Reading | None]:
    """None for what is unreadable.

    A server writes the same JSON before the numbers of each answer, but for an id where it was asked for one. So of
    binary answers that begin with the same JSON and are of one size, the first is read with care, and of the rest the
    numbers alone are taken.
    """
    found: list[Reading | None] = [None] * len(bodies)
    alike: dict[tuple[int, int, bytes], list[int]] = defaultdict(list)
    for place, (data, headers) in enumerate(bodies):
        try:
            length = json_length(headers)
            if length is None:
                found[place] = read(data)
            else:
                alike[length, len(data), data[:length]].append(place)
        except Unreadable:
            continue
    for (length, _, _), places in alike.items():
        for place, reading in zip(places, _read_alike([bodies[each][0] for each in places], length), strict=True):
            found[place] = reading
    return [each and with_boxes(each) for each in found]


def json_length(headers: Headers) -> int | None:
    """Of a body with binary tensors after its JSON, by the first header that tells it. Raises Unreadable."""
    for name, value in headers:
        if name == JSON_LENGTH:
            return _length(value)
    return None


@lru_cache(maxsize=1024)
def _length(value: bytes) -> int:
    if not value.isdigit() or len(value) > 12:
        msg = "its Inference-Header-Content-Length is not a number"
        raise Unreadable(msg)
    return int(value)


def _read_alike(bodies: Sequence[bytes], json_length: int) -> list[Reading | None]:
    """Of answers that begin with the same JSON and are of one size."""
    if len(bodies) > 1:
        first = _tried(bodies[0], json_length)
        layout = None if first is None else layout_of(first, json_length, len(bodies[0]))
        if layout is not None:
            return [*layout.readings(bodies)]
    return [_tried(data, json_length) for data in bodies]


def _tried(data: bytes, json_length: int) -> Reading | None:
    try:
        return read_binary(data, json_length)
    except Unreadable:
        return None


def _carefully(data: bytes) -> Reading:
    """Nested data, and the bare NaN and Infinity that the strict reading refuses."""
    try:
        answer = _nested.decode(data)
    except _REFUSALS as error:
        answer = _leniently(data, _OipAnswer[_NestedOutput], error)
    return _reading(answer, {_pointer(output.name): _from_lists(output, output.data) for output in answer.outputs})


def _leniently(data: bytes, form: type[_OipAnswer[_Form]], strict: Exception) -> _OipAnswer[_Form]:
    body = parsed(data)
    refuse_error(body, _EXPECTED)
    try:
        return msgspec.convert(body, form)
    except msgspec.ValidationError as error:
        strict = error
    msg = f"it is no answer of the Open Inference Protocol: {strict}"
    raise Unreadable(msg) from strict


def _reading(answer: _OipAnswer[_Form], heads: dict[str, Value]) -> Reading:
    if len(heads) != len(answer.outputs):
        msg = "two of its outputs have the same name"
        raise Unreadable(msg)
    version = answer.model_version
    return Reading(heads, "" if version is None else str(version))


@lru_cache(maxsize=1024)
def _pointer(name: str) -> str:
    if not are_names([name]):
        msg = "an output's name is too long or not printable"
        raise Unreadable(msg)
    return f"/outputs/{escaped(name)}"


def _tensor(output: _OipOutput, values: Any) -> Value:
    """`values` are a list or an array."""
    shape = output.shape
    if len(values) != prod(shape):
        msg = f"{_named(output)} has {len(values):,} values, its shape {shape[:8]} says otherwise"
        raise Unreadable(msg)
    if len(values) == 0 and max(shape) > MAX_EMPTY_ROWS:
        msg = f"{_named(output)} has no values, and a size over {MAX_EMPTY_ROWS:,}"
        raise Unreadable(msg)
    if output.datatype == "BYTES":
        return classes(shape, values) or Tensor("BYTES", shape, values)
    return Tensor(output.datatype, shape, values)


def _from_lists(output: _OipOutput, data: Any) -> Value:
    if data is None:
        msg = f"{_named(output)} has no data: neither here nor after the JSON"
        raise Unreadable(msg)
    if type(data) is not list:
        if output.shape:
            msg = f"it is no answer of the Open Inference Protocol: the data of {_named(output)} are no list"
            raise Unreadable(msg)
        data = [data]  # as TorchServe's envelope writes what has no dimension
    values = _level(output, data) if data and type(data[0]) is list else data
    if not _SCALARS.issuperset(map(type, values)):
        msg = f"the nesting of {_named(output)} does not follow its shape {output.shape[:8]}"
        raise Unreadable(msg)
    return _tensor(output, values)


def _level(output: _OipOutput, data: list[Any]) -> list[Any]:
    """Nested data, a level for each dimension, as the flat row-major list that the protocol holds equal to it."""
    level = data
    for size in output.shape[1:]:
        if not all(type(part) is list and len(part) == size for part in level):
            msg = f"the nesting of {_named(output)} does not follow its shape {output.shape[:8]}"
            raise Unreadable(msg)
        level = list(chain.from_iterable(level))
    return level


def _from_bytes(output: _PackedOutput, data: bytes, start: int, size: int) -> Value:
    if output.data is not None or start + size > len(data):
        problem = "data in the JSON and after it" if output.data is not None else "more bytes than came"
        msg = f"{_named(output)} has {problem}"
        raise Unreadable(msg)
    values = unpacked(output.datatype, prod(output.shape), data, start, size)
    if values is None:
        msg = f"{_named(output)} has {size:,} bytes, its datatype and its shape {output.shape[:8]} say otherwise"
        raise Unreadable(msg)
    return _tensor(output, values)


def _named(output: _OipOutput) -> str:
    return f"output {output.name[:64]!r:.80}"
