"""The slices of one kind of request in one epoch, at work: a batch's requests and their shares in, sums out."""

from collections.abc import Sequence
from typing import NamedTuple

from comparators.features.features import Features
from comparators.slices.conditions import Conditions
from comparators.slices.matching import Matcher
from comparators.slices.sums import SliceSums


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

    def counted(self, requests: Sequence[Features], shares: Sequence[int]) -> SliceSums:
        """`shares`: of each request's rows that disagree, in 2^-40."""
        sums = SliceSums()
        if requests:
            sums.add(self.matcher, self.matcher.match(requests), shares)
        return sums
