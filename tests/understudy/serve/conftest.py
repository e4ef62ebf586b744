"""What the tests of `serve` share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.endpoint import Endpoint, answer


@pytest.fixture
def directory(short_dir: Path) -> Path:
    """Short enough for a Unix socket in a data directory."""
    return short_dir


@pytest.fixture
async def candidate() -> AsyncIterator[Endpoint]:
    async with Endpoint(answer(b'{"late": 0.75}', "200 OK", "Content-Type: application/json")) as endpoint:
        yield endpoint
