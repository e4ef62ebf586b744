"""The loop that the product runs on, and its sweep."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from http1.sweep import Sweep


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], object]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def sweep() -> AsyncIterator[Sweep]:
    sweep = Sweep(asyncio.get_running_loop())
    yield sweep
    sweep.stop()
