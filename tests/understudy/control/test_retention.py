"""How long a recording lasts, as it is logged: once it is known, and when it has changed by a lot."""

import pytest
from structlog.testing import capture_logs

from records.errors import StoreAway
from records.settings import RecordingSettings, RedisSettings
from records.store.keys import PartitionKeys
from records.store.store import Store
from tests.redis_server import RedisServer
from understudy.control.retention import look
from understudy.settings.model import Route, Settings

SETTINGS = Settings(
    recording=RecordingSettings(max_bytes=20_000_000),
    routes=tuple(Route(prefix=prefix, production="http://127.0.0.1:9001") for prefix in ("/a", "/b")),
)


async def said(store: Store, before: dict[str, float]) -> list[dict[str, object]]:
    with capture_logs() as logs:
        await look(store, SETTINGS, before)
    assert all((each["event"], each["log_level"]) == ("recording.measured", "info") for each in logs)
    return logs


async def spanning(store: Store, server: RedisServer, span_s: int, group: int) -> None:
    """A record more on route a; from the oldest to the newest it is so long."""
    await store.writer("a", "w").commit(0, group, [b"x" * 10_000], {"requests": group})
    at = PartitionKeys("a", 0).exchanges
    oldest_ms = int(server.command("LINDEX", at.ledger, 0).partition(b"-")[0])
    server.command("HSET", at.head, "ms", oldest_ms + span_s * 1000)


async def test_it_is_said_once_and_again_when_it_has_doubled(store: Store, redis_server: RedisServer) -> None:
    """Nothing while there is too little to tell; then for each route that has enough; no small change."""
    before: dict[str, float] = {}
    await spanning(store, redis_server, 9, group=1)
    assert await said(store, before) == []
    await spanning(store, redis_server, 20, group=2)
    (line,) = await said(store, before)
    assert line["route"] == "a"
    # Two records of 10 kB in 20 s, and a route's half of 20 MB: 10,000 s, less what a record costs beside its bytes.
    assert 9_000 < float(str(line["lasts_s"])) <= 10_000
    await spanning(store, redis_server, 31, group=3)
    assert await said(store, before) == []
    await spanning(store, redis_server, 100, group=4)
    (line,) = await said(store, before)
    assert 22_000 < float(str(line["lasts_s"])) <= 25_000


async def test_a_store_that_is_away_is_not_measured() -> None:
    """Others say so."""
    away = Store.create(RedisSettings(url="redis://127.0.0.1:1/0"), RecordingSettings())
    with capture_logs() as logs, pytest.raises(StoreAway):
        await look(away, SETTINGS, {})
    assert logs == []
    await away.close()
