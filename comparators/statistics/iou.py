"""How far boxes overlap, and which match which. compare/boxes.py calls this.

Boxes are arrays (..., 4) of corners xmin, ymin, xmax, ymax, and broadcast against each other. Any number may stand in
them: a box with corners on the wrong sides has no area, and one with NaN overlaps nothing.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Indices = NDArray[np.int_]

_PREFERENCE = 2.0**-20  # of IoU: less than what tells two overlaps apart


def iou(a: Numbers, b: Numbers) -> Numbers:
    """Intersection over union, in [0, 1]; 0 where neither has an area."""
    with np.errstate(all="ignore"):
        both, union = _intersection_and_union(a, b)
        return _share(both, union)


def giou(a: Numbers, b: Numbers) -> Numbers:
    """Generalised IoU, in [-1, 1]: IoU less the share of the smallest box around both that neither of them covers.

    Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019.
    """
    with np.errstate(all="ignore"):
        both, union = _intersection_and_union(a, b)
        around = _areas(np.minimum(a, b)[..., :2], np.maximum(a, b)[..., 2:])
        return _share(both, union) - _share(around - union, around)


def match(overlap: Numbers, least: float, preferred: Flags) -> tuple[Indices, Indices]:
    """Rows and columns that match one to one where `overlap` is at least `least` (above 0), with the largest sum of it.

    Of matches with the same sum, one with most `preferred` pairs. Cubic in the size, but where no box has a choice.
    """
    allowed = overlap >= least
    if (allowed.sum(axis=0) <= 1).all() and (allowed.sum(axis=1) <= 1).all():
        rows, columns = np.nonzero(allowed)
        return rows, columns
    weights = np.where(allowed, overlap + _PREFERENCE * preferred, 0.0)
    rows, columns = linear_sum_assignment(weights, maximize=True)
    kept = allowed[rows, columns]
    return rows[kept], columns[kept]


def _intersection_and_union(a: Numbers, b: Numbers) -> tuple[Numbers, Numbers]:
    both = _areas(np.maximum(a, b)[..., :2], np.minimum(a, b)[..., 2:])
    union: Numbers = _areas(a[..., :2], a[..., 2:]) + _areas(b[..., :2], b[..., 2:]) - both
    return both, union


def _areas(least: Numbers, most: Numbers) -> Numbers:
    """0 where a corner is on the wrong side of the other."""
    sides = np.maximum(most - least, 0.0)
    areas: Numbers = sides[..., 0] * sides[..., 1]
    return areas


def _share(part: Numbers, whole: Numbers) -> Numbers:
    """0 where there is no whole, or no number."""
    share = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    within: Numbers = np.clip(np.nan_to_num(share, nan=0.0), 0.0, 1.0)
    return within
