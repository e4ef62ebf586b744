"""Objects detected in images, as models answer them: values in, boxes by their corners, labels and scores out.

A detection is an object with a box (four numbers, or an object of them, or these numbers in the detection itself), a
label and a score, or a list: the box's four numbers, the score, the label. compare/boxes.py calls this, and compares;
plans/inference.py asks which values are detections, and what a box's four numbers are.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from comparators.compare.rows import as_rows
from comparators.extract.names import BOX_KEYS, COCO_KEY, IMAGE_KEY, LABEL_KEYS, NAMED_BOXES, SCORE_KEYS
from comparators.extract.output import Column, Tensor, Value
from comparators.settings import BoxForm

MAX_BOXES = 300  # of an image; what matching costs grows with their third power
MAX_SCORE = 1e100  # a number beyond it is no score
MAX_KEYS, MAX_KEY_CHARS = 16, 256  # of a detection whose layout is remembered

_BESIDE_IT = frozenset({*LABEL_KEYS, *SCORE_KEYS, IMAGE_KEY})
_NAMED = [frozenset(names) for names, _ in NAMED_BOXES]
_NULL = type(None)
_NUMBERS = frozenset({int, float, _NULL})
_LISTED = (5, 6)  # numbers of a detection that is a list: the box, the score, mostly the label

Corners = tuple[float, float, float, float]  # xmin, ymin, xmax, ymax
Label = str | int | None


class Detection(NamedTuple):
    """`score` is NaN where there is none; `image` is None where the detection does not say of which it is."""

    box: Corners
    label: Label
    score: float
    image: Label = None


class Image(NamedTuple):
    """One row: the corners of its first MAX_BOXES boxes, with their labels and scores, and the images that they are of,
    where one list has those of several. `total` of them came.
    """

    boxes: list[Corners]
    labels: list[Label]
    scores: list[float]
    total: int
    sources: list[Label]


class _DetectionKeys(NamedTuple):
    """What the keys of a detection say of it: the key of its box, "" where the four numbers are its own; those of its
    labels and scores; whether all others are known, too.
    """

    box: str
    labels: tuple[str, ...]
    scores: tuple[str, ...]
    is_whole: bool


def images(value: Value, form: BoxForm) -> list[Image] | None:
    """One a row; None where these are no lists of detections. `form`: what the four numbers of a box are.

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


def are_of_one_image(value: Value) -> bool:
    """Whether its rows are detections themselves."""
    if isinstance(value, Tensor):
        return len(value.shape) == 2
    return isinstance(value, Column) and bool(value.values) and _is_detection(value.values[0])


def _is_detection(row: Any) -> bool:
    """One, rather than a list of them."""
    return type(row) is dict or (type(row) is list and bool(row) and type(row[0]) not in (list, dict))


# ---- whether anything is left out


def are_told_whole(value: Value) -> bool:
    """Whether reading these leaves nothing out: objects of box, label and score alone, or lists of these numbers, and
    not too many.
    """
    if isinstance(value, Tensor):
        return len(value.shape) in (2, 3) and value.shape[-1] in _LISTED and value.shape[-2] <= MAX_BOXES
    if not isinstance(value, Column):
        return False
    rows = [[row] if type(row) is dict else row for row in value.values]
    return all(type(row) is list and len(row) <= MAX_BOXES and all(map(is_told_whole, row)) for row in rows)


def is_told_whole(value: Any) -> bool:
    """One detection, of which nothing is left out: no mask, no track's id, no second score."""
    if type(value) is list:
        return len(value) in _LISTED and _NUMBERS.issuperset(map(type, value))
    if type(value) is not dict:
        return False
    layout = _layout_of(value)
    if not layout.is_whole or (layout.box and not _is_box(value[layout.box])):
        return False
    if layout.scores and not math.isfinite(_score(value, layout.scores)):
        return False
    return None not in map(_a_label, map(value.__getitem__, layout.labels)) and (
        IMAGE_KEY not in value or _a_label(value[IMAGE_KEY]) is not None
    )


def _is_box(value: Any) -> bool:
    return (type(value) is list and len(value) == 4) or (type(value) is dict and value.keys() in _NAMED)


def is_plausible(row: Sequence[Any]) -> bool:
    """Whether six numbers are what a detection has: two corners of a box with an area, a score in [0, 1], a class."""
    if len(row) != max(_LISTED) or not all(type(each) in (int, float) for each in row):
        return False
    left, top, right, bottom, score, label = row
    has_area, is_class = left < right and top < bottom, label >= 0 and label % 1 == 0
    return bool(has_area and is_class and 0 <= score <= 1)


# ---- what four numbers are


