"""What the promises' tests share: a production and a candidate that can be told what to do."""

from collections.abc import AsyncIterator

import pytest

from tests.endpoint import Endpoint, answer


@pytest.fixture
async def production() -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b'{"predictions": [0.25]}', "200 OK", "Content-Type: application/json")) as endpoint:
        yield endpoint


@pytest.fixture
async def candidate() -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b'{"predictions": [0.25]}', "200 OK", "Content-Type: application/json")) as endpoint:
        yield endpoint
