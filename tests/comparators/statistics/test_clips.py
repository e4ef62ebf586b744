"""Differences of any size: their sums against numpy, merged, and those that are known in part."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.clips import ClippedSums

DIFFERENCES = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), max_size=20)


def of(*differences: float) -> ClippedSums:
    sums = ClippedSums()
    sums.add_all(np.array(differences, dtype=np.float64), 3)
    return sums


def test_what_is_beyond_the_clip_is_counted():
    """Either way, and what lies on it is not."""
    sums = of(1.0, 8.0, -8.5, 1e9, -0.5)
    assert (sums.n, sums.beyond) == (5, 2)
    assert sums.values.mean() == pytest.approx((1 + 8 - 8 + 8 - 0.5) / 5)
    assert sums.sizes.quantile(1.0) == pytest.approx(1e9, rel=0.01)


@given(DIFFERENCES, DIFFERENCES)
def test_merged_halves_equal_the_whole(left, right):
    """To the bit."""
    merged = of(*left)
    merged.merge(of(*right))
    assert merged == of(*left, *right)


@pytest.mark.parametrize(("known", "beyond", "mean"), [(2.0, 0, 2.0), (-2.0, 0, -2.0), (9.0, 1, 8.0)])
def test_what_is_known_to_be_so_large_at_least_counts_as_that(known, beyond, mean):
    """Of its size there is a lower bound, which is 0 where it may be of either sign."""
    sums = ClippedSums()
    sums.add_at_least(known, 3)
    assert (sums.n, sums.beyond, sums.values.mean()) == (1, beyond, mean)
    assert sums.sizes.order().at_most(1) is None
    assert sums.sizes.order().at_least(1) == pytest.approx(max(0.0, known), rel=0.02)
