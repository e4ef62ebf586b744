"""Confidence sequences: intervals that hold at every sample size at once, so that a growing report may be looked at.

Sources: Howard, Ramdas, McAuliffe, Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences"
(arXiv 1810.08240), formulas as in confseq's uniform_boundaries.h. `alpha` is the chance that the truth is ever outside.

Each sequence is tuned once, before any data (T_OPT, ALPHA_OPT): tuning again at each look would not be valid. The
tuning does not follow `alpha`, so that intervals at different alphas come from one martingale and nest.
"""

import math
from functools import lru_cache

from scipy.special import betaln

from comparators.statistics.crossing import Point, crossing
from comparators.statistics.estimate import UNKNOWN, Interval

T_OPT = 1_000
ALPHA_OPT = 0.05

_EDGE = 1e-12  # how close to 0 and 1 a rate is looked for


def best_rho(v: float, alpha: float) -> float:
    """The mixture's width that makes the boundary tightest at intrinsic time `v`."""
    return v / _time_per_width(alpha)


def _time_per_width(alpha: float) -> float:
    log = math.log(1 / alpha)
    return 2 * log + math.log1p(2 * log)


_OPT = _time_per_width(ALPHA_OPT)


def log_martingale(k: float, n: float, p: float, t_opt: float = T_OPT) -> float:
    """Log of the two-sided beta-binomial mixture against the rate `p`, after `n` values in [0, 1] that sum to `k`.

    The sub-Bernoulli form of the paper with g = p, h = 1 - p; there g + h = 1, and its exponents become k and n - k.
    """
    weight = max(t_opt / _OPT - 1, 1e-3)  # (best_rho(pq t_opt, ALPHA_OPT) - pq) / pq
    a, b = weight * p, weight * (1 - p)
    evidence = betaln(a + k, b + (n - k)) - betaln(a, b)
    return float(evidence - k * math.log(p) - (n - k) * math.log1p(-p))


@lru_cache(4096)  # kinds of request, outputs and scrapes often have the same sums
def rate(k: float, n: float, alpha: float, t_opt: float = T_OPT) -> Interval:
    """The mean of values in [0, 1], of which `n` sum to `k`. Valid at every n, also for values between 0 and 1.
    Both may be divided by a design effect.

    The ends are looked for among angles, p = sin² of one: there the root of the evidence is nearly a straight line, so
    that a few steps of a secant find them (bisection takes 60).
    """
    if n == 0:
        return Interval(0.0, 1.0)
    centre = _angle(min(max(k / n, _EDGE), 1 - _EDGE))
    least = log_martingale(k, n, math.sin(centre) ** 2, t_opt)
    bound = math.sqrt(math.log(1 / alpha) - least)

    def beyond(angle: float) -> float:
        evidence = log_martingale(k, n, math.sin(angle) ** 2, t_opt)
        return math.sqrt(max(evidence - least, 0.0)) - bound

    radius = bound / math.sqrt(2 * n)  # of an arcsine's normal approximation
    inside = Point(centre, -bound)
    lo, hi = (crossing(beyond, inside, _angle(edge), step) for edge, step in ((_EDGE, -radius), (1 - _EDGE, radius)))
    return Interval(0.0 if lo is None else math.sin(lo) ** 2, 1.0 if hi is None else math.sin(hi) ** 2)


def rate_difference(k_b: float, k_c: float, n: float, alpha: float, t_opt: float = T_OPT) -> Interval:
    """The mean of b - c for paired values in [0, 1]: one sequence each at alpha / 2, combined.

    A normal mixture would be tighter, but gives [0, 0] where nothing has happened yet.
    """
    b = rate(k_b, n, alpha / 2, t_opt)
    return difference_of(b, b if k_c == k_b else rate(k_c, n, alpha / 2, t_opt))


def difference_of(b: Interval, c: Interval) -> Interval:
    """Of b - c, from an interval of each."""
    if b.lo is None or b.hi is None or c.lo is None or c.hi is None:
        return UNKNOWN
    return Interval(b.lo - c.hi, b.hi - c.lo)


def _angle(p: float) -> float:
    return math.asin(math.sqrt(p))
