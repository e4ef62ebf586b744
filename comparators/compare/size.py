"""How large the answers to the same request are, and how they stream. Not a kind of output: sums over every pair.

Sketches of both sides and of the ratio candidate / production, pair by pair. A pair counts where both sides are known;
where only one is, it is counted as unpaired. Whoever calls `add` decides what is known: times of pairs that are not
like for like (latency.py) are None. Of a candidate that was cut off before its first byte the time waited is known.
"""

import math
from collections.abc import Sequence

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from comparators.metrics import metric
from comparators.metrics.metric import Metric
from comparators.statistics import quantiles
from comparators.statistics.estimate import Estimate
from comparators.statistics.sketch import Sketch
from comparators.statistics.sums import Sums

QUANTILES = {"p50": 0.5, "p99": 0.99}
NS_PER_MS = 1_000_000
_MAX = 2**53  # of this on, what is larger was made up: no answer has so many bytes, tokens or nanoseconds


Column = Sequence[int | None]  # of one endpoint's answers; None for what is not known


class Completion(Struct, frozen=True, gc=False):
    """What is known of one answer of a language model."""

    tokens: int | None = None  # as the endpoint counted them
    streamed_ns: int | None = None  # from the first answer byte to the last
    chunks: int = 0  # events that carried output


class Measure(Sums, kw_only=True):
    """One measure, of the pairs that have it on both sides. `unpaired`: pairs that have it on one side only."""

    production: Sketch = field(default_factory=Sketch)
    candidate: Sketch = field(default_factory=Sketch)
    ratio: Sketch = field(default_factory=Sketch)
    unpaired: int = 0

    def add(self, production: Sequence[float | None], candidate: Sequence[float | None]) -> None:
        """Of the same pairs, in the same order."""
        p, c = _numbers(production), _numbers(candidate)
        known = ~(np.isnan(p) | np.isnan(c))
        paired = int(known.sum())
        self.unpaired += int((np.isnan(p) != np.isnan(c)).sum())
        if paired:
            if paired < len(p):
                p, c = p[known], c[known]
            self.production.add_all(p)
            self.candidate.add_all(c)
            self.ratio.add_all(ratios(p, c))

    def add_cut_off(self, production: Column, candidate: Column, waited: Sequence[int]) -> None:
        """Of pairs whose candidate was cut off after so long: what is not known of it by then is at least that."""
        for p, c, at_least in zip(production, candidate, waited, strict=True):
            if p is not None and c is None:
                self.production.add(p)
                self.candidate.add_censored(at_least)
                self.ratio.add_censored(at_least / max(p, 1))
            else:
                self.add([p], [c])


class SizeSums(Sums, kw_only=True):
    """`chunk_gap`: the mean time between two chunks of one streamed answer, in ns. `tokens` are the completion's."""

    n: int = 0
    body: Measure = field(default_factory=Measure)
    tokens: Measure = field(default_factory=Measure)
    first_byte: Measure = field(default_factory=Measure)
    chunk_gap: Measure = field(default_factory=Measure)

    def add(self, bodies: tuple[Column, Column], first_bytes: tuple[Column, Column]) -> None:
        """Production's and the candidate's of the same requests: bytes without content coding, and ns from the last
        request byte written.
        """
        self.n += len(bodies[0])
        self.body.add(*bodies)
        self.first_byte.add(*first_bytes)

    def add_completions(self, production: Sequence[Completion], candidate: Sequence[Completion]) -> None:
        """Of those of these requests that have any."""
        self.tokens.add([each.tokens for each in production], [each.tokens for each in candidate])
        self.chunk_gap.add(list(map(_chunk_gap, production)), list(map(_chunk_gap, candidate)))


def ratios(production: NDArray[np.float64], candidate: NDArray[np.float64]) -> NDArray[np.float64]:
    """candidate / production. Two zeros are alike; to a zero alone the ratio is that to one byte, token or ns."""
    return np.where((production == 0) & (candidate == 0), 1.0, candidate / np.maximum(production, 1.0))


def metrics(sums: SizeSums, alpha: float) -> dict[str, Metric]:
    """Ratios are of paired answers: the median of candidate / production. `latency.….…_ms` are of each side."""
    return {
        **_sized(sums.body, "size", "bytes", "bytes", alpha),
        **_sized(sums.tokens, "tokens", "completion", "tokens", alpha),
        **_timed(sums.first_byte, "ttfb", alpha),
        **_timed(sums.chunk_gap, "chunk_gap", alpha),
    }


def _sized(measure: Measure, family: str, name: str, unit: str, alpha: float) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for side, sketch in (("production", measure.production), ("candidate", measure.candidate)):
        of = f"{family}.{side}.{name}"
        found[f"{of}_p50"] = metric.quantile(sketch, 0.5, alpha, unit, of)
    for at, q in QUANTILES.items():
        found[f"{family}.{name}_ratio_{at}"] = metric.quantile(
            measure.ratio, q, alpha, "ratio", f"{family}.{name}_ratio"
        )
    return found


def _timed(measure: Measure, name: str, alpha: float) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for side, sketch in (("production", measure.production), ("candidate", measure.candidate)):
        for at, q in QUANTILES.items():
            found[f"latency.{side}.{name}_{at}_ms"] = _in_ms(sketch, q, alpha, f"latency.{side}.{name}")
    found[f"latency.{name}_ratio_p50"] = metric.quantile(measure.ratio, 0.5, alpha, "ratio", f"latency.{name}_ratio")
    return found


def _in_ms(sketch: Sketch, q: float, alpha: float, name: str) -> Metric:
    value, interval, reason = quantiles.quantile(sketch, q, alpha)
    scaled = None if value is None else value / NS_PER_MS
    estimate = Estimate(scaled, metric.scaled(interval, NS_PER_MS), reason)
    return metric.of_estimate(estimate, sketch.n, "ms", metric.QUANTILE, alpha, {"q": q, "distribution": name})


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """NaN for what is not known, or was made up."""
    try:
        numbers = np.array(values, dtype=np.float64)
    except OverflowError:
        numbers = np.array([each if each is None or each <= _MAX else math.nan for each in values], dtype=np.float64)
    numbers[(numbers < 0) | (numbers >= _MAX)] = np.nan
    return numbers


def _chunk_gap(answer: Completion) -> float | None:
    streamed = answer.streamed_ns
    known = streamed is not None and 0 <= streamed < _MAX and answer.chunks > 1
    return streamed / (answer.chunks - 1) if known and streamed is not None else None
