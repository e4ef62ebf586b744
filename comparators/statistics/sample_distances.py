"""How far two samples of one quantity are apart, as distributions: W1, KS and PSI, from histograms of both. Pure.

The samples need not be paired: two that have the same values are not apart, whichever request has which. What binning
may change is told beside each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.statistics.axis_histogram import AxisHistogram

PARTS = 10  # of production's values, equally many in each, as far as they can be told apart
PRIOR = 0.5  # values that each part has on both sides before any: of an empty one the logarithm would be infinite

Numbers = NDArray[np.float64]


class SampleDistance(NamedTuple):
    """`off`: by how much the raw values' own may differ, at most."""

    value: float
    off: float


class SampleDistances(NamedTuple):
    """`wasserstein`: the area between both distribution functions, in the unit of the values (Wasserstein-1).
    `kolmogorov_smirnov`: their largest difference, which lies at `value` or above; of few different values it is exact
    but for such as are too near to each other to be told apart. `stability`: the population
    stability index, Σ (c - p) log(c / p) over shares of both samples, over ten parts of production's values: of the
    parts as they are it is exact.
    """

    wasserstein: SampleDistance
    kolmogorov_smirnov: SampleDistance
    stability: SampleDistance


def sample_distances(
    production: AxisHistogram, candidate: AxisHistogram, *, whole: bool = False
) -> SampleDistances | None:
    """None where either is empty. `whole`: all are whole numbers, of which a cell no wider than 1 holds one."""
    if production.step is None or candidate.step is None:
        return None
    step = max(production.step, candidate.step)
    sides = production.at(step), candidate.at(step)
    cells = np.array(sorted({*sides[0], *sides[1]}), dtype=np.float64)
    p, c = (np.array([side.get(int(cell), 0) for cell in cells.tolist()], dtype=np.float64) for side in sides)
    largest = _largest(p, c)
    if production.holds_each_value and candidate.holds_each_value:
        largest = largest._replace(off=0.0)
    found = SampleDistances(_area(cells, p, c, step), largest, SampleDistance(_stability(p, c), 0.0))
    return SampleDistances(*(each._replace(off=0.0) for each in found)) if whole and step <= 0 else found


def _area(cells: Numbers, p: Numbers, c: Numbers, step: int) -> SampleDistance:
    """A value stands at the lower end of its cell, on both sides: that moves it by half a cell at most, either way, but
    for what all of them have in common.
    """
    apart = np.abs(np.cumsum(p) / p.sum() - np.cumsum(c) / c.sum())
    return SampleDistance(float(np.ldexp(apart[:-1] @ np.diff(cells), step)), float(np.ldexp(1.0, step)))


def _largest(p: Numbers, c: Numbers) -> SampleDistance:
    """At the ends of cells both functions are known; within one, neither leaves what it has at the ends."""
    own, other = np.cumsum(p) / p.sum(), np.cumsum(c) / c.sum()
    found = float(np.abs(own - other).max())
    before = own - p / p.sum(), other - c / c.sum()
    most = float(np.maximum(own - before[1], other - before[0]).max())
    return SampleDistance(found, max(0.0, most - found))


def _stability(p: Numbers, c: Numbers) -> float:
    """A part ends with the cell in which production's share reaches the next tenth."""
    shares = np.cumsum(p) / p.sum()
    tenths = np.searchsorted(shares, np.arange(1, PARTS) / PARTS - 1e-12)
    ends = np.unique(tenths)
    parts = np.searchsorted(ends, np.arange(len(p)))
    own, other = (np.bincount(parts, weights=each, minlength=len(ends) + 1) + PRIOR for each in (p, c))
    own, other = own / own.sum(), other / other.sum()
    return float((other - own) @ np.log(other / own))
