"""How much pairs of a replay resemble their neighbours in time: sums by stretch of the run. Mergeable.

Requests that follow each other find the same queue, and what is wrong with an answer may be what is wrong with the
next. So n of them may tell less than n independent ones, whoever sent them. How much less is told by how stretches of
the run, each with as many requests of the plan, differ. Of live traffic, which has no plan, there are none.
"""

from collections.abc import Sequence

import numpy as np
from msgspec import field

from comparators.compare.latency import Timing
from comparators.compare.outcome import is_success
from comparators.pairs.comparison import Comparison
from comparators.statistics import clusters, exact
from comparators.statistics.exact import real, share
from comparators.statistics.sums import Sums

STRETCHES = 64


class StretchSums(Sums, kw_only=True):
    """By stretch, unless said otherwise; disagreement in 2^-40, as `log_ratio`, that of the candidate's latency to
    production's in whole pairs that compare like with like. Failures of one side alone, of all pairs.
    """

    pairs: list[int] = field(default_factory=list)
    new_failures: list[int] = field(default_factory=list)
    fixed_failures: list[int] = field(default_factory=list)
    compared: list[int] = field(default_factory=list)
    disagreement: list[int] = field(default_factory=list)
    timed: list[int] = field(default_factory=list)
    log_ratio: list[int] = field(default_factory=list)
    log_ratio_squares: int = 0  # of all stretches, in 2^-80

    def add(self, stretch: int, comparisons: Sequence[Comparison]) -> None:
        """All of one stretch."""
        outcomes = [(is_success(each.production), is_success(each.candidate)) for each in comparisons]
        comparable = [each for each in comparisons if not each.incomparable]
        shares = [share(each.rows_disagreeing, each.rows) for each in comparable if each.rows_disagreeing]
        whole = [each.timing for each in comparisons if isinstance(each.timing, Timing) and not each.timing.censored]
        logs, squares = exact.moments(_log_ratios(whole))
        self.log_ratio_squares += squares
        found = {
            "pairs": len(comparisons),
            "new_failures": sum(worked and not works for worked, works in outcomes),
            "fixed_failures": sum(works and not worked for worked, works in outcomes),
            "compared": len(comparable),
            "disagreement": sum(shares),
            "timed": len(whole),
            "log_ratio": logs,
        }
        for name, value in found.items():
            several = getattr(self, name) or [0] * STRETCHES
            several[stretch] += value
            setattr(self, name, several)

    def effect_of_disagreement(self) -> float:
        return clusters.effect_between(self.compared, list(map(real, self.disagreement)))

    def effect_of_failures(self) -> float:
        return max(clusters.effect_between(self.pairs, each) for each in (self.new_failures, self.fixed_failures))

    def effect_of_latency(self) -> float:
        """Of the ratio's logarithm, as a mean: few large ones are not all of it."""
        n = sum(self.timed)
        if not n:
            return 1.0
        totals = list(map(real, self.log_ratio))
        mean = sum(totals) / n
        variance = self.log_ratio_squares / exact.ONE**2 / n - mean * mean
        return clusters.effect_between(self.timed, totals, variance)


def _log_ratios(timings: Sequence[Timing]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    production, candidate = (
        np.maximum(np.array(values, dtype=np.float64), 1.0)
        for values in ([each.production for each in timings], [each.candidate for each in timings])
    )
    return np.log(candidate / production)
