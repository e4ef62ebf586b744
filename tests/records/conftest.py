"""The store's own tests run against every server at hand."""

from collections.abc import AsyncIterator, Iterator

import pytest

from records.store.store import Store
from tests.places import short_directory
from tests.records.work import opened
from tests.redis_server import RedisServer, binaries


@pytest.fixture(scope="session", params=binaries())
def binary(request: pytest.FixtureRequest) -> str:
    return binaries()[request.param]


@pytest.fixture(scope="session")
def shared_redis(binary: str) -> Iterator[RedisServer]:
    with short_directory() as directory:
        server = RedisServer(directory, binary=binary).start()
        yield server
        server.stop()


@pytest.fixture
async def brisk_store(redis_server: RedisServer) -> AsyncIterator[Store]:
    async with opened(redis_server) as store:
        yield store
