"""Decoded JSON as values: rows of numbers become a tensor, named columns outputs of their own. JSON readers call this.

The form of a value follows from its structure and the types in it, never from its numbers: models that answer alike are
read alike, and 1 for 1.0 changes only a tensor's datatype, INT64 for FP64. The rules, in their order:

- A list of numbers, of texts, or of true and false, or of lists of these, all equally long, to MAX_DEPTH levels, is a
  Tensor. null goes with numbers and says nothing about their type: [1, null] is INT64, [null] is FP64.
- Any other list is a Column of its elements. So are [] and [[], []], which do not tell what their elements would be.
- A list of objects that all have the same keys, or one object, is split into outputs by key (`heads`). Kept whole are
  detections (with one of BOX_NAMES), maps from labels to numbers (objects of numbers and null alone, without any of
  OUTPUT_NAMES), and objects with more than MAX_OUTPUTS keys or with a key that is no name (`are_names`).
- Objects of boxes, labels and scores that are as long as each other (together.py) are an image each: one output.
- A value alone is a Tensor without dimensions; an object that is kept is a Column of one row.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from comparators.errors import Unreadable
from comparators.extract.names import BOX_NAMES, ERROR_NAMES, OUTPUT_NAMES
from comparators.extract.output import Column, Tensor, Value
from comparators.extract.together import images_of

MAX_DEPTH = 8  # dimensions of a tensor
MAX_OUTPUTS = 64  # that one object is split into
MAX_NAME_CHARS = 128

_NULL = type(None)
_NUMBERS = frozenset({int, float, _NULL})
_DATATYPES: dict[frozenset[type], str] = {
    frozenset({float}): "FP64",
    frozenset({int}): "INT64",
    frozenset({str}): "BYTES",
    frozenset({bool}): "BOOL",
    frozenset({int, float}): "FP64",
    frozenset({float, _NULL}): "FP64",
    frozenset({int, float, _NULL}): "FP64",
    frozenset({int, _NULL}): "INT64",
    frozenset({_NULL}): "FP64",
}
_LISTS = frozenset({list})


def heads(pointer: str, value: Any, records: bool = False) -> dict[str, Value]:
    """Outputs by pointer: at `pointer` itself, or below it where the value is split.

    `records`: the protocol says that objects name outputs, so neither maps nor detections are kept whole.
    """
    if type(value) is list and value and type(value[0]) is dict:
        if (images := images_of(value)) is not None:
            rests = [{key: each[key] for key in each if key not in images.parts} for each in value]
            rest = heads(pointer, rests, records) if any(rests) else {}
            return {f"{pointer}/*/{images.name}": Column(images.row), **rest}
        if _is_split(value, records):
            return {f"{pointer}/*/{escaped(key)}": rows([each[key] for each in value]) for key in value[0]}
    elif type(value) is dict and _is_split([value], records):
        return {f"{pointer}/{escaped(key)}": value_of(item) for key, item in value.items()}
    return {pointer: value_of(value)}


def by_member(body: dict[str, Any], records: bool = False) -> dict[str, Value]:
    """`heads` of each member of an object whose keys are names."""
    found: dict[str, Value] = {}
    for name, value in body.items():
        found.update(heads(f"/{escaped(name)}", value, records))
    return found


def value_of(value: Any) -> Value:
    """One value, whole."""
    if type(value) is list:
        return rows(value)
    datatype = _DATATYPES.get(frozenset({type(value)}))
    return Column([value]) if datatype is None else Tensor(datatype, (), [value])


def rows(values: list[Any]) -> Value:
    """A tensor where they make one, else a column."""
    datatype = _DATATYPES.get(frozenset(map(type, values)))
    if datatype is not None:
        return Tensor(datatype, (len(values),), values)
    return _nested(values) or Column(values)


def _nested(values: list[Any]) -> Tensor | None:
    """Level by level, so that nothing recurses and ragged lists cost one look."""
    shape, level = [len(values)], values
    types = frozenset(map(type, level))
    while types == _LISTS and len(shape) < MAX_DEPTH:
        sizes = set(map(len, level))
        if len(sizes) != 1:
            return None
        shape.append(sizes.pop())
        level = list(chain.from_iterable(level))
        types = frozenset(map(type, level))
    datatype = _DATATYPES.get(types)
    return None if datatype is None else Tensor(datatype, tuple(shape), level)


def _is_split(objects: Sequence[Any], records: bool) -> bool:
    """`objects` starts with one."""
    first = objects[0].keys()
    if not are_names(first) or not all(type(each) is dict and each.keys() == first for each in objects):
        return False
    if records:
        return True
    if not BOX_NAMES.isdisjoint(first):
        return False
    return not OUTPUT_NAMES.isdisjoint(first) or not all(map(_is_numbers, objects))


def _is_numbers(each: dict[str, Any]) -> bool:
    return _NUMBERS.issuperset(map(type, each.values()))


def are_names(keys: Iterable[str]) -> bool:
    """Between one and MAX_OUTPUTS short and printable keys: what outputs may be called."""
    named = list(keys)
    return 0 < len(named) <= MAX_OUTPUTS and all(len(each) <= MAX_NAME_CHARS and each.isprintable() for each in named)


def escaped(name: str) -> str:
    """As a token of a JSON pointer (RFC 6901 §3)."""
    return name.replace("~", "~0").replace("/", "~1") if "~" in name or "/" in name else name


def members(body: Any, expected: Sequence[str]) -> dict[str, Any]:
    """The body, an object with at least one of the `expected` keys; else Unreadable says what it is instead."""
    refuse_error(body, expected)
    if type(body) is dict and not body.keys().isdisjoint(expected):
        found: dict[str, Any] = body
        return found
    msg = f"it has none of {', '.join(expected)}" if type(body) is dict else f"it is no object with {expected[0]}"
    raise Unreadable(msg)


def refuse_error(body: Any, expected: Sequence[str] = ()) -> None:
    """Raises Unreadable for an error's description in the place of an output, whose text may be private: not quoted."""
    if type(body) is not dict or not body.keys().isdisjoint(expected):
        return
    for name in ERROR_NAMES:
        if body.get(name) and type(body[name]) in (str, dict, list):
            wanted = expected[0] if expected else "an output"
            msg = f"it is an error message ({name}) where {wanted} was expected"
            raise Unreadable(msg)
