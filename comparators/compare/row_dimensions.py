"""Which numbers of a row differ most, where rows have several: place by place, of the first MAX_DIMENSIONS. Pure.

A request counts once at each place, with the mean over its rows.
"""

import numpy as np
from msgspec import field

from comparators.compare.detail import Detail, DetailRow
from comparators.compare.extent import Extent
from comparators.compare.row_stack import Flags, Numbers
from comparators.statistics.exact import BITS, real
from comparators.statistics.sums import Sums

MAX_DIMENSIONS = 64
MAX_SHOWN = 10


class DimensionSums(Sums, kw_only=True):
    """By place in a row; empty where no row has several. Terms are statistics.exact's. `wider`: requests whose rows
    have more numbers.
    """

    n: list[int] = field(default_factory=list)  # requests with a difference that is known there
    apart: list[int] = field(default_factory=list)  # |δ|, clipped, as a share of the clip
    disagreement: list[int] = field(default_factory=list)  # shares of rows
    wider: int = 0

    def add_all(self, delta: Numbers, disagreeing: Flags, rows: int, extent: Extent) -> None:
        """A request's numbers stand in one row of each, row after row of its own."""
        width = delta.shape[1] // rows
        if width < 2:
            return
        self.wider += len(delta) if width > MAX_DIMENSIONS else 0
        places = (len(delta), rows, width)
        apart = np.minimum(np.abs(delta.reshape(places)[:, :, :MAX_DIMENSIONS]), 2.0**extent.clip) / 2.0**extent.clip
        known = ~np.isnan(apart)
        counts = known.sum(axis=1)
        means = np.where(known, apart, 0.0).sum(axis=1) / np.maximum(counts, 1)
        self.n = _joined(self.n, (counts > 0).sum(axis=0).tolist())
        self.apart = _joined(self.apart, _totals(means))
        if disagreeing.any():
            shares = _totals(disagreeing.reshape(places)[:, :, :MAX_DIMENSIONS].mean(axis=1))
            self.disagreement = _joined(self.disagreement, shares)


def _totals(terms: Numbers) -> list[int]:
    found: list[int] = np.rint(np.ldexp(terms, BITS)).astype(np.int64).sum(axis=0).tolist()
    return found


def _joined(own: list[int], more: list[int]) -> list[int]:
    """As many as MAX_DIMENSIONS, whatever came, so that any two of them can be added up."""
    found = own or [0] * MAX_DIMENSIONS
    return [a + b for a, b in zip(found, [*more, *[0] * (MAX_DIMENSIONS - len(more))], strict=True)]


def most(sums: DimensionSums, clip: float) -> list[Detail]:
    """Those that differ most; nothing where none does."""
    if not any(sums.apart):
        return []
    disagreement = sums.disagreement or [0] * MAX_DIMENSIONS
    told = [
        (at, clip * real(apart) / n, real(share) / n)
        for at, (n, apart, share) in enumerate(zip(sums.n, sums.apart, disagreement, strict=True))
        if apart
    ]
    rows: list[DetailRow] = [*sorted(told, key=lambda each: (-each[1], each[0]))]
    detail = Detail(
        title=f"which numbers of a row differ most, by place from 0{_which(sums)}",
        columns=("place", "mean absolute difference", "disagree"),
        units=("", "value", "share"),
        rows=rows[:MAX_SHOWN],
        not_listed=len(rows[MAX_SHOWN:]),
    )
    return [detail]


def _which(sums: DimensionSums) -> str:
    return f" among the first {MAX_DIMENSIONS}" if sums.wider else ""
