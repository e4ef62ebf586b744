"""The loop that the product runs on, an endpoint, and pools of connections to it."""

from collections.abc import AsyncIterator, Callable

import pytest

from http1.pool import Pool
from http1.settings import ClientSettings
from http1.sweep import Sweep
from tests.endpoint import Endpoint, answer
from tests.loops import on_uvloop

pytest_asyncio_loop_factories = on_uvloop


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b"hello")) as endpoint:
        yield endpoint


@pytest.fixture
async def open_pool(endpoint: Endpoint, sweep: Sweep) -> AsyncIterator[Callable[..., Pool]]:
    pools: list[Pool] = []

    def create(**settings: object) -> Pool:
        extra = {"look_up": settings.pop("look_up")} if "look_up" in settings else {}
        pools.append(Pool(ClientSettings(**{"url": endpoint.url} | settings), sweep, **extra))  # type: ignore[arg-type]
        return pools[-1]

    yield create
    for pool in pools:
        await pool.close()
