"""A mergeable histogram of positive values: any quantile within 1/129 (0.78 %) of a value's own size.

It is a DDSketch (Masson, Rim, Lee, VLDB 12(12), arXiv 1908.10693) with the linearly interpolated mapping: each octave
is cut into 64 equal bins, so that a bin's number is the top of the value's own float64 bits. No logarithm is taken:
the same value falls into the same bin on every machine, one at a time or in an array, and `merge` is exact to the bit.
A bin of its own has 1, which is what the ratio of two equal values is: their quantile is 1, and not nearly 1.
DataDog's `ddsketch` package was weighed and left: its counts and its sum are floats, its collapsing stores depend on
the order of arrival, and it has no place for values that are only known to be larger than something.

Those are `censored`: a call that was cut off at its timeout. They rank above everything when an upper bound is asked
for, and at the time of their cut when a lower one is.
"""

import math
import struct
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

RELATIVE_ERROR = 1 / 129
_SHIFT = 46  # leaves sign, exponent and the top 6 of the mantissa's 52 bits
_DOUBLE, _INT64 = struct.Struct("<d"), struct.Struct("<q")
_ZERO = 0  # the bin of 0.0: its bits are all zero
_ONE = 1023 << 6  # the bin of 1.0: its exponent is 1023; bins above stand one further than their bits
_LARGEST = 2.0**1000


class Sketch(msgspec.Struct, kw_only=True, dict=True):
    """Counts by bin number. `add` and `merge` change it; the rest only reads."""

    counts: dict[int, int] = msgspec.field(default_factory=dict)
    censored: dict[int, int] = msgspec.field(default_factory=dict)

    def add(self, value: float) -> None:
        _count(self.counts, [(bin_of(value), 1)])

    def add_all(self, values: NDArray[np.float64]) -> None:
        values = np.ascontiguousarray(values, dtype=np.float64)
        bins = (values.view(np.int64) >> _SHIFT) + (values > 1.0)
        numbers, counts = np.unique(bins, return_counts=True)
        _count(self.counts, zip(numbers.tolist(), counts.tolist(), strict=True))

    def add_censored(self, at_least: float) -> None:
        _count(self.censored, [(bin_of(at_least), 1)])

    def merge(self, other: "Sketch") -> None:
        if other.counts:
            _count(self.counts, other.counts.items())
        if other.censored:
            _count(self.censored, other.censored.items())

    @property
    def n(self) -> int:
        return sum(self.counts.values()) + self.n_censored

    @property
    def n_censored(self) -> int:
        return sum(self.censored.values())

    def quantile(self, q: float) -> float | None:
        """As Order.quantile."""
        return self.order().quantile(q)

    def order(self) -> "Order":
        """As it is now. A report asks each sketch for several quantiles: what was put in order is kept beside the
        fields. Counts only grow, so it is that of today as long as it is of as many.
        """
        kept: Order | None = self.__dict__.get("ordered")
        if kept is None or kept.n != self.n:
            kept = self.__dict__["ordered"] = self._ordered()
        return kept

    def _ordered(self) -> "Order":
        known = _cumulative(self.counts)
        return Order(known, _cumulative(_merged(self.counts, self.censored)) if self.censored else known)


class Cumulative(NamedTuple):
    """Of the bins in order, how many values lie in each and all before."""

    bins: list[int]
    up_to: list[int]

    def bin_at(self, rank: int) -> int | None:
        """The bin of the rank-th smallest, from 1; None where there are fewer."""
        place = bisect_left(self.up_to, rank)
        return self.bins[place] if place < len(self.bins) else None


class Order(NamedTuple):
    """A sketch's values in order: the known ones alone, and all of them with the censored ones at their cuts."""

    known: Cumulative
    at_cuts: Cumulative

    @property
    def n(self) -> int:
        return self.at_cuts.up_to[-1] if self.at_cuts.up_to else 0

    def at_least(self, rank: int) -> float | None:
        """A lower bound of the rank-th smallest value (from 1); censored values stand at their cut."""
        found = self.at_cuts.bin_at(rank)
        return None if found is None else edges(found)[0]

    def at_most(self, rank: int) -> float | None:
        """An upper bound of the rank-th smallest value; None where censored values leave it open."""
        found = self.known.bin_at(rank)
        return None if found is None else edges(found)[1]

    def quantile(self, q: float) -> float | None:
        """The value at rank ceil(q·n), within RELATIVE_ERROR; None where it is censored, or nothing was added."""
        found = self.known.bin_at(max(1, math.ceil(q * self.n)))
        return None if found is None else middle(found)


def bin_of(value: float) -> int:
    """The number of the bin that holds a value in [0, 2^1000]. Smaller and larger ones are a caller's mistake."""
    if not 0.0 <= value <= _LARGEST:
        msg = f"a sketch takes values from 0 to 2^1000, not {value!r}"
        raise ValueError(msg)
    number: int = _INT64.unpack(_DOUBLE.pack(value + 0.0))[0]
    return (number >> _SHIFT) + (value > 1.0)


@lru_cache(4096)  # a report asks for those of quantiles, which change little from one to the next
def edges(number: int) -> tuple[float, float]:
    """The bin's smallest value, and the smallest one above it; of 0 and of 1 that value itself."""
    if number in (_ZERO, _ONE):
        return float(number == _ONE), float(number == _ONE)
    top = number - (number > _ONE)
    return _value(top << _SHIFT), _value((top + 1) << _SHIFT)


def bin_between(smallest: float, above: float) -> int:
    """The number of the bin with these edges."""
    return bin_of(smallest) + (smallest == 1.0 < above)


def middle(number: int) -> float:
    """The value that is relatively nearest to all of the bin: the harmonic mean of its edges."""
    lo, hi = edges(number)
    return lo * (2 * hi / (lo + hi)) if hi else 0.0


def _value(bits: int) -> float:
    value: float = _DOUBLE.unpack(_INT64.pack(bits))[0]
    return value


def _count(counts: dict[int, int], more: Iterable[tuple[int, int]]) -> None:
    if not counts:  # as in a copy: no bin can be there already
        counts.update(more)
        return
    known = counts.get
    for number, count in more:
        counts[number] = known(number, 0) + count


def _merged(a: Mapping[int, int], b: Mapping[int, int]) -> Mapping[int, int]:
    both = dict(a)
    _count(both, b.items())
    return both


def _cumulative(counts: Mapping[int, int]) -> Cumulative:
    bins = sorted(counts)
    return Cumulative(bins, list(accumulate(map(counts.__getitem__, bins))))
