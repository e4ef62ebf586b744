"""Typed outputs inside any JSON, by the names that servers give them; and the rest, compared as a document.

For services without a protocol of their own: whatever answers {"score": 0.5}, Hugging Face's pipelines, torchvision's
detections, a bare array. Which members are outputs follows from names and structure, never from numbers, so that models
that answer alike are read alike:

    {"label": "late", "score": 0.9, "id": 7}    "/label", "/score"; the rest, {"id": 7}, is "": a document without them
    {"result": {"probability": 0.7}}            "/result/probability"
    0.5   [0.1, 0.9]   [[…], …]   "late"        "": a value, or rows of them
    [{"label": "late", "score": 0.9}, …]        "/*/label", "/*/score": a row each. Read by `read_classes`, "": one row,
                                                the classes of one request with their scores
    [[{"label": …, "score": …}, …], …]          "": such a row each
    [{"box": …, "label": …, "score": …}, …]     "": the detections of one image; of [[…], …] of several
    {"boxes": […], "labels": […], "scores": […]}   "/boxes": likewise, put together; of a list of these "/*/boxes"
    {"labels": […], "scores": […]}              "/scores": the classes of one request
    [{"id": 3, "score": 0.9}, …]                "": one ranking

An object that has nothing of this is a document. reading.py calls this; detect.py asks whether an answer has any.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import chain
from math import fsum
from typing import Any

from comparators.extract.document import parsed
from comparators.extract.names import (
    BOX_KEYS,
    BOX_NAMES,
    EMBEDDING_NAMES,
    ID_NAMES,
    IMAGE_KEY,
    LABEL_KEYS,
    LABEL_NAMES,
    LOGITS_NAMES,
    NAMED_BOXES,
    OUTPUT_NAMES,
    PROBABILITY_NAMES,
    RANKED_BY,
    RANKING_NAMES,
    SCORE_KEYS,
)
from comparators.extract.output import Column, Document, Reading, Tensor, Value
from comparators.extract.shaping import MAX_OUTPUTS, are_names, escaped, rows, value_of
from comparators.extract.together import FIRST_PARTS, images_of, put_together
from comparators.extract.torchserve import SLACK

MAX_LEVELS = 4  # of objects in which outputs are looked for

_NAMES = OUTPUT_NAMES | PROBABILITY_NAMES | LOGITS_NAMES | EMBEDDING_NAMES | LABEL_NAMES | RANKING_NAMES
_NUMBERS = frozenset({int, float, type(None)})
_SCALARS = _NUMBERS | {bool, str}
_CLASS = frozenset({"label", "score"})
_RANKED = tuple({own, by} for own in ID_NAMES for by in RANKED_BY)
_DETECTION = frozenset(
    {*BOX_KEYS, *LABEL_KEYS, *SCORE_KEYS, IMAGE_KEY, *chain.from_iterable(names for names, _ in NAMED_BOXES)}
)
_CONTAINERS = frozenset({dict, list})
_NOTHING = object()  # what is left of a value that is an output as a whole

_Object = dict[str, Any]


def read(data: bytes) -> Reading:
    return _reading(parsed(data), data)


def read_classes(data: bytes) -> Reading:
    """A list of classes is one row: those of one request."""
    body = parsed(data)
    return Reading({"": Column([body])}) if are_classes(body) else _reading(body, data)


def has_outputs(body: Any) -> bool:
    """Whether anything in it is more than a document."""
    heads: dict[str, Value] = {}
    _take(body, "", heads, 0)
    return bool(heads)


def are_of_one_request(body: Any) -> bool:
    """Whether a list of classes is the answer to one request, rather than one class each of several: no class is in it
    twice, the best stands first, and they come to 1 at most. Only numbers tell, so only a plan is decided by it.
    """
    if not are_classes(body) or len(body) < 2:
        return False
    labels, scores = [each["label"] for each in body], [each["score"] for each in body]
    if not all(type(each) in (str, int) for each in labels) or len(set(labels)) < len(labels):
        return False
    if not all(type(each) in (int, float) and 0 <= each <= 1 for each in scores):
        return False
    return scores == sorted(scores, reverse=True) and fsum(scores) <= 1 + SLACK


def are_classes(body: Any) -> bool:
    """A list of labels with their scores."""
    return type(body) is list and bool(body) and all(type(each) is dict and each.keys() == _CLASS for each in body)


def _reading(body: Any, data: bytes) -> Reading:
    heads: dict[str, Value] = {}
    rest = _take(body, "", heads, 0)
    if rest is not _NOTHING and (rest or not heads):
        is_rows = type(rest) is list and bool(heads)
        heads[""] = Column(rest) if is_rows else Document(rest, plain=b"true" not in data and b"false" not in data)
    return Reading(heads)


def _take(value: Any, pointer: str, heads: dict[str, Value], level: int) -> Any:
    """Puts outputs among the heads, MAX_OUTPUTS and no object's more; what is left of the value."""
    if len(heads) >= MAX_OUTPUTS:
        return value
    if type(value) is dict:
        return _take_members(value, pointer, heads, level)
    if type(value) is list:
        return _take_rows(value, pointer, heads)
    if not pointer:
        heads[""] = value_of(value)
        return _NOTHING
    return value


