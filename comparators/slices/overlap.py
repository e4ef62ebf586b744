"""Conditions that may be one thing under two names: which of them to count together, told from a sample of requests.

Where a weather station fails, pressure is missing and so is temperature. Which of the two a slice is named for is
decided by strength; that the other belongs under it is told by how much of its disagreement satisfies both. That is
counted for the pairs chosen here; two conditions on one feature need no counting.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from comparators.slices.conditions import Condition
from comparators.slices.matching import Hits

MAX_TOGETHER = 1_000
MAX_MISSING = 32  # of whose missing all pairs are counted: the sample may be from before it began
MIN_BOTH = 2  # requests of the sample that satisfy both


def partners(conditions: Sequence[Condition], hits: Hits, requests: int) -> tuple[tuple[int, int], ...]:
    """`hits` in a sample of `requests`. All pairs of missing features, then those that the sample shows to go together:
    most of the rarer one's requests satisfy the other, twice as often as by chance; the most alike first.
    """
    satisfied = np.zeros((requests, len(conditions)), dtype=np.float32)
    satisfied[hits.requests, hits.conditions] = 1.0
    both = satisfied.T @ satisfied  # exact: whole numbers far below 2^24
    counts = both.diagonal()
    missing = [index for index, each in enumerate(conditions) if each.kind == "missing"]
    missing.sort(key=lambda index: (-counts[index], index))
    found = dict.fromkeys(combinations(sorted(missing[:MAX_MISSING]), 2))
    rarer, commoner = np.minimum.outer(counts, counts), np.maximum.outer(counts, counts)
    alike = (both >= MIN_BOTH) & (2 * both >= rarer) & (both * requests >= 2 * rarer * commoner)
    first, second = np.nonzero(np.triu(alike, 1))
    order = np.lexsort((second, first, -both[first, second] / commoner[first, second]))
    for one, other in zip(first[order].tolist(), second[order].tolist(), strict=True):
        if len(found) >= MAX_TOGETHER:
            break
        if conditions[one].dimension != conditions[other].dimension:
            found[one, other] = None
    return tuple(found)
