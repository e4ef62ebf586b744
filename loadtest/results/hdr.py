"""A High Dynamic Range histogram: counts of whole numbers from 0 to 2^63 - 1, each known to 0.1 % of its size. Pure.

Its buckets are those of Gil Tene's HdrHistogram at 3 significant digits and a smallest unit of 1, and so is each of its
answers (the Java implementation's, from 2.1.12 on): files that are made of it mean to that project's tools what they
mean here. The sketch of `comparators` has bins of its own, which no other tool reads.

Up to 2,047 each number has a count of its own. Above, the numbers of each octave, 2^k to 2^(k+1) - 1, share 1,024
counts: such a count stands for `width_of` numbers that follow on each other.
"""

import math

import numpy as np
from numpy.typing import NDArray

SIGNIFICANT_DIGITS = 3
SUB_BUCKETS = 2048  # the power of two that tells twice 10^SIGNIFICANT_DIGITS numbers apart
_HALF_BITS = 10
_HALF = 1 << _HALF_BITS  # each bucket but the first has only its upper half: the lower is in those before it
MOST_COUNTS = 54 * _HALF  # 53 buckets reach to 2^63 - 1

Numbers = NDArray[np.int64]


class HdrHistogram:
    """`counts`: by index, for as many buckets as the largest value needs, MOST_COUNTS (442 kB) at most. To be read;
    `add_all`, `merge` and `add_counts` alone change it.
    """

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: Numbers = np.zeros(SUB_BUCKETS, dtype=np.int64)

    def add_all(self, values: Numbers) -> None:
        """Raises ValueError where one is negative, and then adds none."""
        if not values.size:
            return
        if values.min() < 0:
            raise ValueError(f"an HDR histogram counts numbers from 0 to 2^63 - 1, not {values.min()}")
        self.add_counts(np.bincount(index_of(values)))

    def merge(self, other: "HdrHistogram") -> None:
        """Adds the other one up into this; the other is left as it was."""
        self.add_counts(other.counts)

    def add_counts(self, counts: Numbers) -> None:
        """How many more there are of each index, from 0 on."""
        needed = math.ceil(len(counts) / _HALF) * _HALF
        total = np.zeros(max(len(self.counts), needed), dtype=np.int64)
        total[: len(self.counts)] = self.counts
        total[: len(counts)] += counts
        self.counts = total

    @property
    def n(self) -> int:
        return int(self.counts.sum())

    @property
    def buckets(self) -> int:
        return len(self.counts) // _HALF - 1

    @property
    def reach(self) -> int:
        """The largest number that has a count yet."""
        return (SUB_BUCKETS << (self.buckets - 1)) - 1

    @property
    def filled(self) -> Numbers:
        """The indices at which anything was counted, in the order of values."""
        return np.flatnonzero(self.counts)

    @property
    def max(self) -> int:
        """The largest number that is counted with the largest value; 0 where there is no value."""
        return self.value_at(100)

    @property
    def mean(self) -> float:
        """Of values in the middle of what is counted with them; 0.0 where there is no value."""
        return self._mean_of(self._middles)

    @property
    def stddev(self) -> float:
        """Of all that was added, not of a sample; 0.0 where there is no value."""
        return math.sqrt(self._mean_of(np.square(self._middles - self.mean)))

    def value_at(self, percentile: float) -> int:
        """The value at rank ceil(percentile / 100 * n), or up to 0.1 % above: the largest number counted with it; for 0
        the smallest one counted with the smallest value. 0 where there is no value. Raises ValueError outside 0 to 100.
        """
        if not 0 <= percentile <= 100:
            raise ValueError(f"a percentile lies from 0 to 100, not at {percentile}")
        filled = self.filled
        if not filled.size:
            return 0
        # One step down, as HdrHistogram does: 99.9 is a little more than 999/1000 as a float, and must not become 1000.
        rank = max(1, math.ceil(math.nextafter(percentile, -math.inf) * self.n / 100))
        values = highest_of(filled) if percentile else lowest_of(filled)
        return int(values[np.searchsorted(np.cumsum(self.counts[filled]), rank)])

    @property
    def _middles(self) -> NDArray[np.float64]:
        return middle_of(self.filled).astype(np.float64)

    def _mean_of(self, numbers: NDArray[np.float64]) -> float:
        """Of one number for each index that is filled, weighed by its count."""
        if not numbers.size:
            return 0.0
        # One after the other, as HdrHistogram adds: np.sum adds by pairs, and differs in the last digit.
        sums = np.cumsum(numbers * self.counts[self.filled])
        return float(sums[-1]) / self.n


def index_of(values: Numbers) -> Numbers:
    """Where each value is counted."""
    # What is left of the shift is below 2^53, where a float is exact: its exponent is the number of bits.
    bucket = np.frexp((values | (SUB_BUCKETS - 1)) >> _HALF_BITS)[1].astype(np.int64) - 1
    index: Numbers = (bucket << _HALF_BITS) + (values >> bucket)
    return index


def lowest_of(index: Numbers) -> Numbers:
    """The smallest number that is counted at the index."""
    bucket = _bucket_of(index)
    return (index - (bucket << _HALF_BITS)) << bucket


def highest_of(index: Numbers) -> Numbers:
    """The largest number that is counted at the index."""
    return lowest_of(index) + (width_of(index) - 1)


def middle_of(index: Numbers) -> Numbers:
    return lowest_of(index) + (width_of(index) >> 1)


def width_of(index: Numbers) -> Numbers:
    """How many numbers are counted at the index."""
    return np.left_shift(1, _bucket_of(index))


def _bucket_of(index: Numbers) -> Numbers:
    bucket: Numbers = np.maximum((index >> _HALF_BITS) - 1, 0)
    return bucket
