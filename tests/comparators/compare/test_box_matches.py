"""Matching the boxes of many images at once, against matching each image alone."""

import numpy as np
import pytest

from comparators.compare.box_matches import CHUNK, matched, overlaps, same_numbers, stacked
from comparators.compare.detections import Image
from comparators.statistics.iou import match

MIN_IOU = 0.3


def image(rng: np.random.Generator, near: Image | None = None) -> Image:
    """Of up to eight boxes, crowded; or of the boxes of another one, moved and fewer."""
    count = int(rng.integers(0, 9))
    least = rng.uniform(0, 60, (count, 2))
    boxes = np.hstack([least, least + rng.uniform(5, 50, (count, 2))])
    labels, sources = rng.integers(0, 3, count).tolist(), rng.integers(0, 2, count).tolist()
    if near is not None and near.boxes:
        kept = rng.permutation(len(near.boxes))[: rng.integers(1, len(near.boxes) + 1)]
        boxes = np.array(near.boxes)[kept] + rng.normal(0, 2, (len(kept), 4))
        labels, sources = [near.labels[place] for place in kept], [near.sources[place] for place in kept]
    return Image(list(map(tuple, boxes.tolist())), labels, rng.random(len(boxes)).tolist(), len(boxes), sources)


def alone(p: Image, c: Image) -> list[tuple[int, int, float]]:
    """What matches of one image, straight from what a match is."""
    if not p.boxes or not c.boxes:
        return []
    overlap = overlaps(np.array(p.boxes)[:, None], np.array(c.boxes)[None])
    overlap[np.array(p.sources)[:, None] != np.array(c.sources)[None]] = 0
    rows, columns = match(overlap, MIN_IOU, np.array(p.labels)[:, None] == np.array(c.labels)[None])
    return list(zip(rows.tolist(), columns.tolist(), overlap[rows, columns].tolist(), strict=True))


def together(production: list[Image], candidate: list[Image], chunk: int = CHUNK) -> list[list[tuple[int, int, float]]]:
    own, other = stacked(production, candidate)
    same = np.array([p == c for p, c in zip(production, candidate, strict=True)], dtype=np.bool_)
    found = matched(own, other, same, MIN_IOU, chunk)
    by_image: list[list[tuple[int, int, float]]] = [[] for _ in production]
    for p, c, place, iou in zip(*(each.tolist() for each in found), strict=True):
        by_image[place].append((p - own.starts[place], c - other.starts[place], iou))
    return by_image


@pytest.mark.parametrize("chunk", [1, 50, CHUNK])
def test_many_images_match_as_each_alone(chunk):
    """To the bit, however many are taken at a time: crowded ones, empty ones, the same ones."""
    rng = np.random.default_rng(3)
    production = [image(rng) for _ in range(200)]
    candidate = [image(rng, each) for each in production]
    candidate[::5] = production[::5]
    assert together(production, candidate, chunk) == list(map(alone, production, candidate))


def test_no_images_have_no_matches():
    """Nor do images without boxes."""
    empty = Image([], [], [], 0, [])
    assert together([], []) == []
    assert together([empty, empty], [empty, empty]) == [[], []]


def test_the_very_same_numbers_are_the_same_whatever_they_are():
    """NaN too, as an answer means it."""
    odd = np.array([[np.nan, 0, np.inf, 1.0], [0, 0, 0, 0]])
    assert same_numbers(odd, odd.copy()).tolist() == [True, True]
    assert overlaps(odd, odd.copy()).tolist() == [1, 1]
    assert same_numbers(odd, odd[::-1]).tolist() == [False, False]
