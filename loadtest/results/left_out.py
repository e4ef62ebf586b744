"""Which requests an exported distribution is without, in words. Pure.

A percentile looks better without what was cut off, so whoever reads a file of one has to be told.
"""

from collections.abc import Iterable

import numpy as np

from loadtest.results.rows import NEVER, ResultColumns


def without_answer(columns: ResultColumns) -> str:
    """Of the candidate's times; "" where all were answered. What was cut off would have taken longer than it was waited
    for: an HdrHistogram cannot say that of a value.
    """
    failed, cut_off = len(columns.n) - len(columns.answered().n), int(np.count_nonzero(columns.timed_out))
    return _told(len(columns.n), [(cut_off, "cut off at a timeout"), (failed - cut_off, "failed otherwise")])


def without_recorded(columns: ResultColumns) -> str:
    """Of production's times; "" where all are known."""
    unknown = int(np.count_nonzero(columns.recorded == NEVER))
    return _told(len(columns.n), [(unknown, "without an answer of production's")])


def _told(total: int, groups: Iterable[tuple[int, str]]) -> str:
    told = [(count, why) for count, why in groups if count]
    if not told:
        return ""
    why = ", ".join(f"{count:,} {why}" for count, why in told)
    return f"of {total:,} requests {total - sum(count for count, _ in told):,}; left out: {why}"
