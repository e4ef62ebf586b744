"""When requests are due: rhythms, which answer with offsets in ns from the run's start. Pure.

Each is computed before the run from numbers and a seed, so that it is the same for every candidate; nothing that
happens in the run moves it.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Offsets = NDArray[np.int64]

NS = 1_000_000_000
MAX_REQUESTS = 100_000_000  # of one plan: an index of them is 4 GB
_BLOCK = 65_536


class PlanExtent(NamedTuple):
    """How long a plan may become: so many requests, and all of them due before `until_ns` where there is one."""

    requests: int
    until_ns: int | None = None

    def cut(self, offsets: NDArray[Any]) -> Offsets:
        """`offsets` ascend."""
        found = offsets[: self.requests]
        if self.until_ns is not None:
            found = found[: np.searchsorted(found, self.until_ns)]
        return found.astype(np.int64)


class Rhythm(Protocol):
    def offsets(self, recorded_ns: Offsets, extent: PlanExtent) -> Offsets:
        """Ascending, from 0 on, as many as the extent has room for, and of a rhythm with an end no more than it has.
        `recorded_ns`: when production was asked the requests of one pass, from the first of them on.
        """


class RecordedRhythm(NamedTuple):
    """In production's rhythm, `speed` times as fast; no pause is longer than `max_gap_ns`, before it is sped up."""

    speed: float = 1.0
    max_gap_ns: int | None = None

    def offsets(self, recorded_ns: Offsets, extent: PlanExtent) -> Offsets:
        gaps = np.diff(recorded_ns, prepend=recorded_ns[:1])
        if self.max_gap_ns is not None:
            gaps = np.minimum(gaps, self.max_gap_ns)
        one = np.cumsum(gaps)
        passes = self._passes(one, extent)
        period = _period(one)
        # Each pass at its own place, in integers: nothing adds up from one to the next.
        whole = np.concatenate([one + period * number for number in range(passes)]) if passes > 1 else one
        return extent.cut(np.rint(whole / self.speed))

    def _passes(self, one: Offsets, extent: PlanExtent) -> int:
        by_count = math.ceil(min(extent.requests, MAX_REQUESTS) / max(1, one.size))
        if extent.until_ns is None:
            return by_count
        if not _period(one):
            raise ValueError("all its requests came at once: how often they are to be sent in a time, nobody can tell")
        return min(by_count, math.ceil(extent.until_ns * self.speed / _period(one)) + 1)


class ConstantRate(NamedTuple):
    """One every 1/rate of a second."""

    per_s: float

    def offsets(self, recorded_ns: Offsets, extent: PlanExtent) -> Offsets:
        count = _most(extent, self.per_s)
        return extent.cut(np.rint(np.arange(count) * (NS / self.per_s)))


class GammaRate(NamedTuple):
    """Pauses by chance, of a gamma distribution with this shape: 1 is a Poisson process, less comes in bursts, more is
    more regular. On average `per_s` a second.
    """

    per_s: float
    seed: int
    shape: float = 1.0

    def offsets(self, recorded_ns: Offsets, extent: PlanExtent) -> Offsets:
        chance = np.random.default_rng(self.seed)
        found: list[Offsets] = []
        count, last = 0, 0.0
        while count < min(extent.requests, MAX_REQUESTS) and (extent.until_ns is None or last < extent.until_ns):
            pauses = chance.gamma(self.shape, NS / (self.per_s * self.shape), _BLOCK)
            block = last + np.cumsum(pauses)
            found.append(np.rint(block).astype(np.int64))
            count, last = count + _BLOCK, float(block[-1])
        together = np.concatenate(found) if found else np.empty(0, np.int64)
        return extent.cut(together - together[:1])


class RateStage(NamedTuple):
    """So long; at its end the rate is this, and until then it moves there from that of the stage before."""

    seconds: float
    per_s: float


class Stages(NamedTuple):
    """Ramps between rates, the first from its own rate on. It ends with the last one."""

    stages: tuple[RateStage, ...]

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)

    def offsets(self, recorded_ns: Offsets, extent: PlanExtent) -> Offsets:
        found: list[NDArray[np.float64]] = []
        at_s, due = 0.0, 0.0  # requests that were due before the stage: the fraction counts on in the next one
        before = self.stages[0].per_s
        for seconds, after in self.stages:
            more = (before + after) / 2 * seconds
            numbers = np.arange(math.ceil(due), math.ceil(due + more)) - due
            found.append(at_s + _when(numbers, before, after, seconds))
            at_s, due, before = at_s + seconds, due + more, after
        return extent.cut(np.rint(np.concatenate(found) * NS))


def _when(numbers: NDArray[Any], before: float, after: float, seconds: float) -> NDArray[np.float64]:
    """When a rate that moves from one to another has come to so many: N(t) = before t + (after - before) t² / 2T. The
    form of the root that loses nothing where both rates are nearly equal.
    """
    slope = (after - before) / seconds
    root = np.sqrt(np.maximum(0.0, before * before + 2 * slope * numbers))
    under = before + root
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(numbers > 0, 2 * numbers / np.where(under > 0, under, np.nan), 0.0)


def rhythm_seconds(offsets: Sequence[int] | Offsets) -> float:
    """From the first to the last."""
    return float(offsets[-1]) / NS if len(offsets) else 0.0


def _period(one: Offsets) -> int:
    """Of passes that follow each other: as long as one, and its mean pause, so that the rate stays what it was."""
    return int(one[-1] + one[-1] // max(1, one.size - 1)) if one.size else 0


def _most(extent: PlanExtent, per_s: float) -> int:
    most = min(extent.requests, MAX_REQUESTS)
    if extent.until_ns is None:
        return most
    return min(most, math.ceil(extent.until_ns / NS * per_s) + 1)
