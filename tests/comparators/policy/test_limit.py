"""A limit: kept wholly, missed wholly, or neither, at its very edge too."""

import pytest

from comparators.policy.limit import Limit, outcome
from comparators.statistics.estimate import UNKNOWN, Interval

MOST, LEAST = Limit("max", 1.0), Limit("min", 1.0)


@pytest.mark.parametrize(
    ("limit", "interval", "found"),
    [
        (MOST, Interval(0.0, 0.9), "pass"),
        (MOST, Interval(0.0, 1.0), "pass"),  # at most
        (MOST, Interval(0.9, 1.1), "inconclusive"),
        (MOST, Interval(1.0, 1.1), "inconclusive"),
        (MOST, Interval(1.1, 1.2), "fail"),
        (MOST, Interval(1.1, None), "fail"),
        (MOST, Interval(None, 0.9), "pass"),
        (MOST, Interval(0.0, None), "inconclusive"),
        (LEAST, Interval(1.1, 1.2), "pass"),
        (LEAST, Interval(1.0, 1.2), "pass"),  # at least
        (LEAST, Interval(0.9, 1.1), "inconclusive"),
        (LEAST, Interval(0.9, 1.0), "inconclusive"),
        (LEAST, Interval(0.8, 0.9), "fail"),
        (LEAST, Interval(None, 0.9), "fail"),
        (LEAST, Interval(1.1, None), "pass"),
        (LEAST, Interval(None, 1.1), "inconclusive"),
        (MOST, UNKNOWN, "inconclusive"),
        (LEAST, UNKNOWN, "inconclusive"),
    ],
)
def test_the_whole_interval_has_to_lie_on_one_side(limit, interval, found):
    """What lies at the limit keeps to it; an open end keeps to nothing."""
    assert outcome(limit, interval, interval) == found


@pytest.mark.parametrize("limit", [MOST, LEAST])
def test_it_passes_by_the_narrow_interval_and_fails_by_the_wide_one(limit):
    """A chance of alpha for each check to pass wrongly, of alpha / m to fail wrongly."""
    above, across = Interval(1.05, 1.2), Interval(0.95, 1.3)
    below, around = Interval(0.8, 0.95), Interval(0.7, 1.05)
    high, low = ("inconclusive", "pass") if limit == MOST else ("pass", "inconclusive")
    assert outcome(limit, above, across) == high
    assert outcome(limit, below, around) == low
