"""A candidate as a steward sees to it: with a lane in each partition of its pairs."""

import asyncio

from comparators.stored.decisions import SharedDecisions
from comparators.stored.lane import CompareLane
from records.privacy.redaction import Redaction
from records.store.group import Group
from records.store.lease import Lease
from records.store.store import Store


class CompareCharge:
    """Of one candidate with one set of settings."""

    def __init__(
        self, agreed: SharedDecisions, redaction: Redaction, heavy: asyncio.Lock, store: Store, owner: str
    ) -> None:
        """`heavy`: of the process. Who has it may hold a turn of the largest size."""
        self.agreed = agreed
        self.labels = {"route": agreed.route, "candidate": agreed.candidate}
        self._redaction = redaction
        self._heavy = heavy
        self._store = store
        self._owner = owner

    async def look(self) -> int:
        return await self._store.partitions(self.agreed.route)

    async def rejoin(self) -> None:
        """The mirror lets a candidate join; until it has, there is nothing to compare."""

    def group(self, partition: int) -> Group:
        return self._store.group(self.agreed.route, partition, self.agreed.candidate, "compare", self._owner)

    def lane(self, partition: int, lease: Lease) -> CompareLane:
        samples = self._store.samples(self.agreed.route, partition, self.agreed.candidate)
        return CompareLane(lease, self._store.codec, samples, self.agreed, self._redaction, self._heavy, partition)

    async def close(self) -> None:
        """It holds nothing open."""
