"""Random walks through all that can happen to a store: coverage adds up at each step, and nothing counts twice.

Weighted and seeded, instead of hypothesis' state machine: that one rarely came to a commit after a take-over after a
trim, and let broken fences pass.
"""

import random
from collections import Counter
from typing import Any

import pytest

from records.errors import NotJoined, StaleToken, StoreAway
from records.settings import RecordingSettings, RedisSettings
from records.store.client import create_client
from records.store.group import Entry, Group
from records.store.keys import Stage
from records.store.server import Argument, Client
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, assert_adds_up, expire_lease
from tests.redis_server import RedisServer

LATE = "late-comer"  # a candidate that comes and goes
PARTITIONS = (0, 1)
OUTCOMES: dict[Stage, tuple[str, str]] = {
    "mirror": ("mirrored", "skipped.breaker"),
    "compare": ("compared", "incomparable.capture_cut"),
}


class LossyClient:
    """A client that loses an answer when told to: the command was run, and nobody knows."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.losing = False

    async def call(self, key: str, *command: Argument, timeout_s: float | None = None) -> Any:
        answer = await self._client.call(key, *command, timeout_s=timeout_s)
        if self.losing:
            self.losing = False
            raise StoreAway("the answer was lost")
        return answer

    async def everywhere(self, *command: Argument) -> list[Any]:
        return await self._client.everywhere(*command)

    async def close(self) -> None:
        await self._client.close()


class Owner:
    """A worker's hold on one partition: what it read and has not committed, what it sent and does not know."""

    def __init__(self, group: Group, stage: Stage, partition: int) -> None:
        self.group = group
        self.stage = stage
        self.partition = partition
        self.entries: list[Entry] = []
        self.unknown: tuple[list[Entry], str] | None = None

    def forget(self) -> None:
        self.entries, self.unknown = [], None


