"""The store's own tests run against every version of Redis at hand."""

from collections.abc import Iterator

import pytest

from tests.places import short_directory
from tests.redis_server import RedisServer, binaries


@pytest.fixture(scope="session", params=sorted(binaries()))
def shared_redis(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    with short_directory() as directory:
        server = RedisServer(directory, binary=binaries()[request.param]).start()
        yield server
        server.stop()
