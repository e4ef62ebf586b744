"""The slices of one kind of request in one epoch, at work: a batch's requests and their shares in, sums out."""

from collections.abc import Sequence
from typing import NamedTuple

from comparators.slices.conditions import Conditions
from comparators.slices.features import FeatureReader
from comparators.slices.matching import Matcher
from comparators.slices.sums import SliceSums
from records.nouns import Request


class Slicing(NamedTuple):
    """`since_ms`: conditions were stored then, by Redis's clock; they are about pairs whose entries came later."""

    reader: FeatureReader
    matcher: Matcher
    since_ms: int

    @classmethod
    def of(cls, conditions: Conditions, reader: FeatureReader, since_ms: int) -> "Slicing":
        return cls(reader, Matcher(conditions), since_ms)

    def counted(self, requests: Sequence[Request], shares: Sequence[int]) -> SliceSums:
        """`shares`: of each request's rows that disagree, in 2^-40."""
        sums = SliceSums()
        if requests:
            sums.add(self.matcher, self.matcher.match([self.reader.read(each) for each in requests]), shares)
        return sums
