"""A lane's work in threads: it may take longer than a lease, which is renewed meanwhile.

A thread can't be stopped. When a lease is lost its lane ends at once, but what it had given to a thread stays in memory
until the thread has done it: a heavy turn keeps the gate closed for as long.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")


class Apart:
    """Of one lane, which has one thing at a time done apart."""

    def __init__(self, heavy: asyncio.Lock) -> None:
        """`heavy`: of the process. Who has it may hold a turn of the largest size."""
        self._heavy = heavy
        self._working: asyncio.Future[Any] | None = None

    async def do(self, work: Callable[..., Outcome], *arguments: Any) -> Outcome:
        working = asyncio.get_running_loop().run_in_executor(None, partial(work, *arguments))
        self._working = working
        working.add_done_callback(self._done)
        return await asyncio.shield(working)

    @asynccontextmanager
    async def heavy(self) -> AsyncIterator[None]:
        """No other lane of this process has much in memory, within nor until what was left to a thread is done."""
        await self._heavy.acquire()
        try:
            yield
        finally:
            if self._working is None:
                self._heavy.release()
            else:
                self._working.add_done_callback(lambda _: self._heavy.release())

    def _done(self, working: asyncio.Future[Any]) -> None:
        if self._working is working:
            self._working = None  # its outcome may be large
