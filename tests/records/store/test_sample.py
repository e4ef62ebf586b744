"""Samples of compared pairs: uniform, bounded by bytes and age, the same however often a pair is kept."""

import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from records.settings import RecordingSettings, RedisSettings
from records.store.client import create_client
from records.store.keys import SAMPLES, PartitionKeys
from records.store.sample import HASH_BITS, OVERHEAD_BYTES, SampledPair, hash_of, sampled
from records.store.server import Argument, Client
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE
from tests.redis_server import RedisServer

RECORD = bytes(1_000)
ROOM = 60  # records of this size, in each of two partitions
MAX_BYTES = 2 * ROOM * (len(RECORD) + OVERHEAD_BYTES + 20)
AGE_MS = 3_600_000


@pytest.fixture
async def small(redis_server: RedisServer) -> AsyncIterator[Store]:
    """With samples of some 60 records in each of two partitions."""
    recording = RecordingSettings(
        partitions=2, control_max_bytes=MAX_BYTES, disagreements_max_bytes=MAX_BYTES, max_age_s=AGE_MS / 1000
    )
    store = Store.create(RedisSettings(url=redis_server.url), recording)
    yield store
    await store.close()


def pairs(
    server: RedisServer, numbers: Sequence[int], epoch: int = 1, record: bytes = RECORD, ago_ms: int = 0
) -> list[SampledPair]:
    """Every tenth disagrees."""
    ms = server.now_ms() - ago_ms
    return [SampledPair(epoch, f"x{n}", f"{ms}-{n}", b"%d " % n + record, n % 10 == 0) for n in numbers]


async def numbers(store: Store, epoch: int = 1, kind: str = "control") -> set[int]:
    found = await store.sampled_pairs(ROUTE, CANDIDATE, kind, [epoch])  # type: ignore[arg-type]
    return {int(record.partition(b" ")[0]) for _, record in found[epoch]}


def smallest(numbers: Sequence[int], count: int) -> set[int]:
    return set(sorted(numbers, key=lambda n: hash_of(f"x{n}"))[:count])


async def test_a_hash_is_the_same_everywhere() -> None:
    """Of the id alone. Pinned, by `printf x1 | b2sum -l 64`: what is kept now is looked at after an upgrade."""
    assert hash_of("x1") == 0xB680A96CE4168
    assert all(0 <= hash_of(f"x{n}") < 1 << HASH_BITS for n in range(1_000))


async def test_while_there_is_room_all_are_kept(small: Store, redis_server: RedisServer) -> None:
    """With the ids of their entries, and disagreements besides on their own."""
    kept = pairs(redis_server, range(50))
    await small.samples(ROUTE, 0, CANDIDATE).keep(kept)
    found = await small.sampled_pairs(ROUTE, CANDIDATE, "control", [1])
    assert sorted(found[1]) == sorted((each.entry, each.record) for each in kept)
    assert await numbers(small, kind="disagreements") == {0, 10, 20, 30, 40}


async def test_beyond_it_the_smallest_hashes_are_kept(small: Store, redis_server: RedisServer) -> None:
    """In whatever order and batches they come, by however many owners; nothing of the rest."""
    orders = [list(range(1_000)), list(range(1_000))]
    random.Random(5).shuffle(orders[1])
    found = []
    for order, batch in zip(orders, (1_000, 37), strict=True):
        redis_server.command("FLUSHALL")
        samples = small.samples(ROUTE, 0, CANDIDATE)
        for start in range(0, 1_000, batch):
            if start > 500:
                samples = small.samples(ROUTE, 0, CANDIDATE)
            await samples.keep(pairs(redis_server, order[start : start + batch]))
        found.append(await numbers(small))
    assert found[0] == found[1] == smallest(range(1_000), len(found[0]))
    assert ROOM - 5 <= len(found[0]) <= ROOM + 5


async def test_several_epochs_are_sampled_alike(small: Store, redis_server: RedisServer) -> None:
    """Epochs share the room; together they are uniform below the smallest bound, whichever of them it is."""
    samples = small.samples(ROUTE, 0, CANDIDATE)
    await samples.keep(pairs(redis_server, range(20)))
    await samples.keep(pairs(redis_server, range(20, 1_000), epoch=2))
    alone = await numbers(small)
    found = await small.sampled_pairs(ROUTE, CANDIDATE, "control", [1, 2])
    first, second = [{int(record.partition(b" ")[0]) for _, record in found[epoch]} for epoch in (1, 2)]
    assert first < alone
    assert first | second == smallest(range(1_000), len(first | second))


