"""What a statistic answers. A renderer prints it, a policy judges it; neither has to know how it came about."""

from typing import NamedTuple


class Interval(NamedTuple):
    """[lo, hi]; None is unbounded on that side, and an unbounded side never passes a check."""

    lo: float | None
    hi: float | None


class Estimate(NamedTuple):
    """A value and its interval. `reason` says in words what is missing where either is not known."""

    value: float | None
    interval: Interval
    reason: str = ""


UNKNOWN = Interval(None, None)
