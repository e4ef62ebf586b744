"""Whether the candidate's scores are production's on another scale: percent for a share, degrees for others. Pure.

Told from the moments of ScoreSums, in units of the output's scale; and, so that no few enormous scores decide it, from
the rank agreement and from the median of how far both are apart.
"""

import math
from contextlib import suppress
from typing import NamedTuple

from comparators.statistics.exact import ONE

LEAST_AGREEMENT = 0.6  # of ranks
LEAST_CORRELATION = 0.9
LEAST_APART = 0.2  # of production's deviation: half of the scores are so far apart
LINE = 0.98  # the correlation of a straight line with any slope and offset
OWN = 1.25  # a slope up to it, or from one over it on, may be a model's own
OFF = 0.2  # of the candidate's deviation: an offset that may be none
SHIFT = 3.0  # deviations of the difference: an offset of all scores alike
SAME_ORDER = 0.9  # the rank agreement of scores that are on no straight line,
CURVED = 4.0  # and so many times as far from 1 as ranks have it is their correlation

_ROUNDING = 1e-3  # of a correlation: a straight line all the same


class Moments(NamedTuple):
    """Means, deviations and the correlation of both sides, and the deviation of their difference."""

    p: float
    c: float
    deviation_p: float
    deviation_c: float
    deviation_difference: float
    correlation: float

    @classmethod
    def of(cls, n: int, p: int, pp: int, c: int, cc: int, pc: int) -> "Moments | None":
        """From exact sums (totals, squares, products); None where a side does not vary, or beyond all floats."""
        vary_p, vary_c, together = n * pp - p * p, n * cc - c * c, n * pc - p * c  # each n² times the moment
        if not (vary_p and vary_c):
            return None
        one = n * ONE
        with suppress(OverflowError):
            own, other, apart = (math.sqrt(each / one**2) for each in (vary_p, vary_c, vary_p + vary_c - 2 * together))
            return cls(p / one, c / one, own, other, apart, together / one**2 / (own * other))
        return None


class OtherScale(NamedTuple):
    """The candidate's score is about `times` production's, `plus` something. Both None: it only has the same order, or
    with `falls` the reverse one.
    """

    times: float | None = None
    plus: float | None = None
    falls: bool = False


def scale_of(found: Moments, rank_agreement: float, median: float) -> OtherScale | None:
    """None where nothing speaks for another scale. `median`: of how far both scores are apart."""
    shift, is_own = found.c - found.p, 1 / OWN <= found.deviation_c / found.deviation_p <= OWN
    if abs(rank_agreement) < LEAST_AGREEMENT:
        return None
    if is_own and found.correlation >= LEAST_CORRELATION and abs(shift) > SHIFT * found.deviation_difference:
        return OtherScale(1.0, shift)
    if median < LEAST_APART * found.deviation_p:
        return None
    if _are_curved(found, rank_agreement):
        return OtherScale(falls=rank_agreement < 0)
    return None if is_own and found.correlation > 0 else _line(found)


def _are_curved(found: Moments, rank_agreement: float) -> bool:
    """Of two normal quantities the correlation is sin(πτ/2) (Greiner 1909): noise lowers it and the ranks' alike."""
    by_ranks = math.sin(math.pi / 2 * abs(rank_agreement))
    return abs(rank_agreement) >= SAME_ORDER and 1 - abs(found.correlation) >= max(CURVED * (1 - by_ranks), _ROUNDING)


def _line(found: Moments) -> OtherScale | None:
    times = math.copysign(found.deviation_c / found.deviation_p, found.correlation)
    offset = found.c - times * found.p
    if abs(found.correlation) < LEAST_CORRELATION:
        return None
    if abs(offset) <= OFF * found.deviation_c:
        return OtherScale(times, 0.0)
    return OtherScale(times, offset) if abs(found.correlation) >= LINE else None
