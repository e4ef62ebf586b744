"""How far the directions of two vectors are apart, row by row of two matrices, and when they have nothing in common.

No function mixes rows, so that a row gets the same bits whichever others stand beside it. Any float may come.
compare/embedding.py calls this.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RANDOM_BELOW = 3.0

_LEAST_DISTANCE = 2.0**-60  # less is rounding, and counts as none
_MOST_RATIO = 2.0**64  # of norms; what is beyond it either way counts as this

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Directions(NamedTuple):
    """Unit vectors, and the norms they had, in multiples of 2 ^ exponent. A row of zeros stays so, and has norm 0."""

    units: Numbers
    norms: Numbers
    exponents: NDArray[np.int_]


def without_not_finite(p: Numbers, c: Numbers) -> tuple[Flags, Flags]:
    """Puts zeros, in place, where either is not finite. Says in which rows it did, and in which they were not the same.

    Two NaN are the same, and so are two infinities of one sign.
    """
    out = ~(np.isfinite(p) & np.isfinite(c))
    same = (p == c) | (np.isnan(p) & np.isnan(c))
    unlike, broken = np.asarray((out & ~same).any(axis=1)), np.asarray(out.any(axis=1))
    p[out] = c[out] = 0.0
    return broken, unlike


def directions(vectors: Numbers) -> Directions:
    """Of finite vectors. They are scaled by powers of two, which rounds nothing: no square is too large or small."""
    largest = np.abs(vectors).max(axis=1, initial=0.0)
    exponents = np.clip(np.frexp(largest)[1], -1000, 1000)
    scaled = vectors * np.ldexp(1.0, -exponents)[:, None]
    norms = np.sqrt((scaled * scaled).sum(axis=1))
    return Directions(scaled / np.where(norms > 0, norms, 1.0)[:, None], norms, exponents)


def distance(p: Directions, c: Directions) -> Numbers:
    """1 - cosine, in [0, 2], as half the squared distance of the unit vectors: it keeps its digits near 0."""
    away = p.units - c.units
    halved = (away * away).sum(axis=1) / 2
    return np.where(halved < _LEAST_DISTANCE, 0.0, np.minimum(halved, 2.0))


def norm_ratio(p: Directions, c: Directions) -> Numbers:
    """The norm of c divided by that of p, in [2^-64, 2^64]. Of no meaning where p is zero."""
    with np.errstate(over="ignore", under="ignore"):
        ratio = np.ldexp(c.norms / np.where(p.norms > 0, p.norms, 1.0), c.exponents - p.exponents)
    clipped: Numbers = np.clip(ratio, 1 / _MOST_RATIO, _MOST_RATIO)
    return clipped


def nothing_in_common(alignment: float) -> bool:
    """Whether a mean of d · cosine², in d dimensions, is what vectors of two unrelated spaces give.

    For random directions the mean is 1, whatever d is; for vectors of one space it is a large part of d. Most models'
    vectors lie around one direction, so between two spaces the cosine can be one value, by chance, that no number of
    requests averages out: d · cosine² is then one draw of chi-square with one degree of freedom, above 9 in 3 of 1,000.
    Hence the limit, RANDOM_BELOW², and hence it says nothing in few dimensions: at 64 it is a cosine of 0.375.
    """
    return alignment < RANDOM_BELOW**2
