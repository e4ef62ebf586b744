"""The evidence for each condition, and for each corner, that its requests disagree more than others. Arrays by index.

A corner has to say more than the two conditions that meet in it: that it disagrees more than all other requests, more
than the rest of the one condition, and more than the rest of the other. Its e-value is the least of the three. Where
one of the three is false, the e-value that speaks for it reaches m / alpha with a chance of at most alpha / m, and so
does the least of them: all three together take no more evidence than each. Corners have a share of alpha of their own,
so that looking for them costs the conditions little.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from comparators.slices.conditions import Conditions
from comparators.slices.e_values import log_e_values
from comparators.slices.intervals import Reals, ShareSums
from comparators.slices.sums import SliceSums

CORNERS = 0.25  # of alpha, where there are any

Counted = Sequence[tuple[int, int]]  # shares of disagreement and requests


class SliceEvidence(NamedTuple):
    """Of conditions, then of corners. `strength`: the logarithm of the e-value against all other requests, by which
    slices are ordered: so a corner comes before the conditions that have their disagreement from it. `needed`: the
    e-value from which one is named.
    """

    own: ShareSums
    complements: ShareSums
    strength: Reals
    log_e_values: Reals
    needed: Reals

    @classmethod
    def of(cls, conditions: Conditions, sums: SliceSums, effect: float, alpha: float) -> "SliceEvidence":
        counted = list(zip(sums.disagreement, sums.n, strict=True))
        own, complements = _sums(counted, effect), _sums(_complements(counted, sums), effect)
        needed = _needed(conditions, alpha)
        least = np.log(needed)
        least[: conditions.configured] = -np.inf
        strength = log_e_values(own, complements, least)
        found = strength.copy()
        if conditions.corners:
            at = np.arange(len(conditions.conditions), conditions.size)
            for rest in _rests(conditions, counted):
                least_here = np.where(found[at] >= least[at], least[at], np.inf)  # the others are not named anyway
                found[at] = np.minimum(found[at], log_e_values(own.at(at), _sums(rest, effect), least_here))
        return cls(own, complements, strength, found, needed)


def _needed(conditions: Conditions, alpha: float) -> Reals:
    size, corners = len(conditions.conditions), len(conditions.corners)
    part = CORNERS if corners else 0.0
    return np.array([size / (alpha * (1 - part))] * size + [corners / (alpha * CORNERS)] * corners)


def _complements(counted: Counted, sums: SliceSums) -> list[tuple[int, int]]:
    """In integers, since a difference of floats could leave more disagreement than requests."""
    return [(sums.total_disagreement - share, sums.total_n - n) for share, n in counted]


def _rests(conditions: Conditions, counted: Counted) -> list[list[tuple[int, int]]]:
    """Of the first condition of each corner, and of the second, without the corner."""
    inside = counted[len(conditions.conditions) :]
    return [
        [
            (counted[pair[side]][0] - share, counted[pair[side]][1] - n)
            for pair, (share, n) in zip(conditions.corners, inside, strict=True)
        ]
        for side in (0, 1)
    ]


def _sums(counted: Counted, effect: float) -> ShareSums:
    return ShareSums.of([share for share, _ in counted], [n for _, n in counted], effect)
