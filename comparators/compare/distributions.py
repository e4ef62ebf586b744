"""Which rows of numbers are distributions, however coarsely their numbers were rounded on their way. Pure.

A row lies in [0, 1] and sums to 1, within what rounding makes of that: 16-bit floats keep two or three digits, and so
do servers that write two decimals. How coarse a row is, its own numbers tell, whatever the datatype is in which they
came: a model that computes in BF16 mostly answers in FP32 or in JSON. plans/vectors.py asks what an output is,
probabilities.py which of its rows are no distribution; both mean the same.
"""

import numpy as np
from numpy.typing import NDArray

MAX_OUTSIDE = 1e-6  # of [0, 1]
MAX_SUM_OFF = 1e-3 + 1e-9  # of 1, however fine a row's numbers are
MOST_SUM_OFF = 0.05  # of 1, however coarse they are

# Four roundings of the whole: of the exponentials, their sum, the quotients and these once more. A sum of numbers of
# which each is off by a share of itself is off by that share.
_BF16_OFF, _FP16_OFF = 2.0**-7, 2.0**-9
_DECIMALS = (2, 3, 4)
_WRITTEN = 1e-7  # by how much a decimal is off that was once a 32-bit float

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]


def are_distributions(rows: Numbers) -> Flags:
    """One a row, of which there may be any, with NaN and infinities."""
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.abs(rows.sum(axis=1) - 1)
    inside = ((rows >= -MAX_OUTSIDE) & (rows <= 1 + MAX_OUTSIDE)).all(axis=1)
    found: Flags = inside & (off <= MAX_SUM_OFF)
    unsure = inside & ~found & (off <= MOST_SUM_OFF)
    if unsure.any():
        found[unsure] = off[unsure] <= _rounding(rows[unsure])
    return found


def _rounding(rows: Numbers) -> Numbers:
    """By how much the sum of each row may be off, if its numbers were rounded to what they are."""
    single = rows.astype(np.float32)
    is_single = single == rows
    is_brain = is_single & (single.view(np.uint32) & 0xFFFF == 0)
    most = np.where(is_brain.all(axis=1), _BF16_OFF, 0.0)
    most = np.maximum(most, np.where((rows.astype(np.float16) == rows).all(axis=1), _FP16_OFF, 0.0))
    for decimals in _DECIMALS:
        are_written = (np.abs(np.round(rows, decimals) - rows) <= _WRITTEN).all(axis=1)
        most = np.maximum(most, np.where(are_written, rows.shape[1] * 0.5 * 10.0**-decimals, 0.0))
    return most
