"""Boxes in another form: which reading makes them lie on production's, and that no other one does."""

import numpy as np
import pytest

from comparators.compare.box_readings import FORMS, MAX_TRIED, SCALED, in_words, readings
from comparators.compare.row_stack import Numbers
from comparators.settings import BoxForm

READ_AS: tuple[BoxForm, ...] = ("xyxy", "xywh", "cxcywh")
SIZE = np.array([640, 480])


def corners(rng: np.random.Generator, count: int) -> Numbers:
    """Of boxes of an image, which overlap now and then."""
    least = rng.uniform(0, 0.7, (count, 2)) * SIZE
    return np.hstack([least, least + rng.uniform(0.05, 0.3, (count, 2)) * SIZE])


def written(boxes: Numbers, form: str) -> Numbers:
    least, most = boxes[:, :2], boxes[:, 2:]
    return {
        "xyxy": boxes,
        "xywh": np.hstack([least, most - least]),
        "cxcywh": np.hstack([(least + most) / 2, most - least]),
        "yxyx": boxes[:, [1, 0, 3, 2]],
    }[form]


def read(four: Numbers, form: str) -> Numbers:
    """Their corners, whatever they were written as."""
    first, second = four[:, :2], four[:, 2:]
    if form == "xyxy":
        return four
    least = first if form == "xywh" else first - second / 2
    return np.hstack([least, least + second])


@pytest.mark.parametrize("read_as", READ_AS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("scaled", [False, True], ids=["", "scaled"])
def test_the_form_in_which_boxes_came_is_found(form, read_as, scaled):
    """Of boxes of the same objects, a little moved and in another order, nearly always and hardly another one."""
    rng, found = np.random.default_rng(4), []
    for _ in range(100):
        boxes = corners(rng, rng.integers(2, 8))
        four = written(rng.permutation(boxes + rng.normal(0, 1.5, boxes.shape)), form)
        if scaled:
            four = four / np.tile(SIZE, 2)[[1, 0, 3, 2] if form == "yxyx" else [0, 1, 2, 3]]
        found += readings(boxes, read(four, read_as), read_as, 0.5)
    named = form + SCALED * scaled
    assert found.count(named) >= 95
    assert all(found.count(other) < 50 for other in {*found} - {named})


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("size", [1, SIZE], ids=["pixels", "shares"])
def test_other_boxes_look_like_no_form(count, size):
    """Neither one nor several, also where they are scaled to each other: nine in ten would have to."""
    rng, found = np.random.default_rng(5), []
    for _ in range(200):
        own, other = corners(rng, count), corners(rng, count) / np.tile(size, 2 if np.ndim(size) else 4)
        found += readings(own, other, "xyxy", 0.5)
    assert all(found.count(each) < 100 for each in {*found})


def test_what_is_no_number_and_many_boxes_take_no_harm():
    """Boxes that are not finite lie on none; of three hundred a few are looked at."""
    rng = np.random.default_rng(6)
    own, nothing = corners(rng, 3), np.full((3, 4), np.nan)
    assert readings(own, nothing, "xyxy", 0.5) == readings(nothing, own, "xywh", 0.5) == []
    assert readings(own, np.full((3, 4), np.inf), "xywh", 0.5) == []
    many = corners(rng, 300)
    assert readings(many, np.vstack([many[:MAX_TRIED], own]), "xyxy", 0.5) == ["xyxy"]


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        ("xywh", "looks like xywh (left, top, width, height) against xyxy (left, top, right, bottom)"),
        ("xyxy scaled", "looks like pixels on one side, shares of the image's size on the other"),
        (
            "cxcywh scaled",
            "looks like cxcywh (the center, width, height) against xyxy (left, top, right, bottom), with pixels on one "
            "side, shares of the image's size on the other",
        ),
    ],
)
def test_a_reading_is_said_in_words(reading, words):
    """Which four numbers they would be."""
    assert in_words(reading, "xyxy") == words
