"""Conditions that may be one thing under two names: which of them to count together, told from a sample of requests.

Where a weather station fails, pressure is missing and so is temperature. Which of the two a slice is named for is
decided by strength; that the other belongs under it is told by how much of its disagreement satisfies both. That is
counted for the pairs chosen here; two conditions on one feature need no counting.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from comparators.slices.conditions import Condition
from comparators.slices.matching import Hits

Counts = NDArray[np.float32]

MAX_TOGETHER = 1_000
MAX_MISSING = 32  # of whose missing all pairs are counted: the sample may be from before it began
MIN_BOTH = 2  # requests of the sample that satisfy both
MAX_ACROSS = 200  # pairs of a new condition and an earlier one


def partners(conditions: Sequence[Condition], hits: Hits, requests: int) -> tuple[tuple[int, int], ...]:
    """`hits` in a sample of `requests`. All pairs of missing features, then those that the sample shows to go together:
    most of the rarer one's requests satisfy the other, twice as often as by chance; the most alike first.
    """
    satisfied = _satisfied(hits, requests, len(conditions))
    both = satisfied.T @ satisfied  # exact: whole numbers far below 2^24
    counts = both.diagonal()
    missing = [index for index, each in enumerate(conditions) if each.kind == "missing"]
    missing.sort(key=lambda index: (-counts[index], index))
    found = dict.fromkeys(combinations(sorted(missing[:MAX_MISSING]), 2))
    for one, other in _alike(both, counts, counts, requests):
        if len(found) >= MAX_TOGETHER:
            break
        if one < other and conditions[one].dimension != conditions[other].dimension:
            found[one, other] = None
    return tuple(found)


def across(new: Sequence[Condition], earlier: Sequence[Condition], hits: Hits, requests: int) -> list[tuple[int, int]]:
    """Of one of the new and one of the earlier conditions, by their places: those that the sample shows to go together.
    `hits` are of both, those of the earlier ones behind.
    """
    satisfied = _satisfied(hits, requests, len(new) + len(earlier))
    counts = satisfied.sum(axis=0)
    both = satisfied[:, : len(new)].T @ satisfied[:, len(new) :]
    found = _alike(both, counts[: len(new)], counts[len(new) :], requests)
    others = ((one, other) for one, other in found if new[one].dimension != earlier[other].dimension)
    return list(islice(others, MAX_ACROSS))


def _satisfied(hits: Hits, requests: int, conditions: int) -> Counts:
    satisfied = np.zeros((requests, conditions), dtype=np.float32)
    satisfied[hits.requests, hits.conditions] = 1.0
    return satisfied


def _alike(both: Counts, own: Counts, other: Counts, requests: int) -> Iterator[tuple[int, int]]:
    """The most alike first."""
    rarer, commoner = np.minimum.outer(own, other), np.maximum.outer(own, other)
    alike = (both >= MIN_BOTH) & (2 * both >= rarer) & (both * requests >= 2 * rarer * commoner)
    first, second = np.nonzero(alike)
    order = np.lexsort((second, first, -both[first, second] / commoner[first, second]))
    return zip(first[order].tolist(), second[order].tolist(), strict=True)
