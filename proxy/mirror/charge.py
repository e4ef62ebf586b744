"""A candidate as a steward sees to it: joined to the store, spoken for, with a lane in each partition."""

from __future__ import annotations

from proxy.mirror.candidate import MirrorCandidate, start_of
from proxy.mirror.lane import LaneRules, MirrorLane
from records.silence import encoded
from records.store.group import Group
from records.store.lease import Lease
from records.store.store import Store


class MirrorCharge:
    """Of one candidate with one set of settings."""

    def __init__(self, candidate: MirrorCandidate, rules: LaneRules, store: Store, owner: str, *, joined: bool) -> None:
        """`joined`: it did so with the settings before. One that was removed and comes back joins anew."""
        self.candidate = candidate
        self.joined = joined
        self._route, self._name = candidate.route, candidate.settings.name
        self.labels = {"route": self._route, "candidate": self._name}
        self._rules = rules
        self._store = store
        self._owner = owner

    async def look(self) -> int:
        if not self.joined:
            await self._store.join_candidate(self._route, self._name, start_of(self.candidate.settings.start_from))
            self.joined = True
        await self._tell_whether_it_answers()
        self.candidate.sender.partitions = partitions = await self._store.partitions(self._route)
        return partitions

    async def rejoin(self) -> None:
        """The store came back empty: what it holds now was recorded since, so all of it is this candidate's."""
        await self._store.join_candidate(self._route, self._name, "beginning")

    def group(self, partition: int) -> Group:
        return self._store.group(self._route, partition, self._name, "mirror", self._owner)

    def lane(self, partition: int, lease: Lease) -> MirrorLane:
        return MirrorLane(lease, self.candidate, self._rules, self._store.codec)

    async def close(self) -> None:
        await self.candidate.close()

    async def _tell_whether_it_answers(self) -> None:
        word = self.candidate.word()
        said = b"" if word is None else encoded(word)
        await self._store.control.tell(self._route, self._name, self._owner, said, self._store.lease_s)
