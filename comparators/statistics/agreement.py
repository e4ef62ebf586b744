"""How well two series of scores agree, from sums: Lin's concordance, and Kendall's tau-b of a joint histogram.

Both describe the requests that were seen; neither comes with an interval.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from comparators.statistics.joint_histogram import JointHistogram

_HALVINGS = 0.5 ** np.arange(1, 41)

Counts = NDArray[np.int64]


def concordance(n: int, p: int, pp: int, c: int, cc: int, pc: int) -> float | None:
    """Lin's concordance correlation, 2 s_pc / (s_p² + s_c² + (p̄ - c̄)²), from exact sums (totals, squares, products).

    1 means equal, 0 no agreement. None where nothing varies. Lin, Biometrics 45(1), 1989.
    """
    covariance = n * pc - p * c  # each n² times the moment, exact in integers
    spread = (n * pp - p * p) + (n * cc - c * c) + (p - c) ** 2
    return 2 * covariance / spread if spread else None


def tau_b(joint: JointHistogram) -> float | None:
    """Kendall's tau-b of the pairs in a joint histogram; None where one side is constant.

    Exact where each bin holds one value. Numbers that share a bin and are not the same have an order that nobody knows:
    it counts as if the candidate's differed from production's by normal errors, whose size the finest bins tell.
    Against scipy that is right to 0.01 where tau is below 0.9, and to 0.025 above.
    """
    table, (rows, columns) = joint.table(), joint.told_apart()
    pairs = _pairs(np.array(joint.n))
    tied_p, tied_c = _pairs(table.sum(axis=1)[rows]), _pairs(table.sum(axis=0)[columns])
    if tied_p == pairs or tied_c == pairs:
        return None
    balance, ordered = _order(table)
    unknown = pairs - ordered - (tied_p + tied_c - _pairs(table[np.ix_(rows, columns)]))
    if unknown:
        balance += unknown * _within_bins(balance, ordered, *_order(joint.coarser_table()))
    return float(balance / math.sqrt((pairs - tied_p) * (pairs - tied_c)))


def _order(table: Counts) -> tuple[float, int]:
    """Concordant less discordant pairs of observations, and how many there are of both: of each observation, those in
    rows before, to the left of it and to the right.
    """
    before = table.cumsum(axis=0).cumsum(axis=1)[:-1]
    concordant = int((table[1:, 1:] * before[:, :-1]).sum())
    discordant = int((table[1:] * (before[:, -1:] - before)).sum())
    return concordant - discordant, concordant + discordant


def _within_bins(balance: float, ordered: int, coarser_balance: float, coarser_ordered: int) -> float:
    """Concordant less discordant, as a share of the pairs that no bin tells apart.

    Of pairs that the finest bins tell apart, but bins twice as wide do not, that share is known: 2Φ(z) - 1. With normal
    errors it is 2Φ(z/2) - 1 for those of half their distance, which are half of the rest; and so on.
    """
    if ordered == coarser_ordered:
        return balance / ordered if ordered else 0.0
    z = ndtri((1 + (balance - coarser_balance) / (ordered - coarser_ordered)) / 2)
    return float(_HALVINGS @ (2 * ndtr(z * _HALVINGS) - 1) / _HALVINGS.sum())


def _pairs(counts: Counts) -> int:
    """Pairs within each of these."""
    return int((counts * (counts - 1)).sum()) // 2
