"""A partition of a candidate, and what others do to its lease: on a real server, or on paper, where it is quick."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from proxy.mirror.bell import Bell
from records.errors import NotJoined, StaleToken, StoreError
from records.nouns import Exchange
from records.store.group import MAX_DELIVERIES, Entry, Group
from records.store.keys import PartitionKeys
from records.store.store import Store
from tests.proxy.mirror.staging import CANDIDATE, CODEC, ROUTE

ME, THIEF = "m1", "thief"


class Partition(Protocol):
    recorded: int

    async def waiting(self) -> int:
        """What is recorded and not settled, here and perhaps elsewhere."""

    def group(self) -> Group:
        """As a worker has it."""

    async def record(self, *exchanges: Exchange) -> None: ...

    async def rob(self) -> None:
        """The lease is another's now, whatever its owner believes."""

    async def give_back(self) -> None:
        """It is nobody's."""

    async def hide(self) -> None:
        """There is no such group, as in a store that came back empty."""

    async def put_back(self) -> None: ...

    async def spoil(self) -> None:
        """Whoever asks gets an error that says nothing."""

    async def mend(self) -> None: ...


class RedisPartition:
    """Its candidate has joined."""

    def __init__(self, store: Store, partition: int) -> None:
        self.recorded = 0
        self._store = store
        self._partition = partition
        self._key = PartitionKeys(ROUTE, partition).lease("mirror", CANDIDATE)
        self._aside = f"{self._key}:aside"
        self._thief = store.group(ROUTE, partition, CANDIDATE, "mirror", THIEF)
        self._writer = store.writer(ROUTE, f"w{partition}")
        self._groups = 0

    async def waiting(self) -> int:
        return (await self._store.coverage(ROUTE, CANDIDATE)).waiting

    def group(self) -> Group:
        return self._store.group(ROUTE, self._partition, CANDIDATE, "mirror", ME)

    async def record(self, *exchanges: Exchange) -> None:
        self._groups += 1
        self.recorded += len(exchanges)
        totals = {"requests": self.recorded, "held": 0}
        await self._writer.commit(self._partition, self._groups, [CODEC.encode(each) for each in exchanges], totals)

    async def rob(self) -> None:
        await self._call("HSET", self._key, "until", 0)
        while not await self._thief.acquire():  # its owner was quicker, and renewed it
            await self._call("HSET", self._key, "until", 0)

    async def give_back(self) -> None:
        await self._thief.release()

    async def hide(self) -> None:
        await self._call("RENAME", self._key, self._aside)

    async def put_back(self) -> None:
        await self._call("RENAME", self._aside, self._key)

    async def spoil(self) -> None:
        await self.hide()
        await self._call("SET", self._key, "not a lease")

    async def mend(self) -> None:
        await self.put_back()
        await self._call("HDEL", self._key, "owner")

    async def _call(self, *command: str | int) -> None:
        await self._store._client.call(self._key, *command)


class PaperPartition:
    """What the scripts of the store keep of a partition, as far as a lane can see it."""

    def __init__(self) -> None:
        self.recorded = 0
        self.counts: Counter[str] = Counter()
        self.pairs = 0
        self.owner = ""
        self.token = 0
        self.trouble: Callable[[], StoreError] | None = None
        self.unread: list[Entry] = []
        self.pending: dict[str, Entry] = {}  # read, and not settled
        self.arrived = Bell()

    async def waiting(self) -> int:
        return len(self.unread) + len(self.pending)

    def group(self) -> Group:
        return PaperGroup(self, ME)  # type: ignore[return-value]  # what a lane and its lease ask of one

    async def record(self, *exchanges: Exchange) -> None:
        for each in exchanges:
            self.recorded += 1
            data = CODEC.encode(each)
            self.unread.append(Entry(id=f"0-{self.recorded}", seq=self.recorded, data=data, waited_ns=0, deliveries=0))
        self.arrived.ring()

    async def rob(self) -> None:
        self.owner, self.token = THIEF, self.token + 1

    async def give_back(self) -> None:
        self.owner = ""

    async def hide(self) -> None:
        self.trouble = lambda: NotJoined("no group")

    async def put_back(self) -> None:
        self.trouble = None

    async def spoil(self) -> None:
        self.trouble = lambda: StoreError("not a lease")

    async def mend(self) -> None:
        self.trouble = None
        self.owner = ""


class PaperGroup:
    """A records.store.group.Group on paper. What it asks takes a turn of the loop to get there, and one back."""

    def __init__(self, partition: PaperPartition, owner: str) -> None:
        self.token = 0
        self._at = partition
        self._owner = owner
        self._passed_on: list[str] = []  # what was pending when the lease was taken

    async def acquire(self) -> bool:
        await self._there()
        at = self._at
        if at.owner == self._owner and at.token == self.token:
            token = at.token
        elif at.owner not in ("", self._owner):
            token = 0
        else:
            at.owner, at.token = self._owner, at.token + 1
            token = at.token
            self._passed_on = list(at.pending)
        self.token = token
        await asyncio.sleep(0)
        return token != 0

    async def release(self) -> None:
        token, self.token = self.token, 0
        await self._there()
        if token == self._at.token:
            self._at.owner = ""

    async def fetch(self, count: int) -> list[Entry]:
        await self._there()
        self._fence()
        at = self._at
        found = [self._delivered(at.pending[each]) for each in self._passed_on] + [
            self._delivered(each) for each in at.unread[:count]
        ]
        self._passed_on, at.unread = [], at.unread[count:]
        read = [each for each in found if each.deliveries <= MAX_DELIVERIES]
        for each in found[: len(found) - len(read)]:
            self._settle([each.id], {"skipped.set_aside": 1})
        await asyncio.sleep(0)
        return read

    async def wait(self, timeout_s: float) -> None:
        await asyncio.sleep(0)
        if not self._at.unread:
            await self._at.arrived.wait(timeout_s)

    async def commit(
        self,
        entries: Sequence[str],
        *,
        pairs: Sequence[bytes] = (),
        states: Mapping[str, bytes] | None = None,
        counts: Mapping[str, int],
        standing: bytes = b"",
    ) -> None:
        await self._there()
        self._fence()
        self._settle(entries, counts)
        self._at.pairs += len(pairs)
        await asyncio.sleep(0)

    async def defer(self, entries: Sequence[str]) -> None:
        await self._there()
        self._fence()
        for each in entries:
            self._at.pending[each] = replace(self._at.pending[each], deliveries=0)
        await asyncio.sleep(0)

    async def _there(self) -> None:
        await asyncio.sleep(0)
        if self._at.trouble is not None:
            self.token = 0
            raise self._at.trouble()

    def _fence(self) -> None:
        if not self.token or self.token != self._at.token:
            self.token = 0
            raise StaleToken("another has it")

    def _delivered(self, entry: Entry) -> Entry:
        delivered = self._at.pending[entry.id] = replace(entry, deliveries=entry.deliveries + 1)
        return delivered

    def _settle(self, entries: Sequence[str], counts: Mapping[str, int]) -> None:
        for each in entries:
            del self._at.pending[each]
        self._at.counts.update(counts)
