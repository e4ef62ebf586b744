"""A limit: whether a metric keeps to its limit, as far as its interval tells.

It passes where the whole interval is within the limit, fails where it is wholly beyond, and cannot tell between. All
checks of a policy have to pass, so each may pass at alpha: that a candidate passes which misses any of its limits has a
chance of at most alpha. One that fails is enough to fail, so each of m fails at alpha / m alone.
"""

from typing import Literal, NamedTuple

from comparators.policy.ranges import Bound
from comparators.statistics.estimate import Interval

Outcome = Literal["pass", "fail", "inconclusive"]


class Limit(NamedTuple):
    bound: Bound
    at: float

    def is_kept_by(self, interval: Interval) -> bool:
        """Wholly: an end that is not known keeps to nothing."""
        lo, hi = interval
        if self.bound == "max":
            return hi is not None and hi <= self.at
        return lo is not None and lo >= self.at

    def is_missed_by(self, interval: Interval) -> bool:
        """Wholly."""
        lo, hi = interval
        if self.bound == "max":
            return lo is not None and lo > self.at
        return hi is not None and hi < self.at


def outcome(limit: Limit, passing: Interval, failing: Interval) -> Outcome:
    """`passing` is the interval at alpha, `failing` that at alpha / m, within which it lies."""
    if limit.is_missed_by(failing):
        return "fail"
    return "pass" if limit.is_kept_by(passing) else "inconclusive"
