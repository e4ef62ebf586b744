"""The loop that the product runs on, its sweep, and TLS material."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import uvloop

from http1.sweep import Sweep
from tests.certificates import Certificates


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], object]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def sweep() -> AsyncIterator[Sweep]:
    sweep = Sweep(asyncio.get_running_loop())
    yield sweep
    sweep.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("tls"))
