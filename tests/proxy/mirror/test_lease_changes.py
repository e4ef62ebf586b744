"""Leases that change hands over and over, in all ways that there are, with calls at all stages in hand.

Places of a public replayer leaked with each rebalance, until it asked nothing any more
(opensearch-project/opensearch-migrations #3204). What holds places is real in both tests: leases, lanes, a candidate
with its sender, breaker and noise, connections, endpoints. Ten thousand changes have a store on paper, since with a
server they would take half a minute or more; with one they are hundreds.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from time import time_ns
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from calling.settings import EndpointSettings
from proxy.mirror.candidate import MirrorCandidate
from proxy.mirror.lane import LaneRules, MirrorLane
from proxy.sampling import wants_noise
from proxy.settings import BreakerSettings, NoiseSettings
from records.nouns import Exchange
from records.settings import RecordingSettings
from records.store.lease import Lease
from tests.proxy.mirror.lease_walk import WAYS, HoldingEndpoint, Tenant
from tests.proxy.mirror.partition import PaperPartition, Partition, RedisPartition
from tests.proxy.mirror.staging import CANDIDATE, CODEC, ROUTE, at_work, candidate, ids, pairs, routes, settled
from tests.recordings import exchange
from tests.redis_server import RedisServer
from tests.stores import opened
from tests.until import at_rest, until

PARTITIONS = 4
PLACES = 4  # of the candidate, and of its noise
SAMPLE = 0.25  # of noise
SPARE_BLOCKS = 5_000  # of memory, by which a process at rest differs from itself; a call is tens of them
RULES = LaneRules(linger_s=0.0005, group_max_records=256, group_max_bytes=1_048_576)
KINDS = (b"answered", b"held", b"held", b"broken")


class Standing(NamedTuple):
    """What a process has, besides connections to the store."""

    tasks: int
    descriptors: int


class Site:
    """One candidate, and a tenant of each partition."""

    def __init__(
        self, one: MirrorCandidate, asked: Sequence[HoldingEndpoint], partitions: Sequence[Partition], seed: int
    ) -> None:
        self.tenants = [Tenant(number, each, self._lane, asked) for number, each in enumerate(partitions)]
        self._one = one
        self._asked = asked
        self._dice = Random(seed)
        self._number = 0

    @property
    def in_hand(self) -> list[int]:
        """Calls at the candidate and at production, by our count and by theirs."""
        assert self._one.noise is not None
        return [self._one.in_flight, self._one.noise._in_flight, *(each.under_way for each in self._asked)]

    async def begin(self) -> None:
        """With an exchange from a clock that is minutes ahead of the others': these are long due, and nothing waits."""
        first = self.tenants[0]
        first.begin()
        await first.partition.record(self._exchange(0, b"answered", ahead_ns=200_000_000_000))
        await until(self._all_settled, "the first to be settled")
        await first.end()

    async def walk(self, changes: int) -> None:
        async with asyncio.TaskGroup() as tasks:
            for each in self.tenants:
                tasks.create_task(self._walk(each, changes // len(self.tenants)))

    async def rest(self) -> None:
        """Until everything is settled; nobody works then."""
        for each in self.tenants:
            each.let_go()
            each.begin()
        while True:
            for each in self.tenants:
                await each.partition.record(self._exchange(each.number, b"answered"))
            await until(self._all_settled, "all to be settled")
            if not self._one.breaker.open:
                break
        for each in self.tenants:
            await each.end()
        assert self.in_hand == [0] * 4

    async def most_at_once(self) -> list[int]:
        """What is in hand where there is more to ask than may be."""
        for each in self.tenants:
            each.hold()
            await each.partition.record(*(self._exchange(each.number, b"held", noisy=True) for _ in range(PLACES)))
            each.begin()
        read = PLACES * len(self.tenants)
        await until(lambda: sum(each.under_way for each in self.tenants) == read, "all to be read")
        await until(lambda: all(each.under_way >= PLACES for each in self._asked), "calls")
        await at_rest()
        found = self.in_hand
        for each in self.tenants:
            each.let_go()
        await until(self._all_settled, "all to be settled")
        for each in self.tenants:
            await each.end()
        return found

    def _lane(self, number: int, lease: Lease) -> MirrorLane:
        return MirrorLane(lease, self._one, RULES, CODEC)

    async def _walk(self, tenant: Tenant, changes: int) -> None:
        for _ in range(changes):
            some = self._dice.choice([0, 1, 1, 2])
            exchanges = [self._exchange(tenant.number, self._dice.choice(KINDS)) for _ in range(some)]
            await tenant.change(self._dice, *exchanges)

    async def _all_settled(self) -> bool:
        return not sum([await each.partition.waiting() for each in self.tenants])

    def _exchange(self, partition: int, what: bytes, *, ahead_ns: int = 0, noisy: bool = False) -> Exchange:
        """Of a production with many in hand."""
        self._number += 1
        while noisy and not wants_noise(SAMPLE, f"e-{self._number}"):
            self._number += 1
        made = exchange(self._number, body=b"%d %b" % (partition, what))
        return replace(made, production=replace(made.production, wall_ns=time_ns() + ahead_ns, in_flight=64))


@asynccontextmanager
async def site(directory: Path, partitions: Sequence[Partition]) -> AsyncIterator[Site]:
    async with (
        HoldingEndpoint(directory / "c", len(partitions)) as there,
        HoldingEndpoint(directory / "p", len(partitions)) as production,
    ):
        (route,) = routes(
            candidate(
                there.url,
                max_in_flight=PLACES,
                max_connections=PLACES,
                breaker=BreakerSettings(failures=3, pause_s=0.001),
            ),
            production=EndpointSettings(url=production.url, max_connections=PLACES),
            noise=NoiseSettings(sample=SAMPLE, max_in_flight=PLACES),
        )
        async with at_work(route) as one:
            at = Site(one, [there, production], partitions, seed=1)
            await at.begin()
            yield at


def allocated() -> int:
    gc.collect()
    return sys.getallocatedblocks()


async def leaves_all_as_it_was(at: Site, changes: int, connections: Callable[[], int] = lambda: 0) -> None:
    """A walk of so many. `connections`: that are kept to the store, as many as it took at once."""

    def standing() -> Standing:
        return Standing(len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").iterdir())) - connections())

    await at.walk(changes // 10)
    await at.rest()
    assert await at.most_at_once() == [PLACES] * 4
    before, blocks = standing(), allocated()

    await at.walk(changes - changes // 10)
    await at.rest()
    assert await at.most_at_once() == [PLACES] * 4
    await until(lambda: standing() == before, f"{before} again")
    assert allocated() - blocks < SPARE_BLOCKS
    changed = sum((each.changes for each in at.tenants), Counter[str]())
    assert changed.keys() == {way.__name__ for way in WAYS}
    assert changed.total() == changes


@pytest.mark.slow
async def test_after_ten_thousand_lease_changes_as_many_calls_may_be_made_as_at_first(short_dir: Path) -> None:
    """Nothing is in hand then, no task, descriptor or memory is left of them, and each exchange counts once."""
    partitions = [PaperPartition() for _ in range(PARTITIONS)]
    async with site(short_dir, partitions) as at:
        await leaves_all_as_it_was(at, 10_000)
    for each in partitions:
        assert each.counts.keys() == {"mirrored", "skipped.set_aside"}
        assert each.counts.total() == each.recorded
        assert each.pairs == each.counts["mirrored"]


async def test_hundreds_of_lease_changes_on_a_server_leave_nothing_behind_either(
    redis_server: RedisServer, short_dir: Path
) -> None:
    """As many calls may be made as at first, and each exchange makes one pair, or has had its three deliveries."""
    async with opened(redis_server, RecordingSettings(partitions=PARTITIONS)) as store:
        await store.join_candidate(ROUTE, CANDIDATE, "beginning")
        partitions = [RedisPartition(store, number) for number in range(PARTITIONS)]
        async with site(short_dir, partitions) as at:
            await leaves_all_as_it_was(at, 400, lambda: sum(each.is_connected for each in store._client._idle))
        coverage = await settled(store, sum(each.recorded for each in partitions))
        found = ids(await pairs(store))
        assert len(found) == len(set(found)) == coverage.mirrored
        assert coverage.skipped.keys() <= {"set_aside"}
