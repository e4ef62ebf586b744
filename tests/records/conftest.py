"""The store's own tests run against every version of Redis at hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis_server import RedisServer, binaries


@pytest.fixture(scope="session", params=sorted(binaries()))
def shared_redis(request: pytest.FixtureRequest, short_dir: Path) -> Iterator[RedisServer]:
    directory = short_dir / request.param
    directory.mkdir()
    server = RedisServer(directory, binary=binaries()[request.param]).start()
    yield server
    server.stop()
