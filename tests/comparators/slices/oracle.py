"""An e-value by its definition: two mixtures, integrated numerically, and the least product over a grid of rates."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

SLICE_WEIGHT, COMPLEMENT_WEIGHT = 30.0, 125.06  # of the priors
RATES = np.concatenate([np.geomspace(1e-6, 0.5, 100), 1 - np.geomspace(0.5, 1e-6, 50)[1:]])
STEPS = 1_000

Reals = NDArray[np.float64]


def log_e_value(k: float, n: float, complement_k: float, complement_n: float) -> float:
    """Of a slice and its complement: the least over the grid, then over a finer one between that one's neighbours."""

    def product(p: float) -> float:
        above, below = (k, n, p, SLICE_WEIGHT), (complement_k, complement_n, p, COMPLEMENT_WEIGHT)
        return _mixture(*above, above=True) + _mixture(*below, above=False)

    least = int(np.argmin(list(map(product, RATES.tolist()))))
    nearby = np.linspace(RATES[max(least - 1, 0)], RATES[min(least + 1, len(RATES) - 1)], 60)
    return min(map(product, nearby.tolist()))


def _mixture(k: float, n: float, p: float, weight: float, above: bool) -> float:
    """The mean of (t/p)^k ((1-t)/(1-p))^(n-k) over a beta prior about `p`, restricted to rates t on one side of it.

    Simpson's rule over the distance from p in logits, which are stretched the further away they are: a prior may end
    only after thousands of them.
    """
    ends = weight * (1 - p if above else p)
    stretched = np.linspace(0, np.log1p(60 / min(ends, 1.0)), STEPS + 1)
    distances = np.expm1(stretched) if above else -np.expm1(stretched)
    logits = np.log(p / (1 - p)) + distances
    log_t, log_rest = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)
    prior = weight * p * log_t + weight * (1 - p) * log_rest + stretched
    likelihood = k * (log_t - np.log(p)) + (n - k) * (log_rest - np.log(1 - p))
    weights = np.full(STEPS + 1, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return float(logsumexp(prior + likelihood, b=weights) - logsumexp(prior, b=weights))
