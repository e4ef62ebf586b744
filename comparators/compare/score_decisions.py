"""What scores in [0, 1] decide at any threshold, added up in ScoreSums for score.py, and what is said of it.

A threshold may decide a score that is one number a row and all of whose numbers at production lie in [0, 1]: in the
answers that decided the plan (its extent), and in all that were compared. Rows with a number that is not finite decide
nothing.
"""

import numpy as np

from comparators.compare import margins, threshold_grid
from comparators.compare.detail import Detail
from comparators.compare.margins import PROBABILITIES
from comparators.compare.row_stack import Flags, Means, Numbers
from comparators.compare.rules import HeadRules
from comparators.compare.score_sums import ScoreSums


def add_all(p: Numbers, c: Numbers, rules: HeadRules, sums: ScoreSums) -> None:
    """Of requests with one number a row, a line each."""
    if rules.extent.scale > 0:
        return
    known = np.isfinite(p)
    within: Flags = np.logical_and.reduce((p >= 0) & (p <= 1) | ~known, axis=1)
    counting = (known & np.isfinite(c) & within[:, None]).reshape(-1)
    if not counting.any():
        return
    owner = np.repeat(np.arange(len(p)), p.shape[1])[counting]
    rows = Means(owner, counting, len(p))
    own, other, threshold = p.reshape(-1)[counting], c.reshape(-1)[counting], rules.own.threshold
    sums.thresholds.add_all(own, other, rows.owner, rows.counts, threshold)
    if threshold is not None:
        changed = (own >= threshold) != (other >= threshold)
        sums.margins.add_all(np.abs(own - threshold), changed, rows, PROBABILITIES)


def told(sums: ScoreSums, alpha: float, effect: float) -> list[Detail]:
    if sums.thresholds.n < sums.n:
        return []
    changes = threshold_grid.changes(sums.thresholds, alpha, effect)
    return [*changes, *margins.tables(sums.margins, PROBABILITIES, sums.thresholds.n)]
