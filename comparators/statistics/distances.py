"""Distances between probability distributions, row by row. All are in [0, 1]."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import rel_entr

Numbers = NDArray[np.float64]


def distances(p: Numbers, c: Numbers) -> dict[str, Numbers]:
    """Of the rows of two matrices of probabilities, each in [0, 1]. 0 where rows are equal, whatever they sum to.

    Total variation ½ Σ |p - q|; L-infinity max |p - q|; Jensen-Shannon divergence in bits, ½ KL(p‖m) + ½ KL(q‖m) with
    m = (p + q) / 2 (Lin, IEEE Transactions on Information Theory 37(1), 1991); Hellinger's distance, of which
    ½ Σ (√p - √q)² = 1 - Σ √(pq) is the square, and which keeps its digits near 0 in the first of the two forms.
    """
    away, middle, roots = np.abs(p - c), (p + c) / 2, np.sqrt(p) - np.sqrt(c)
    found = {
        "total_variation": away.sum(axis=1) / 2,
        "l_infinity": away.max(axis=1),
        "jensen_shannon": (rel_entr(p, middle) + rel_entr(c, middle)).sum(axis=1) / (2 * math.log(2)),
        "hellinger": np.sqrt((roots * roots).sum(axis=1) / 2),
    }
    return {name: np.clip(values, 0.0, 1.0) for name, values in found.items()}
