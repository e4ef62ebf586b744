"""The design effect d: n requests of users who send several tell as much as n / d independent ones.

A user's requests resemble each other, and intervals that count each of them as new evidence are too narrow by about √d
(Kish, Survey Sampling, 1965, section 5.4). Users are counted in buckets by a hash of theirs, so that the state is the
same size however many they are. Nothing here is a theorem: the rule was chosen by simulation, and
tests/comparators/statistics/test_units_looking.py holds how often it ever misses.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from scipy.special import chdtri

MIN_BUCKETS = 10  # filled ones; with fewer nothing is known of how users differ
MIN_INDEPENDENT = 10  # with less, an interval is open
# From when on the measured effect is believed: so many independent requests if units were all or nothing, so many of
# the rarer outcome among them, and so many buckets over which it is spread. Without the second, single requests would
# vouch for units of a hundred that have not disagreed yet.
_TRUSTED_UNITS, _TRUSTED_RARER, _TRUSTED_BUCKETS = 50, 20, 10
_MANY = 0.05  # of all requests
_UPPER = 1.38  # 63 over the 5 % quantile of χ² with 63 degrees of freedom: the measured effect's upper bound
_LEAST_OF_GROUP = 8  # requests, on average: of few no group tells how they resemble each other
_BY_CHANCE, _UPPER_AT = 0.01, 0.95  # upper tails of χ²: beyond the one there is an effect, at most by the other


class DesignEffect(NamedTuple):
    """`measured`: of the values whose sums were given. `greatest`: of any others of the same requests, as if those of
    one unit were all alike; never below `measured`. Both are 1 or more.
    """

    measured: float
    greatest: float


INDEPENDENT = DesignEffect(1.0, 1.0)


def are_known(sizes: Sequence[int]) -> bool:
    """Whether so many buckets are filled that something is known of how their units differ."""
    return sum(1 for size in sizes if size) >= MIN_BUCKETS


def design_effect(sizes: Sequence[int], totals: Sequence[float], n: int) -> DesignEffect:
    """Of n requests. `sizes` and `totals`: how many there are of the units in each bucket, and the sums of their values
    in [0, 1]. Requests in none have no unit. Where many have one, the others do not lessen the effect: what disagrees
    may all be the units'. A few have a part in it by their number.
    """
    own = sum(sizes)
    if not own:
        return INDEPENDENT
    found = _of_units(sizes, totals, own)
    if own >= _MANY * n:
        return found
    measured, greatest = ((own * each + n - own) / n for each in found)
    return DesignEffect(measured, greatest)


def effect_between(
    sizes: Sequence[int], totals: Sequence[float], variance: float | None = None, fitted: int = 1
) -> float:
    """Of groups by when requests were sent, which unlike users are not known to matter: 1 where they differ by no more
    than those of independent requests do in 99 of 100 runs. `totals`: by group, in their order in time, the sums of
    values in [0, 1], or of any whose `variance` is given, such as what is left of values beside `fitted` rates of their
    own. Neighbouring groups are put together where they are small. A group as a whole tells at least as much as one
    request. Of too few requests nothing is found.
    """
    n = sum(sizes)
    groups = min(len(sizes), n // _LEAST_OF_GROUP)
    degrees = groups - fitted
    if degrees < MIN_BUCKETS - 1:
        return 1.0
    sizes, totals = _put_together(sizes, groups), _put_together(totals, groups)
    found = _between(sizes, totals, n, variance) * (groups - 1) / degrees
    by_chance, upper = (float(chdtri(degrees, tail)) / degrees for tail in (_BY_CHANCE, _UPPER_AT))
    return 1.0 if found <= by_chance else min(found / upper, n / groups)


def _put_together(values: Sequence[float], groups: int) -> list[Any]:
    """Neighbours, in so many groups of about as many."""
    ends = [number * len(values) // groups for number in range(groups + 1)]
    return [sum(values[start:end]) for start, end in pairwise(ends)]


def thinned(effect: float, some: int, of: int) -> float:
    """The design effect of `some` requests that were drawn whatever their unit: fewer of one unit are among them."""
    return 1 + (effect - 1) * some / of if of else effect


def _of_units(sizes: Sequence[int], totals: Sequence[float], n: int) -> DesignEffect:
    if not are_known(sizes):
        return DesignEffect(n, n)  # as if all were one unit's
    alike = if_alike(sizes, n)
    found = _between(sizes, totals, n)
    greatest = max(alike, found)
    rarer = _rarer(sizes, totals, n)
    are_enough = n / alike >= _TRUSTED_UNITS and sum(rarer) / alike >= _TRUSTED_RARER
    if not are_enough or _spread_over(rarer) < _TRUSTED_BUCKETS:
        return DesignEffect(greatest, greatest)
    return DesignEffect(max(1.0, min(_UPPER * found, greatest)), greatest)


def if_alike(sizes: Sequence[int], n: int) -> float:
    """The effect if units were all or nothing: Σ mᵢ² / n over their sizes mᵢ, without bias from those of the buckets,
    in which units meet by chance.
    """
    buckets = len(sizes)
    return max(1.0, (buckets * sum(size * size for size in sizes) - n * n) / ((buckets - 1) * n))


def _between(sizes: Sequence[int], totals: Sequence[float], n: int, variance: float | None = None) -> float:
    """How much more buckets differ than those of independent requests: the linearised variance of a ratio between
    clusters (Cochran, Sampling Techniques, third edition, section 6.3), over the binomial one, or n times `variance`.
    0 where nothing varies.
    """
    buckets, rate = len(sizes), sum(totals) / n
    expected = n * (rate * (1 - rate) if variance is None else variance)
    if expected <= 0:
        return 0.0
    squares = sum((total - rate * size) ** 2 for size, total in zip(sizes, totals, strict=True))
    return buckets / (buckets - 1) * squares / expected


def _rarer(sizes: Sequence[int], totals: Sequence[float], n: int) -> Sequence[float]:
    """By bucket, of what was seen less often: of values that are mostly 1, what they lack of it."""
    if 2 * sum(totals) <= n:
        return totals
    return [size - total for size, total in zip(sizes, totals, strict=True)]


def _spread_over(totals: Sequence[float]) -> float:
    """Over how many buckets: (Σk²)² / Σk⁴, all of them where they are equal, 1 where one has all."""
    squares = [total * total for total in totals]
    fourths = sum(each * each for each in squares)
    return sum(squares) ** 2 / fourths if fourths > 0 else 0.0
