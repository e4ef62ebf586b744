"""How large an output's numbers are: told from production's first answers, and frozen with the plan. Pure.

The extent of an output decides in which steps its numbers are added up, where their differences are cut off for a mean,
and below what they are too small for the default tolerance. It never comes from differences: a cut that knew them would
make the intervals wrong. What is larger than a cut is counted.
"""

import math
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

ENOUGH = 30  # numbers; of fewer, the range says too little
LEAST_SPREAD = 2.0**-10  # of a number's size: what the spread of an output is taken for that hardly varies
LIMIT = 400  # of all exponents, either way: a square then still is a float


class Extent(Struct, frozen=True):
    """Exponents of two. Production's numbers lie within 2^scale, nearly always; their differences are cut off at 2^clip
    where a mean is taken of them. `small`: the scales of a document's numbers, by their path below the output, where
    they are below 0.
    """

    scale: int = 0
    clip: int = 10
    small: tuple[tuple[str, int], ...] = ()


NOT_TOLD = Extent()


class ClippedSize(NamedTuple):
    """A number of one request, of any size, and where it is cut off in a mean: at 2^top, on either side of zero."""

    value: float
    top: int


def octave(size: float) -> int:
    """The least exponent of two that reaches this size, which is positive; within LIMIT."""
    mantissa, exponent = math.frexp(size)
    return max(-LIMIT, min(LIMIT, exponent - (mantissa == 0.5)))


def of_numbers(numbers: NDArray[np.float64]) -> Extent:
    """Differences are cut off at the power of two above the range of these. Where they are few, or all the same, their
    size is the range; where all are zero, one is.
    """
    known = np.clip(numbers[np.isfinite(numbers)], -(2.0**LIMIT), 2.0**LIMIT)
    if not known.size:
        return NOT_TOLD
    size, spread = float(np.abs(known).max()) or 1.0, float(np.ptp(known))
    least = size * LEAST_SPREAD if spread and known.size >= ENOUGH else size
    return Extent(octave(size), octave(max(spread, least)))


def clip_of_counts(largest: int) -> int:
    """Of how many there are of something, up to so many: they may all be gone, or twice as many."""
    return octave(max(1, largest)) + 1