async def test_keeping_twice_changes_nothing(small: Store, redis_server: RedisServer) -> None:
    """Neither the sample nor its count of bytes, whether a pair was kept, refused, or dropped again."""
    kept = pairs(redis_server, range(500))
    await small.samples(ROUTE, 0, CANDIDATE).keep(kept)
    before = _dump(redis_server)
    await small.samples(ROUTE, 0, CANDIDATE).keep(kept)
    assert _dump(redis_server) == before


async def test_what_is_not_kept_is_not_sent(small: Store, redis_server: RedisServer) -> None:
    """Once its sample is full an owner sends only what is below the bound."""
    samples = small.samples(ROUTE, 0, CANDIDATE)
    await samples.keep(pairs(redis_server, range(10_000)))
    redis_server.command("CONFIG", "RESETSTAT")
    await samples.keep([each for each in pairs(redis_server, range(10_000, 10_100)) if hash_of(each.exchange) >> 48])
    assert "cmdstat_evalsha" not in redis_server.command("INFO", "commandstats")


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_large_record_does_not_give_way_to_small_ones_behind_it(
    small: Store, redis_server: RedisServer, seed: int
) -> None:
    """Else large answers, and what goes with them, would be missing from the sample. Owners that know no bound yet send
    everything.
    """
    random_ = random.Random(seed)
    for n in range(300):
        await small.samples(ROUTE, 0, CANDIDATE).keep(
            pairs(redis_server, [n], record=bytes(random_.choice((10, 300, 3_000, 30_000))))
        )
        found = await numbers(small)
        assert found == smallest(range(n + 1), len(found))
    assert 0 < len(found) < 40


async def test_over_partitions_it_is_uniform_below_the_smallest_bound(small: Store, redis_server: RedisServer) -> None:
    """A busy partition's bound holds for a quiet one."""
    await small.samples(ROUTE, 0, CANDIDATE).keep(pairs(redis_server, range(2_000)))
    await small.samples(ROUTE, 1, CANDIDATE).keep(pairs(redis_server, range(2_000, 2_040)))
    found = await numbers(small)
    bound = max(hash_of(f"x{n}") for n in found if n < 2_000)
    assert {n for n in found if n < 2_000} == smallest(range(2_000), sum(n < 2_000 for n in found))
    assert {n for n in found if n >= 2_000} == {n for n in range(2_000, 2_040) if hash_of(f"x{n}") < bound}


async def test_epochs_share_the_room(small: Store, redis_server: RedisServer) -> None:
    """One that begins has its share at once, each is complete below its own bound, and one that comes back goes on."""
    samples = small.samples(ROUTE, 0, CANDIDATE)
    for epoch, some in ((1, range(500)), (2, range(500, 1_000)), (1, range(1_000, 1_500))):
        await samples.keep(pairs(redis_server, some, epoch=epoch))
    first, second = await numbers(small, 1), await numbers(small, 2)
    assert first == smallest([*range(500), *range(1_000, 1_500)], len(first))
    assert second == smallest(range(500, 1_000), len(second))
    assert abs(len(first) - len(second)) <= 2
    assert len(first) + len(second) >= ROOM - 5


async def test_what_is_too_old_leaves(small: Store, redis_server: RedisServer) -> None:
    """Nothing is kept for longer than recordings are, though nothing new comes; and the whole goes by itself."""
    await small.samples(ROUTE, 0, CANDIDATE).keep(pairs(redis_server, range(20), ago_ms=2 * AGE_MS))
    await small.samples(ROUTE, 0, CANDIDATE).keep(pairs(redis_server, range(20, 40)))
    assert await numbers(small) == set(range(20, 40))
    await small.samples(ROUTE, 0, CANDIDATE).keep([])
    for kind in SAMPLES:
        for key in PartitionKeys(ROUTE, 0).sample(kind, CANDIDATE):
            assert 0 < redis_server.command("PTTL", key) <= AGE_MS


