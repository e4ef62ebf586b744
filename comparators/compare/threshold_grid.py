"""Which decisions change at thresholds that somebody may set: on a fixed grid in [0, 1], and at the one that is set.

A number decides for its class where it is at the threshold or above. A request counts once, with the share of its rows
that the other side decides otherwise. The grid is fixed before any data, and the intervals hold for all of it at once
(union bound): who picks a threshold from the table picks one whose interval holds.

A kind of output joins in by a field of ThresholdSums; `add_all` of each batch, with numbers that are all in [0, 1]; and
`changes` among what it tells of its decisions (kinds.py). Probabilities of two classes do (probabilities.py), and
scores whose numbers all lie in [0, 1] (score_decisions.py).
"""

from functools import lru_cache

import numpy as np
from msgspec import field

from comparators.compare.detail import Detail, DetailRow, RateCell
from comparators.compare.row_stack import Indices, Numbers
from comparators.metrics import metric, ways
from comparators.statistics import exact
from comparators.statistics.exact import real
from comparators.statistics.sums import Sums, add_counts

GRID = tuple(step / 20 for step in range(1, 20))


class ThresholdSums(Sums, kw_only=True):
    """Shares of rows of `n` requests, in 2^-40, by threshold as Python writes it, without those at which there are
    none. A decision that moves `upward` is made by the candidate alone, one that moves `downward` by production alone.
    """

    n: int = 0
    upward: dict[str, int] = field(default_factory=dict)
    downward: dict[str, int] = field(default_factory=dict)
    decided: dict[str, int] = field(default_factory=dict)  # requests for which this threshold was set

    def add_all(self, p: Numbers, c: Numbers, owner: Indices, counts: Indices, threshold: float | None = None) -> None:
        """Numbers of rows on both sides, none of them NaN. `owner`: each row's request, by its place in `counts`, which
        says how many rows each has; none is beside these.
        """
        n = int(np.count_nonzero(counts))
        self.n += n
        if threshold is not None and n:
            add_counts(self.decided, {repr(threshold): n})
        thresholds = _with(threshold)
        own, other = (np.searchsorted(thresholds, each, side="right") for each in (p, c))
        for into, lower, upper in ((self.upward, own, other), (self.downward, other, own)):
            crossing = np.flatnonzero(lower < upper)
            if crossing.size:
                steps = lower[crossing], upper[crossing]
                add_counts(into, _shares(thresholds, steps, owner[crossing], counts))


@lru_cache(64)  # as many as are set
def _with(threshold: float | None) -> Numbers:
    return np.array(sorted({*GRID} if threshold is None else {*GRID, threshold}))


def _shares(thresholds: Numbers, steps: tuple[Indices, Indices], owner: Indices, counts: Indices) -> dict[str, int]:
    """Of rows that each cross the thresholds from the first to before the second of these, by place."""
    requests, places = np.unique(owner, return_inverse=True)
    crossing = np.zeros((len(requests), len(thresholds) + 1), dtype=np.int64)
    for places_of, sign in zip(steps, (1, -1), strict=True):
        np.add.at(crossing, (places, places_of), sign)
    totals = exact.totals(crossing.cumsum(axis=1)[:, :-1] / counts[requests][:, None])
    return {repr(at): total for at, total in zip(thresholds.tolist(), totals, strict=True) if total}


def changes(sums: ThresholdSums, alpha: float, effect: float) -> list[Detail]:
    """How many decisions change at each threshold, and which way. `effect`: the design effect, as ways have it."""
    if not sums.n:
        return []
    thresholds = sorted({*GRID, *map(float, sums.decided)})
    return [
        Detail(
            title="decisions that change, by threshold",
            columns=("threshold", "change", "upward", "downward"),
            units=("value", "share", "share", "share"),
            rows=[_changes_at(each, sums, alpha / len(thresholds), effect) for each in thresholds],
            bars=(2, 3),
            set_rows=tuple(at for at, each in enumerate(thresholds) if repr(each) in sums.decided),
            note=f"{_set(sums)}upward: decided for by the candidate alone; intervals hold for all thresholds at once",
        )
    ]


def _set(sums: ThresholdSums) -> str:
    return f"{', '.join(sorted(sums.decided))} is set; " if sums.decided else ""


def _changes_at(threshold: float, sums: ThresholdSums, alpha: float, effect: float) -> DetailRow:
    upward, downward = (each.get(repr(threshold), 0) for each in (sums.upward, sums.downward))
    derived = ways.rate(upward + downward, sums.n, alpha, effect=effect)
    either = RateCell.of(derived, metric.RATE, alpha)
    return threshold, either, real(upward) / sums.n, real(downward) / sums.n
