"""A histogram of numbers over cells of one width. It is bounded, adapts to the numbers, and merges to the same bits.

Cells begin as fine as the caller says, a power of two wide, and become twice as wide only where more than MAX_CELLS
are filled: empty ones cost nothing, so that no outlier makes the others coarser. How wide they are is decided by the
set of values alone, and a part of a set never fills more cells than the whole: neither order nor grouping changes what
is kept.
"""

import math
from collections import Counter
from collections.abc import Mapping

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from comparators.statistics.joint_histogram import needless_bits

MAX_CELLS = 256
_ROOM = 60  # bits of a cell's number

Numbers = NDArray[np.float64]


class AxisHistogram(Struct, kw_only=True):
    """`cells`: by n, how many values lie in [n, n + 1) times 2^step; `step` is None before there are any. `finest`:
    what it began with, the coarsest where these were several; as long as it is the step, each value that is told apart
    at all has a cell of its own.
    """

    step: int | None = None
    finest: int | None = None
    cells: dict[int, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return sum(self.cells.values())

    def add_all(self, values: Numbers, finest: int) -> None:
        """All must be finite. No cell is finer than 2^finest: what is nearer to zero is zero, and what is 2^60 times as
        large and more counts as that.
        """
        if not values.size:
            return
        if self.finest != finest:
            self.finest = _coarsest(self.finest, finest)
        step = finest if self.step is None else max(self.step, finest)
        most = math.ldexp(1.0, finest + _ROOM)
        known = np.where(np.abs(values) < math.ldexp(1.0, finest), 0.0, values)
        numbers = np.floor(np.ldexp(np.minimum(np.maximum(known, -most), most), -step)).astype(np.int64)
        cells, counts = np.unique(numbers, return_counts=True)
        drop = needless_bits(cells, MAX_CELLS) if len(cells) > MAX_CELLS else 0
        self._join(step + drop, _coarser(dict(zip(cells.tolist(), counts.tolist(), strict=True)), drop))

    def merge(self, other: "AxisHistogram") -> None:
        """Adds the other one up into this; the other is left as it was."""
        if other.step is not None:
            self.finest = _coarsest(self.finest, other.finest)
            step = other.step if self.step is None else max(self.step, other.step)
            self._join(step, _coarser(other.cells, step - other.step))

    @property
    def holds_each_value(self) -> bool:
        return self.step is not None and self.step == self.finest

    def at(self, step: int) -> dict[int, int]:
        """The cells, in their order, at a step that is none finer."""
        return dict(sorted(_coarser(self.cells, step - (step if self.step is None else self.step)).items()))

    def _join(self, step: int, cells: Mapping[int, int]) -> None:
        """With these, which are of this step; it is none finer than one's own."""
        own = Counter(_coarser(self.cells, step - (step if self.step is None else self.step)))
        own.update(cells)
        drop = needless_bits(np.array([*own], dtype=np.int64), MAX_CELLS) if len(own) > MAX_CELLS else 0
        self.step, self.cells = step + drop, dict(_coarser(own, drop))


def _coarsest(*finest: int | None) -> int | None:
    return max((each for each in finest if each is not None), default=None)


def _coarser(cells: Mapping[int, int], bits: int) -> Mapping[int, int]:
    """Without so many low bits."""
    if not bits:
        return cells
    found: Counter[int] = Counter()
    for number, count in cells.items():
        found[number >> bits] += count
    return found
