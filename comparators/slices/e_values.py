"""Whether slices disagree more than their complements: an e-value for each of many of them. Pure.

Suppose that a slice's rate is not above its complement's: then some p lies between the two. Against "the slice's rate
is at most p" stands a mixture of the rates above p, M+; against "the complement's is at least p" one of those below,
M-. For each such rate t, (t/p)^x ((1-t)/(1-p))^(1-x) is convex in x, so for x in [0, 1] it is at most
1 + (t-p)(x-p)/(p(1-p)), whose mean is at most 1 on its side. So both mixtures are supermartingales, and so is their
product, since a request is in one of the two. The least product over all p is at most the one at the p between: that it
ever reaches 1/alpha has a chance of at most alpha (Ville).

Source: Howard, Ramdas, McAuliffe, Sekhon (arXiv 1810.08240), the beta-binomial mixture of statistics.sequences.
"""

import math

import numpy as np
from scipy.special import betainc, betaln, expit, logit, xlogy

from comparators.slices.intervals import WEIGHT, Reals, ShareSums, log_martingales

# The priors' weights, in requests, by simulation: a slice is small and unlike the others, its complement is neither.
SLICE_WEIGHT = 30.0
COMPLEMENT_WEIGHT = WEIGHT

# Where the least product is looked for: about the means, then about the least one found. Between the means alone it was
# up to 0.06 too large.
_BELOW, _ABOVE = 0.8, 1.1
_POINTS, _PASSES = 13, 3
_STEPS = np.linspace(0.0, 1.0, _POINTS)[:, None]  # Subtle: linspace over slices rounds each as its neighbours have it
_LOWEST, _HIGHEST = 1e-12, 1 - 1e-9  # between which a float tells p and 1 - p from 0
_TINY = 1e-290  # near the least number of 64 bits
_LOG_LARGEST = math.log(np.finfo(np.float64).max) - 1e-12


def log_e_values(own: ShareSums, complements: ShareSums, least: Reals) -> Reals:
    """By slice; -inf where it has no more disagreement than its complement, and where it cannot reach `least`."""
    found = np.full(len(own.n), -np.inf)
    above = (own.n > 0) & (complements.n > 0) & (own.k * complements.n > complements.k * own.n)
    at = np.flatnonzero(above)
    at = at[_log_likelihood_ratios(own.at(at), complements.at(at)) >= least[at]]
    if at.size:
        found[at] = _least_products(own.at(at), complements.at(at))
    return found


def as_number(log_e_value: float) -> float:
    """The e-value; the largest number of 64 bits for all that are larger."""
    return math.exp(min(log_e_value, _LOG_LARGEST))


def _log_likelihood_ratios(own: ShareSums, complements: ShareSums) -> Reals:
    """Of two rates against one in common, each where it is likeliest: no mixture says more, and at that common rate the
    product is at least the least one.
    """
    both = ShareSums(own.k + complements.k, own.n + complements.n)
    ratios: Reals = _log_likelihood(own) + _log_likelihood(complements) - _log_likelihood(both)
    return ratios


def _log_likelihood(sums: ShareSums) -> Reals:
    k, n = sums
    most: Reals = xlogy(k, k / n) + xlogy(n - k, (n - k) / n)
    return most


def _least_products(own: ShareSums, complements: ShareSums) -> Reals:
    """Over all p, looked for among logarithms of odds: rates near 1 are told apart as those near 0 are. A complement
    without any disagreement counts as one with half a one, or as all requests do: below that p, the slice's evidence
    grows and its complement's hardly falls. Likewise a slice without any agreement.
    """
    common = (own.k + complements.k) / (own.n + complements.n)
    lowest = np.minimum(np.maximum(complements.k, 0.5) / complements.n, common)
    highest = np.maximum(np.minimum(own.k, own.n - 0.5) / own.n, common)
    lo, hi = (logit(np.clip(each, _LOWEST, _HIGHEST)) for each in (lowest, highest))
    lo, hi = lo + math.log(_BELOW), hi + math.log(_ABOVE)
    columns = np.arange(len(common))
    for _ in range(_PASSES):
        grid = lo + (hi - lo) * _STEPS
        p = np.clip(expit(grid), _LOWEST, _HIGHEST)
        products = _log_above(own, p) + _log_below(complements, p, COMPLEMENT_WEIGHT)
        at = products.argmin(axis=0)
        lo, hi = grid[np.maximum(at - 1, 0), columns], grid[np.minimum(at + 1, _POINTS - 1), columns]
    least: Reals = products.min(axis=0)
    return least


def _log_above(sums: ShareSums, p: Reals) -> Reals:
    """M+: where more than p disagrees, less than 1 - p agrees."""
    return _log_below(ShareSums(sums.n - sums.k, sums.n), 1 - p, SLICE_WEIGHT)


def _log_below(sums: ShareSums, p: Reals, weight: float) -> Reals:
    """M-: the mixture of statistics.sequences, with its prior restricted to rates below p."""
    k, n = sums
    a, b = weight * p, weight * (1 - p)
    restricted: Reals = _log_betainc(a + k, b + (n - k), p) - np.log(betainc(a, b, p))
    return log_martingales(k, n, p, weight) + restricted


def _log_betainc(a: Reals, b: Reals, p: Reals) -> Reals:
    """Where a float cannot hold it, the first term of its series instead, which is less: all its terms are positive
    (DLMF 8.17.8).
    """
    share = betainc(a, b, p)
    first = a * np.log(p) + b * np.log1p(-p) - np.log(a) - betaln(a, b)
    held = share > _TINY
    logs: Reals = np.where(held, np.log(np.where(held, share, 1.0)), first)
    return logs
