"""Overlaps of boxes: torchvision's numbers, laws, and the match against every possible one."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from comparators.statistics.iou import giou, iou, match

# torchvision's test_ops: four boxes against the first three of them.
FOUR = np.array([[0, 0, 100, 100], [0, 0, 50, 50], [200, 200, 300, 300], [0, 0, 25, 25]], dtype=float)

BOXES = arrays.arrays(np.float64, st.tuples(st.integers(0, 5), st.just(4)), elements=st.integers(-5, 5).map(float))
ANY = arrays.arrays(
    np.float64,
    st.tuples(st.integers(0, 4), st.just(4)),
    elements=st.sampled_from([0.0, 1.0, -1.0, 2.5, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf]),
)


def every(function, a, b):
    return function(a[:, None], b[None])


def test_iou_is_torchvisions():
    """Expected values of its test_box_iou."""
    expected = [[1, 0.25, 0], [0.25, 1, 0], [0, 0, 1], [0.0625, 0.25, 0]]
    np.testing.assert_allclose(every(iou, FOUR, FOUR[:3]), expected, atol=1e-12)


def test_giou_is_torchvisions():
    """Expected values of its test_generalized_box_iou, to four digits."""
    expected = [[1, 0.25, -0.7778], [0.25, 1, -0.8611], [-0.7778, -0.8611, 1], [0.0625, 0.25, -0.8819]]
    np.testing.assert_allclose(every(giou, FOUR, FOUR[:3]), expected, atol=5e-5)


def test_half_of_each_of_two_boxes_is_a_third_of_both():
    """[0, 0, 10, 10] and [5, 0, 15, 10]: 50 of 150."""
    assert iou(np.array([0.0, 0, 10, 10]), np.array([5.0, 0, 15, 10])) == pytest.approx(1 / 3)


def test_boxes_without_area_overlap_nothing():
    """A line, a point, and a box with its corners on the wrong sides."""
    whole = np.array([[0.0, 0, 10, 10]])
    flat = np.array([[0.0, 0, 10, 0], [5, 5, 5, 5], [10, 10, 0, 0]])
    assert iou(flat, whole).tolist() == [0.0, 0.0, 0.0]
    assert iou(flat, flat).tolist() == [0.0, 0.0, 0.0]


@given(BOXES, BOXES)
def test_overlap_is_counted_pixels(a, b):
    """The oracle: unit squares that lie in one box, in both, in either."""
    x, y = (each.ravel() + 0.5 for each in np.meshgrid(np.arange(-5, 5), np.arange(-5, 5)))

    def inside(box):
        return (box[0] < x) & (x < box[2]) & (box[1] < y) & (y < box[3])

    expected = np.zeros((len(a), len(b)))
    for i, p in enumerate(a):
        for j, c in enumerate(b):
            either = (inside(p) | inside(c)).sum()
            expected[i, j] = (inside(p) & inside(c)).sum() / either if either else 0
    np.testing.assert_allclose(every(iou, a, b), expected, atol=1e-12)


@given(ANY, ANY)
def test_no_number_leads_out_of_bounds(a, b):
    """NaN, infinities and what overflows; and giou is never above iou."""
    plain, generalised = every(iou, a, b), every(giou, a, b)
    assert ((plain >= 0) & (plain <= 1)).all()
    assert ((generalised >= -1) & (generalised <= plain)).all()


OVERLAPS = st.integers(0, 4).flatmap(
    lambda n: st.integers(0, 4).flatmap(
        lambda m: arrays.arrays(np.float64, (n, m), elements=st.sampled_from([0.0, 0.3, 0.5, 0.6, 0.75, 0.9, 1.0]))
    )
)


@given(OVERLAPS, st.integers(0, 2**32 - 1))
def test_the_match_is_the_best_of_all(overlap, seed):
    """Largest sum, and of equal ones most preferred pairs: against every one-to-one match there is."""
    preferred = np.random.default_rng(seed).random(overlap.shape) < 0.5
    rows, columns = match(overlap, 0.5, preferred)
    assert (overlap[rows, columns] >= 0.5).all()
    assert len(set(rows.tolist())) == len(set(columns.tolist())) == len(rows)

    def value(pairs):
        kept = [pair for pair in pairs if overlap[pair] >= 0.5]
        return round(sum(overlap[pair] for pair in kept), 9), sum(bool(preferred[pair]) for pair in kept)

    n, m = overlap.shape
    if n <= m:
        possible = [list(enumerate(order)) for order in permutations(range(m), n)]
    else:
        possible = [[(row, column) for column, row in enumerate(order)] for order in permutations(range(n), m)]
    assert value(zip(rows.tolist(), columns.tolist(), strict=True)) == max(map(value, possible))


def test_greed_would_match_fewer():
    """The best single pair leaves two boxes alone; the best match leaves none."""
    rows, columns = match(np.array([[0.9, 0.8], [0.8, 0.0]]), 0.5, np.zeros((2, 2), dtype=bool))
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 1), (1, 0)]
