"""Writing: each group once, within the bounds, and counted."""

import pytest

from records.errors import WriterClosed
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, Traffic
from tests.redis_server import RedisServer


async def scanned(store: Store) -> list[bytes]:
    return [record async for _, record in store.scan_exchanges(ROUTE)]


async def test_records_get_dense_numbers(store: Store) -> None:
    """Ids carry the partition's dense sequence number, over groups and writers."""
    await Traffic(store, "w1").commit(b"a", b"b")
    await Traffic(store, "w2").commit(b"c")
    ids = [id_ async for id_, _ in store.scan_exchanges(ROUTE)]
    assert [id_.split("-")[1] for id_ in ids] == ["1", "2", "3"]


async def test_a_group_sent_twice_is_applied_once(store: Store) -> None:
    """A writer's number that the store has already is answered as it was, not repeated."""
    first = await store.writer(ROUTE, "w").commit(0, 1, [b"a"], {"requests": 1})
    assert await store.writer(ROUTE, "w").commit(0, 1, [b"a"], {"requests": 1}) == first
    assert await scanned(store) == [b"a"]
    assert (await store.coverage(ROUTE)).requests == 1


async def test_totals_without_records_are_booked(store: Store) -> None:
    """A group of no records books what the totals grew by."""
    writer = store.writer(ROUTE, "w")
    await writer.commit(0, 1, [], {"requests": 3, "not_sampled.ratio": 2, "held": 1})
    await writer.commit(1, 2, [], {"requests": 4, "not_sampled.ratio": 2, "shed.buffer": 2, "held": 0})
    coverage = await store.coverage(ROUTE)
    assert (coverage.requests, coverage.not_sampled, coverage.shed, coverage.held) == (
        4,
        {"ratio": 2},
        {"buffer": 2},
        0,
    )


async def test_a_writer_knows_when_it_is_forgotten(store: Store, redis_server: RedisServer) -> None:
    """Also in a partition that gets no more groups; what it put nowhere cannot be lost."""
    writer = store.writer(ROUTE, "w")
    assert not await writer.is_forgotten()
    await writer.commit(0, 1, [b"a"], {"requests": 1})
    assert not await writer.is_forgotten()
    redis_server.command("FLUSHALL")
    assert await writer.is_forgotten()
    assert (await writer.commit(0, 2, [], {"requests": 1})).store_lost == 1
    assert not await writer.is_forgotten()


async def test_the_oldest_groups_go_when_bytes_are_full(redis_server: RedisServer) -> None:
    """A partition's stream stays within its share of max_bytes with no reader alive; the newest stay."""
    store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=1, max_bytes=65_536))
    traffic = Traffic(store)
    for number in range(20):
        committed = await traffic.commit(bytes([number]) * 9_000)
        assert committed.stream_bytes <= 65_536
    assert [record[0] for record in await scanned(store)] == [13, 14, 15, 16, 17, 18, 19]
    await store.close()


async def test_max_bytes_is_shared_among_routes(redis_server: RedisServer) -> None:
    """With two routes, one of them may take half."""
    store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=1, max_bytes=65_536))
    writer = store.writer(ROUTE, "w", routes=2)
    for number in range(9):
        committed = await writer.commit(0, number, [bytes(8_000)], {"requests": number + 1})
        assert committed.stream_bytes <= 32_768
    await store.close()


async def test_what_is_too_old_goes(redis_server: RedisServer) -> None:
    """A commit drops what is older than max_age_s, even where it brings no record."""
    store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=1, max_age_s=0.001))
    traffic = Traffic(store)
    await traffic.commit(b"old")
    while (await traffic.commit()).stream_bytes:
        pass
    assert await scanned(store) == []
    await store.close()


async def test_a_group_beyond_the_bound_is_counted_as_expired(redis_server: RedisServer) -> None:
    """Records larger than the whole bound are recorded, dropped, and counted for the candidate as expired."""
    store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=1, max_bytes=65_536))
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    await Traffic(store).commit(bytes(70_000))
    group = store.group(ROUTE, 0, CANDIDATE, "mirror", "o")
    await group.acquire()
    assert await group.fetch(10) == []
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.recorded, coverage.skipped, coverage.waiting) == (1, {"expired": 1}, 0)
    await store.close()


async def test_a_group_of_more_than_256_is_refused(store: Store) -> None:
    """The bound on one commit is kept here."""
    with pytest.raises(ValueError, match="at most 256"):
        await store.writer(ROUTE, "w").commit(0, 1, [b""] * 257, {"requests": 257})


async def test_a_number_of_the_past_is_refused(store: Store) -> None:
    """A late copy of a group before the last one is not applied again."""
    await Traffic(store).commit(b"a")
    late = store.writer(ROUTE, "w1")
    await store.writer(ROUTE, "w1").commit(0, 5, [b"b"], {"requests": 2})
    with pytest.raises(Exception, match="already committed group 5"):
        await late.commit(0, 2, [b"c"], {"requests": 3})
    assert await scanned(store) == [b"a", b"b"]


async def test_a_settled_writer_is_refused(store: Store) -> None:
    """What a dead writer's process may still send arrives nowhere."""
    traffic = Traffic(store)
    await traffic.commit(b"a")
    await store.settle_dead_writer(ROUTE, "w1", traffic.totals)
    for partition in (0, 1):
        with pytest.raises(WriterClosed):
            await store.writer(ROUTE, "w1").commit(partition, 9, [b"b"], {"requests": 2})
    assert await scanned(store) == [b"a"]


async def test_settling_books_what_a_dead_writer_held(store: Store) -> None:
    """Requests that it had accepted and neither recorded nor counted otherwise are shed{worker_died}; once."""
    writer = store.writer(ROUTE, "w")
    await writer.commit(0, 1, [b"a"], {"requests": 3, "not_sampled.ratio": 1, "held": 1})
    await writer.commit(1, 2, [b"b"], {"requests": 9, "not_sampled.ratio": 2, "shed.buffer": 1, "held": 4})
    final = {"requests": 12, "not_sampled.ratio": 3, "shed.buffer": 2, "held": 5}
    assert await store.settle_dead_writer(ROUTE, "w", final) == 5
    assert await store.settle_dead_writer(ROUTE, "w", final) == 5
    coverage = await store.coverage(ROUTE)
    assert coverage.requests == 12
    assert coverage.shed == {"buffer": 2, "worker_died": 5}
    assert (coverage.held, coverage.recorded) == (0, 2)


async def test_only_so_many_writers_are_remembered(store: Store, redis_server: RedisServer) -> None:
    """Beyond the bound the longest silent writer's state goes; what it counted stays."""
    for number in range(1_026):
        await store.writer(ROUTE, f"w{number}").commit(0, 1, [], {"requests": 1})
    assert redis_server.command("ZCARD", f"us:{{{ROUTE}.0}}:writers") == 1_024
    assert len(redis_server.command("KEYS", "us:*:writer:*")) == 1_024
    assert (await store.coverage(ROUTE)).requests == 1_026
