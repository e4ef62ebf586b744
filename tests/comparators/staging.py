"""A stage for the compare worker's tests: pairs as a mirror commits them, a worker, and what the store then says."""

import random
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct, structs

from comparators.settings import CompareSettings
from comparators.stored.worker import CompareWorker
from records.codec import Codec
from records.coverage import Coverage
from records.nouns import Pair
from records.settings import KeptSettings
from records.store.store import Store
from tests.comparators.made import HOUR_NS, MIDNIGHT_NS, answer, observation, pair
from tests.until import until

CODEC = Codec()

ROUTE, CANDIDATE = "root", "cand"
SECRET = b"s" * 32
_SCORES = [answer({"score": value}) for value in (0.1, 0.2, 0.7)]


def at(hour: int, chance: random.Random) -> Pair:
    """One of some hour, which agrees or not."""
    own = observation(_SCORES[0], wall_ns=MIDNIGHT_NS + hour * HOUR_NS + chance.randrange(HOUR_NS))
    return pair(own, chance.choice(_SCORES), number=chance.randrange(10**9))


class Named(Struct, frozen=True):
    name: str = CANDIDATE


class Route(Struct, frozen=True):
    """What the worker needs of a route's settings."""

    candidates: Sequence[Named] = (Named(),)
    compare: CompareSettings | None = None

    def key_name(self) -> str:
        return ROUTE


class Mirrored:
    """What proxy and mirror leave behind, without either: recorded exchanges, and pairs made of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writer = store.writer(ROUTE, "w1")
        self._groups = 0
        self._requests = 0

    async def add(self, *pairs: Pair | bytes, partition: int = 0) -> None:
        await self._store.join_candidate(ROUTE, CANDIDATE, "beginning")
        self._groups += 1
        self._requests += len(pairs)
        totals = {"requests": self._requests, "held": 0}
        await self._writer.commit(partition, self._groups, [b"exchange"] * len(pairs), totals)
        mirror = self._store.group(ROUTE, partition, CANDIDATE, "mirror", "m1")
        assert await mirror.acquire()
        entries = await mirror.fetch(len(pairs))
        made = [pair if isinstance(pair, bytes) else CODEC.encode(pair) for pair in pairs]
        await mirror.commit([entry.id for entry in entries], pairs=made, counts={"mirrored": len(made)})


@asynccontextmanager
async def comparing(
    store: Store,
    route: Route | None = None,
    owner: str = "c1",
    kept: KeptSettings | None = None,
    plan_wait_s: float = 0.0,
) -> AsyncIterator[CompareWorker]:
    """A worker on this route; drained at the end. Unless told otherwise it compares the first pair at once, by a plan
    of which it is not sure.
    """
    route = route or Route()
    settings = structs.replace(route.compare or CompareSettings(), plan_wait_s=plan_wait_s)
    worker = CompareWorker(kept=kept or KeptSettings(), secret=SECRET, store=store, owner=owner)
    await worker.start()
    await worker.apply([structs.replace(route, compare=settings)], revision=1)
    try:
        yield worker
    finally:
        await worker.drain(5.0)


async def settled(store: Store, pairs: int) -> Coverage:
    """The coverage, once every pair is compared or counted. What counted twice, or got lost, fails this."""

    async def decided() -> Coverage | None:
        coverage = await store.coverage(ROUTE, CANDIDATE)
        return coverage if coverage.compared + sum(coverage.incomparable.values()) >= pairs else None

    coverage = await until(decided, f"{pairs} pairs to be compared")
    assert coverage.mirrored == pairs == coverage.compared + sum(coverage.incomparable.values())
    assert coverage.uncompared == 0
    return coverage


async def hours_come(store: Store, hours: Iterable[int]) -> AsyncIterator[int]:
    """Of each some pairs, to two partitions; how many there are by then, all of them compared."""
    chance, mirrored, pairs = random.Random(7), Mirrored(store), 0
    for hour in hours:
        for partition in (0, 1):
            own = [at(hour, chance) for _ in range(chance.randrange(1, 6))]
            pairs += len(own)
            await mirrored.add(*own, partition=partition)
        await settled(store, pairs)
        yield pairs


def metric(worker: CompareWorker, name: str) -> float:
    """The sum of a family's samples."""
    return sum(sample.value for family in worker.collect() for sample in family.samples if sample.name == name)
