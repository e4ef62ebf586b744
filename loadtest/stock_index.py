"""The requests of a stock, one row each: what a plan is made of, without a body. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NO_TIME = -1


class StockIndex(NamedTuple):
    """One row a request, in the source's order. `lasted_ns`: how long production took, from when it was asked to the
    end; NO_TIME where that is not known. `answered_ns`: the same where it answered, NO_TIME where it failed. `session`:
    0 where it has none. `body_bytes`: of the request's body. `digests`: 16 bytes of each one's content.
    """

    at_ns: NDArray[np.int64]
    lasted_ns: NDArray[np.int64]
    answered_ns: NDArray[np.int64]
    session: NDArray[np.int64]
    ratio: NDArray[np.float64]
    answered: NDArray[np.bool_]
    body_bytes: NDArray[np.int64]
    request_ends: NDArray[np.int64]
    exchange_ends: NDArray[np.int64]
    digests: NDArray[np.uint8]

    @property
    def size(self) -> int:
        return len(self.at_ns)

    @property
    def in_sessions(self) -> int:
        """How many requests are of a session."""
        return int(np.count_nonzero(self.session))
