"""`.hgrm`: a histogram's percentiles as text, as HdrHistogram's Java implementation prints them. Pure.

HdrHistogram's plotter and those that read its files want these very columns, widths and percentiles: no others are
written, and several distributions are several files. (Plotters lay files over each other line by line, so that the
ladder of percentiles must be the same in all.)
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from loadtest.results.hdr import SIGNIFICANT_DIGITS, SUB_BUCKETS, HdrHistogram, highest_of

NS_PER_MS = 1e6
_TICKS = 5  # lines until half of what is left to 100 % is reached


def hgrm(histogram: HdrHistogram, scale: float = NS_PER_MS, note: str = "") -> str:
    """Values are divided by `scale`: with the default, what was counted in ns is printed in ms. `note`: a comment, last
    of all, as readers take the first line for the columns and what follows the rows for HdrHistogram's own.
    """
    head = f"{'Value':>12} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}\n\n"
    return head + "".join(_lines(histogram, scale)) + _foot(histogram, scale) + (f"#[{note}]\n" if note else "")


def _lines(histogram: HdrHistogram, scale: float) -> Iterator[str]:
    filled = histogram.filled
    if not filled.size:
        return
    values, totals = highest_of(filled) / scale, np.cumsum(histogram.counts[filled])
    reached = 100.0 * totals / totals[-1]
    for level in _ladder():
        place = np.searchsorted(reached, level)
        share = level / 100.0
        yield f"{_value(values[place])} {fixed(share, 12)} {totals[place]:>10} {fixed(1 / (1 - share), 2):>14}\n"
        if totals[place] == totals[-1]:
            break
    yield f"{_value(values[-1])} {fixed(1.0, 12)} {totals[-1]:>10}\n"


def _ladder() -> Iterator[float]:
    """0, 10, 20, 30, 40, 50, 55, 60, 65, 70, 75, 77.5, …: percentiles, in steps that are halved each time that half of
    what was left is reached. It ends where a float near 100 no longer holds the next step.
    """
    for halvings in range(50):
        left = 100.0 / 2**halvings
        yield from (100.0 - left + tick * left / (2 * _TICKS) for tick in range(_TICKS))


def _foot(histogram: HdrHistogram, scale: float) -> str:
    mean, stddev, highest = histogram.mean / scale, histogram.stddev / scale, histogram.max / scale
    return (
        f"#[Mean    = {_value(mean)}, StdDeviation   = {_value(stddev)}]\n"
        f"#[Max     = {_value(highest)}, Total count    = {histogram.n:>12}]\n"
        f"#[Buckets = {histogram.buckets:>12}, SubBuckets     = {SUB_BUCKETS:>12}]\n"
    )


def _value(number: float) -> str:
    return f"{fixed(number, SIGNIFICANT_DIGITS):>12}"


def fixed(number: float, decimals: int) -> str:
    """As Java's %.Nf has it: a half is rounded up, and is one where the shortest decimal of the number ends in it."""
    return f"{Decimal(repr(float(number))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
