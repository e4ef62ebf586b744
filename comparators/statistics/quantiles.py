"""Intervals of quantiles from sketches: valid at every sample size, for any distribution, censored values included.

How many of n values lie below the true q-quantile is binomial(n, q), whatever the distribution; the Bernoulli sequence
of sequences.py says which counts are believable at every n at once. Those ranks, read from the sketch at the outer
edges of their bins, are the interval (Howard & Ramdas, arXiv 1906.09712, section 3, with the sketch's error on top).
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.sequences import log_martingale
from comparators.statistics.sketch import Sketch


class Ranks(NamedTuple):
    """Order statistics, counted from 1, that enclose the quantile. 0 and n + 1 are outside the sample: unbounded."""

    lo: int
    hi: int


@lru_cache(maxsize=1024)
def ranks(q: float, n: int, alpha: float, effect: float = 1.0) -> Ranks:
    """Which order statistics of n enclose the q-quantile; they tell as much as n / `effect` independent values."""
    bound = math.log(1 / alpha)

    def believable(k: int) -> bool:
        return log_martingale(k / effect, n / effect, q) < bound

    center = round(q * n)
    return Ranks(_last_believable(believable, center, -1), _last_believable(believable, center, n + 1) + 1)


@lru_cache(maxsize=64)
def minimum(q: float, alpha: float) -> int:
    """From how many values on the q-quantile has an upper bound."""
    n = 1
    while ranks(q, n, alpha).hi > n:
        n *= 2
    below = n // 2
    while n - below > 1:
        between = (below + n) // 2
        if ranks(q, between, alpha).hi > between:
            below = between
        else:
            n = between
    return n


def quantile(sketch: Sketch, q: float, alpha: float, effect: float = 1.0) -> Estimate:
    """The q-quantile of what the sketch holds. `effect`: the design effect of the requests."""
    values = sketch.order()
    n = values.n
    if n == 0:
        return Estimate(None, UNKNOWN, "no pairs yet")
    where = ranks(q, n, alpha, effect)
    lo = values.at_least(where.lo) if where.lo > 0 else 0.0
    hi = values.at_most(where.hi) if where.hi <= n else None
    reason = _why_open(sketch, q, alpha, effect, where) if hi is None else ""
    return Estimate(values.quantile(q), Interval(lo, hi), reason)


def quantile_ratio(over: Sketch, under: Sketch, q: float, alpha: float, effect: float = 1.0) -> Estimate:
    """The q-quantile of `over` divided by that of `under`: one interval each at alpha / 2, combined."""
    top, bottom = quantile(over, q, alpha / 2, effect), quantile(under, q, alpha / 2, effect)
    value = top.value / bottom.value if top.value is not None and bottom.value else None
    lo = _divided(top.interval.lo, bottom.interval.hi)
    hi = _divided(top.interval.hi, bottom.interval.lo)
    return Estimate(value, Interval(lo, hi), top.reason or bottom.reason)


def _why_open(sketch: Sketch, q: float, alpha: float, effect: float, where: Ranks) -> str:
    if where.hi > sketch.n:
        return f"needs at least {math.ceil(minimum(q, alpha) * effect):,} pairs"
    return left_open(sketch.n_censored)


def _divided(a: float | None, b: float | None) -> float | None:
    """None where either is unbounded, and where nothing but zero was known: no bound says nothing better."""
    return a / b if a and b else None


def _last_believable(believable: Callable[[int], bool], start: int, outside: int) -> int:
    """The count furthest from `start` towards `outside` that is believable; the evidence grows with the distance."""
    inside = start
    while abs(outside - inside) > 1:
        between = (inside + outside) // 2
        if believable(between):
            inside = between
        else:
            outside = between
    return inside


def left_open(censored: int) -> str:
    """Why an interval is open: so many values are known only to be at least so large."""
    return "1 timeout leaves it open" if censored == 1 else f"{censored:,} timeouts leave it open"
