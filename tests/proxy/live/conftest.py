"""The loop that the product runs on, one Redis (which version it is makes no difference here), and a production."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from records.store.store import Store
from tests.endpoint import Endpoint, answer
from tests.places import short_directory
from tests.proxy.live.proxying import Proxy
from tests.redis_server import RedisServer


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], object]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    with short_directory() as directory:
        server = RedisServer(directory).start()
        yield server
        server.stop()


@pytest.fixture
async def production() -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b'{"outputs": []}', "200 OK", "Content-Type: application/json")) as endpoint:
        yield endpoint


@pytest.fixture
def proxy(store: Store, production: Endpoint, tmp_path: Path) -> Proxy:
    """Not started yet: a test may change what it is started with. Use as `async with proxy`."""
    return Proxy(store, production.url, tmp_path)
