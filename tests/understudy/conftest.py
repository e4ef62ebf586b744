"""What the command's tests share."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from tests.endpoint import Endpoint, answer


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command that runs in our process sets up logs for good; other tests must not feel it."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
async def production() -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b'{"late": 0.25}', "200 OK", "Content-Type: application/json")) as endpoint:
        yield endpoint