class Walk:
    """Each method without a leading underscore is something that may happen."""

    def __init__(self, server: RedisServer, store: Store, client: LossyClient, dice: random.Random) -> None:
        self._server = server
        self._store = store
        self._client = client
        self._dice = dice
        self._owners = [
            Owner(store.group(ROUTE, partition, CANDIDATE, stage, name), stage, partition)
            for stage in OUTCOMES
            for partition in PARTITIONS
            for name in ("a", "b")
        ]
        self._candidates = {CANDIDATE}
        self._settled_requests = 0
        self._serial = 0
        self._open: int | None = None
        self._start_writer()
        self.done: Counter[tuple[Stage, bytes]] = Counter()

    async def write(self) -> None:
        """A group, or the open one again."""
        records = []
        if self._open is None:
            for _ in range(self._dice.randint(0, 4)):
                self._serial += 1
                records.append(b"%d." % self._serial + bytes(self._dice.choice([10, 9_000])))
            more = {name: self._dice.randint(0, 2) for name in ("not_sampled.ratio", "shed.buffer")}
            held = self._dice.randint(0, 2)
            self._totals["requests"] += len(records) + sum(more.values()) + held - self._totals["held"]
            self._totals["held"] = held
            for name, amount in more.items():
                self._totals[name] += amount
        self._maybe_lose()
        await self._send(self._dice.choice(PARTITIONS), records)

    async def work(self) -> None:
        """Some owner acquires, reads, commits, as a worker does, and may not get far."""
        owner = self._dice.choice(self._owners)
        try:
            await self._acquire(owner)
            if owner.unknown is None:
                self._maybe_lose()
                owner.entries += await owner.group.fetch(self._dice.randint(1, 5))
            await self._settle(owner, self._dice.randint(0, 5))
        except StoreAway:
            pass
        except (StaleToken, NotJoined):
            owner.forget()

    async def work_on(self) -> None:
        """An owner goes on with what it had, whatever became of its lease."""
        owner = self._dice.choice(self._owners)
        try:
            await self._settle(owner, self._dice.randint(1, 5))
        except StoreAway:
            pass
        except (StaleToken, NotJoined):
            owner.forget()

    async def steal(self) -> None:
        """An owner was silent for too long; the next to ask has the lease."""
        owner = self._dice.choice(self._owners)
        expire_lease(self._server, owner.stage, owner.partition)

    async def release(self) -> None:
        owner = self._dice.choice(self._owners)
        await owner.group.release()
        owner.forget()

    async def kill_writer(self) -> None:
        """With what it held, and whatever it had sent last."""
        await self._store.settle_dead_writer(ROUTE, self._name, self._totals)
        self._settled_requests += self._totals["requests"]
        self._open = None
        self._start_writer()

    async def join_late(self) -> None:
        await self._store.join_candidate(ROUTE, LATE, self._dice.choice(["now", "beginning"]))
        self._candidates.add(LATE)

    async def remove_late(self) -> None:
        await self._store.remove_candidate(ROUTE, LATE)

    async def lose_the_store(self) -> None:
        """Everything is gone; the candidate joins again from the beginning, as its worker does."""
        self._server.command("FLUSHALL")
        await self._store.join_candidate(ROUTE, CANDIDATE, "beginning")
        self._settled_requests = 0
        self._candidates = {CANDIDATE}

    async def check(self) -> None:
        self._client.losing = False
        for candidate in self._candidates:
            assert_adds_up(await self._store.coverage(ROUTE, candidate))
        assert all(times == 1 for times in self.done.values())

    async def finish(self) -> None:
        """Everybody comes to an end of the work: nothing waits, and every request is accounted for."""
        if self._open is not None:
            await self._send(0, [])
        self._totals["requests"] -= self._totals["held"]
        self._totals["held"] = 0
        for partition in PARTITIONS:
            await self._send(partition, [])
        for owner in self._owners:
            expire_lease(self._server, owner.stage, owner.partition)
            await self._acquire(owner)
            while owner.unknown or owner.entries or await self._fetched(owner):
                await self._commit(owner, owner.entries)
        coverage = await self._store.coverage(ROUTE, CANDIDATE)
        assert (coverage.waiting, coverage.uncompared, coverage.held) == (0, 0, 0)
        assert coverage.requests == self._settled_requests + self._totals["requests"]

    def _start_writer(self) -> None:
        self._serial += 1
        self._name = f"w{self._serial}"
        self._writer = self._store.writer(ROUTE, self._name)
        self._totals = {"requests": 0, "not_sampled.ratio": 0, "shed.buffer": 0, "held": 0}

    def _maybe_lose(self) -> None:
        self._client.losing = self._dice.random() < 0.15

    async def _send(self, partition: int, records: list[bytes]) -> None:
        self._serial += 1
        number = self._serial if self._open is None else self._open
        try:
            await self._writer.commit(partition, number, records, self._totals)
            self._open = None
        except StoreAway:
            self._open = number

    async def _acquire(self, owner: Owner) -> None:
        before = owner.group.token
        await owner.group.acquire()
        if owner.group.token != before:
            owner.forget()

    async def _fetched(self, owner: Owner) -> bool:
        owner.entries += await owner.group.fetch(100)
        return bool(owner.entries)

    async def _settle(self, owner: Owner, count: int) -> None:
        if owner.unknown or owner.entries[:count]:
            self._maybe_lose()
            await self._commit(owner, owner.entries[:count])

    async def _commit(self, owner: Owner, entries: list[Entry]) -> None:
        if owner.unknown is None:
            owner.unknown = entries, self._dice.choice(OUTCOMES[owner.stage])
            owner.entries = owner.entries[len(entries) :]
        entries, outcome = owner.unknown
        data = [entry.data for entry in entries]
        pairs = data if outcome == "mirrored" else []
        await owner.group.commit([entry.id for entry in entries], pairs=pairs, counts={outcome: len(entries)})
        owner.unknown = None
        self.done.update((owner.stage, record) for record in data)


WEIGHTS = {
    "write": 30,
    "work": 40,
    "work_on": 15,
    "steal": 10,
    "release": 2,
    "kill_writer": 1,
    "join_late": 2,
    "remove_late": 1,
    "lose_the_store": 0.5,
}


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_coverage_adds_up(redis_server: RedisServer, seed: int) -> None:
    """Commits, reads, stalls, lost answers, trims, deaths, removals and a lost store, in any order."""
    options = RedisSettings(url=redis_server.url)
    client = LossyClient(create_client(options))
    recording = RecordingSettings(partitions=len(PARTITIONS), max_bytes=65_536, max_pairs_bytes=65_536)
    store = Store(client, options, recording)
    dice = random.Random(seed)
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    walk = Walk(redis_server, store, client, dice)
    try:
        for step in dice.choices(list(WEIGHTS), list(WEIGHTS.values()), k=300):
            await getattr(walk, step)()
            await walk.check()
        await walk.finish()
        await walk.check()
        assert len(walk.done) > 50
    finally:
        await store.close()
