"""Every method that a report can name, looked at again and again while it grows: how often does it ever miss the truth?

Means are in test_clipped_means.py. At alpha = 0.05 at most 5 % of the streams may, and two standard errors for the
number of streams that were simulated.
"""

import math
from collections.abc import Callable, Iterable
from statistics import NormalDist

import numpy as np
import pytest

from comparators.evidence.registry import REGISTRY
from comparators.metrics import metric
from comparators.statistics import quantiles, sequences
from comparators.statistics.sketch import Sketch
from tests.comparators.evidence import test_noise
from tests.comparators.statistics import test_clipped_means

pytestmark = pytest.mark.slow

ALPHA = 0.05
STREAMS = 400
ALLOWED = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)
LOOKS = sorted({round(10 * 1.06**step) for step in range(131)})  # 10 to 19,500
LENGTH = LOOKS[-1]
WITHIN = 1 / 129  # a sketch's bins


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


# By name: how a value is drawn, the quantile, and its true value.
ATOMS = {
    "float noise, half of it nothing": (
        lambda random: random.integers(0, 2, LENGTH) * 2.0**-20,
        0.75,
        2.0**-20,
    ),
    "flips of two in a hundred": (lambda random: (random.random(LENGTH) < 0.02).astype(float), 0.99, 1.0),
    "half a percent not zero": (lambda random: (random.random(LENGTH) < 0.005) * 7.0, 0.99, 0.0),
}


@pytest.mark.parametrize("name", ATOMS)
def test_bernoulli_sequence_ranks_of_values_that_are_mostly_alike(name):
    """As differences are: a quantile that is one of a few values, from the sketch."""
    draw, q, truth = ATOMS[name]
    looks = LOOKS[::16]

    def misses(values: np.ndarray) -> bool:
        seen, sketch = 0, Sketch()
        for n in looks:
            sketch.add_all(values[seen:n])
            seen = n
            found = quantiles.quantile(sketch, q, ALPHA).interval
            if not (found.lo or 0.0) <= truth * (1 + WITHIN) or not truth * (1 - WITHIN) <= (found.hi or math.inf):
                return True
        return False

    random = np.random.default_rng(6)
    missed = sum(misses(draw(random)) for _ in range(100)) / 100
    assert missed <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / 100)


def test_bernoulli_sequence_ranks_from_a_sketch_and_their_ratio():
    """The same through the sketch, whose error only widens; and the ratio of two medians: each in its own streams."""
    looks = LOOKS[::16]

    def misses(values: np.ndarray) -> tuple[bool, bool]:
        of_ratio = of_median = False
        own, other, seen = Sketch(), Sketch(), 0
        for n in looks:
            own.add_all(values[seen:n])
            other.add_all(2 * values[LENGTH + seen : LENGTH + n])
            seen = n
            ratio = quantiles.quantile_ratio(other, own, 0.5, ALPHA).interval
            median = quantiles.quantile(own, 0.5, ALPHA).interval
            of_ratio |= not (ratio.lo or 0) <= 2.0 <= (ratio.hi or math.inf)
            of_median |= not (median.lo or 0) <= 1.0 <= (median.hi or math.inf)
        return of_ratio, of_median

    random = np.random.default_rng(5)
    missed = np.array([misses(random.lognormal(0, 1, 2 * LENGTH)) for _ in range(100)]).mean(axis=0)
    assert missed.max() <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / 100)


# Where each method that has an interval is simulated under continuous looking.
SIMULATED = {
    metric.RATE: test_beta_binomial_sequence,
    metric.DIFFERENCE: test_beta_binomial_sequences_combined,
    metric.QUANTILE: test_bernoulli_sequence_ranks,
    metric.QUANTILES_COMBINED: test_bernoulli_sequence_ranks_from_a_sketch_and_their_ratio,
    metric.CLIPPED_MEAN: test_clipped_means.test_the_interval_of_a_clipped_mean_holds_at_every_look,
    metric.PAIRED_MEAN: test_noise.test_an_excess_is_hardly_ever_missed,
}


def test_each_method_that_a_report_can_name_is_simulated():
    """A new one needs streams of its own."""
    assert SIMULATED.keys() == {each.method for each in REGISTRY.values()} - {metric.COUNT, metric.DESCRIPTIVE}
