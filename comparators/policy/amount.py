"""How much evidence a report holds: what a policy demands a minimum of, and what says how long more of it takes."""

from datetime import datetime
from typing import NamedTuple

from comparators.evidence.report import Report, Window

COVERAGE = "coverage.ratio"
_A_WHILE_S = 60.0


class Amount(NamedTuple):
    """`pairs`: compared ones, of all kinds together; of a replay without a recorded answer, requests that were sent.
    `since_s`: how long ago the last one was. `coverage`: 0 where nothing was to be compared.
    """

    pairs: int
    lasts_s: float
    coverage: float
    since_s: float

    @classmethod
    def of(cls, report: Report, now_s: float) -> "Amount":
        found = report.metrics.get(COVERAGE)
        unscored = report.load.sent if report.load is not None and not report.load.scored else 0
        return cls(
            pairs=report.metrics["disagreement.rate"].n or unscored,
            lasts_s=lasts_s(report.window),
            coverage=0.0 if found is None or found.value is None else found.value,
            since_s=now_s - seconds(report.window.end),
        )

    def seconds_for(self, pairs: int) -> float:
        """So many more, at the rate of those that there are; 0 where none can be told."""
        return 0.0 if self.has_ended else pairs * self.lasts_s / self.pairs

    @property
    def has_ended(self) -> bool:
        """Whether the traffic has no present rate: nothing came for a while, compared with the time between two."""
        return not self.pairs or self.since_s > max(_A_WHILE_S, 10 * self.lasts_s / self.pairs)


def lasts_s(window: Window) -> float:
    return seconds(window.end) - seconds(window.start)


def seconds(moment: str | None) -> float:
    """Since 1970."""
    return 0.0 if moment is None else datetime.fromisoformat(moment).timestamp()
