"""The array form of the rate's confidence sequence, held against statistics.sequences one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.slices.intervals import ShareSums, log_martingales, rates
from comparators.statistics import sequences

COUNTS = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.floats(0, n), st.just(n)))


@given(st.lists(COUNTS, min_size=1, max_size=5), st.floats(1e-6, 1 - 1e-6))
def test_each_martingale_is_that_of_the_sequence(counts, p):
    """Of any sums, against any rate."""
    k, n = np.array(counts, dtype=np.float64).T
    expected = [sequences.log_martingale(*each, p) for each in counts]
    assert log_martingales(k, n, p) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.lists(COUNTS, min_size=1, max_size=4), st.sampled_from([0.05, 0.05 / 4000]))
def test_each_interval_is_that_of_the_sequence(counts, alpha):
    """At the levels that a report uses, also where nothing and where everything disagrees."""
    k, n = np.array([*counts, (0, 50), (50, 50)], dtype=np.float64).T
    found = rates(ShareSums(k, n), alpha)
    for index, each in enumerate(zip(k.tolist(), map(int, n.tolist()), strict=True)):
        assert (found.lo[index], found.hi[index]) == pytest.approx(tuple(sequences.rate(*each, alpha)), abs=1e-9)


@pytest.mark.parametrize("n", [5e4, 2e7])
def test_where_all_differ_the_rate_may_be_one(n):
    """Also of so many requests that a prior's weight is lost beside them."""
    assert rates(ShareSums(np.array([n]), np.array([n])), 0.05).hi.tolist() == [1.0]


def test_of_no_requests_everything_is_possible():
    """And of no slices there are no intervals."""
    found = rates(ShareSums(np.zeros(1), np.zeros(1)), 0.05)
    assert (found.lo.tolist(), found.hi.tolist()) == ([0.0], [1.0])
    assert rates(ShareSums(np.zeros(0), np.zeros(0)), 0.05).lo.size == 0
