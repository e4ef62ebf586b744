"""Owned background work: every task has a name, a strong reference and a logged failure."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger()


class Tasks:
    """Starts tasks and ends them together. One for each owner; nothing outlives `stop()`."""

    def __init__(self, on_failure: Callable[[str, BaseException], None] | None = None) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_failure = on_failure

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def wait_for(self, name: str, timeout_s: float) -> None:
        """Wait until the tasks of this name have ended, or for `timeout_s`."""
        if named := [task for task in self._tasks if task.get_name() == name]:
            await asyncio.wait(named, timeout=max(0.0, timeout_s))

    async def stop(self) -> None:
        """Cancel what still runs and wait for it."""
        for task in list(self._tasks):
            task.cancel()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            # From Python 3.12 on, gather of tasks that have ended returns without letting their callbacks run: this
            # would look at the same tasks for ever.
            await asyncio.sleep(0)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            log.error("task.failed", task=task.get_name(), exc_info=error)
            if self._on_failure is not None:
                self._on_failure(task.get_name(), error)
