"""Group commit: how much goes to the store at once. Each commit is felt by the requests under way meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from proxy.live.capture import Budget, Shelf
from proxy.live.counters import INDEX, CountersFile
from proxy.live.recorder import Recorder
from records.settings import RecordingSettings, RedisSettings
from records.store.client import create_client
from records.store.server import Client
from records.store.store import Store
from records.store.writer import CommitReceipt, ExchangeWriter
from tests.endpoint import Endpoint
from tests.proxy.live.proxying import Proxy, post
from tests.redis_server import RedisServer
from tests.until import until

KB = 1024


class WatchedWriter(ExchangeWriter):
    """Notes the bytes of each commit."""

    def __init__(self, client: Client) -> None:
        super().__init__(client, "root", "w1", max_bytes=1 << 30, max_age_ms=60_000)
        self.sizes: list[int] = []

    async def commit(self, partition: int, group: int, records: Sequence[bytes], totals: Any) -> CommitReceipt:
        if records:
            self.sizes.append(sum(map(len, records)))
        return await super().commit(partition, group, records, totals)


async def committed(store: Store, path: Path, records: Sequence[int], settings: RecordingSettings) -> list[int]:
    """The sizes of the commits in which records of these sizes arrive, when all of them wait at once."""
    client = create_client(store.settings)
    writer = WatchedWriter(client)
    budget = Budget(1 << 30)
    shelf = Shelf(budget, settings)
    counters = CountersFile(path / "counters", "w1").route("root")
    for size in records:
        assert shelf.offer(b"x" * size, 0) is None
        counters.add(INDEX["requests"])
        counters.add(INDEX["held"])
    recorder = Recorder("root", shelf, writer, counters, settings)
    async with asyncio.timeout(30):
        recorder.stop()
        await recorder.run()
    await client.close()
    assert (await store.coverage("root")).recorded == len(records)
    assert (budget.used, shelf.waiting_bytes) == (0, 0)
    return writer.sizes


@pytest.fixture
def settings() -> RecordingSettings:
    return RecordingSettings(partitions=2)


async def test_a_commit_is_small_while_little_waits(store: Store, tmp_path: Path, settings: RecordingSettings) -> None:
    """What is packed and sent at once stops all requests of the worker for as long."""
    sizes = await committed(store, tmp_path, [KB] * 300, settings)
    assert max(sizes) == 64 * KB
    assert sum(sizes) == 300 * KB


async def test_commits_grow_with_what_waits(store: Store, tmp_path: Path, settings: RecordingSettings) -> None:
    """Each costs a round trip: a store far away must not fall behind for that. No more than what was set, though."""
    sizes = await committed(store, tmp_path, [20 * KB] * 600, settings)
    assert max(sizes) == 1020 * KB
    assert sizes[0] > sizes[-2]


async def test_a_large_record_goes_alone(store: Store, tmp_path: Path, settings: RecordingSettings) -> None:
    """However large it is."""
    assert await committed(store, tmp_path, [KB, 3 * KB * KB, KB], settings) == [KB, 3 * KB * KB, KB]


async def test_a_store_that_was_away_is_said_to_be_back_once(
    own_redis: RedisServer, production: Endpoint, tmp_path: Path
) -> None:
    """One line when it goes and one when it comes, however often it was tried; what waited is recorded."""
    async with at(own_redis, production, tmp_path) as proxy:
        assert (await proxy.ask(post())).status == 200
        await proxy.settled(1)
        own_redis.kill()
        with capture_logs() as logs:
            for _ in range(3):
                assert (await proxy.ask(post())).status == 200
            await until(lambda: bool(logs))
            own_redis.start()
            assert await proxy.settled(4) == {"recorded": 4}
    lost, returned = logs
    assert lost["event"] == "store.lost"
    assert returned.items() >= {"event": "store.returned", "log_level": "info", "route": "root"}.items()


async def test_without_traffic_an_outage_is_noticed_and_so_is_its_end(
    own_redis: RedisServer, production: Endpoint, tmp_path: Path
) -> None:
    """Nobody has to ask anything for the log, and the reason of what is shed, to be right again."""
    async with at(own_redis, production, tmp_path) as proxy:
        await proxy.ask(post())
        recorder = proxy.worker._recorders["root"]
        await until(lambda: recorder._told == recorder._totals())  # nothing is left to commit
        with capture_logs() as logs:
            own_redis.kill()
            await until(lambda: len(logs) == 1)
            own_redis.start()
            await until(lambda: len(logs) == 2)
        assert not proxy.worker._shelves["root"].away
    assert [each["event"] for each in logs] == ["store.lost", "store.returned"]


async def test_a_store_that_comes_back_empty_is_said_to_be(
    forgetful_redis: RedisServer, production: Endpoint, tmp_path: Path
) -> None:
    """With how many exchanges are gone, of all partitions together."""
    async with at(forgetful_redis, production, tmp_path) as proxy:
        for number in range(1, 8):
            await proxy.ask(post())
            await proxy.settled(number)
        with capture_logs() as logs:
            forgetful_redis.command("FLUSHALL")
            await until(lambda: any(line["event"] == "store.emptied" for line in logs))
    (line,) = logs
    assert line == {"event": "store.emptied", "log_level": "warning", "route": "root", "exchanges_lost": 7}


@asynccontextmanager
async def at(server: RedisServer, production: Endpoint, directory: Path) -> AsyncIterator[Proxy]:
    store = Store.create(RedisSettings(url=server.url, timeout_s=1.0), RecordingSettings(partitions=2))
    try:
        async with Proxy(store, production.url, directory) as proxy:
            yield proxy
    finally:
        await store.close()
