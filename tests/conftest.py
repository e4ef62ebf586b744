"""Fixtures that several packages' tests use."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from records.settings import RecordingSettings, RedisSettings
from records.store import Store
from tests.redis_server import RedisServer, binaries


@pytest.fixture(scope="session")
def short_dir() -> Iterator[Path]:
    """A directory whose path leaves room for a Unix socket's name, which pytest's own may not."""
    with tempfile.TemporaryDirectory(prefix="us-", dir="/tmp") as directory:
        yield Path(directory)


@pytest.fixture(scope="session", params=sorted(binaries()))
def shared_redis(request: pytest.FixtureRequest, short_dir: Path) -> Iterator[RedisServer]:
    directory = short_dir / request.param
    directory.mkdir()
    server = RedisServer(directory, binary=binaries()[request.param]).start()
    yield server
    server.stop()


@pytest.fixture
def redis_server(shared_redis: RedisServer) -> RedisServer:
    """An empty Redis, once of each version at hand. It is shared: don't stop it."""
    shared_redis.command("FLUSHALL")
    return shared_redis


@pytest.fixture
async def store(redis_server: RedisServer) -> AsyncIterator[Store]:
    """A store of two partitions a route."""
    store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=2))
    yield store
    await store.close()


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server for one test, to be killed, stopped and restarted; it appends to a file, so that it keeps what it had."""
    with tempfile.TemporaryDirectory(prefix="us-", dir="/tmp") as directory:
        server = RedisServer(Path(directory), "--appendonly", "yes", "--appendfsync", "always").start()
        yield server
        server.stop()
