"""The histogram of clipped values: its mean against fractions, exact merging, what is small, and what is too large."""

import math
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.edges import OCTAVES, EdgeHistogram, edge
from comparators.statistics.exact import ONE

TOP = 4
VALUES = st.lists(
    st.floats(-40, 40, allow_subnormal=False) | st.sampled_from([0.0, -0.0, 16.0, -16.0, 3.0, 1e-30, 2.0**-121, 1e300]),
    max_size=30,
)


def of(*values: float, top: int = TOP) -> EdgeHistogram:
    histogram = EdgeHistogram()
    histogram.add_all(np.array(values, dtype=np.float64), top)
    return histogram


def clipped_mean(values: list[float], top: int = TOP) -> Fraction:
    clip = Fraction(2) ** top
    return sum((max(-clip, min(clip, Fraction(value))) for value in values), Fraction(0)) / len(values)


@given(VALUES.filter(bool))
def test_the_mean_is_that_of_the_clipped_values(values):
    """In fractions: each share was rounded once, by 2^-41 of the distance between two edges."""
    found, truth = Fraction(of(*values).mean()), clipped_mean(values)
    size = sum(min(16.0, abs(value)) for value in values) / len(values)
    assert abs(found - truth) <= Fraction(size) / 2**41 + Fraction(2) ** (TOP - OCTAVES - 41) + abs(truth) / 2**52


@given(VALUES)
def test_the_two_shares_of_a_value_come_to_one(values):
    """So that the weights count the values, to the unit."""
    histogram = of(*values)
    assert sum(histogram.weights.values()) == len(values) * ONE
    assert histogram.n == len(values)
    assert all(weight > 0 for weight in histogram.weights.values())


@given(VALUES, VALUES)
def test_merged_halves_equal_the_whole(left, right):
    """To the bit, and in either order."""
    whole, one, other = of(*left, *right), of(*left), of(*right)
    one.merge(of(*right))
    other.merge(of(*left))
    assert one == whole == other


@given(VALUES.filter(bool))
def test_a_value_lies_between_the_edges_that_share_it(values):
    """The edges are the powers of two and what lies half-way between them."""
    for value in values:
        clipped = max(-16.0, min(16.0, value))
        edges = sorted(map(edge, of(value).weights))
        assert len(edges) <= 2
        nothing = 2.0 ** (TOP - OCTAVES)  # a share of less may be rounded away
        assert edges[0] - nothing <= clipped <= edges[-1] + nothing
        assert all(each == 0 or math.frexp(abs(each))[0] in (0.5, 0.75) for each in edges)


def test_it_is_stored_as_it_is():
    """As summary.py writes and reads it."""
    histogram = of(1.0, -3.3, 0.0)
    stored = msgspec.json.encode(msgspec.to_builtins(histogram, str_keys=True))
    assert msgspec.json.decode(stored, type=EdgeHistogram) == histogram


def test_whole_numbers_have_an_exact_mean():
    """They lie on edges, or a share of few bits from them."""
    assert of(1.0, 2.0, 5.0, -7.0).mean() == 0.25


@pytest.mark.parametrize("size", [1e-12, 1e-20, 2.0**-119, 2.0**-121])
def test_what_is_far_below_the_clip_keeps_its_mean(size):
    """Noise of floats beside numbers of any size: rounding takes no more than a millionth of it."""
    assert of(*[size, 3 * size] * 50, top=0).mean() == pytest.approx(2 * size, rel=1e-6)


def test_a_square_keeps_its_mean_where_its_root_does():
    """Of differences of one unit in the last place, whose squares are beyond what a float tells from one."""
    delta = 2.0**-54
    assert math.sqrt(of(*[delta * delta] * 9, top=2).mean()) == pytest.approx(delta, rel=1e-3)


def test_values_clipped_at_less_stay_as_they_were_counted():
    """Sums of kinds of request with clips of their own: the mean is that of what each of them counted."""
    histogram = of(100.0, top=4)
    histogram.merge(of(100.0, top=5))
    assert (histogram.top, histogram.mean()) == (5, 24.0)


def test_there_are_no_more_edges_than_it_says():
    """However long the values go on: four an octave, with either sign."""
    random = np.random.default_rng(5)
    sizes = 2.0 ** random.uniform(-140, 6, 200_000)
    histogram = of(*(sizes * random.choice([-1, 1], sizes.size)))
    assert 4 * OCTAVES < len(histogram.weights) <= 4 * OCTAVES + 3


def test_without_values_there_is_no_mean():
    """Nor a clip."""
    assert (of().mean(), of().top, of().n) == (None, None, 0)


@pytest.mark.parametrize("top", [-900, 900])
def test_the_clip_may_be_as_small_or_large_as_it_says(top):
    """All edges are floats."""
    assert of(2.0**top, 2.0 ** (top - 1), 0.0, top=top).mean() == 2.0 ** (top - 1)
