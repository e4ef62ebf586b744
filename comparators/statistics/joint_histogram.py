"""A histogram of two series of numbers together. It is bounded, adapts to the numbers, and merges to the same bits.

A bin is the top bits of a number, in the order of the numbers. Each side begins with all 64 bits, one bin a value, and
drops low bits only where more than MAX_BINS bins are filled. How many it drops is decided by the set of its values
alone, and a part of a set never fills more bins than the whole: so neither order nor grouping changes what is kept.
"""

from typing import NamedTuple, Self

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

MAX_BINS = 64  # of either side

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
_POWERS = np.left_shift(np.uint64(1), np.arange(64, dtype=np.uint64))


class _Cells(NamedTuple):
    """Pairs of bins, and how often each pair occurred."""

    rows: Integers
    columns: Integers
    counts: Integers


class JointHistogram(Struct):
    """Cells, by `rows` and then `columns`: the bins of the first series and of the second, each without so many low
    bits as were `dropped` of it.
    """

    dropped_rows: int = 0
    dropped_columns: int = 0
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    @property
    def n(self) -> int:
        return sum(self.counts)

    def add_all(self, first: NDArray[np.float64], second: NDArray[np.float64]) -> None:
        """Count these pairs of finite numbers."""
        if len(first):
            ones = np.ones(len(first), dtype=np.int64)
            self._join(_Cells(_bins(first) >> self.dropped_rows, _bins(second) >> self.dropped_columns, ones))

    def merge(self, other: Self) -> None:
        """Adds the other one up into this; the other is left as it was."""
        if other.counts:
            self._drop(other.dropped_rows - self.dropped_rows, other.dropped_columns - self.dropped_columns)
            theirs = other._cells()
            rows = theirs.rows >> (self.dropped_rows - other.dropped_rows)
            self._join(_Cells(rows, theirs.columns >> (self.dropped_columns - other.dropped_columns), theirs.counts))

    def table(self) -> Integers:
        """Counts, with a row and a column for each bin that is filled, in their order."""
        return _table(self._cells())

    def told_apart(self) -> tuple[Flags, Flags]:
        """Whether each row and column of the table holds one value: all do while no bit was dropped, and 0 does."""
        rows, columns = np.unique(self.rows), np.unique(self.columns)
        return (rows == 0) | (self.dropped_rows == 0), (columns == 0) | (self.dropped_columns == 0)

    def coarser_table(self) -> Integers:
        """Likewise with bins twice as wide, on a side that has dropped bits."""
        rows, columns, counts = self._cells()
        return _table(_Cells(rows >> min(1, self.dropped_rows), columns >> min(1, self.dropped_columns), counts))

    def _cells(self) -> _Cells:
        return _Cells(*(np.array(each, dtype=np.int64) for each in (self.rows, self.columns, self.counts)))

    def _join(self, more: _Cells) -> None:
        """With these, which are in the bins of this one."""
        cells = _Cells(*map(np.concatenate, zip(self._cells(), more, strict=True)))
        rows, columns = needless_bits(cells.rows, MAX_BINS), needless_bits(cells.columns, MAX_BINS)
        self.dropped_rows += rows
        self.dropped_columns += columns
        self._keep(_Cells(cells.rows >> rows, cells.columns >> columns, cells.counts))

    def _drop(self, rows: int, columns: int) -> None:
        """So many low bits more, where that is more than none."""
        rows, columns = max(0, rows), max(0, columns)
        if rows or columns:
            self.dropped_rows += rows
            self.dropped_columns += columns
            own = self._cells()
            self._keep(_Cells(own.rows >> rows, own.columns >> columns, own.counts))

    def _keep(self, cells: _Cells) -> None:
        if not len(cells.counts):
            return
        order = np.lexsort((cells.columns, cells.rows))
        rows, columns, counts = (each[order] for each in cells)
        begins = np.append(True, (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1]))
        first = np.flatnonzero(begins)
        self.rows, self.columns = rows[first].tolist(), columns[first].tolist()
        self.counts = np.add.reduceat(counts, first).tolist()


def _table(cells: _Cells) -> Integers:
    (rows, row_at), (columns, column_at) = (np.unique(each, return_inverse=True) for each in cells[:2])
    table = np.zeros((len(rows), len(columns)), dtype=np.int64)
    np.add.at(table, (row_at, column_at), cells.counts)
    return table


def _bins(values: NDArray[np.float64]) -> Integers:
    """A number for each, in the order of the values: the bits of the float, mirrored below zero. -0 is 0."""
    bits = np.ascontiguousarray(values + 0.0).view(np.int64)
    magnitude = bits & np.int64(0x7FFF_FFFF_FFFF_FFFF)
    return np.where(bits < 0, -magnitude - 1, magnitude)


def needless_bits(bins: Integers, most: int) -> int:
    """The fewest low bits without which these are at most so many different ones.

    Of neighbours in order, two stay apart as long as the highest bit in which they differ is kept.
    """
    ordered = np.unique(bins)
    if len(ordered) <= most:
        return 0
    differ = (ordered[1:] ^ ordered[:-1]).view(np.uint64)
    lengths = np.searchsorted(_POWERS, differ, side="right")
    return int(np.partition(lengths, len(lengths) - most)[len(lengths) - most])
