"""Work for a steward, small enough to be seen through: a clerk reads what waits, and files it under one counter."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from weakref import WeakSet

from records.store.group import Group
from records.store.lease import Lane, Lease
from records.store.steward import Steward
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, assert_adds_up
from tests.until import until

FILED = "skipped.paused"  # a counter that makes no pair


class Ink:
    """What a clerk has in memory for as long as it works."""


class Desk:
    """What a test sees and says of the clerks' work."""

    def __init__(self) -> None:
        self.filed: list[bytes] = []
        self.began: Counter[int] = Counter()  # by partition
        self.breaks: set[int] = set()  # partitions whose clerk fails
        self.reading = asyncio.Event()  # something is in hand
        self.may_file = asyncio.Event()
        self.may_file.set()
        self.ink: WeakSet[Ink] = WeakSet()  # all that is in memory
        self.is_last = False  # the clerk ends its work with what it files next


class Clerk:
    def __init__(self, partition: int, lease: Lease, desk: Desk) -> None:
        self.under_way = 0
        self._partition = partition
        self._lease = lease
        self._desk = desk

    async def work(self) -> None:
        self.under_way = 0
        self._desk.began[self._partition] += 1
        ink = Ink()
        self._desk.ink.add(ink)
        while not self._lease.leaving:
            if self._partition in self._desk.breaks:
                raise ValueError("no ink")
            entries = await self._lease.fetch(16)
            if not entries:
                await self._lease.wait(0.05)
                continue
            self.under_way = len(entries)
            self._desk.reading.set()
            await self._desk.may_file.wait()
            await self._lease.commit([entry.id for entry in entries], counts={FILED: len(entries)})
            self._desk.filed += [entry.data for entry in entries]
            self.under_way = 0
            if self._desk.is_last:
                return


class Office:
    """A charge: it needs no more of a candidate than the name of its group."""

    labels: Mapping[str, str]

    def __init__(self, store: Store, owner: str, desk: Desk, name: str = CANDIDATE) -> None:
        self.labels = {"route": ROUTE, "office": name}
        self.closed = 0
        self.looks = 0
        self.lanes: Counter[int] = Counter()  # asked for, by partition
        self.trouble: Exception | None = None
        self._name = name
        self._store = store
        self._owner = owner
        self._desk = desk

    async def look(self) -> int:
        self.looks += 1
        if self.trouble is not None:
            raise self.trouble
        await self._store.join_candidate(ROUTE, self._name, "beginning")
        return await self._store.partitions(ROUTE)

    async def rejoin(self) -> None:
        await self._store.join_candidate(ROUTE, self._name, "beginning")

    def group(self, partition: int) -> Group:
        return self._store.group(ROUTE, partition, self._name, "mirror", self._owner)

    def lane(self, partition: int, lease: Lease) -> Lane:
        self.lanes[partition] += 1
        return Clerk(partition, lease, self._desk)

    async def close(self) -> None:
        self.closed += 1


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def steward(store: Store, owner: str, now: Callable[[], float] = monotonic) -> Steward:
    return Steward("mirror", owner, store, store.check, now=now)


@asynccontextmanager
async def at_work(
    store: Store, *charges: Office, owner: str = "o1", now: Callable[[], float] = monotonic
) -> AsyncIterator[Steward]:
    """A steward of these; drained at the end."""
    made = steward(store, owner, now)
    made.start()
    await made.see_to(charges)
    try:
        yield made
    finally:
        await made.drain(5.0)


async def filed(store: Store, count: int, name: str = CANDIDATE) -> None:
    """Until so many count, and no more: what counted twice fails this."""

    async def settled() -> bool:
        return sum((await store.coverage(ROUTE, name)).skipped.values()) >= count

    await until(settled, f"{count} entries to be filed")
    coverage = await store.coverage(ROUTE, name)
    assert coverage.skipped == {FILED.partition(".")[2]: count}
    assert coverage.recorded == count
    assert_adds_up(coverage)
