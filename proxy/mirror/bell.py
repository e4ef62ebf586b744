"""A bell: wakes everyone who waits at the moment it rings. Who wakes looks again at what it waits for."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Bell:
    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait(self, timeout_s: float | None = None) -> None:
        """Until it rings, or `timeout_s` have passed."""
        rung = self._rung
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await rung.wait()
