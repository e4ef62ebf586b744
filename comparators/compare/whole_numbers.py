"""Whole numbers among numbers that are compared as floats: those that floats cannot tell apart are looked at once more,
as they came. score.py calls this.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comparators.compare.tolerance import WHOLE_FLOATS, Rules
from comparators.statistics import exact

Numbers = NDArray[np.float64]


def correct(
    production: Sequence[Any],
    candidate: Sequence[Any],
    p: Numbers,
    c: Numbers,
    tolerance: Rules,
    disagreeing: NDArray[np.bool_],
    delta: Numbers,
) -> None:
    """Corrects, in place, what was found of the floats `p` and `c`: which disagree, and by how much they differ.

    Unsure are numbers that are too large for floats to hold every whole one, and two that a tolerance lets pass.
    """
    unsure = (np.abs(p) >= WHOLE_FLOATS) | (np.abs(c) >= WHOLE_FLOATS) | ((p != c) & ~disagreeing)
    if not unsure.any():
        return
    own, other = cells(production), cells(candidate)
    if int not in {*map(type, own), *map(type, other)}:
        return
    disagreeing_cells, deltas = disagreeing.reshape(-1), delta.reshape(-1)  # views
    for at in np.flatnonzero(unsure).tolist():
        a, b = own[at], other[at]
        if int in (type(a), type(b)) and None not in (a, b):
            disagreeing_cells[at] = not tolerance.agree(a, b)
            if type(a) is type(b):
                deltas[at] = exact.ratio(b - a, 1)


def cells(values: Sequence[Any]) -> list[Any]:
    """All numbers of all requests, as they came."""
    return list(chain.from_iterable(each.tolist() if isinstance(each, np.ndarray) else each for each in values))
