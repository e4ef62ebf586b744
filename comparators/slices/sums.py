"""The state of all slices of one kind of request: for each condition how many requests, and how much they disagree.

Sums alone, and nothing about one request. The complement of a slice is the total minus the slice.
"""

from collections.abc import Sequence
from operator import add
from typing import Self

import numpy as np
from msgspec import field
from numpy.typing import NDArray

from comparators.errors import Unmergeable
from comparators.slices.matching import Hits, Matcher
from comparators.slices.octaves import pictures
from comparators.statistics.sums import Sums

# A float holds sums of shares exactly below 2^53: of 2^13 requests, a share being at most 2^40.
_AT_ONCE = 1_024


class SliceSums(Sums, kw_only=True):
    """Lists are by condition and corner (Conditions.of), `together` is by Conditions.together; shares in 2^-40, as
    PlanSummary.disagreement. Of distances (slicing.py) these are the shares, and `octaves` are sums of their pictures
    (octaves.py); of disagreement there are none.

    `conditions` is the fingerprint of what is counted here, "" before anything is.
    """

    conditions: str = ""
    total_n: int = 0
    total_disagreement: int = field(default=0, name="total_share")
    n: list[int] = field(default_factory=list)
    disagreement: list[int] = field(default_factory=list, name="share")
    together: list[int] = field(default_factory=list)  # shares of the requests that satisfy both conditions of a pair
    total_octaves: int = 0
    octaves: list[int] = field(default_factory=list)

    def add(self, matcher: Matcher, hits: Hits, shares: Sequence[int]) -> None:
        """Count a batch: what `matcher` found in it, and each request's share of rows that disagree."""
        self._of(matcher)
        self.total_n += len(shares)
        self.total_disagreement += sum(shares)
        size = len(self.n)
        self.n = _added(self.n, np.bincount(hits.conditions, minlength=size)[:size].tolist())
        for start in range(0, len(shares), _AT_ONCE):
            some = np.array(shares[start : start + _AT_ONCE], dtype=np.float64)
            if some.any():
                self._add_disagreeing(matcher, _within(hits, start, len(some)), some)

    def add_distances(self, matcher: Matcher, hits: Hits, distances: Sequence[int]) -> None:
        """Likewise, of each request how far apart both answers are."""
        self.add(matcher, hits, distances)
        found = pictures(distances)
        self.total_octaves += sum(found)
        self.octaves = self.octaves or [0] * len(self.n)
        for start in range(0, len(found), _AT_ONCE):
            some = np.array(found[start : start + _AT_ONCE], dtype=np.float64)
            if some.any():
                own = _within(hits, start, len(some))
                self.octaves = _added(self.octaves, _by_condition(own.conditions, some[own.requests], len(self.n)))

    def merge(self, other: Self) -> None:
        """Raises Unmergeable for sums over other conditions."""
        if type(other) is not type(self):
            msg = f"{type(other).__name__} cannot join {type(self).__name__}"
            raise Unmergeable(msg)
        if self.conditions and other.conditions and self.conditions != other.conditions:
            msg = f"slices by conditions {other.conditions} cannot join slices by conditions {self.conditions}"
            raise Unmergeable(msg)
        self.conditions = self.conditions or other.conditions
        self.total_n += other.total_n
        self.total_disagreement += other.total_disagreement
        self.n = _added(self.n, other.n)
        self.disagreement = _added(self.disagreement, other.disagreement)
        self.together = _added(self.together, other.together)
        self.total_octaves += other.total_octaves
        self.octaves = _added(self.octaves, other.octaves)

    def _of(self, matcher: Matcher) -> None:
        if not self.conditions:
            self.conditions = matcher.fingerprint
            self.n = [0] * matcher.conditions.size
            self.disagreement = [0] * len(self.n)
            self.together = [0] * len(matcher.conditions.together)
        elif self.conditions != matcher.fingerprint:
            msg = f"requests matched by conditions {matcher.fingerprint} cannot join slices by {self.conditions}"
            raise Unmergeable(msg)

    def _add_disagreeing(self, matcher: Matcher, hits: Hits, shares: NDArray[np.float64]) -> None:
        """Only these have a share, and they are few."""
        counting = np.flatnonzero(shares[hits.requests])
        conditions, requests = hits.conditions[counting], hits.requests[counting]
        size, beside = len(self.n), len(matcher.conditions.beside)
        self.disagreement = _added(self.disagreement, _by_condition(conditions, shares[requests], size))
        if self.together:
            disagreeing = np.flatnonzero(shares)
            satisfied = np.zeros((size + beside, len(disagreeing)), dtype=np.bool_)
            satisfied[conditions, np.searchsorted(disagreeing, requests)] = True
            first, second = np.array(matcher.conditions.together).T
            both = (satisfied[first] & satisfied[second]) @ shares[disagreeing]
            self.together = _added(self.together, both.astype(np.int64).tolist())


def _by_condition(conditions: NDArray[np.intp], shares: NDArray[np.float64], size: int) -> list[int]:
    """The sum of the shares of the requests that satisfy each."""
    sums: list[int] = np.bincount(conditions, weights=shares, minlength=size)[:size].astype(np.int64).tolist()
    return sums


def _within(hits: Hits, start: int, count: int) -> Hits:
    if start == 0 and (not hits.requests.size or int(hits.requests.max()) < count):
        return hits
    own = np.flatnonzero((hits.requests >= start) & (hits.requests < start + count))
    return Hits(hits.conditions[own], hits.requests[own] - start)


def _added(own: list[int], more: list[int]) -> list[int]:
    """By index. An empty list has nothing counted yet."""
    if not own or not more:
        return list(own or more)
    if len(own) != len(more):
        msg = f"sums of {len(more)} slices cannot join sums of {len(own)}"
        raise Unmergeable(msg)
    return list(map(add, own, more))
