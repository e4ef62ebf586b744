"""A mergeable histogram of values of any size, each clipped, which keeps their mean: bets.py makes an interval of it.

A value between two edges is shared out among them, so that its mean stays where it was: the nearer edge has the larger
share. Shares are multiples of 2^-40, rounded once, and the two of a value come to exactly one; their sums are integers,
which merge to the same bits in any order. The edges are the powers of two and what lies half-way between them, so that
an edge's number is the top of a float64's own bits, and no logarithm is taken. Below the finest edge, 2^-120 of the
clip, values are shared out between it and zero.
"""

import math
import struct
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from comparators.statistics.exact import BITS, ONE, ratio

OCTAVES = 120  # below the clip: a square has as many as its root has twice
TOP_AT_MOST = 900  # the clip is 2^-TOP_AT_MOST to 2^TOP_AT_MOST: then each edge is a float

_DOUBLE, _INT64 = struct.Struct("<d"), struct.Struct("<q")
_SHIFT = 51  # leaves exponent and the first bit of the mantissa: two edges an octave
_REST = np.int64((1 << _SHIFT) - 1)
_DROPPED = _SHIFT - BITS  # bits of a share that are rounded away
_BIAS = 1023  # of a float64's exponent

_ONE = _BIAS << 1  # the number of the edge at 1

Numbers = NDArray[np.float64]
Indices = NDArray[np.int64]


class EdgeHistogram(Struct, kw_only=True):
    """`weights`: by an edge's number, negative for the edge of a negative value, in multiples of 2^-40. `top`: values
    were clipped at 2^top, the largest one of those that were merged; None before there are any. There are at most
    4 * OCTAVES + 3 edges for one clip.
    """

    top: int | None = None
    weights: dict[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """How many values were added."""
        return sum(self.weights.values()) >> BITS

    def add_all(self, values: Numbers, top: int) -> None:
        """All must be finite; there are fewer than 2^22 of them."""
        if not values.size:
            return
        lower, upper, share = _shared_out(np.minimum(np.abs(values), 2.0**top), top)
        sign = np.where(values < 0, -1, 1)
        numbers = np.concatenate([sign * lower, sign * upper])
        least = int(numbers.min())
        sums = np.zeros(int(numbers.max()) - least + 1, dtype=np.int64)
        np.add.at(sums, numbers - least, np.concatenate([ONE - share, share]))
        used = np.flatnonzero(sums)
        self.top = top if self.top is None else max(self.top, top)
        self._count(zip((used + least).tolist(), sums[used].tolist(), strict=True))

    def merge(self, other: "EdgeHistogram") -> None:
        """Values that were clipped at less stay as they were counted."""
        if other.top is not None:
            self.top = other.top if self.top is None else max(self.top, other.top)
        self._count(other.weights.items())

    def mean(self) -> float | None:
        """Of the clipped values, to the nearest float; None where there are none."""
        n = sum(self.weights.values())
        if not n:
            return None
        least = min((abs(number) >> 1 for number in self.weights if number), default=0)
        total = sum(_whole(number, least) * weight for number, weight in self.weights.items())
        shift = least - _BIAS - 1
        return ratio(total << shift, n) if shift > 0 else ratio(total, n << -shift)

    def points(self) -> tuple[Numbers, Numbers]:
        """The edges, as shares of the clip, in their order, and the weight of each, in values."""
        numbers = np.array(sorted(self.weights), dtype=np.int64)
        edges = np.ldexp(np.sign(numbers) * (np.abs(numbers) << _SHIFT).view(np.float64), -(self.top or 0))
        return edges, np.array([self.weights[number] / ONE for number in numbers.tolist()])

    def told(self) -> list[tuple[float, float]]:
        """Each edge with its weight, in values: what a person or a program can do sums with."""
        return [(edge(number), weight / ONE) for number, weight in sorted(self.weights.items())]

    @classmethod
    def of_told(cls, told: Iterable[tuple[float, float]], clip: float | None) -> "EdgeHistogram":
        """Of what told() says, and the clip: the same but for the last bits of large weights."""
        if clip is None:
            return cls()
        weights = {_number_of(value): round(weight * ONE) for value, weight in told}
        return cls(top=math.frexp(clip)[1] - 1 if weights else None, weights=weights)

    def _count(self, more: Iterable[tuple[int, int]]) -> None:
        for number, weight in more:
            self.weights[number] = self.weights.get(number, 0) + weight


def of_signs(above: int, below: int, zero: int) -> EdgeHistogram:
    """Of so many values that are 1, -1 and 0, clipped at 1."""
    counts = {_ONE: above, -_ONE: below, 0: zero}
    weights = {number: count * ONE for number, count in counts.items() if count}
    return EdgeHistogram(top=0 if weights else None, weights=weights)


@lru_cache(8 * OCTAVES)  # all of one clip, and many of others
def edge(number: int) -> float:
    """The value at which an edge stands."""
    size: float = _DOUBLE.unpack(_INT64.pack(abs(number) << _SHIFT))[0]
    return -size if number < 0 else size


def _number_of(value: float) -> int:
    """Of the edge that stands there."""
    number: int = _INT64.unpack(_DOUBLE.pack(abs(value)))[0] >> _SHIFT
    return -number if value < 0 else number


def _shared_out(sizes: Numbers, top: int) -> tuple[Indices, Indices, Indices]:
    """The edges below and above each, and the share of the one above. Between two edges the mantissa's rest says how
    far a value has come.
    """
    bits = np.ascontiguousarray(sizes).view(np.int64)
    lower = bits >> _SHIFT
    share = ((bits & _REST) + (1 << (_DROPPED - 1))) >> _DROPPED
    upper = lower + 1
    finest = (top - OCTAVES + _BIAS) << 1
    small = lower < finest
    if small.any():
        near_zero = np.rint(np.ldexp(sizes[small], BITS - (top - OCTAVES))).astype(np.int64)
        lower[small], upper[small], share[small] = 0, finest, near_zero
    return lower, upper, share


def _whole(number: int, least: int) -> int:
    """The edge in multiples of the half of the power of two `least`; zero's own number is zero."""
    size = abs(number)
    whole = (2 + (size & 1)) << ((size >> 1) - least) if size else 0
    return -whole if number < 0 else whole
