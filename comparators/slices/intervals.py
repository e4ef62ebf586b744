"""statistics.sequences.rate for many slices at once: the same beta-binomial sequence, computed on arrays.

A report has up to 2,000 slices, each with a complement; one by one their intervals would take seconds. Its formula and
its tuning are those of sequences.log_martingale, of which it is the array form, and by which it is tested.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from comparators.statistics.sequences import ALPHA_OPT, T_OPT, best_rho

Reals = NDArray[np.float64]

# The mixture's r is best_rho(p q t_opt) - p q, at least p q / 1000, and best_rho is linear: r = _WEIGHT p q at every p.
_WEIGHT = max(best_rho(T_OPT, ALPHA_OPT) - 1, 1e-3)
_EDGE = 1e-12  # how close to 0 and 1 a rate is looked for
_STEPS = 60  # of bisection


class Intervals(NamedTuple):
    lo: Reals
    hi: Reals


def log_martingales(k: Reals, n: Reals, p: Reals | float) -> Reals:
    """Of each slice against its rate `p`: large where `p` is not its mean."""
    p = np.asarray(p, dtype=np.float64)
    q = 1 - p
    a, b = _WEIGHT * p, _WEIGHT * q
    logs: Reals = betaln(a + k, b + (n - k)) - betaln(a, b) - k * np.log(p) - (n - k) * np.log(q)
    return logs


def rates(k: Reals, n: Reals, alpha: float) -> Intervals:
    """The mean of values in [0, 1], of which each slice has `n` that sum to `k`; [0, 1] of none."""
    inside = np.clip(np.divide(k, n, out=np.full_like(k, 0.5), where=n > 0), _EDGE, 1 - _EDGE)
    lo = _crossing(k, n, alpha, np.full_like(k, _EDGE), inside)
    hi = _crossing(k, n, alpha, np.full_like(k, 1 - _EDGE), inside)
    return Intervals(np.where(np.isnan(lo), 0.0, lo), np.where(np.isnan(hi), 1.0, hi))


def _crossing(k: Reals, n: Reals, alpha: float, outside: Reals, inside: Reals) -> Reals:
    """Where a rate becomes one that is not excluded; the side still excluded. NaN where none is excluded."""
    bound = math.log(1 / alpha)
    nowhere = log_martingales(k, n, outside) < bound
    for _ in range(_STEPS):
        middle = (outside + inside) / 2
        excluded = log_martingales(k, n, middle) >= bound
        outside, inside = np.where(excluded, middle, outside), np.where(excluded, inside, middle)
    return np.where(nowhere, np.nan, outside)
