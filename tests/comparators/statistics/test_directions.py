"""Directions of vectors: numpy's textbook formulas as oracle, digits near 0, extreme sizes, and unrelated spaces."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from comparators.statistics.directions import (
    directions,
    distance,
    norm_ratio,
    nothing_in_common,
    without_not_finite,
)

MATRICES = arrays.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 9)), elements=st.floats(-1e3, 1e3))


def far(p, c):
    return distance(directions(np.atleast_2d(np.asarray(p, float))), directions(np.atleast_2d(np.asarray(c, float))))


def ratio(p, c):
    return norm_ratio(directions(np.atleast_2d(np.asarray(p, float))), directions(np.atleast_2d(np.asarray(c, float))))


@given(MATRICES, st.integers(0, 2**32 - 1))
def test_it_is_one_less_the_cosine(p, seed):
    """dot / (norm · norm), and the ratio of the norms, where both have a direction."""
    c = p + np.random.default_rng(seed).normal(size=p.shape)
    there = (
        np.minimum(np.linalg.norm(p, axis=1), np.linalg.norm(c, axis=1)) > 1e-9
    )  # smaller ones reach the bound of the ratio
    p, c = p[there], c[there]
    own, other = np.linalg.norm(p, axis=1), np.linalg.norm(c, axis=1)
    np.testing.assert_allclose(far(p, c), 1 - (p * c).sum(axis=1) / (own * other), atol=1e-12)
    np.testing.assert_allclose(ratio(p, c), other / own, rtol=1e-12)


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [([1, 2, 3], [1, 2, 3], 0), ([1, 2, 3], [2, 4, 6], 0), ([1, 0], [0, 3], 1), ([1, 2], [-2, -4], 2)],
)
def test_known_angles(p, c, expected):
    """The same, a right angle, the opposite; the length plays no part."""
    assert far(p, c)[0] == pytest.approx(expected, abs=1e-15)


def test_small_angles_keep_their_digits():
    """At 1e-8 radians, 1 - cosine is 5e-17: below what 1 - dot can tell from nothing."""
    assert far([1.0, 0.0], [1.0, 1e-8])[0] == pytest.approx(5e-17, rel=1e-6, abs=0)


@pytest.mark.parametrize("scale", [1e-320, 1e-300, 1e-160, 1e160, 1e300, 1.7e308])
def test_no_size_is_too_large_or_too_small(scale):
    """Squares of these are 0 or infinite."""
    p, c = np.array([[0.5, 1.0]]) * scale, np.array([[1.0, 0.5]]) * scale
    assert far(p, c)[0] == pytest.approx(1 - 0.8, rel=1e-3)
    assert ratio(p, c)[0] == pytest.approx(1.0, rel=1e-3)


def test_ratios_of_norms_are_bounded():
    """Beyond 2^64 either way they are 2^64: a sketch of them stays small."""
    assert ratio([1e-300], [1e300])[0] == 2.0**64
    assert ratio([1e300], [1e-300])[0] == 2.0**-64
    assert ratio([1.0], [0.0])[0] == 2.0**-64


def test_zeros_have_no_norm():
    """Whatever the number of dimensions, none included."""
    assert directions(np.zeros((2, 3))).norms.tolist() == [0.0, 0.0]
    assert directions(np.zeros((2, 0))).norms.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("d", [1, 2, 3, 7, 8, 9, 127, 128, 129, 384, 1536, 10_000])
def test_a_row_has_the_same_bits_in_any_company(d):
    """Alone, in a batch, and at another place in memory."""
    random = np.random.default_rng(d)
    p, c = random.normal(size=(2, 40, d))
    whole = distance(directions(p), directions(c))
    for row in range(40):
        assert far(p[row].copy(), c[row].copy())[0] == whole[row]
    assert distance(directions(p[3:].copy()), directions(c[3:].copy())).tolist() == whole[3:].tolist()


def test_what_is_not_finite_is_taken_out_and_compared_by_itself():
    """Two NaN and two infinities of one sign are the same; the numbers beside them stay."""
    nan, inf = math.nan, math.inf
    p = np.array([[1.0, 2.0], [nan, 2.0], [nan, 2.0], [inf, 2.0], [inf, 2.0], [1.0, nan]])
    c = np.array([[3.0, 4.0], [nan, 4.0], [1.0, 4.0], [inf, 4.0], [-inf, 4.0], [1.0, inf]])
    broken, unlike = without_not_finite(p, c)
    assert broken.tolist() == [False, True, True, True, True, True]
    assert unlike.tolist() == [False, False, True, False, True, True]
    assert p.tolist() == [[1.0, 2.0], *[[0.0, 2.0]] * 4, [1.0, 0.0]]
    assert c.tolist() == [[3.0, 4.0], *[[0.0, 4.0]] * 4, [1.0, 0.0]]


@pytest.mark.parametrize("d", [64, 384, 1536])
def test_random_directions_have_nothing_in_common(d):
    """d · cosine² has mean 1 in any number of dimensions; of noisy vectors of one space it is a large part of d."""
    random = np.random.default_rng(11)
    p, c = random.normal(size=(2, 2_000, d))
    by_chance = (d * (1 - far(p, c)) ** 2).mean()
    assert by_chance == pytest.approx(1.0, abs=5 * math.sqrt(2 / 2_000))
    assert nothing_in_common(by_chance)
    related = (d * (1 - far(p, p + c)) ** 2).mean()  # half noise: a cosine of 0.7
    assert not nothing_in_common(related)


def test_two_spaces_around_a_direction_each_are_told_apart_almost_always():
    """One cosine for all requests, by chance: the limit is missed in 3 of 1,000 pairs of spaces."""
    random, d, spaces = np.random.default_rng(12), 384, 2_000
    p, c = random.normal(size=(2, spaces, d))
    missed = ~np.array([nothing_in_common(each) for each in d * (1 - far(p, c)) ** 2])
    assert missed.mean() == pytest.approx(0.0027, abs=0.004)
