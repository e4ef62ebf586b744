"""Scores on another scale: which one, and that a model's own differences are none."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import kendalltau

from comparators.compare.row_stack import Numbers
from comparators.compare.score_scale import Moments, OtherScale, scale_of
from comparators.statistics.exact import moments, product

Make = Callable[[Numbers, np.random.Generator], Numbers]


def summed(p: Numbers, c: Numbers) -> Moments | None:
    (own, own_squares), (other, other_squares) = moments(p), moments(c)
    return Moments.of(len(p), own, own_squares, other, other_squares, product(p, c))


def found(make: Make, seed: int = 1, count: int = 300) -> OtherScale | None:
    """Of scores around 4, from 2 to 20."""
    rng = np.random.default_rng(seed)
    p = rng.lognormal(0, 0.7, count) + 2
    c = make(p, rng)
    of = summed(p, c)
    assert of is not None
    return scale_of(of, float(kendalltau(p, c).statistic), float(np.median(np.abs(c - p))))


def test_moments_are_those_of_numpy():
    """Means, deviations, the correlation, and the deviation of the difference."""
    rng = np.random.default_rng(2)
    p, c = rng.normal(3, 2, 500), rng.normal(-1, 0.5, 500)
    of = summed(p, c)
    truth = (p.mean(), c.mean(), p.std(), c.std(), (c - p).std(), np.corrcoef(p, c)[0, 1])
    assert of == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("same", [np.zeros(3), np.ones(3)])
def test_a_side_that_does_not_vary_has_no_scale(same):
    """Nor do no scores at all."""
    assert summed(same, np.arange(3.0)) is None
    assert summed(np.arange(3.0), same) is None
    assert Moments.of(0, 0, 0, 0, 0, 0) is None


@pytest.mark.parametrize(
    ("make", "times", "plus"),
    [
        (lambda p, _: 100 * p, 100, 0),
        (lambda p, _: p / 100, 0.01, 0),
        (lambda p, rng: 100 * (p + rng.normal(0, 0.2, p.shape)), 102, 0),
        (lambda p, _: -p, -1, 0),
        (lambda p, _: p + 273.15, 1, 273.15),
        (lambda p, rng: p - 0.01 + rng.normal(0, 1e-3, p.shape), 1, -0.01),
        (lambda p, _: 1.8 * p + 32, 1.8, 32),
    ],
    ids=["percent", "shares", "percent of another model", "its negative", "kelvin", "a small shift", "fahrenheit"],
)
def test_a_straight_line_is_told_with_its_slope_and_offset(make, times, plus):
    """Also where the model is a little different."""
    scale = found(make)
    assert scale is not None
    assert scale[:2] == (pytest.approx(times, rel=0.05), pytest.approx(plus, rel=0.05))


@pytest.mark.parametrize(
    ("make", "falls"),
    [(lambda p, _: np.log(p), False), (lambda p, _: np.sqrt(p), False), (lambda p, _: 1 / p, True)],
    ids=["logarithm", "root", "reciprocal"],
)
def test_a_curve_is_told_by_its_order(make, falls):
    """It may be production's, or the reverse."""
    assert found(make) == OtherScale(falls=falls)


@pytest.mark.parametrize(
    "make",
    [
        lambda p, _: p,
        lambda p, rng: p + rng.normal(0, 0.3, p.shape),
        lambda p, rng: 4 + 0.85 * (p - 4) + rng.normal(0, 0.2, p.shape),
        lambda p, rng: p + rng.normal(0, 0.005, p.shape) + (rng.random(p.shape) < 0.01) * rng.normal(0, 20, p.shape),
        lambda p, rng: p * (1 + rng.normal(0, 1e-3, p.shape)),
        lambda p, rng: rng.permutation(p),
        lambda p, rng: 100 * rng.permutation(p),
        lambda p, _: np.where(p == p.max(), 1e6, 100.0 - p % 0.01),
    ],
    ids=["equal", "another model", "shrunk", "float noise and flips", "rounding", "independent", "independent percent",
         "one enormous"],
)  # fmt: skip
def test_a_models_own_differences_are_no_scale(make):
    """In none of 100 streams, whatever their size."""
    assert [found(make, seed) for seed in range(100)] == [None] * 100