def _take_members(value: _Object, pointer: str, heads: dict[str, Value], level: int) -> _Object:
    together = None if FIRST_PARTS.isdisjoint(value) else put_together(value)
    if together is not None:
        heads[f"{pointer}/{together.name}"] = Column([together.row])
    rest: _Object = {}
    for name, member in value.items():
        if together is not None and name in together.parts:
            continue
        if name in _NAMES and (found := _output(name, member)) is not None:
            heads[f"{pointer}/{name}"] = found
        elif member and level < MAX_LEVELS and _may_hold_outputs(member) and _is_name(name):
            inner = _take(member, f"{pointer}/{escaped(name)}", heads, level + 1)
            if inner is not _NOTHING and inner:
                rest[name] = inner
        else:
            rest[name] = member
    return rest


def _may_hold_outputs(member: Any) -> bool:
    kind = type(member)
    return kind is dict or (kind is list and type(member[0]) in _CONTAINERS)


_is_name = lru_cache(maxsize=1024)(lambda name: are_names([name]))


def _output(name: str, member: Any) -> Value | None:
    """None where this is no value of the form that such an output has."""
    kind = type(member)
    if kind in _SCALARS:
        return value_of(member)
    if kind is list and member:
        found = rows(member)
        return found if type(found) is Tensor or name in RANKING_NAMES else None
    if kind is dict and member and name in PROBABILITY_NAMES and _NUMBERS.issuperset(map(type, member.values())):
        return Column([member])
    return None


# ---- lists


def _take_rows(value: list[Any], pointer: str, heads: dict[str, Value]) -> Any:
    kinds = set(map(type, value))
    if kinds == {dict}:
        return _take_objects(value, pointer, heads)
    if kinds == {list} and _are_lists_of_one_thing(value):
        heads[pointer] = Column(value)
        return _NOTHING
    if not pointer and type(found := rows(value)) is Tensor:
        heads[pointer] = found
        return _NOTHING
    return value


def _are_lists_of_one_thing(value: list[list[Any]]) -> bool:
    """Of classes, of detections, or of ranked items, one at least."""
    first = next((row[0] for row in value if row), None)
    if type(first) is not dict:
        return False
    inner = list(chain.from_iterable(value))
    return set(map(type, inner)) == {dict} and (are_classes(inner) or _are_of_one_row(inner))


def _are_of_one_row(objects: Sequence[_Object]) -> bool:
    """Detections of one image, or the items of one ranking."""
    keys = objects[0].keys()
    if not BOX_NAMES.isdisjoint(keys):
        return all(not BOX_NAMES.isdisjoint(each) and _DETECTION.issuperset(each) for each in objects)
    return keys in _RANKED and all(each.keys() == keys for each in objects)


def _take_objects(value: list[_Object], pointer: str, heads: dict[str, Value]) -> Any:
    if _are_of_one_row(value):
        heads[pointer] = Column([value])
        return _NOTHING
    if (images := images_of(value)) is not None:
        heads[f"{pointer}/*/{images.name}"] = Column(images.row)
        return _without(value, images.parts)
    return value if pointer else _take_columns(value, heads)


def _take_columns(value: list[_Object], heads: dict[str, Value]) -> Any:
    """Of rows that all have the same members, where some of these are outputs."""
    keys = value[0].keys()
    if _NAMES.isdisjoint(keys) or any(each.keys() != keys for each in value):
        return value
    columns = {name: [each[name] for each in value] for name in keys if name in _NAMES}
    taken = {name: column for name, column in columns.items() if _SCALARS.issuperset(map(type, column))}
    for name, column in taken.items():
        heads[f"/*/{name}"] = rows(column)
    return _without(value, taken.keys()) if taken else value


def _without(rows_of: list[_Object], names: Collection[str]) -> Any:
    taken = set(names)
    if all(each.keys() <= taken for each in rows_of):
        return _NOTHING
    return [{key: item for key, item in each.items() if key not in taken} for each in rows_of]
