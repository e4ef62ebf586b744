"""Distances by the power of two that each lies at: a bounded picture of them, of which slices are told as well. Pure.

The mean of distances in [0, 1] says little where the largest that counts is far away from most: of differences of 1
with a clip of 2,048, a slice that is 20 off has a mean of 0.01 against 0.0005. In the picture it lies four octaves
higher, a quarter of what there is.
"""

from collections.abc import Sequence

import numpy as np

from comparators.statistics.exact import ONE

# Below the largest distance; by simulation. The fewer there are, the more the space between two distances counts; but
# what is below all of them is nothing. Of scores with a clip of 2,048, 16 tell apart what is larger than 1/32.
OCTAVES = 16


def pictures(shares: Sequence[int]) -> list[int]:
    """Of distances, both in 2^-40: 1 of the largest, 1/16 less for each octave below it, and in an octave a straight
    line; 0 of what is 16 octaves below it, or more. The same on every machine: no step of it is inexact but the last,
    which drops what is below 2^-40.
    """
    mantissas, exponents = np.frexp(np.array(shares, dtype=np.float64) / ONE)
    above = OCTAVES + (exponents - 1) + (2 * mantissas - 1)
    whole: list[int] = (np.maximum(above, 0.0) * (ONE // OCTAVES)).astype(np.int64).tolist()
    return [picture if share else 0 for picture, share in zip(whole, shares, strict=True)]
