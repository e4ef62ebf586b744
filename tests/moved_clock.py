"""A loop's clock that a test moves on: what is due after an hour is seen without waiting, and so is that nothing is."""

import asyncio
from collections.abc import Callable
from typing import Any


class MovedClock:
    """What `Sweep` asks of its loop. Between moves time passes as it does."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ahead_s = 0.0
        self._due: tuple[asyncio.TimerHandle, Callable[..., Any]] | None = None

    def time(self) -> float:
        return self._loop.time() + self._ahead_s

    def call_soon(self, callback: Callable[..., Any]) -> asyncio.Handle:
        return self._loop.call_soon(callback)

    def call_at(self, when: float, callback: Callable[..., Any]) -> asyncio.TimerHandle:
        timer = self._loop.call_at(when - self._ahead_s, callback)
        self._due = timer, callback
        return timer

    def move(self, seconds: float) -> None:
        """So much time has passed: whatever the sweep would have done by then is done on return."""
        self._ahead_s += seconds
        assert self._due is not None, "nobody set a timer"
        timer, callback = self._due
        timer.cancel()
        callback()
