"""Corners: requests that satisfy two conditions at once. Which of them to count, told from a sample of requests. Pure.

All pairs of two thousand conditions are too many to count, and to ask evidence of. So corners are those that most
requests satisfy; which they are follows from requests alone, before anything is known of how these were answered.
"""

from collections.abc import Sequence

import numpy as np

from comparators.slices.conditions import Condition
from comparators.slices.matching import Hits

MAX_CORNERS = 300
OFTEN = 0.02  # the share of the sample that is in a corner
ALIKE = 0.8  # of a condition's requests: a corner that has more of them hardly says more than the condition


def commonest(conditions: Sequence[Condition], hits: Hits, requests: int) -> tuple[tuple[int, int], ...]:
    """`hits` in a sample of `requests`. Of two features, the commonest first."""
    satisfied = np.zeros((requests, len(conditions)), dtype=np.float32)
    satisfied[hits.requests, hits.conditions] = 1.0
    both = satisfied.T @ satisfied  # exact: whole numbers far below 2^24
    counts = both.diagonal()
    often = both >= max(1.0, OFTEN * requests)
    first, second = np.nonzero(np.triu(often & (both <= ALIKE * np.minimum.outer(counts, counts)), 1))
    order = np.lexsort((second, first, -both[first, second])).tolist()
    found = ((int(first[at]), int(second[at])) for at in order)
    corners = (pair for pair in found if len({conditions[each].feature for each in pair}) == 2)
    return tuple(pair for _, pair in zip(range(MAX_CORNERS), corners, strict=False))
