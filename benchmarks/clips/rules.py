"""The rules for a clip that are compared: each has production's first numbers, and nothing of the candidate's."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from benchmarks.clips.outputs import Numbers
from comparators.compare.extent import ENOUGH, LEAST_SPREAD, octave, of_numbers


class Rule(NamedTuple):
    """A clip by the first `numbers` of production's."""

    clip: Callable[[Numbers], float]
    numbers: int = ENOUGH


def of_range(numbers: Numbers) -> float:
    """Understudy's own."""
    return float(2.0 ** of_numbers(numbers).clip)


def octave_of(spread: Callable[[Numbers], float]) -> Callable[[Numbers], float]:
    """The power of two above a spread; where it is none, what Understudy takes for one."""
    return lambda numbers: 2.0 ** octave(_spread(spread, numbers))


def _spread(spread: Callable[[Numbers], float], numbers: Numbers) -> float:
    size = float(np.abs(numbers).max()) or 1.0
    return max(float(spread(numbers)), size * LEAST_SPREAD) if np.ptp(numbers) else size


def largest(numbers: Numbers) -> float:
    return float(np.abs(numbers).max())


def between_tenths(numbers: Numbers) -> float:
    return float(2 * np.subtract(*np.quantile(numbers, [0.9, 0.1])))


def between_quarters(numbers: Numbers) -> float:
    return float(4 * np.subtract(*np.quantile(numbers, [0.75, 0.25])))


OWN, LESS, MORE = "range", "range, an octave less", "range, an octave more"
RULES = {
    OWN: Rule(of_range),
    LESS: Rule(lambda numbers: of_range(numbers) / 2),
    MORE: Rule(lambda numbers: of_range(numbers) * 2),
    "1.5 ranges, not rounded": Rule(lambda numbers: 1.5 * _spread(np.ptp, numbers)),
    "range of 300 numbers": Rule(of_range, 300),
    "size of the largest": Rule(octave_of(largest)),
    "that, two octaves more": Rule(lambda numbers: 4 * octave_of(largest)(numbers)),  # as latencies have it
    "4 deviations": Rule(octave_of(lambda numbers: float(4 * numbers.std()))),
    "2 (p90 - p10)": Rule(octave_of(between_tenths)),
    "4 (p75 - p25)": Rule(octave_of(between_quarters)),
}
