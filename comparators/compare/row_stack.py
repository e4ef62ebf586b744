"""The rows of all requests of a batch one after another, for kinds that compute on whole arrays of them.

No function here mixes rows, and means are added up in the order of rows: so no bit depends on where a batch is cut.
"""

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from comparators.compare.finding import Kind
from comparators.compare.fitting import Fit, Fitting
from comparators.statistics import exact

Item = TypeVar("Item")
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int_]


class RowStack(Generic[Item]):
    """Rows of `production` and `candidate`, and for each kind of difference, in the order in which they are told, which
    rows are `disagreeing`. A row's owner is its request, by its place among the fits.
    """

    def __init__(self, fits: Sequence[Fit[Item]], kinds: Sequence[Kind]) -> None:
        self.fits = fits
        self.production = [item for fit in fits for item in fit.production]
        self.candidate = [item for fit in fits for item in fit.candidate]
        self.disagreeing: dict[Kind, Flags] = {kind: np.zeros(len(self.production), dtype=np.bool_) for kind in kinds}
        self.owner: Indices = np.repeat(np.arange(len(fits)), [len(fit.production) for fit in fits])

    def tell(self, batch: Fitting[Item]) -> None:
        """What was found, request by request."""
        disagreeing = np.logical_or.reduce(list(self.disagreeing.values()))
        if not disagreeing.any():
            return
        end = 0
        for fit in self.fits:
            start, end = end, end + len(fit.production)
            if disagreeing[start:end].any():
                kinds = [kind for kind, where in self.disagreeing.items() if where[start:end].any()]
                batch.tell(fit, disagreeing[start:end].tolist(), kinds)

    def means(self, counting: Flags) -> "Means":
        return Means(self.owner[counting], counting, len(self.fits))


class Means:
    """Over the counting rows of each request. `counts` has their number, also where that is 0."""

    def __init__(self, owner: Indices, counting: Flags, requests: int) -> None:
        self.owner = owner
        self.counts: Indices = np.bincount(owner, minlength=requests)
        self._counting = counting
        self._any = self.counts > 0

    def __len__(self) -> int:
        """Requests with such rows."""
        return int(self._any.sum())

    def places(self) -> list[int]:
        """Of the requests with such rows, among the fits."""
        return np.flatnonzero(self._any).tolist()

    def of(self, values: Numbers) -> Numbers:
        """One a request with such rows. `values` are of all rows; bincount adds them in their order."""
        totals = np.bincount(self.owner, weights=values[self._counting], minlength=len(self.counts))
        means: Numbers = totals[self._any] / self.counts[self._any]
        return means

    def binned(self, values: Numbers, bins: Indices, size: int) -> list[int]:
        """By bin the sum over requests of the mean over their rows, of which those in other bins are 0. `values` are of
        the counting rows, and `bins` are below `size`.
        """
        cells = self.owner * size + bins
        totals = np.bincount(cells, weights=values, minlength=len(self.counts) * size).reshape(-1, size)
        return exact.totals(totals / np.maximum(self.counts, 1)[:, None])


def parts(rows: Sequence[Item], size: int, numbers: int) -> Iterator[Sequence[Item]]:
    """Of rows with `size` numbers each: as many at a time as have `numbers` together, one at least."""
    step = max(1, numbers // max(1, size))
    return (rows[start : start + step] for start in range(0, len(rows), step))
