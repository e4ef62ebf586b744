"""The loop that tests run on where it makes a difference. A conftest.py has it as `pytest_asyncio_loop_factories`."""

from collections.abc import Callable

import pytest
import uvloop


def on_uvloop(config: pytest.Config, item: pytest.Item) -> dict[str, Callable[[], object]]:
    return {"uvloop": uvloop.new_event_loop}
