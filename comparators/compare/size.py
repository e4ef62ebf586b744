"""How large the answers to the same request are, and how they stream. Not a kind of output: sums over every pair.

Sketches of both sides and of the ratio candidate / production, pair by pair. A pair counts where both sides are known;
where only one is, it is counted as unpaired. Whoever calls `add` decides what is known: times of pairs that are not
like for like (latency.py) are None. Of a candidate that was cut off before its first byte the time waited is known.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct, field
from numpy.typing import NDArray

from comparators.metrics import variants, ways
from comparators.metrics.definition import ENDPOINTS, REQUESTS, Definition, Unit
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


# ---- what the sums say: ratios are of paired answers, `latency.….…_ms` of each side


def _sized(sums: str, family: str, name: str, unit: Unit, words: str, how: str) -> Iterator[Definition]:
    for side, whose in ENDPOINTS.items():
        of = f"{family}.{side}.{name}"
        yield Definition(
            f"{of}_p50", unit, "neither", f"{whose} median {words}", ways.quantile(0.5, of), (f"{sums}.{side}",),
            f"The median of {whose} {words}, {how}.", scopes=REQUESTS,
        )  # fmt: skip
    for at, q in QUANTILES.items():
        of = f"{family}.{name}_ratio"
        yield Definition(
            f"{of}_{at}", "ratio", "neither", f"same request, {at} ratio of {words}",
            ways.quantile(q, of), (f"{sums}.ratio",),
            f"The {at} of the candidate's {words} over production's on the same request, {how}.", scopes=REQUESTS,
        )  # fmt: skip


def _timed(sums: str, name: str, words: str, how: str) -> Iterator[Definition]:
    for side, whose in ENDPOINTS.items():
        for at, q in QUANTILES.items():
            yield Definition(
                f"latency.{side}.{name}_{at}_ms", "ms", "lower", f"{whose} {at} {words}",
                variants.in_units(ways.quantile(q, f"latency.{side}.{name}"), NS_PER_MS), (f"{sums}.{side}",),
                f"The {at} of {whose} {words}, {how}.", scopes=REQUESTS,
            )  # fmt: skip


SIZES = (
    *_sized("body", "size", "bytes", "bytes", "body size", "without content coding"),
    *_sized("tokens", "tokens", "completion", "tokens", "completion tokens", "as the endpoint counted them"),
)
TIMES = (
    *_timed("first_byte", "ttfb", "time to the first byte", "of a call that was cut off before it the time waited"),
    *_timed("chunk_gap", "chunk_gap", "time between chunks", "the mean of one streamed answer"),
)
METRICS = (*SIZES, *TIMES)
