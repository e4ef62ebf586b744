"""Every method that a report can name, looked at again and again while it grows: how often does it ever miss the truth?

Means are in test_clipped_means.py. At alpha = 0.05 at most 5 % of the streams may, and two standard errors for the
number of streams that were simulated.
"""

import math
from collections.abc import Callable, Iterable
from statistics import NormalDist

import numpy as np
import pytest

from comparators.statistics import quantiles, sequences
from comparators.statistics.sketch import Sketch

pytestmark = pytest.mark.slow

ALPHA = 0.05
STREAMS = 400
ALLOWED = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)
LOOKS = sorted({round(10 * 1.06**step) for step in range(131)})  # 10 to 19,500
LENGTH = LOOKS[-1]


def ever_missed(streams: Iterable[np.ndarray], misses: Callable[[np.ndarray], bool]) -> float:
    """The share of streams that `misses`, given one, says were wrong at some look."""
    found = [misses(stream) for stream in streams]
    assert len(found) == STREAMS
    return sum(found) / STREAMS


def streams_of(seed: int, draw: Callable[[np.random.Generator], np.ndarray]) -> Iterable[np.ndarray]:
    random = np.random.default_rng(seed)
    return (draw(random) for _ in range(STREAMS))


def excludes_rate(p: float, alpha: float = ALPHA) -> Callable[[np.ndarray], bool]:
    """Whether beta_binomial_sequence leaves the true rate out at some look: by definition, from its martingale."""

    def misses(values: np.ndarray) -> bool:
        sums = values.cumsum()
        return any(sequences.log_martingale(float(sums[n - 1]), n, p) >= math.log(1 / alpha) for n in LOOKS)

    return misses


@pytest.mark.parametrize("p", [0.001, 0.01, 0.1, 0.5])
def test_beta_binomial_sequence(p):
    """Requests that disagree or not."""
    streams = streams_of(1, lambda random: (random.random(LENGTH) < p).astype(float))
    assert ever_missed(streams, excludes_rate(p)) <= ALLOWED


def test_beta_binomial_sequence_at_zero():
    """What never happens is never excluded."""
    assert all(sequences.rate(0, n, ALPHA).lo == 0.0 for n in LOOKS)


@pytest.mark.parametrize("p", [0.001, 0.01, 0.1, 0.5])
def test_beta_binomial_sequence_of_requests_with_rows_that_resemble_each_other(p):
    """Eight rows a request, which mostly disagree together: the share of rows is the request's value."""

    def draw(random: np.random.Generator) -> np.ndarray:
        rows = random.random((LENGTH, 8)) < p
        together = random.random(LENGTH) < 0.8
        rows[together] = rows[together, :1]
        return rows.mean(axis=1)

    assert ever_missed(streams_of(2, draw), excludes_rate(p)) <= ALLOWED


@pytest.mark.parametrize(("b", "c"), [(0.0, 0.0), (0.01, 0.0), (0.01, 0.01), (0.1, 0.05), (0.5, 0.1)])
def test_beta_binomial_sequences_combined(b, c):
    """New and fixed failures of the same requests, of which one may not happen at all."""
    looks = LOOKS[::8]

    def misses(which: np.ndarray) -> bool:
        new, fixed = (which == 1).cumsum(), (which == 2).cumsum()
        found = (sequences.rate_difference(int(new[n - 1]), int(fixed[n - 1]), n, ALPHA) for n in looks)
        return any(not each.lo <= b - c <= each.hi for each in found)

    random = np.random.default_rng(3)
    streams = (random.choice(3, p=[1 - b - c, b, c], size=LENGTH) for _ in range(100))
    assert sum(map(misses, streams)) / 100 <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / 100)


@pytest.mark.parametrize("q", [0.5, 0.9, 0.99])
def test_bernoulli_sequence_ranks(q):
    """Lognormal latencies: the true quantile's own rank is never unbelievable."""
    truth = math.exp(2 * _normal_quantile(q))

    def misses(values: np.ndarray) -> bool:
        below = (values <= truth).cumsum()
        return any(not _believed(q, n, int(below[n - 1])) for n in LOOKS)

    assert ever_missed(streams_of(4, lambda random: random.lognormal(0, 2, LENGTH)), misses) <= ALLOWED


def _believed(q: float, n: int, below: int) -> bool:
    """Whether the ranks of the interval enclose the truth, of which `below` of n values are below."""
    ranks = quantiles.ranks(q, n, ALPHA)
    return ranks.lo <= below < ranks.hi or (ranks.lo <= below and ranks.hi > n)


def _normal_quantile(q: float) -> float:
    return NormalDist().inv_cdf(q)


def test_bernoulli_sequence_ranks_from_a_sketch_and_their_ratio():
    """The same through the sketch, whose error only widens; and the ratio of two medians."""
    looks = LOOKS[::16]

    def misses(values: np.ndarray) -> bool:
        wrong = False
        for n in looks:
            own, other = Sketch(), Sketch()
            own.add_all(values[:n])
            other.add_all(2 * values[LENGTH : LENGTH + n])
            ratio = quantiles.quantile_ratio(other, own, 0.5, ALPHA).interval
            median = quantiles.quantile(own, 0.5, ALPHA).interval
            wrong |= not (ratio.lo or 0) <= 2.0 <= (ratio.hi or math.inf)
            wrong |= not (median.lo or 0) <= 1.0 <= (median.hi or math.inf)
        return wrong

    random = np.random.default_rng(5)
    streams = (random.lognormal(0, 1, 2 * LENGTH) for _ in range(60))
    assert sum(map(misses, streams)) / 60 <= 2 * ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / 60)
