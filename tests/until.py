"""Waiting for what gives us no event, another process above all: by looking again, with a deadline. The one place that
does; what has an event is waited for by it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar

Found = TypeVar("Found")

_FIRST_S, _LAST_S = 0.001, 0.05  # what comes soon is not waited for long, what takes long not looked at often


async def at_rest() -> None:
    """When this loop has done what it can without anybody else: what was going to happen by now has happened."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(
    look: Callable[[], Found | Awaitable[Found | None] | None], what: str = "a condition", within_s: float = 60.0
) -> Found:
    """Look until there is something, and return it. Fails with `what` was waited for."""
    last: object = None
    pause_s = _FIRST_S
    try:
        async with asyncio.timeout(within_s):
            while True:
                found = look()
                last = await found if isawaitable(found) else found
                if last:
                    return last
                await asyncio.sleep(pause_s)
                pause_s = min(1.5 * pause_s, _LAST_S)
    except TimeoutError:
        raise AssertionError(f"waited {within_s:g} s for {what}; last saw {last!r}") from None
