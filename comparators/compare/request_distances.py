"""How far apart both answers to a request are, in [0, 1]: what requests are told apart by where nearly all disagree.

A kind of output that has such a distance writes it down while it compares, for whoever asks; it changes no finding.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from comparators.statistics.exact import ONE


class RequestDistances:
    """In one output, of the requests of a batch by their places. A request of which nothing is known has none."""

    def __init__(self) -> None:
        self.shares: dict[int, int] = {}  # in 2^-40
        self.sizes: dict[int, float] = {}  # in the unit of the kind's distance, without a bound; where it is not zero

    def put(
        self, places: Sequence[int], distances: NDArray[np.float64], sizes: NDArray[np.float64] | None = None
    ) -> None:
        """What rounding leaves above 1 or below 0 is 1 or 0. `sizes`, where they are others than the distances."""
        self._keep_sizes(places, distances if sizes is None else sizes)
        whole = np.rint(np.clip(distances, 0.0, 1.0) * ONE).astype(np.int64)
        self.shares.update(zip(places, whole.tolist(), strict=True))

    def _keep_sizes(self, places: Sequence[int], sizes: NDArray[np.float64]) -> None:
        apart = np.flatnonzero(sizes > 0)
        self.sizes.update(zip([places[each] for each in apart.tolist()], sizes[apart].tolist(), strict=True))
