"""What is booked of a partition, committed with the pairs that moved it: its next owner, and who compares its pairs
anew, go by it. Pure.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from comparators.evidence.epochs import Epoch, Run, Standing
from comparators.plans.fitness import FitCount
from comparators.plans.revisions import Begun, RevisionStart
from records import documents


class PartitionBook(Struct, frozen=True):
    """Where the evidence stands (by kind of request, of the two newest generations: who takes over finds no pairs that
    are older), where the revisions of plans began, and how well production's answers fit the latest.
    """

    stands: tuple[tuple[str, Epoch], ...] = ()
    begun: dict[str, list[RevisionStart]] = {}
    fits: dict[str, FitCount] = {}

    @classmethod
    def of(cls, standing: Standing, begun: Begun, fits: Mapping[str, FitCount]) -> "PartitionBook":
        newest = max((run.generation for run in standing), default=0)
        kept = ((run.plan, epoch) for run, epoch in standing.items() if run.generation >= newest - 1)
        return cls(tuple(kept), {key: list(each) for key, each in begun.items()}, dict(fits))

    @classmethod
    def from_bytes(cls, data: bytes) -> "PartitionBook":
        """Raises msgspec.DecodeError."""
        return documents.read(data, cls)

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @property
    def standing(self) -> Standing:
        return {Run(epoch.generation, plan): epoch for plan, epoch in self.stands}


NOTHING_BOOKED = PartitionBook()
