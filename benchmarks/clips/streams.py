"""Answers in random order, as requests bring them: what the means' intervals are under a rule for the clip."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from benchmarks.clips.outputs import Numbers, Outputs
from benchmarks.clips.rules import Rule
from comparators.statistics import bets
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.estimate import Interval

ALPHA = 0.05
AT = (500, 1_000, 5_000, 20_000)  # where widths are told
LOOKS = sorted({*AT, 30, 45, 65, 100, 140, 200, 300, 700, 1_500, 2_200, 3_300, 7_000, 10_000, 14_000})
LENGTH = LOOKS[-1]


class Mean(NamedTuple):
    """Of what, and how its interval is made."""

    values: Callable[[Numbers], Numbers]
    interval: Callable[[EdgeHistogram, float], Interval]


BIAS = Mean(lambda delta: delta, bets.clipped_difference)
MAE = Mean(np.abs, bets.clipped_mean)


@dataclass
class Found:
    """Of each stream: the share of all requests that is beyond its clip, what is then left of the mean |δ|; whether an
    interval ever missed the mean of clipped values, or that of whole ones; and by number of requests how wide they
    were, in widths of the t interval and in means of |δ|.
    """

    beyond: list[float] = field(default_factory=list)
    left: list[float] = field(default_factory=list)
    missed: list[bool] = field(default_factory=list)
    missed_whole: list[bool] = field(default_factory=list)
    widths: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in AT})
    relative: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in AT})


class Seen(NamedTuple):
    """One stream with one clip."""

    missed: bool
    missed_whole: bool
    widths: Mapping[int, float]


def simulate(outputs: Outputs, rules: Mapping[str, Rule], streams: int, seed: int = 1) -> dict[str, Found]:
    """Rules that come to the same clip share its intervals."""
    random = np.random.default_rng(seed)
    delta = outputs.candidate - outputs.production
    found = {name: Found() for name in rules}
    for _ in range(streams):
        order = random.integers(0, len(delta), LENGTH)
        seen: dict[float, Seen] = {}
        for name, rule in rules.items():
            clip = rule.clip(outputs.production[order[: rule.numbers]])
            if clip not in seen:
                seen[clip] = look(delta, order, clip)
            _count(found[name], seen[clip], delta, clip)
    return found


def look(delta: Numbers, order: np.ndarray, clip: float) -> Seen:
    """Widths are those of the mean |δ|; either mean may miss."""
    bias, absolute = (_intervals(mean, delta, order, clip) for mean in (BIAS, MAE))
    clipped = np.clip(delta, -clip, clip)
    return Seen(
        _misses(bias, clipped.mean()) or _misses(absolute, np.abs(clipped).mean()),
        _misses(bias, delta.mean()) or _misses(absolute, np.abs(delta).mean()),
        {n: absolute[n].hi - absolute[n].lo for n in AT},
    )


def _intervals(mean: Mean, delta: Numbers, order: np.ndarray, clip: float) -> dict[int, Interval]:
    """In units of the clip the histogram's own is 1, whether or not it is a power of two."""
    values, histogram, found, before = mean.values(delta)[order] / clip, EdgeHistogram(), {}, 0
    for n in LOOKS:
        histogram.add_all(values[before:n], 0)
        lo, hi = mean.interval(histogram, ALPHA)
        found[n] = Interval(lo * clip, hi * clip)
        before = n
    return found


def _misses(intervals: Mapping[int, Interval], truth: float) -> bool:
    rounding = 1e-9 * abs(truth)
    return any(not lo - rounding <= truth <= hi + rounding for lo, hi in intervals.values())


def _count(found: Found, seen: Seen, delta: Numbers, clip: float) -> None:
    sizes = np.abs(delta)
    found.beyond.append(float((sizes > clip).mean()))
    found.left.append(float(np.minimum(sizes, clip).mean() / sizes.mean()))
    found.missed.append(seen.missed)
    found.missed_whole.append(seen.missed_whole)
    for n, width in seen.widths.items():
        found.widths[n].append(width / (2 * 1.96 * sizes.std() / math.sqrt(n)))
        found.relative[n].append(width / sizes.mean())
