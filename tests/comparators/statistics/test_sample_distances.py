"""Distances of two samples: against scipy and numpy over the raw values, within the error that is told."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, wasserstein_distance

from comparators.statistics.axis_histogram import MAX_CELLS, AxisHistogram
from comparators.statistics.sample_distances import PRIOR, sample_distances

RANDOM = np.random.default_rng(11)
NORMAL = RANDOM.normal(3, 2, 4_000)
SAMPLES = {
    "the same": (NORMAL, NORMAL),
    "another draw": (NORMAL, RANDOM.normal(3, 2, 3_000)),
    "moved": (NORMAL, NORMAL + 0.5),
    "a little wider": (NORMAL, 1.01 * NORMAL),
    "prices": (RANDOM.lognormal(5, 1.5, 4_000), RANDOM.lognormal(5.2, 1.4, 4_000)),
    "mostly zero": (RANDOM.exponential(1, 3_000) * (RANDOM.random(3_000) < 0.1), RANDOM.exponential(1, 3_000)),
    "far from zero": (1e6 + RANDOM.normal(0, 1, 2_000), 1e6 + 1 + RANDOM.normal(0, 1, 2_000)),
    "percent": (RANDOM.random(1_000), 100 * RANDOM.random(1_000)),
    "few values": (RANDOM.integers(0, 5, 900) / 4, RANDOM.integers(0, 4, 900) / 4),
    "two values": (np.array([1.0]), np.array([-2.5])),
}


def of(values) -> AxisHistogram:
    found = AxisHistogram()
    found.add_all(np.asarray(values, dtype=np.float64), -30)
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_wasserstein_is_scipys_within_a_cell(name):
    """And a cell is a small part of what the values span, where these fill the axis."""
    p, c = SAMPLES[name]
    found = sample_distances(of(p), of(c)).wasserstein
    assert abs(found.value - wasserstein_distance(p, c)) <= found.off + 1e-12
    assert found.off <= 4 * np.ptp([*p, *c]) / MAX_CELLS


@pytest.mark.parametrize("name", SAMPLES)
def test_kolmogorov_smirnov_is_scipys_within_the_told_error(name):
    """It is at least what is told, and at most so much more."""
    p, c = SAMPLES[name]
    found = sample_distances(of(p), of(c)).kolmogorov_smirnov
    truth = ks_2samp(p, c).statistic
    assert found.value - 1e-9 <= truth <= found.value + found.off + 1e-9


@pytest.mark.parametrize("values", [[0.0, 1.0], [0.1, 0.25, 0.3, 1.0], np.arange(100) / 7])
def test_of_few_different_values_kolmogorov_smirnov_is_exact(values):
    """However many requests have each of them, and however they were added up: no cell holds two."""
    p, c = RANDOM.choice(values, 2_000), RANDOM.choice(values[1:], 2_000)
    parts = [of(c[:700]), of(c[700:])]
    parts[0].merge(parts[1])
    found = sample_distances(of(p), parts[0]).kolmogorov_smirnov
    assert (found.value, found.off) == (pytest.approx(ks_2samp(p, c).statistic), 0.0)


def test_of_many_different_values_it_is_not_said_to_be_exact():
    """Cells hold several then, on whichever side there are many."""
    few = RANDOM.choice([0.0, 1.0], 500)
    assert sample_distances(of(few), of(NORMAL)).kolmogorov_smirnov.off > 0
    assert sample_distances(of(NORMAL), of(few)).kolmogorov_smirnov.off > 0


@pytest.mark.parametrize("name", ["few values", "mostly zero", "another draw"])
def test_the_stability_index_is_numpys_over_production_tenths(name):
    """Of values that lie on the cells' grid the parts are those of numpy's quantiles."""
    p, c = (np.round(each * 4) / 4 for each in SAMPLES[name])
    ends = np.unique(np.quantile(p, np.arange(1, 10) / 10, method="inverted_cdf"))
    own, other = (np.bincount(np.searchsorted(ends, each), minlength=len(ends) + 1) + PRIOR for each in (p, c))
    own, other = own / own.sum(), other / other.sum()
    truth = ((other - own) * np.log(other / own)).sum()
    assert sample_distances(of(p), of(c)).stability.value == pytest.approx(truth)


def test_the_same_sample_is_not_apart_and_an_empty_one_has_no_distance():
    """Whatever the order of the values."""
    shuffled = RANDOM.permutation(NORMAL)
    assert [each.value for each in sample_distances(of(NORMAL), of(shuffled))] == [0.0, 0.0, 0.0]
    assert sample_distances(of(NORMAL), AxisHistogram()) is None
    assert sample_distances(AxisHistogram(), of(NORMAL)) is None
