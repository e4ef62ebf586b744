"""How much evidence a report holds: what a policy demands a minimum of, and what says how long more of it takes."""

from datetime import datetime
from typing import NamedTuple

from comparators.evidence.report import Report, Window

COVERAGE = "coverage.ratio"


class Amount(NamedTuple):
    """`pairs`: compared ones, of all kinds together. `coverage`: 0 where nothing was to be compared."""

    pairs: int
    lasts_s: float
    coverage: float

    @classmethod
    def of(cls, report: Report) -> "Amount":
        found = report.metrics.get(COVERAGE)
        return cls(
            pairs=report.metrics["disagreement.rate"].n,
            lasts_s=lasts_s(report.window),
            coverage=0.0 if found is None or found.value is None else found.value,
        )

    def seconds_for(self, pairs: int) -> float:
        """So many more, at the rate of those that there are; 0 where none can be told."""
        return pairs * self.lasts_s / self.pairs if self.pairs else 0.0


def lasts_s(window: Window) -> float:
    return seconds(window.end) - seconds(window.start)


def seconds(moment: str | None) -> float:
    """Since 1970."""
    return 0.0 if moment is None else datetime.fromisoformat(moment).timestamp()
