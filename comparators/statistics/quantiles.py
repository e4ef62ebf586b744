"""Intervals of quantiles from sketches: valid at every sample size, for any distribution, censored values included.

How many of n values lie below the true q-quantile is binomial(n, q), whatever the distribution; the Bernoulli sequence
of sequences.py says which counts are believable at every n at once. Those ranks, read from the sketch at the outer
edges of their bins, are the interval (Howard & Ramdas, arXiv 1906.09712, section 3, with the sketch's error on top).
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from comparators.statistics.crossing import Point
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.sequences import log_martingale
from comparators.statistics.sketch import Sketch

_STRAIGHT = 6  # steps along a line, before what is left is halved
_BITS = 64  # of a count


class Ranks(NamedTuple):
    """Order statistics, counted from 1, that enclose the quantile. 0 and n + 1 are outside the sample: unbounded."""

    lo: int
    hi: int


@lru_cache(maxsize=1024)
def ranks(q: float, n: int, alpha: float, effect: float = 1.0) -> Ranks:
    """Which order statistics of n enclose the q-quantile; they tell as much as n / `effect` independent values."""
    center = round(q * n)
    least = log_martingale(center / effect, n / effect, q)
    if least >= math.log(1 / alpha):  # an effect below 1: so many values are told that no order statistic is believable
        return Ranks(math.floor(q * n), math.floor(q * n) + 1)
    enough = math.sqrt(math.log(1 / alpha) - least)

    def beyond(k: int) -> float:
        return math.sqrt(max(log_martingale(k / effect, n / effect, q) - least, 0.0)) - enough

    normal = math.sqrt(2 * n * q * (1 - q) * effect)  # of a binomial's approximation: a line through the centre
    inside = Point(center, -enough)
    return Ranks(_last_inside(beyond, inside, -1, -normal), _last_inside(beyond, inside, n + 1, normal) + 1)


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


def quantile_difference(more: Sketch, less: Sketch, q: float, alpha: float, effect: float = 1.0) -> Estimate:
    """The q-quantile of `more`, less that of `less`: likewise."""
    one, other = quantile(more, q, alpha / 2, effect), quantile(less, q, alpha / 2, effect)
    lo = _subtracted(one.interval.lo, other.interval.hi)
    hi = _subtracted(one.interval.hi, other.interval.lo)
    return Estimate(_subtracted(one.value, other.value), Interval(lo, hi), one.reason or other.reason)


def _why_open(sketch: Sketch, q: float, alpha: float, effect: float, where: Ranks) -> str:
    if where.hi > sketch.n:
        return f"needs at least {math.ceil(minimum(q, alpha) * effect):,} pairs"
    return left_open(sketch.n_censored)


def _divided(a: float | None, b: float | None) -> float | None:
    """None where either is unbounded, and where nothing but zero was known: no bound says nothing better."""
    return a / b if a and b else None


def _subtracted(a: float | None, b: float | None) -> float | None:
    """None where either is unbounded."""
    return None if a is None or b is None else a - b


def _last_inside(beyond: Callable[[int], float], inside: Point, outside: int, per_unit: float) -> int:
    """The count furthest from `inside` towards `outside` at which `beyond` is negative; it grows with the distance. It
    is nearly a straight line, at first of so many counts `per_unit`: so a few steps find it, and halving those that it
    misleads.
    """
    first, last = int(inside.at), inside
    direction = 1 if outside > first else -1
    found, zero = first, inside.at - inside.value * per_unit
    for step in range(2 * _BITS):
        apart = abs(outside - found)
        if apart <= 1:
            break
        ahead = int(abs(zero - found)) if step < _STRAIGHT and (zero - found) * direction > 0 else apart // 2
        before, last = last, _at(beyond, found + direction * min(max(ahead, 1), apart - 1))
        if last.value < 0:
            found = int(last.at)
        else:
            outside = int(last.at)
        slope = last.value - before.value
        zero = last.at - last.value * (last.at - before.at) / slope if slope else last.at
    return found


def _at(beyond: Callable[[int], float], place: int) -> Point:
    return Point(place, beyond(place))


def left_open(censored: int) -> str:
    """Why an interval is open: so many values are known only to be at least so large."""
    return "1 timeout leaves it open" if censored == 1 else f"{censored:,} timeouts leave it open"
