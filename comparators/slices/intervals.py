"""statistics.sequences.rate for many slices at once: the same beta-binomial sequence, computed on arrays.

A report has up to 2,000 slices, each with a complement; one by one their intervals would take seconds. Its formula and
its tuning are those of sequences.log_martingale, of which it is the array form, and by which it is tested.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from comparators.statistics.exact import real
from comparators.statistics.sequences import ALPHA_OPT, T_OPT, best_rho

Reals = NDArray[np.float64]

# The mixture's r is best_rho(p q t_opt) - p q, at least p q / 1000, and best_rho is linear: r = WEIGHT p q at every p.
WEIGHT = max(best_rho(T_OPT, ALPHA_OPT) - 1, 1e-3)
_EDGE = 1e-12  # how close to 0 and 1 a rate is looked for
_STEPS = 60  # of bisection


class ShareSums(NamedTuple):
    """Of several slices, or of their complements: sums of the shares of rows that disagree, and requests, both by what
    they tell: divided by the design effect.
    """

    k: Reals
    n: Reals

    @classmethod
    def of(cls, shares: Sequence[int], n: Sequence[int], effect: float) -> Self:
        """`shares` in 2^-40."""
        k = np.array(list(map(real, shares)), dtype=np.float64)
        return cls(k / effect, np.array(n, dtype=np.float64) / effect)

    def at(self, indices: NDArray[np.intp]) -> "ShareSums":
        return ShareSums(self.k[indices], self.n[indices])


class Intervals(NamedTuple):
    lo: Reals
    hi: Reals


def log_martingales(k: Reals, n: Reals, p: Reals | float, weight: float = WEIGHT) -> Reals:
    """Of each slice against its rate `p`: large where `p` is not its mean. `weight`: of the prior, in requests."""
    p = np.asarray(p, dtype=np.float64)
    q = 1 - p
    a, b = weight * p, weight * q
    logs: Reals = betaln(a + k, b + (n - k)) - betaln(a, b) - k * np.log(p) - (n - k) * np.log(q)
    return logs


def rates(sums: ShareSums, alpha: Reals | float) -> Intervals:
    """The mean of values in [0, 1], of which each slice has `n` that sum to `k`; [0, 1] of none. `alpha`: of all
    slices alike, or of each.
    """
    k, n = sums
    inside = np.clip(np.divide(k, n, out=np.full_like(k, 0.5), where=n > 0), _EDGE, 1 - _EDGE)
    lo = _crossing(sums, alpha, np.full_like(k, _EDGE), inside)
    hi = _crossing(sums, alpha, np.full_like(k, 1 - _EDGE), inside)
    return Intervals(np.where(np.isnan(lo), 0.0, lo), np.where(np.isnan(hi), 1.0, hi))


def _crossing(sums: ShareSums, alpha: Reals | float, outside: Reals, inside: Reals) -> Reals:
    """Where a rate becomes one that is not excluded; the side still excluded. NaN where none is excluded."""
    bound = -np.log(alpha)
    nowhere = log_martingales(*sums, outside) < bound
    for _ in range(_STEPS):
        middle = (outside + inside) / 2
        excluded = log_martingales(*sums, middle) >= bound
        outside, inside = np.where(excluded, middle, outside), np.where(excluded, inside, middle)
    return np.where(nowhere, np.nan, outside)
