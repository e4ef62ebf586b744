"""A store on a test's Redis server, for as long as a test needs one of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.redis_server import RedisServer

TWO_PARTITIONS = RecordingSettings(partitions=2)
LEASE_S = 0.9  # a test can wait for one to run out


@asynccontextmanager
async def opened(
    server: RedisServer, recording: RecordingSettings = TWO_PARTITIONS, **settings: float
) -> AsyncIterator[Store]:
    """Closed at the end. `settings`: of the connection to Redis."""
    store = Store.create(RedisSettings(url=server.url, **settings), recording)
    try:
        yield store
    finally:
        await store.close()
