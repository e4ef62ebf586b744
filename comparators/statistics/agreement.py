"""How well two series of scores agree, from sums: Lin's concordance, and Kendall's tau-b over a joint histogram.

Both describe the requests that were seen; neither comes with an interval.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHIFT = 50  # leaves sign, exponent and the top 2 of the mantissa's 52 bits: four bins an octave
_PAIRED = 16  # bits for one of two bins, which have 14
_HALF = 1 << (_PAIRED - 1)


def concordance(n: int, p: int, pp: int, c: int, cc: int, pc: int) -> float | None:
    """Lin's concordance correlation, 2 s_pc / (s_p² + s_c² + (p̄ - c̄)²), from exact sums (totals, squares, products).

    1 means equal, 0 no agreement. None where nothing varies. Lin, Biometrics 45(1), 1989.
    """
    covariance = n * pc - p * c  # each n² times the moment, exact in integers
    spread = (n * pp - p * p) + (n * cc - c * c) + (p - c) ** 2
    return 2 * covariance / spread if spread else None


def joint_counts(p: NDArray[np.float64], c: NDArray[np.float64]) -> Mapping[str, int]:
    """How many pairs of scores fall into each pair of bins, as "bin bin"."""
    cells, counts = np.unique((_bins(p) << _PAIRED) + _bins(c), return_counts=True)
    rows = (cells + _HALF) >> _PAIRED  # the column is the nearest: it may be negative
    columns = cells - (rows << _PAIRED)
    named = zip(rows.tolist(), columns.tolist(), counts.tolist(), strict=True)
    return {f"{row} {column}": count for row, column, count in named}


def tau_b(cells: Mapping[str, int]) -> float | None:
    """Kendall's tau-b of the pairs that `joint_counts` counted; None where one side is constant."""
    places = [tuple(map(int, cell.split(" "))) for cell in cells]
    table = _table(places, list(cells.values()))
    concordant = _pairs_below(table)
    discordant = _pairs_below(table[:, ::-1])
    n = int(table.sum())
    untied_p, untied_c = (_untied(n, table.sum(axis=axis)) for axis in (1, 0))
    if not untied_p or not untied_c:
        return None
    return float((concordant - discordant) / np.sqrt(float(untied_p) * float(untied_c)))


def _bins(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """A number for each, in the order of the values: the top bits of the float, mirrored below zero."""
    bits = np.ascontiguousarray(values + 0.0).view(np.int64)
    magnitude = (bits & np.int64(0x7FFF_FFFF_FFFF_FFFF)) >> _SHIFT
    return np.where(bits < 0, -magnitude - 1, magnitude)


def _table(places: list[Any], counts: list[int]) -> NDArray[np.int64]:
    rows, columns = (sorted({place[side] for place in places}) for side in (0, 1))
    row_at, column_at = ({name: i for i, name in enumerate(names)} for names in (rows, columns))
    table = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for (row, column), count in zip(places, counts, strict=True):
        table[row_at[row], column_at[column]] = count
    return table


def _pairs_below(table: NDArray[np.int64]) -> int:
    """Pairs of observations of which one lies below and to the left of the other."""
    before = np.zeros_like(table)
    before[1:, 1:] = table.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
    return int((table * before).sum())


def _untied(n: int, margin: NDArray[np.int64]) -> int:
    return (n * (n - 1) - int((margin * (margin - 1)).sum())) // 2
