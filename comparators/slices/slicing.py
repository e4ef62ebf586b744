"""The slices of one kind of request in one epoch, at work: a batch's requests and their shares in, sums out."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from comparators.features.features import Features
from comparators.slices.conditions import Conditions
from comparators.slices.matching import Hits, Matcher
from comparators.slices.sums import SliceSums


class SlicedRequest(NamedTuple):
    """`features`: of one row, where there are several. `share`: how much of what these are of disagrees; `distances`:
    how far apart both answers are, in outputs by their pointer. All in 2^-40.
    """

    features: Features
    share: int
    distances: Mapping[str, int] = {}


class Slicing(NamedTuple):
    """`since_ms`: conditions were stored then, by Redis's clock; they are about pairs whose entries came later, and
    about the `first` exchanges, where these are counted again.
    """

    matcher: Matcher
    since_ms: int
    first: frozenset[str] = frozenset()

    @classmethod
    def of(cls, conditions: Conditions, since_ms: int, first: Sequence[str] = ()) -> "Slicing":
        return cls(Matcher(conditions), since_ms, frozenset(first))

    def is_about(self, exchange: str, stored_ms: int) -> bool:
        return stored_ms > self.since_ms or exchange in self.first

    def counted(self, requests: Sequence[SlicedRequest]) -> dict[str, SliceSums]:
        """By name_of: the disagreement of all of them, and the distances in each output of those that have one."""
        if not requests:
            return {}
        hits = self.matcher.match([each.features for each in requests])
        disagreement = SliceSums()
        disagreement.add(self.matcher, hits, [each.share for each in requests])
        found = {self._name(): disagreement}
        for output in sorted({output for each in requests for output in each.distances}):
            known = [place for place, each in enumerate(requests) if output in each.distances]
            distances = [requests[place].distances[output] for place in known]
            sums = found[self._name(output)] = SliceSums()
            sums.add_distances(self.matcher, _among(hits, known, len(requests)), distances)
        return found

    def _name(self, output: str | None = None) -> str:
        return name_of(self.matcher.fingerprint, output)


def drawn_row(exchange: str, rows: int) -> int:
    """One of so many, by the exchange's id: the same whenever it is compared."""
    digest = hashlib.blake2b(exchange.encode(), digest_size=8, person=b"row").digest()
    return int.from_bytes(digest) % rows


def name_of(conditions: str, output: str | None = None) -> str:
    """Of sums over these conditions (their fingerprint): of disagreement, or of the distances in an output."""
    return conditions if output is None else f"{conditions} {output}"


def _among(hits: Hits, requests: Sequence[int], size: int) -> Hits:
    """Of these requests out of `size`, which are counted anew."""
    if len(requests) == size:
        return hits
    places = np.full(size, -1, dtype=np.intp)
    places[requests] = np.arange(len(requests))
    found = places[hits.requests]
    own = np.flatnonzero(found >= 0)
    return Hits(hits.conditions[own], found[own])
