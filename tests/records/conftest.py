"""The store's own tests run against every server at hand."""

from collections.abc import Iterator

import pytest

from tests.redis_server import RedisServer, binaries, running


@pytest.fixture(scope="session", params=binaries())
def binary(request: pytest.FixtureRequest) -> str:
    return binaries()[request.param]


@pytest.fixture(scope="session")
def shared_redis(binary: str) -> Iterator[RedisServer]:
    with running(binary=binary) as server:
        yield server
