"""A data directory, and the Redis that lives in it."""

from collections.abc import AsyncIterator

import pytest

from understudy.site.datadir import DataDir
from understudy.site.embedded_redis import EmbeddedRedis


@pytest.fixture
def data(tmp_path_factory: pytest.TempPathFactory) -> DataDir:
    data = DataDir(str(tmp_path_factory.mktemp("d")))
    data.create()
    return data


@pytest.fixture
async def redis(data: DataDir) -> AsyncIterator[EmbeddedRedis]:
    redis = EmbeddedRedis(data)
    await redis.start()
    yield redis
    await redis.stop()
