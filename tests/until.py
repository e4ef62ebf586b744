"""Waiting for what another process does: by looking again, with a deadline, since it has no event to give us."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")


async def until(look: Callable[[], Awaitable[Found | None]], what: str, within_s: float = 60.0) -> Found:
    """Look until there is something, and return it. Fails with `what` was waited for."""
    last: object = None
    try:
        async with asyncio.timeout(within_s):
            while not (last := await look()):
                await asyncio.sleep(0.05)
            return last
    except TimeoutError:
        raise AssertionError(f"waited {within_s:g} s for {what}; last saw {last!r}") from None