async def test_an_idle_owner_drops_what_is_too_old(small: Store, redis_server: RedisServer) -> None:
    """With no pairs to keep, the old ones leave."""
    await small.samples(ROUTE, 0, CANDIDATE).keep(pairs(redis_server, range(20), ago_ms=2 * AGE_MS))
    await small.samples(ROUTE, 0, CANDIDATE).keep([])
    assert await numbers(small) == await numbers(small, kind="disagreements") == set()


async def test_bytes_are_counted_as_they_are(small: Store, redis_server: RedisServer) -> None:
    """The count is the sum of what is there, after adding, dropping and ageing."""
    samples = small.samples(ROUTE, 0, CANDIDATE)
    for epoch in (1, 2, 3):
        await samples.keep(pairs(redis_server, range(epoch * 100, epoch * 100 + 90), epoch=epoch, ago_ms=AGE_MS - 50))
        await samples.keep(pairs(redis_server, range(epoch * 1_000, epoch * 1_000 + 30), epoch=epoch, record=b"small"))
    keys = PartitionKeys(ROUTE, 0).sample("control", CANDIDATE)
    there, head = redis_server.command("HVALS", keys.records), redis_server.command("HGETALL", keys.head)
    counted = sum(int(value) for name, value in head.items() if name.startswith(b"bytes:"))
    assert counted == sum(map(len, there)) + OVERHEAD_BYTES * len(there) <= MAX_BYTES // 2
    assert len(there) == redis_server.command("ZCARD", keys.members) == redis_server.command("ZCARD", keys.ages)


async def test_a_full_store_refuses_and_is_no_error(small: Store, redis_server: RedisServer) -> None:
    """Comparing goes on: what it commits frees memory."""
    samples = small.samples(ROUTE, 0, CANDIDATE)
    redis_server.command("CONFIG", "SET", "maxmemory", 1)
    try:
        await samples.keep(pairs(redis_server, range(10)))
    finally:
        redis_server.command("CONFIG", "SET", "maxmemory", 0)
    assert await numbers(small) == set()
    await samples.keep(pairs(redis_server, range(10)))
    assert len(await numbers(small)) == 10


async def test_removing_a_candidate_removes_them(small: Store, redis_server: RedisServer) -> None:
    """They are pairs too."""
    await small.join_candidate(ROUTE, CANDIDATE, "now")
    await small.samples(ROUTE, 0, CANDIDATE).keep(pairs(redis_server, range(10)))
    await small.remove_candidate(ROUTE, CANDIDATE)
    assert await numbers(small) == set()
    assert redis_server.command("KEYS", "*control*") + redis_server.command("KEYS", "*disagreements*") == []


async def test_what_is_dropped_while_it_is_read_leaves_the_rest_uniform(
    small: Store, redis_server: RedisServer
) -> None:
    """What comes between reading and asking for the bounds takes nothing from the middle."""
    await small.samples(ROUTE, 0, CANDIDATE).keep(pairs(redis_server, range(100)))
    crowded = CrowdedClient(create_client(small.settings), small, pairs(redis_server, range(100, 2_000)))
    keys = [PartitionKeys(ROUTE, partition).sample("control", CANDIDATE) for partition in range(2)]
    found = {int(record.partition(b" ")[0]) for _, record in (await sampled(crowded, keys, [1]))[1]}
    await crowded.close()
    assert 0 < len(found) < 20
    assert found == smallest(range(100), len(found)) == await numbers(small) & set(range(100))


class CrowdedClient:
    """A client beside which pairs are kept, when it asks for a bound."""

    def __init__(self, client: Client, store: Store, pairs: Sequence[SampledPair]) -> None:
        self.everywhere = client.everywhere
        self.close = client.close
        self._client = client
        self._store = store
        self._pairs = pairs

    async def call(self, key: str, *command: Argument, timeout_s: float | None = None) -> Any:
        if command[0] == "HGET":
            await self._store.samples(ROUTE, 0, CANDIDATE).keep(self._pairs)
        return await self._client.call(key, *command, timeout_s=timeout_s)


def _dump(server: RedisServer) -> object:
    keys = [key for kind in SAMPLES for key in PartitionKeys(ROUTE, 0).sample(kind, CANDIDATE)]
    return [server.command("DUMP", key) for key in keys]
