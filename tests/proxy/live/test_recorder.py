"""Group commit: how much goes to the store at once. Each commit is felt by the requests under way meanwhile."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from proxy.live.capture import Budget, Shelf
from proxy.live.counters import INDEX, CountersFile
from proxy.live.recorder import Recorder
from records.client import create_client
from records.server import Client
from records.settings import RecordingSettings
from records.store import Store
from records.writer import Committed, ExchangeWriter

KB = 1024


class Watched(ExchangeWriter):
    """Notes the bytes of each commit."""

    def __init__(self, client: Client) -> None:
        super().__init__(client, "root", "w1", max_bytes=1 << 30, max_age_ms=60_000)
        self.sizes: list[int] = []

    async def commit(self, partition: int, group: int, records: Sequence[bytes], totals: Any) -> Committed:
        if records:
            self.sizes.append(sum(map(len, records)))
        return await super().commit(partition, group, records, totals)


async def committed(store: Store, path: Path, records: Sequence[int], settings: RecordingSettings) -> list[int]:
    """The sizes of the commits in which records of these sizes arrive, when all of them wait at once."""
    client = create_client(store.settings)
    writer = Watched(client)
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
