"""Child processes that tell by a line of output when they are ready, and that end with their owner.

All output goes to one log file each, and an error quotes its end. Each child has a session of its own, so that Ctrl-C
reaches the owner alone and the order of ending is the owner's.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from ground.tasks import Tasks
from understudy.demo.errors import ProcessError

QUOTED_LINES = 15
MAX_LINE_BYTES = 1_048_576
ENDS_WITHIN_S = 40.0  # serve gives itself 25 (stop_deadline_s)


class Child:
    """One process. `ready` becomes the line with `until` in it; without `until`, the last line of a good end.

    Raises ProcessError where the process ends otherwise.
    """

    def __init__(self, name: str, process: Process, log: Path, until: str | None) -> None:
        self.ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        # An end that nobody waits for any more is no surprise to report.
        self.ready.add_done_callback(lambda ready: ready.cancelled() or ready.exception())
        self._name = name
        self._process = process
        self._log = log
        self._until = until

    async def read(self) -> None:
        """All that it says, to the end."""
        assert self._process.stdout is not None  # noqa: S101 - started with a pipe
        tail: deque[str] = deque(maxlen=QUOTED_LINES)
        with self._log.open("ab", buffering=0) as log:
            async for line in self._process.stdout:
                log.write(line)
                tail.append(line.decode(errors="replace").rstrip())
                if self._until is not None and self._until in tail[-1] and not self.ready.done():
                    self.ready.set_result(tail[-1])
        code = await self._process.wait()
        if self.ready.done():
            return
        if code == 0 and self._until is None:
            self.ready.set_result(tail[-1] if tail else "")
        else:
            said = "\n".join(f"    {line}" for line in tail) or "    nothing"
            self.ready.set_exception(ProcessError(f"{self._name} ended with exit code {code}; it said last:\n{said}"))

    async def end(self, within_s: float) -> None:
        """Ask, wait, then insist."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), within_s)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


class Processes:
    """The owner. On leaving, all that were started have ended, the last one first."""

    def __init__(
        self, directory: Path, environment: Mapping[str, str], *, ends_within_s: float = ENDS_WITHIN_S
    ) -> None:
        self._directory = directory
        self._environment = environment
        self._ends_within_s = ends_within_s
        self._children: list[Child] = []
        self._tasks = Tasks()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for child in reversed(self._children):
            await child.end(self._ends_within_s)
        await self._tasks.stop()

    async def start(self, name: str, *command: str, until: str | None = None) -> Child:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self._directory,
            env=self._environment,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,
            limit=MAX_LINE_BYTES,
        )
        child = Child(name, process, self._directory / f"{name}.log", until)
        self._children.append(child)
        self._tasks.start(f"demo.{name}.output", child.read())
        return child