def form_of(values: Iterable[Value]) -> BoxForm:
    """What the four numbers of these boxes are, where they have no names. Two corners, unless more than one in ten is
    none; then a corner and a size. That may also be the center and a size: both are told from each other only by a box
    that leaves an image of the size 1, and overlap alike.
    """
    boxes = [box for value in values for box in _bare_boxes(value)]
    if any(is_coco for _, is_coco in boxes):
        return "xywh"
    numbers = [box for box, _ in boxes]
    crossed = sum(right < left or bottom < top for left, top, right, bottom in numbers)
    if crossed * 10 <= len(numbers):
        return "xyxy"
    of_one = all(0 <= each <= 1 for box in numbers for each in box)
    leaves = any(left + width > 1 or top + height > 1 for left, top, width, height in numbers)
    return "cxcywh" if of_one and leaves else "xywh"


def _bare_boxes(value: Value) -> list[tuple[list[float], bool]]:
    """The boxes that are lists, and whether COCO's key stands beside them."""
    if not isinstance(value, Column):
        return []
    found = []
    for each in chain.from_iterable(row if type(row) is list else [row] for row in value.values):
        box = next((each[key] for key in BOX_KEYS if key in each), None) if type(each) is dict else None
        if type(box) is list and len(box) == 4 and all(type(number) in (int, float) for number in box):
            found.append((box, COCO_KEY in each))
    return found


# ---- reading


def _image(row: Any, form: BoxForm) -> Image | None:
    if type(row) is not list:
        return None
    read = [_detection(each, form) for each in row[:MAX_BOXES]]
    found = [each for each in read if each is not None]
    if len(found) != len(read):
        return None
    boxes, labels, scores, sources = map(list, zip(*found, strict=True)) if found else ([], [], [], [])
    return Image(boxes, labels, scores, len(row), sources)


def _detection(value: Any, form: BoxForm) -> Detection | None:
    if type(value) is dict:
        layout = _layout_of(value)
        box = _box(value[layout.box] if layout.box else value, form)
        label = _label(list(map(value.__getitem__, layout.labels)))
        image = _a_label(value[IMAGE_KEY]) if IMAGE_KEY in value else None
        return None if box is None else Detection(box, label, _score(value, layout.scores), image)
    if type(value) is list and 4 <= len(value) <= 6:
        box = _corners(value[:4], form)
        return None if box is None else Detection(box, _label(value[5:]), _score(value, range(4, min(5, len(value)))))
    return None


def _layout_of(detection: dict[str, Any]) -> _DetectionKeys:
    """Most of a batch have the same keys; what is remembered of them is bounded."""
    keys = tuple(detection)
    is_usual = len(keys) <= MAX_KEYS and sum(map(len, keys)) <= MAX_KEY_CHARS
    return _usual_layout(keys) if is_usual else _layout(keys)


def _layout(keys: tuple[str, ...]) -> _DetectionKeys:
    box = frozenset(keys) - _BESIDE_IT
    labels, scores = (tuple(key for key in known if key in keys) for known in (LABEL_KEYS, SCORE_KEYS))
    is_whole = len(scores) <= 1 and (box in _NAMED or (len(box) == 1 and box.issubset(BOX_KEYS)))
    return _DetectionKeys(next((key for key in BOX_KEYS if key in keys), ""), labels, scores, is_whole)


_usual_layout = lru_cache(maxsize=256)(_layout)


def _box(inner: Any, form: BoxForm) -> Corners | None:
    if type(inner) is list and len(inner) == 4:
        return _corners(inner, form)
    return _named_box(inner, form) if type(inner) is dict else None


def _named_box(box: dict[str, Any], form: BoxForm) -> Corners | None:
    """Corners say what they are. x and y beside a size are the top left corner, or the center where settings say so."""
    for names, own in NAMED_BOXES:
        if all(name in box for name in names):
            is_centered = own == "xywh" and form == "cxcywh"
            return _corners([box[name] for name in names], form if is_centered else own)
    return None


def _corners(values: list[Any], form: BoxForm) -> Corners | None:
    """null becomes NaN; None where something among the four is no number."""
    types = set(map(type, values))
    if not types <= _NUMBERS:
        return None
    try:
        a, b, c, d = map(float, [math.nan if each is None else each for each in values] if _NULL in types else values)
    except OverflowError:
        return None
    if form == "xywh":
        return a, b, a + c, b + d
    if form == "cxcywh":
        return a - c / 2, b - d / 2, a + c / 2, b + d / 2
    return a, b, c, d


def _label(candidates: Sequence[Any]) -> Label:
    """What is text or a whole number, all of it where a detection has several (a class, and its name)."""
    if len(candidates) == 1:
        return _a_label(candidates[0])
    found = [label for label in map(_a_label, candidates) if label is not None]
    return " ".join(map(str, found)) if len(found) > 1 else next(iter(found), None)


def _a_label(value: Any) -> Label:
    """A tensor's 3.0 is JSON's 3."""
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) in (str, int) else None


def _score(detection: Any, places: Iterable[Any]) -> float:
    """The first at these places that is a number."""
    for place in places:
        found = detection[place]
        if type(found) in (int, float):
            return float(found) if abs(found) <= MAX_SCORE else math.nan
    return math.nan
