"""The mean of clipped values, by bets against each mean that it could have: valid at every look, for any distribution.

Who bets against the mean m a share c of what is left, on values in [0, 1], has Π (1 + c (x - m)/m) of it after these
values. Where m is the mean of each value, given those before, this is a nonnegative martingale, and so is a mixture of
such bets: the chance that it ever reaches x is at most 1/x (Ville). A mean is excluded where it does; bets on less than
m are those of 1 - x against 1 - m. Waudby-Smith & Ramdas, "Estimating means of bounded random variables by betting"
(arXiv 2010.09686), the grid of constant bets: it depends on the values and not on their order, so it needs no more than
a histogram. Since the logarithm is concave, a value that is shared out between two edges wins no more than it would
alone: the histogram may widen an interval, and never makes it wrong.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from comparators.statistics.crossing import Point, crossing
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.estimate import UNKNOWN, Interval

Numbers = NDArray[np.float64]

# The shares that are bet. Nearly all of the stake stands on the first 13, which a few thousand values call for. The
# finer ones are for means far below the clip and many values: without them a lower end would stay where it is, however
# many more there come.
_COARSE, _FINE = 13, 12
_BETS = np.array([0.98, *(2.0**-j for j in range(1, _COARSE + _FINE))])[:, None]
_LOG_STAKES = np.log([7 / 8 / _COARSE] * _COARSE + [1 / 8 / _FINE] * _FINE)
_LEAST = 2.0**-40  # of the mean: a lower end below it is told as zero


def clipped_mean(values: EdgeHistogram, alpha: float, effect: float = 1.0) -> Interval:
    """Of values that are never negative, clipped: within [0, 2^top]. Any number of values will do; n of them tell as
    much as n / `effect` independent ones.
    """
    return _in_units(values, 0.0, alpha, effect)


def clipped_difference(values: EdgeHistogram, alpha: float, effect: float = 1.0) -> Interval:
    """Likewise, of values of either sign: within [-2^top, 2^top]."""
    return _in_units(values, -1.0, alpha, effect)


def _in_units(values: EdgeHistogram, least: float, alpha: float, effect: float) -> Interval:
    if values.top is None:
        return UNKNOWN
    lo, hi = _ends(tuple(sorted(values.weights.items())), values.top, least, alpha, effect)
    return Interval(math.ldexp(lo, values.top), math.ldexp(hi, values.top))


@lru_cache(1024)  # all requests and the only kind of them have the same sums; so do two scrapes
def _ends(
    weights: tuple[tuple[int, int], ...], top: int, least: float, alpha: float, effect: float
) -> tuple[float, float]:
    """In units of the clip, in which values are within [least, 1]."""
    points, counts = EdgeHistogram(top=top, weights=dict(weights)).points()
    counts /= effect
    width = 1 - least
    bound = math.log(2 / alpha)
    above = _lower_end((points - least) / width, counts, bound)
    below = _lower_end((1 - points) / width, counts, bound)
    return least + width * above, 1 - width * below


def _lower_end(points: Numbers, counts: Numbers, bound: float) -> float:
    """The least mean in [0, 1] that is believable, of values at these points. The root of the evidence is nearly a
    straight line, so that a few steps of a secant find it.
    """
    n = counts.sum()
    mean = float(points @ counts / n)
    if mean <= 0:
        return 0.0
    staked = _BETS * points
    at_mean = _log_capital(staked, counts, mean)
    enough = math.sqrt(bound - at_mean)

    def beyond(m: float) -> float:
        return math.sqrt(max(_log_capital(staked, counts, m) - at_mean, 0.0)) - enough

    variance = float((points - mean) ** 2 @ counts / n)
    first = -math.sqrt(2 * variance / n) * enough - mean * enough**2 / n
    found = crossing(beyond, Point(mean, -enough), mean * _LEAST, first)
    return 0.0 if found is None else found


def _log_capital(staked: Numbers, counts: Numbers, m: float) -> float:
    """Log of what is left of one, bet against the mean `m`. It falls as m grows, and is no gain at the values' own.
    `staked`: each bet times each point. Few calls, since a report asks a hundred times.
    """
    return float(np.logaddexp.reduce(np.log1p(staked / m - _BETS) @ counts + _LOG_STAKES))
