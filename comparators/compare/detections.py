"""Objects detected in images, as models answer them: values in, boxes by their corners, labels and scores out.

A detection is an object with a box (four numbers, or an object of them, or these numbers in the detection itself), a
label and a score, or a list: the box's four numbers, the score, the label. compare/boxes.py calls this, and compares.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.compare.rows import as_rows
from comparators.extract.output import Column, Tensor, Value

MAX_BOXES = 300  # of an image; what matching costs grows with their third power
MAX_SCORE = 1e100  # a number beyond it is no score

BOX_KEYS = ("box", "bbox", "bounding_box", "boxes")
LABEL_KEYS = ("label", "class", "category", "name", "class_id", "category_id")
SCORE_KEYS = ("score", "confidence")
NAMED_BOXES = (  # names of the four numbers, and what they are
    (("xmin", "ymin", "xmax", "ymax"), "xyxy"),
    (("x1", "y1", "x2", "y2"), "xyxy"),
    (("x", "y", "width", "height"), "xywh"),
    (("x", "y", "w", "h"), "xywh"),
)

_BESIDE_IT = frozenset({*LABEL_KEYS, *SCORE_KEYS})
_NAMED = [frozenset(names) for names, _ in NAMED_BOXES]

Corners = tuple[float, float, float, float]  # xmin, ymin, xmax, ymax
Label = str | int | None


class Detection(NamedTuple):
    """`score` is NaN where there is none."""

    box: Corners
    label: Label
    score: float


class Image(NamedTuple):
    """One row: the corners of its first MAX_BOXES boxes, n x 4, with their labels and scores. `total` of them came."""

    boxes: NDArray[np.float64]
    labels: list[Label]
    scores: NDArray[np.float64]
    total: int


def images(value: Value, form: str) -> list[Image] | None:
    """One a row; None where these are no lists of detections. `form` is HeadSettings.boxes.

    An answer without rows is one image without boxes; rows that are detections themselves are all of one image.
    """
    if not isinstance(value, Tensor | Column):
        return None
    rows = as_rows(value)
    if all(_is_detection(row) for row in rows):
        rows = [rows]
    read = [_image(row, form) for row in rows]
    found = [each for each in read if each is not None]
    return found if len(found) == len(read) else None


def _is_detection(row: Any) -> bool:
    """One, rather than a list of them."""
    return type(row) is dict or (type(row) is list and bool(row) and type(row[0]) not in (list, dict))


def are_told_whole(value: Value) -> bool:
    """Whether reading these leaves nothing out: objects of box, label and score alone, and not too many."""
    if not isinstance(value, Column):
        return False
    rows = [[row] if type(row) is dict else row for row in value.values]
    return all(type(row) is list and len(row) <= MAX_BOXES and all(map(is_told_whole, row)) for row in rows)


def is_told_whole(value: Any) -> bool:
    """One detection, of which nothing is left out: no mask, no track's id, no second score."""
    if type(value) is not dict:
        return False
    box = value.keys() - _BESIDE_IT
    scores = [value[key] for key in SCORE_KEYS if key in value]
    labels = [value[key] for key in LABEL_KEYS if key in value]
    are_read = (
        len(scores) <= 1 and all(math.isfinite(_score([each])) for each in scores) and None not in map(_a_label, labels)
    )
    if box in _NAMED:
        return are_read
    inner = value[next(iter(box))] if len(box) == 1 and box.issubset(BOX_KEYS) else None
    return are_read and ((type(inner) is list and len(inner) == 4) or (type(inner) is dict and inner.keys() in _NAMED))


def _image(row: Any, form: str) -> Image | None:
    if type(row) is not list:
        return None
    read = [_detection(each, form) for each in row[:MAX_BOXES]]
    found = [each for each in read if each is not None]
    if len(found) != len(read):
        return None
    boxes = np.array([each.box for each in found], dtype=np.float64).reshape(-1, 4)
    scores = np.array([each.score for each in found], dtype=np.float64)
    return Image(boxes, [each.label for each in found], scores, len(row))


def _detection(value: Any, form: str) -> Detection | None:
    if type(value) is dict:
        box, labels, scores = _box(value, form), map(value.get, LABEL_KEYS), map(value.get, SCORE_KEYS)
        return None if box is None else Detection(box, _label(labels), _score(scores))
    if type(value) is list and 4 <= len(value) <= 6:
        box = _corners(value[:4], form)
        return None if box is None else Detection(box, _label(value[5:]), _score(value[4:5]))
    return None


def _box(detection: dict[str, Any], form: str) -> Corners | None:
    inner = next((detection[key] for key in BOX_KEYS if key in detection), detection)
    if type(inner) is list and len(inner) == 4:
        return _corners(inner, form)
    return _named_box(inner, form) if type(inner) is dict else None


def _named_box(box: dict[str, Any], form: str) -> Corners | None:
    """Corners say what they are. x and y beside a size are the top left corner, or the center where settings say so."""
    for names, own in NAMED_BOXES:
        if all(name in box for name in names):
            is_centered = own == "xywh" and form == "cxcywh"
            return _corners([box[name] for name in names], form if is_centered else own)
    return None


def _corners(values: list[Any], form: str) -> Corners | None:
    """null becomes NaN; None where something among the four is no number."""
    if not all(each is None or type(each) in (int, float) for each in values):
        return None
    try:
        a, b, c, d = (math.nan if each is None else float(each) for each in values)
    except OverflowError:
        return None
    if form == "xywh":
        return a, b, a + c, b + d
    if form == "cxcywh":
        return a - c / 2, b - d / 2, a + c / 2, b + d / 2
    return a, b, c, d


def _label(candidates: Iterable[Any]) -> Label:
    """What is text or a whole number, all of it where a detection has several (a class, and its name)."""
    found = [label for label in map(_a_label, candidates) if label is not None]
    return " ".join(map(str, found)) if len(found) > 1 else next(iter(found), None)


def _a_label(value: Any) -> Label:
    """A tensor's 3.0 is JSON's 3."""
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) in (str, int) else None


def _score(candidates: Iterable[Any]) -> float:
    """The first that is a number."""
    found = next((each for each in candidates if type(each) in (int, float)), math.nan)
    return float(found) if abs(found) <= MAX_SCORE else math.nan
