"""The interval of a clipped mean against a slow oracle, which bets on the values themselves, and at its edges."""

import math

import numpy as np
import pytest

from comparators.statistics import bets
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.estimate import UNKNOWN

ALPHA = 0.05
SHARES = [0.98, *(0.5**j for j in range(1, 25))]
STAKES = [7 / 104] * 13 + [1 / 96] * 12


def histogram_of(values, top: int) -> EdgeHistogram:
    histogram = EdgeHistogram()
    histogram.add_all(np.asarray(values, dtype=np.float64), top)
    return histogram


def oracle(points, weights, alpha: float) -> tuple[float, float]:
    """Of values in [0, 1]: plain Python, a product for each bet, and bisection of the two excluded sets."""

    def wealth(m: float, side: int) -> float:
        logs = []
        for share, stake in zip(SHARES, STAKES, strict=True):
            of = m if side > 0 else 1 - m
            gained = (w * math.log(1 + share * side * (x - m) / of) for x, w in zip(points, weights, strict=True))
            logs.append(math.log(stake) + math.fsum(gained))
        most = max(logs)
        return most + math.log(math.fsum(math.exp(each - most) for each in logs))

    def end(side: int, outer: float, inner: float) -> float:
        for _ in range(200):
            middle = (outer + inner) / 2
            if wealth(middle, side) >= math.log(2 / alpha):
                outer = middle
            else:
                inner = middle
        return outer

    mean = math.fsum(x * w for x, w in zip(points, weights, strict=True)) / math.fsum(weights)
    lo = end(1, 1e-12 * mean, mean) if mean > 0 else 0.0
    hi = end(-1, 1 - 1e-12 * (1 - mean), mean) if mean < 1 else 1.0
    return lo, hi


def shared_out(values, top: int) -> dict[float, float]:
    """On the powers of two and what lies half-way between them, in units of 2^top; with floats."""
    weights: dict[float, float] = {}
    edges = sorted({0.0, 1.0, *(0.5**j for j in range(60)), *(0.75 * 0.5**j for j in range(60))})
    for value in values:
        size = min(abs(value) / 2.0**top, 1.0)
        above = next(i for i, edge in enumerate(edges) if edge >= size) or 1
        lower, upper = edges[above - 1], edges[above]
        share = (size - lower) / (upper - lower)
        for edge, weight in ((lower, 1 - share), (upper, share)):
            at = math.copysign(edge, value)
            weights[at] = weights.get(at, 0.0) + weight
    return weights


RANDOM = np.random.default_rng(3)
SAMPLES = {
    "half a normal": (np.abs(RANDOM.normal(0, 1, 300)), 3),
    "float noise and flips": (np.where(RANDOM.random(900) < 0.004, 1.0, 1e-6 * RANDOM.random(900)), 1),
    "mostly zero": (np.where(RANDOM.random(500) < 0.02, RANDOM.random(500), 0.0), 4),
    "beyond the clip": (RANDOM.pareto(1.1, 400), 2),
    "all at the clip": (np.full(50, 9.0), 3),
    "one value": (np.array([0.3]), 0),
    "zeros": (np.zeros(200), 1),
    "equal": (np.full(1000, 0.1), 0),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_interval_is_the_oracles(name):
    """Of values that are never negative."""
    values, top = SAMPLES[name]
    weights = shared_out(values, top)
    lo, hi = (2.0**top * end for end in oracle(list(weights), list(weights.values()), ALPHA))
    assert bets.clipped_mean(histogram_of(values, top), ALPHA) == pytest.approx((lo, hi), rel=1e-6, abs=1e-9 * 2.0**top)


@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_the_interval_of_a_difference_is_the_oracles(alpha):
    """Of values of either sign, which lie between -1 and 1 clips."""
    values = np.random.default_rng(4).normal(0.2, 1, 250)
    weights = shared_out(values, 2)
    points = [(1 + at) / 2 for at in weights]
    lo, hi = (4 * (2 * end - 1) for end in oracle(points, list(weights.values()), alpha))
    assert bets.clipped_difference(histogram_of(values, 2), alpha) == pytest.approx((lo, hi), rel=1e-6)


@pytest.mark.parametrize("name", SAMPLES)
def test_sharing_out_never_narrows_an_interval(name):
    """Bets on the values themselves exclude no less."""
    values, top = SAMPLES[name]
    points = np.minimum(values, 2.0**top) / 2.0**top
    lo, hi = oracle(points.tolist(), [1.0] * len(points), ALPHA)
    wide = bets.clipped_mean(histogram_of(values, top), ALPHA)
    assert wide.lo <= 2.0**top * lo * (1 + 1e-6) + 1e-12
    assert wide.hi >= 2.0**top * hi * (1 - 1e-6)


def test_a_smaller_alpha_gives_an_interval_around_the_larger_ones():
    """All are read from the same bets."""
    values = histogram_of(SAMPLES["half a normal"][0], 3)
    wide, narrow = bets.clipped_mean(values, 0.01), bets.clipped_mean(values, 0.05)
    assert wide.lo < narrow.lo < values.mean() < narrow.hi < wide.hi


def test_differences_mirror():
    """Which of the two is subtracted from the other changes the signs alone."""
    values = np.random.default_rng(4).normal(0.2, 1, 250)
    lo, hi = bets.clipped_difference(histogram_of(values, 2), ALPHA)
    assert bets.clipped_difference(histogram_of(-values, 2), ALPHA) == pytest.approx((-hi, -lo))


def test_equal_values_are_not_known_to_stay_so():
    """A thousand zeros, and the next may be as large as the clip: the upper end says how often at most."""
    lo, hi = bets.clipped_mean(histogram_of(np.zeros(1000), 0), ALPHA)
    assert lo == 0
    assert 0.003 < hi < 0.01


def test_float_noise_does_not_hide_flips_that_were_not_seen():
    """100 differences of a millionth say nothing of one request in 500, which flips."""
    lo, hi = bets.clipped_mean(histogram_of(np.full(100, 1e-6), 1), ALPHA)
    assert lo < 1e-6
    assert hi > 0.002


def test_nothing_seen_is_nothing_known():
    """Without a value there is not even a clip."""
    assert bets.clipped_mean(EdgeHistogram(), ALPHA) is UNKNOWN


@pytest.mark.parametrize("p", [0.5, 1e-3, 1e-5])
def test_more_values_narrow_it_on_and_on(p):
    """As the root of their number, also where the mean is far below the clip."""
    widths = []
    for n in (10**6, 10**8):
        histogram = EdgeHistogram(top=0, weights={0: round((1 - p) * n) << 40, 1023 << 1: round(p * n) << 40})
        lo, hi = bets.clipped_mean(histogram, ALPHA)
        assert lo < p < hi
        widths.append(hi - lo)
    assert widths[1] < 0.2 * widths[0]
