"""Short ways for the store's tests: write exchanges, take a group, and say what must add up."""

from collections.abc import Sequence

from records.coverage import Coverage
from records.store.group import Entry, Group
from records.store.store import Store
from records.store.writer import CommitReceipt, ExchangeWriter
from tests.redis_server import RedisServer

ROUTE, CANDIDATE = "route", "cand"


class Traffic:
    """A proxy worker's counting, without a proxy: every record was one request."""

    def __init__(self, store: Store, name: str = "w1", route: str = ROUTE) -> None:
        self.writer: ExchangeWriter = store.writer(route, name)
        self.totals = {"requests": 0, "held": 0}
        self.group = 0

    async def commit(self, *records: bytes, partition: int = 0) -> CommitReceipt:
        self.group += 1
        self.totals["requests"] += len(records)
        return await self.again(*records, partition=partition)

    async def again(self, *records: bytes, partition: int = 0) -> CommitReceipt:
        return await self.writer.commit(partition, self.group, records, self.totals)


async def owner(store: Store, stage: str = "mirror", name: str = "o1", partition: int = 0) -> Group:
    group = store.group(ROUTE, partition, CANDIDATE, stage, name)  # type: ignore[arg-type]
    assert await group.acquire()
    return group


def expire_lease(server: RedisServer, stage: str = "mirror", partition: int = 0) -> None:
    """As if its owner had been silent for the lease's time."""
    server.command("HSET", f"us:{{{ROUTE}.{partition}}}:lease:{stage}:{CANDIDATE}", "until", 0)


async def mirror(group: Group, entries: Sequence[Entry]) -> None:
    pairs = [b"pair of " + entry.data for entry in entries]
    await group.commit([entry.id for entry in entries], pairs=pairs, counts={"mirrored": len(entries)})


async def compare(group: Group, entries: Sequence[Entry], state: bytes = b"state") -> None:
    ids = [entry.id for entry in entries]
    await group.commit(ids, states={"1:0": state}, counts={"compared": len(entries)})


def data(entries: Sequence[Entry]) -> list[bytes]:
    return [entry.data for entry in entries]


def assert_adds_up(coverage: Coverage) -> None:
    decided = sum(coverage.not_sampled.values()) + sum(coverage.shed.values()) + coverage.held
    assert coverage.requests == decided + coverage.recorded
    assert coverage.recorded == coverage.mirrored + sum(coverage.skipped.values()) + coverage.waiting
    assert coverage.mirrored == coverage.compared + sum(coverage.incomparable.values()) + coverage.uncompared
