"""Outputs whose parts are lists of their own, put together: boxes with labels and scores, labels with scores.

Parts are told from others by name, and by being as long as each other; names.py has what detectors call theirs.
shaping.py and json_outputs.py call this; hiding.py asks what an output was put together from.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from comparators.extract.names import APART

FIRST_PARTS = frozenset({"labels", *(names[0] for names, _ in APART)})  # without one of these there is nothing to do

_CLASSES = ("labels", "scores")
_PARTS = ("box", "label", "score")
_SCALARS = frozenset({int, float, bool, str, type(None)})

Members = dict[str, Any]


class Together(NamedTuple):
    """Put together from the members `parts`: one row, of detections or of classes, under the name of one of them; of
    several images one row each.
    """

    name: str
    row: list[Any]
    parts: Sequence[str]


def parts_of(name: str) -> Sequence[str]:
    """The members of an answer that an output of this name may have been put together from."""
    if name == _CLASSES[-1]:
        return _CLASSES
    return [part for names, _ in APART if names[0] == name for part in names]


def put_together(value: Members) -> Together | None:
    return boxes_of(value) or _classes(value)


def _classes(value: Members) -> Together | None:
    """Of labels and their scores, as long as each other."""
    labels, scores = value.get("labels"), value.get("scores")
    if type(labels) is not list or type(scores) is not list or not 0 < len(labels) == len(scores):
        return None
    if not all(type(each) is str for each in labels):
        return None
    row = [[label, score] for label, score in zip(labels, scores, strict=True)]
    return Together(_CLASSES[-1], row, _CLASSES)


def images_of(objects: Sequence[Any]) -> Together | None:
    """Of objects that are an image each: one row of detections for each of them. None where one is none."""
    if not objects or any(type(each) is not dict or FIRST_PARTS.isdisjoint(each) for each in objects):
        return None
    images = [found for found in map(boxes_of, objects) if found is not None]
    if len(images) < len(objects):
        return None
    return Together(images[0].name, [each.row for each in images], [part for each in images for part in each.parts])


def boxes_of(value: Members) -> Together | None:
    for names, total in APART:
        if names[0] in value and (row := _detections(value, names, total)) is not None:
            return Together(names[0], row, names)
    return None


def _detections(value: Members, names: Sequence[str], total: str) -> list[Members] | None:
    """None where these are no lists of one length, of boxes, numbers or names, and numbers."""
    parts = {part: value[name] for part, name in zip(_PARTS, names, strict=True) if name in value}
    if len(parts) < 2 or not all(type(part) is list for part in parts.values()):
        return None
    if len(set(map(len, parts.values()))) != 1 or not all(type(box) is list and len(box) == 4 for box in parts["box"]):
        return None
    if not all(_SCALARS.issuperset(map(type, parts.get(name, ()))) for name in ("label", "score")):
        return None
    found = [dict(zip(parts, each, strict=True)) for each in zip(*parts.values(), strict=True)]
    meant: Any = value.get(total)
    return found[: int(meant)] if type(meant) in (int, float) and 0 <= meant <= len(found) else found
