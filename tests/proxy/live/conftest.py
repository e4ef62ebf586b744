"""The loop that the product runs on, and a production."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from records.store.store import Store
from tests.endpoint import Endpoint, answer
from tests.loops import on_uvloop
from tests.proxy.live.proxying import Proxy

pytest_asyncio_loop_factories = on_uvloop


@pytest.fixture
async def production() -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b'{"outputs": []}', "200 OK", "Content-Type: application/json")) as endpoint:
        yield endpoint


@pytest.fixture
def proxy(store: Store, production: Endpoint, tmp_path: Path) -> Proxy:
    """Not started yet: a test may change what it is started with. Use as `async with proxy`."""
    return Proxy(store, production.url, tmp_path)
