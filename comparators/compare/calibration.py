"""Calibration: what the candidate says of a class where production says p, by ten bins of p. Pure.

probabilities.py says of which class, and keeps the sums: in each bin the share of rows, and both sides' probabilities.
"""

import numpy as np

from comparators.compare.detail import Detail, DetailRow
from comparators.compare.row_stack import Means, Numbers
from comparators.statistics import exact

BINS = 10


def binned(p: Numbers, c: Numbers, described: Means) -> tuple[list[int], list[int], list[int]]:
    """By bin of production's probability the rows, `p` and `c`: sums over requests of the means over their rows."""
    bins = np.minimum((p * BINS).astype(np.int_), BINS - 1)
    n, production, candidate = (described.binned(values, bins, BINS) for values in (np.ones_like(p), p, c))
    return n, production, candidate


def table(n: list[int], production: list[int], candidate: list[int], requests: int) -> list[Detail]:
    """Of the bins that are not empty; nothing where all are."""
    rows: list[DetailRow] = []
    for at, (rows_in, p, c) in enumerate(zip(n, production, candidate, strict=True)):
        if rows_in:
            name = f"{at / BINS:.1f} to {(at + 1) / BINS:.1f}"
            rows.append((name, exact.real(rows_in) / requests, p / rows_in, c / rows_in, (c - p) / rows_in))
    detail = Detail(
        title="the same class's probability, by production's",
        columns=("production says", "share of requests", "mean", "candidate's mean", "change"),
        units=("", "share", "value", "value", "value"),
        rows=rows,
    )
    return [detail] if rows else []
