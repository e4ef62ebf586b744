"""A recording read in order of time."""

from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.records.stages import ROUTE, Traffic
from tests.redis_server import RedisServer


async def test_partitions_are_merged_by_time(store: Store) -> None:
    """Records come in the order of their ids, over partitions and pages."""
    traffic = Traffic(store)
    written = []
    for number in range(60):
        written.append(b"%d" % number)
        await traffic.commit(written[-1], partition=number % 2)
    found = [(id_, record) async for id_, record in store.scan_exchanges(ROUTE)]
    assert sorted(record for _, record in found) == sorted(written)
    times = [int(id_.split("-")[0]) for id_, _ in found]
    assert times == sorted(times)


async def test_a_window_of_time(store: Store, redis_server: RedisServer) -> None:
    """since_ms and until_ms are inclusive."""
    traffic = Traffic(store)
    stamps = []
    for record in (b"a", b"b", b"c"):
        committed = await traffic.commit(record)
        stamps.append(int(committed.last_id.split("-")[0]))
        while redis_server.now_ms() <= stamps[-1]:
            pass
    window = store.scan_exchanges(ROUTE, since_ms=stamps[1], until_ms=stamps[1])
    assert [record async for _, record in window] == [b"b"]


async def test_partitions_of_former_settings_are_read(store: Store, redis_server: RedisServer) -> None:
    """Fewer partitions in the settings than before do not hide what the others hold."""
    await store.partitions(ROUTE)
    await Traffic(store).commit(b"a", partition=1)
    narrower = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=1))
    assert await narrower.partitions(ROUTE) == 2
    assert [record async for _, record in narrower.scan_exchanges(ROUTE)] == [b"a"]
    await narrower.close()
