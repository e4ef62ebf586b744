"""The evidence for each condition, and for each corner, that its requests disagree more than others. Arrays by index.

A corner has to say more than the two conditions that meet in it: that it disagrees more than all other requests, more
than the rest of the one condition, and more than the rest of the other. Its e-value is the least of the three. Where
one of the three is false, the e-value that speaks for it reaches m / alpha with a chance of at most alpha / m, and so
does the least of them: all three together take no more evidence than each. Corners have a share of alpha of their own,
so that looking for them costs the conditions little.

Of distances there are two e-values of each kind: of their mean, and of the mean of their pictures (octaves.py). Where
neither mean is above the other requests', each of the two is an e-value, and so is the mean of them, which stands for
both: the better one, less a factor of 2 at most.
"""

import math
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
        needed = _needed(conditions, alpha)
        least = np.log(needed)
        least[: conditions.configured] = -np.inf
        pictures = _counted(sums)
        own = [_sums(each.inside, effect) for each in pictures]
        complements = [_sums(each.complements(), effect) for each in pictures]
        strength = _log_mean(own, complements, least)
        found = strength.copy()
        if conditions.corners:
            at = np.arange(len(conditions.conditions), conditions.size)
            corners = [each.at(at) for each in own]
            for side in (0, 1):
                rests = [_sums(_rests(conditions, each.inside, side), effect) for each in pictures]
                least_here = np.where(found[at] >= least[at], least[at], np.inf)  # the others are not named anyway
                found[at] = np.minimum(found[at], _log_mean(corners, rests, least_here))
        return cls(own[0], complements[0], strength, found, needed)


class _SliceCounts(NamedTuple):
    """By condition, and of all requests."""

    inside: Counted
    total: tuple[int, int]

    def complements(self) -> Counted:
        """In integers, since a difference of floats could leave more disagreement than requests."""
        return [(self.total[0] - share, self.total[1] - n) for share, n in self.inside]


def _counted(sums: SliceSums) -> list[_SliceCounts]:
    """What they are sums of; of distances, their pictures too."""
    counted = [_SliceCounts(list(zip(sums.disagreement, sums.n, strict=True)), (sums.total_disagreement, sums.total_n))]
    if sums.octaves:
        counted.append(_SliceCounts(list(zip(sums.octaves, sums.n, strict=True)), (sums.total_octaves, sums.total_n)))
    return counted


def _log_mean(own: Sequence[ShareSums], others: Sequence[ShareSums], least: Reals) -> Reals:
    """Of e-values: where the mean of some is `least`, one of them is. Another that cannot be counts as nothing."""
    found = [log_e_values(inside, outside, least) for inside, outside in zip(own, others, strict=True)]
    logs: Reals = np.logaddexp.reduce(found) - math.log(len(found))
    return logs


def _needed(conditions: Conditions, alpha: float) -> Reals:
    size, corners = len(conditions.conditions), len(conditions.corners)
    part = CORNERS if corners else 0.0
    return np.array([size / (alpha * (1 - part))] * size + [corners / (alpha * CORNERS)] * corners)


def _rests(conditions: Conditions, counted: Counted, side: int) -> list[tuple[int, int]]:
    """Of the first condition of each corner, or of the second, without the corner."""
    inside = counted[len(conditions.conditions) :]
    return [
        (counted[pair[side]][0] - share, counted[pair[side]][1] - n)
        for pair, (share, n) in zip(conditions.corners, inside, strict=True)
    ]


def _sums(counted: Counted, effect: float) -> ShareSums:
    return ShareSums.of([share for share, _ in counted], [n for _, n in counted], effect)
