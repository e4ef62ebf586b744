"""How many decisions change by how far production was from deciding otherwise: near ones and serious ones. Pure.

The margin is how far production's first class is ahead of its next one, or its number from the threshold that decides;
where both decide, the smaller one. A request counts once: with the share of its rows in each band of margins, and the
share of those that change. Without intervals; probability.serious_decision_flips and logits.clear_flips have theirs.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import field

from comparators.compare.detail import Detail, DetailRow
from comparators.compare.row_stack import Flags, Means, Numbers
from comparators.statistics import exact
from comparators.statistics.sums import Sums

PROBABILITIES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # where bands of margins end; the last one has no end
LOGITS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class MarginSums(Sums, kw_only=True):
    """By band, in 2^-40: shares of rows, and of those that change."""

    rows: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)

    def add_all(self, margins: Numbers, changed: Flags, rows: Means, ends: Sequence[float]) -> None:
        """Of the counting rows: each one's margin, and whether it is decided otherwise."""
        bands, size = np.searchsorted(ends, margins, side="right"), len(ends) + 1
        more = MarginSums(
            rows=rows.binned(np.ones_like(margins), bands, size),
            changed=rows.binned(changed.astype(np.float64), bands, size),
        )
        self.merge(more)


def tables(sums: MarginSums, ends: Sequence[float], requests: int) -> list[Detail]:
    """Of the bands that are not empty."""
    bands = zip((0.0, *ends), (*ends, None), sums.rows, sums.changed, strict=True) if sums.rows else ()
    rows: list[DetailRow] = [
        (start, end, exact.real(having) / requests, exact.real(changed) / requests, changed / having)
        for start, end, having, changed in bands
        if having
    ]
    detail = Detail(
        title="decisions that change, by how far production was from deciding otherwise",
        columns=("margin from", "to", "share of requests", "change", "of these"),
        units=("value", "value", "share", "share", "share"),
        rows=rows,
        drawn=(4,),
    )
    return [detail] if any(sums.changed) else []
