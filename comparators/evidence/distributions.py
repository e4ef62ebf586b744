"""How long requests took: both sides' latencies as they are spread, and as columns of a chart."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from comparators.evidence.request_metrics import NS_PER_MS
from comparators.metrics.definition import NamedSketch
from comparators.pairs.latencies import LatencySummary
from comparators.statistics.sketch import Sketch, bin_between, edges, middle

COLUMNS = 48  # of the latency chart
CHART_MIN = 1.0  # shown at least, as a log ratio: a factor of e
COLUMN_MIN = 0.04  # narrowest column, as a log ratio: two to three bins of a sketch


class Distribution(Struct, frozen=True, kw_only=True):
    """[smallest, smallest above, count] for each bin; `censored` likewise for values known to be at least that."""

    unit: str
    n: int
    bins: list[tuple[float, float, int]]
    censored: list[tuple[float, float, int]]


class Chart(Struct, frozen=True, kw_only=True):
    """Both latency distributions over the same columns, equally wide on a log scale: shares of pairs."""

    edges_ms: list[float]
    production: list[float]
    candidate: list[float]
    candidate_cut_off: float  # share of the candidate's calls that ended in a timeout: right of every column


def told(sketches: Mapping[str, NamedSketch]) -> dict[str, Distribution]:
    """All that a program needs to have the quantiles of these, and their intervals at another alpha."""
    return {name: _distribution(*each) for name, each in sorted(sketches.items())}


def _distribution(unit: str, sketch: Sketch) -> Distribution:
    bins, censored = (
        [(*edges(number), count) for number, count in sorted(counts.items())]
        for counts in (sketch.counts, sketch.censored)
    )
    return Distribution(unit=unit, n=sketch.n, bins=bins, censored=censored)


def sketches(distributions: Mapping[str, Distribution]) -> dict[str, Sketch]:
    """What these were told of: told() of them is the same again."""
    return {
        name: Sketch(
            counts={bin_between(lo, above): count for lo, above, count in each.bins},
            censored={bin_between(lo, above): count for lo, above, count in each.censored},
        )
        for name, each in distributions.items()
    }


def chart(latency: LatencySummary) -> Chart | None:
    """The sketches' bins gathered into columns; None where nothing was measured."""
    finite = (Sketch(counts=side.counts) for side in (latency.production, latency.candidate))
    ends = [sketch.quantile(q) for sketch in finite for q in (0.001, 0.999)]
    measured = [max(end, 1.0) for end in ends if end is not None]
    if not measured:
        return None
    columns = _Columns.over(measured)
    return Chart(
        edges_ms=columns.edges_ms(),
        production=columns.shares(latency.production),
        candidate=columns.shares(latency.candidate),
        candidate_cut_off=latency.candidate.n_censored / max(1, latency.candidate.n),
    )


class _Columns(NamedTuple):
    """`low` and `step` are logarithms, of ns."""

    low: float
    step: float
    number: int

    @classmethod
    def over(cls, measured: Sequence[float]) -> "_Columns":
        """With room on either side of these."""
        low, high = math.log(min(measured)), math.log(max(measured))
        margin = max(COLUMN_MIN, (CHART_MIN - (high - low)) / 2)
        low, high = low - margin, high + margin
        number = min(COLUMNS, int((high - low) / COLUMN_MIN))
        return cls(low, (high - low) / number, number)

    def edges_ms(self) -> list[float]:
        return [math.exp(self.low + self.step * column) / NS_PER_MS for column in range(self.number + 1)]

    def shares(self, sketch: Sketch) -> list[float]:
        """The outer columns hold the tails."""
        counts = [0] * self.number
        for number, count in sketch.counts.items():
            place = int((math.log(max(middle(number), 1.0)) - self.low) / self.step)
            counts[min(self.number - 1, max(0, place))] += count
        return [count / max(1, sketch.n) for count in counts]
