"""Differences of any size, one a request: their clipped mean, how many are beyond the clip, and how large they are."""

import numpy as np
from msgspec import field
from numpy.typing import NDArray

from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.sketch import Sketch
from comparators.statistics.sums import Sums


class ClippedSums(Sums, kw_only=True):
    """`n` differences, of which some are `beyond` the clip of `values`. `sizes` has each without its sign, whole."""

    n: int = 0
    beyond: int = 0
    values: EdgeHistogram = field(default_factory=EdgeHistogram)
    sizes: Sketch = field(default_factory=Sketch)

    def add_all(self, differences: NDArray[np.float64], top: int) -> None:
        """Clipped at 2^top. All must be below 2^1000."""
        if differences.size:
            sizes = np.abs(differences)
            self.n += len(differences)
            self.beyond += int((sizes > 2.0**top).sum())
            self.values.add_all(differences, top)
            self.sizes.add_all(sizes)

    def add_at_least(self, difference: float, top: int) -> None:
        """One that is known to be so large, or larger: it counts as what is known."""
        self.n += 1
        self.beyond += difference > 2.0**top
        self.values.add_all(np.array([difference]), top)
        self.sizes.add_censored(max(0.0, difference))
