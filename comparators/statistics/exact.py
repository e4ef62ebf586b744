"""Real terms as whole multiples of 2^-40: each is rounded once, and sums are integers.

Integers add up to the same bits in any order and grouping; floats do not. The rounding is at most 2^-41 a term. The way
back to floats (`real`, `ratio`) takes integers of any size: what is beyond all floats becomes infinite.
"""

import math
from operator import mul

import numpy as np
from numpy.typing import NDArray

BITS = 40
ONE = 1 << BITS
_BEFORE_INT64_ENDS = 2.0**22  # in multiples of 2^-40
# Terms whose products are summed in halves: those below 2^4 have 44 bits, so a product of halves has 44, and a sum of
# 2^17 such products stays below 2^63.
_HALF = 22
_SPLIT_BELOW = 2.0**4
_SPLIT_AT_MOST = 2**16


def share(part: int, whole: int) -> int:
    """`part / whole` to the nearest multiple of 2^-40. `whole` is positive."""
    return (part * ONE + whole // 2) // whole


def total(terms: NDArray[np.float64]) -> int:
    """The sum of the terms, each rounded to the nearest multiple of 2^-40 (ties to even). All must be finite."""
    if terms.size == 0:
        return 0
    largest = float(np.abs(terms).max())
    if largest < _BEFORE_INT64_ENDS / terms.size:
        return int(_scaled(terms).astype(np.int64).sum())
    return sum(_whole(terms))


def totals(columns: NDArray[np.float64]) -> list[int]:
    """`total` of each column of a table."""
    if columns.size and float(np.abs(columns).max()) < _BEFORE_INT64_ENDS / len(columns):
        sums: list[int] = _scaled(columns).astype(np.int64).sum(axis=0).tolist()
        return sums
    return [total(np.ascontiguousarray(column)) for column in columns.T]


def moments(terms: NDArray[np.float64]) -> tuple[int, int]:
    """`total`, and the sum of the squares of the rounded terms, in multiples of 2^-80: exact, so that equal terms have
    no variance at all.
    """
    if terms.size and float(np.abs(terms).max()) < _SPLIT_BELOW and terms.size <= _SPLIT_AT_MOST:
        small = _scaled(terms).astype(np.int64)
        return int(small.sum()), _products(small, small)
    whole = _whole(terms)
    return sum(whole), sum(map(mul, whole, whole))


def product(a: NDArray[np.float64], b: NDArray[np.float64]) -> int:
    """The sum of the products of the rounded terms, in multiples of 2^-80."""
    largest = max(float(np.abs(each).max(initial=0.0)) for each in (a, b))
    if largest < _SPLIT_BELOW and a.size <= _SPLIT_AT_MOST:
        return _products(_scaled(a).astype(np.int64), _scaled(b).astype(np.int64))
    return sum(map(mul, _whole(a), _whole(b)))


def _products(a: NDArray[np.int64], b: NDArray[np.int64]) -> int:
    """The sum of a * b, which has more than 64 bits: in halves of 22 bits, whose products and sums have not."""
    a_high, b_high = a >> _HALF, b >> _HALF
    a_low, b_low = a - (a_high << _HALF), b - (b_high << _HALF)
    high = int((a_high * b_high).sum())
    middle = int((a_high * b_low + a_low * b_high).sum())
    return (high << 2 * _HALF) + (middle << _HALF) + int((a_low * b_low).sum())


def _whole(terms: NDArray[np.float64]) -> list[int]:
    """Each term in multiples of 2^-40. Raises OverflowError where one is not finite."""
    if terms.size and float(np.abs(terms).max()) < _BEFORE_INT64_ENDS:
        rounded: list[int] = _scaled(terms).astype(np.int64).tolist()
        return rounded
    return list(map(_one_whole, terms.tolist()))


def _scaled(terms: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.rint(np.ldexp(terms, BITS))


def _one_whole(term: float) -> int:
    if abs(term) < _BEFORE_INT64_ENDS:
        return round(term * ONE)
    numerator, denominator = term.as_integer_ratio()  # here a term has no bits below 2^-40: the division is exact
    return numerator * (ONE // denominator)


def real(total: int) -> float:
    """The sum that `total` multiples of 2^-40 stand for."""
    return ratio(total, ONE)


def ratio(part: int, whole: int) -> float:
    """`part / whole`, to the nearest float. `whole` is positive."""
    try:
        return part / whole
    except OverflowError:
        return math.inf if part > 0 else -math.inf
