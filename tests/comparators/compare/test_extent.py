"""How large an output's numbers are: octaves, ranges, and what tells too little."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare.extent import ENOUGH, LIMIT, NOT_TOLD, Extent, clip_of_counts, octave, of_numbers
from comparators.statistics import bets
from comparators.statistics.edges import EdgeHistogram


@given(st.floats(1e-100, 1e100))
def test_an_octave_reaches_a_size_and_the_one_below_does_not(size):
    """It is the least power of two that is not smaller."""
    assert 2.0 ** (octave(size) - 1) < size <= 2.0 ** octave(size)


@pytest.mark.parametrize("size", [5e-324, 1.7e308])
def test_no_exponent_is_beyond_its_limit(size):
    """So that the square of a clip is a float."""
    assert abs(octave(size)) == LIMIT
    assert math.isfinite(2.0 ** (2 * octave(size)))


def test_the_clip_follows_the_range_and_the_scale_the_size():
    """Delays around 1,000 that differ by 50 have differences of 50, not of 1,000."""
    assert of_numbers(np.linspace(1000, 1050, 40)) == Extent(scale=11, clip=6)


def test_few_numbers_and_equal_ones_tell_no_range():
    """What they say is how large numbers are."""
    assert of_numbers(np.linspace(1000, 1050, ENOUGH - 1)) == Extent(scale=11, clip=11)
    assert of_numbers(np.full(100, 0.7)) == Extent(scale=0, clip=0)
    assert of_numbers(np.array([-3.0, 3.0])) == Extent(scale=2, clip=3)


def test_a_range_of_float_noise_is_no_range():
    """A number that hardly varied is taken to vary by a thousandth of itself."""
    assert of_numbers(1.0 - 1e-9 * np.arange(40)) == Extent(scale=0, clip=-10)


def test_zeros_are_taken_for_numbers_up_to_one():
    """There is nothing else to go by."""
    assert of_numbers(np.zeros(50)) == Extent(scale=0, clip=0)


def test_numbers_that_are_not_finite_tell_nothing():
    """Nor does their absence."""
    assert of_numbers(np.array([math.nan, math.inf])) is NOT_TOLD
    assert of_numbers(np.array([math.nan, 2.0])) == Extent(scale=1, clip=1)


def test_the_largest_floats_have_an_extent():
    """Whatever a range of theirs would be."""
    assert of_numbers(np.array([1.7e308, -1.7e308])) == Extent(scale=LIMIT, clip=LIMIT)


@pytest.mark.parametrize(("largest", "clip"), [(0, 1), (1, 1), (10, 5), (16, 5), (17, 6)])
def test_a_number_of_things_may_double_or_come_to_nothing(largest, clip):
    """Up to the power of two that reaches it twice."""
    assert clip_of_counts(largest) == clip


# ---- what a clip costs: the figures are in docs/statistics.md

LENGTH = 5_000
Answers = Callable[[np.ndarray], np.ndarray]  # of six standard normal features a request
REGRESSORS: dict[str, Answers] = {
    "additive": lambda x: 100 + 12 * (x @ np.array([1, 0.6, 0.4, 0.2, 0.1, 0.05])),
    "a tree's": lambda x: np.maximum(0, 20 * x[:, 0] + 15 * np.maximum(0, x[:, 1]) + 5 * x[:, 2] * x[:, 3]) - 5,
    "prices": lambda x: np.exp(12 + 0.5 * x[:, 0] + 0.2 * x[:, 1]),
    "skewed": lambda x: np.exp(x[:, 0] + 0.5 * x[:, 1]),
    "risks": lambda x: 1 / (1 + np.exp(4 - 1.5 * x[:, 0] - x[:, 1])),
    "mostly zero": lambda x: np.where(x[:, 0] > 1, np.exp(2 + 0.5 * x[:, 1]), 0.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", REGRESSORS)
def test_the_clip_leaves_little_out_and_costs_little(name):
    """By 30 answers. Of a retrained model nothing is beyond it, and the interval is little wider than that of numbers
    with a known bound (1.84 t intervals at 5,000); of answers that have nothing in common with production's, 4 % are.
    """
    random = np.random.default_rng(1)
    p = REGRESSORS[name](random.normal(size=(LENGTH, 6)))
    retrained, unlike = np.abs(0.3 * p.std() * random.normal(size=LENGTH)), np.abs(random.permutation(p) - p)
    clips = [of_numbers(random.choice(p, ENOUGH, replace=False)).clip for _ in range(25)]
    assert np.mean([(retrained > 2.0**clip).mean() for clip in clips]) < 1e-4
    assert np.mean([(unlike > 2.0**clip).mean() for clip in clips]) < 0.05
    widths = []
    for clip in clips:
        values = EdgeHistogram()
        values.add_all(retrained, clip)
        lo, hi = bets.clipped_mean(values, 0.05)
        widths.append((hi - lo) / (2 * 1.96 * retrained.std() / math.sqrt(LENGTH)))
    assert np.median(widths) < 2
