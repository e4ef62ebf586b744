"""Dead workers' counters: booked once, kept while the store is away, left alone while their worker lives."""

from pathlib import Path

import pytest

from proxy.live.counters import INDEX, RETIRED, CountersFile, read_counters
from records.codec import Codec
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.understudy.reading.test_recordings import exchange
from understudy.processes.settlement import Settlement
from understudy.site.datadir import DataDir

CODEC = Codec()


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(str(tmp_path))
    data.create()
    return data


async def dead_worker(data: DataDir, store: Store, name: str) -> None:
    """Ten requests: two not sampled, three recorded, one shed, four that died with it."""
    file = CountersFile(data.counters / f"{name}.mm", name)
    row = file.route("root")
    for counter, count in {"requests": 10, "not_sampled.ratio": 2, "recorded": 3, "shed.buffer": 1, "held": 4}.items():
        row.add(INDEX[counter], count)
    totals = {"requests": 5, "not_sampled.ratio": 2, "held": 0}
    await store.writer("root", name).commit(0, 1, [CODEC.encode(exchange(number)) for number in range(3)], totals)
    file.close()


async def test_what_died_with_a_worker_is_shed_and_everything_adds_up(data: DataDir, store: Store) -> None:
    """Store and metrics say the same, and a second look changes nothing."""
    await dead_worker(data, store, "w1")
    settlement = Settlement(data, store)
    assert await settlement.settle_all()
    assert await settlement.settle_all()
    found = await store.coverage("root")
    assert (found.requests, found.recorded, found.held) == (10, 3, 0)
    assert (found.not_sampled, found.shed) == ({"ratio": 2}, {"buffer": 1, "worker_died": 4})
    assert [file.name for file in data.counters.iterdir()] == [RETIRED]
    counted = read_counters(data.counters / RETIRED)[1]["root"]
    assert (counted["requests"], counted["recorded"], counted["shed.worker_died"]) == (10, 3, 4)


async def test_a_living_worker_is_left_alone(data: DataDir, store: Store) -> None:
    """It holds the lock of its name; when that is gone, it is dead."""
    await dead_worker(data, store, "w1")
    lock = data.hold("w1")
    assert await Settlement(data, store).settle_all()
    assert (await store.coverage("root")).requests == 5
    lock.release()
    assert await Settlement(data, store).settle_all()
    assert (await store.coverage("root")).requests == 10


async def test_nothing_is_forgotten_while_the_store_is_away(data: DataDir, store: Store) -> None:
    """The file stays until the store has what it says."""
    await dead_worker(data, store, "w1")
    away = Store.create(RedisSettings(url="redis://127.0.0.1:1/0"), RecordingSettings(partitions=2))
    assert not await Settlement(data, away).settle_all()
    await away.close()
    assert (data.counters / "w1.mm").exists()
    assert await Settlement(data, store).settle_all()
    assert (await store.coverage("root")).requests == 10


async def test_a_file_that_is_none_of_ours_is_set_aside(data: DataDir, store: Store) -> None:
    """It neither ends the settlement nor comes up again."""
    (data.counters / "w0.mm").write_bytes(b"nonsense")
    await dead_worker(data, store, "w1")
    assert await Settlement(data, store).settle_all()
    assert sorted(file.name for file in data.counters.iterdir()) == [RETIRED, "w0.unreadable"]
    assert (await store.coverage("root")).requests == 10


async def test_a_disk_that_takes_nothing_is_waited_for(data: DataDir, store: Store) -> None:
    """The dead worker's file stays until its counts have found their place."""
    await dead_worker(data, store, "w1")
    in_the_way = data.counters / "retired.new"
    in_the_way.mkdir()
    settlement = Settlement(data, store)
    assert not await settlement.settle_all()
    assert (data.counters / "w1.mm").exists()
    in_the_way.rmdir()
    assert await settlement.settle_all()
    found = await store.coverage("root")
    assert (found.requests, found.shed["worker_died"]) == (10, 4)
    assert read_counters(data.counters / RETIRED)[1]["root"]["requests"] == 10
