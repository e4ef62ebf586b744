"""Latencies as sums: of the pairs that compare like with like, and how all of them were asked. Mergeable."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from msgspec import field

from comparators.compare.latency import Timing
from comparators.statistics.clips import ClippedSums
from comparators.statistics.sketch import Sketch
from comparators.statistics.sums import Sums, add_counts
from records.nouns import Pair


class LatencySummary(Sums, kw_only=True):
    """Latencies of pairs that compare like with like, in ns; `delta` is candidate minus production. A censored pair
    counts in it with what it is known to be at least; where that is below the clip, its end is open.
    """

    production: Sketch = field(default_factory=Sketch)
    candidate: Sketch = field(default_factory=Sketch)
    ratio: Sketch = field(default_factory=Sketch)  # candidate / production, pair by pair
    delta: ClippedSums = field(default_factory=ClippedSums)
    delta_open: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    # Of all pairs but those that warm up:
    asked: int = 0
    in_hand_production: int = 0  # sums: calls in hand when each was sent, itself included
    in_hand_candidate: int = 0
    lag: Sketch = field(default_factory=Sketch)  # how long after its time at the delay each was sent
    # Sums of how long after the one before each was asked; below, of those alone that were sent without order.
    pace_production: int = 0
    pace_candidate: int = 0
    behind: int = 0
    behind_production: int = 0
    behind_candidate: int = 0

    def add(self, timings: Sequence[Timing | str], clip: int) -> None:
        """`clip` is the plan's."""
        add_counts(self.excluded, Counter([each for each in timings if isinstance(each, str)]))
        counting = [each for each in timings if isinstance(each, Timing)]
        self._add_whole([each for each in counting if not each.censored], clip)
        for each in counting:
            if each.censored:
                self.production.add(each.production)
                self.candidate.add_censored(each.candidate)
                self.ratio.add_censored(each.candidate / max(each.production, 1))
                self.delta.add_at_least(each.candidate - each.production, clip)
                self.delta_open += each.candidate - each.production < 1 << clip

    def see(self, pairs: Sequence[Pair]) -> None:
        """How these were asked, whether their latencies count or not."""
        asked = [each for each in pairs if not each.warming_up]
        self.asked += len(asked)
        self.in_hand_production += sum([each.exchange.production.in_flight for each in asked])
        self.in_hand_candidate += sum([each.observation.in_flight for each in asked])
        if asked:
            self.lag.add_all(np.array([max(0, each.queue_delay_ns) for each in asked], dtype=np.float64))
        self.pace_production += sum([each.pace[0] for each in asked])
        self.pace_candidate += sum([each.pace[1] for each in asked])
        paces = [each.pace for each in asked if each.unlike == "behind"]
        self.behind += len(paces)
        self.behind_production += sum([production for production, _ in paces])
        self.behind_candidate += sum([candidate for _, candidate in paces])

    def _add_whole(self, timings: Sequence[Timing], clip: int) -> None:
        if not timings:
            return
        production = np.array([each.production for each in timings], dtype=np.float64)
        candidate = np.array([each.candidate for each in timings], dtype=np.float64)
        self.production.add_all(production)
        self.candidate.add_all(candidate)
        self.ratio.add_all(candidate / np.maximum(production, 1.0))
        self.delta.add_all(candidate - production, clip)
