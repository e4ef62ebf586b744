"""One worker process, kept alive: started, told what changes, started again when it dies, drained, ended.

The supervisor holds one of these for each worker of each role, and knows no process itself.
"""

import asyncio
import contextlib
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence

import structlog

from ground.tasks import Tasks
from understudy.processes.backoff import Backoff
from understudy.processes.channel import BEATS, Channel, Drain, Message, Start, Started
from understudy.processes.watchdog import Watchdog
from understudy.settings.model import Role

log = structlog.get_logger()

CHILD = (sys.executable, "-m", "understudy.processes.child")


class WorkerProcess:
    """`describe` says, at each start anew, what the worker is told; `on_end` hears the name of each that ended."""

    def __init__(
        self,
        role: Role,
        describe: Callable[[], Start],
        on_end: Callable[[str], None],
        command: Sequence[str] = CHILD,
    ) -> None:
        self.role = role
        self.started = asyncio.Event()
        self._describe = describe
        self._on_end = on_end
        self._command = command
        self._backoff = Backoff()
        self._process: Process | None = None
        self._channel: Channel | None = None
        self._last_order: Drain | None = None
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._tasks = Tasks()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        self._tasks.start(f"{self.role}.keep", self._keep())

    def tell(self, message: Message) -> None:
        if self._channel is not None:
            self._channel.send(message)

    async def drain(self, deadline_s: float) -> None:
        """Let it finish, by force after the deadline. Returns when it has ended."""
        self._last_order = Drain(deadline_s)
        self.tell(self._last_order)
        self._stopping.set()
        if not self.started.is_set() and self._process is not None and self._process.returncode is None:
            self._process.kill()  # it may not listen to us yet, and has nothing to finish
        try:
            async with asyncio.timeout(deadline_s + 1.0):  # it keeps the deadline itself, if it can
                await self._ended.wait()
        except TimeoutError:
            log.error("worker.killed", worker_role=self.role, pid=self.pid, after_s=deadline_s)
            self.kill()
            await self._ended.wait()
        await self._tasks.stop()

    def kill(self) -> None:
        """End it at once; it is not started again."""
        self._stopping.set()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _keep(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            start = self._describe()
            process = await self._launched(start)
            log.info("worker.started", worker_role=self.role, pid=process.pid, worker=start.name)
            watchdog = Watchdog()
            watching = self._tasks.start(
                f"{self.role}.watch", self._watch(watchdog, process, start.settings.watchdog_s)
            )
            await self._listen(watchdog)
            watching.cancel()
            why = _why(await process.wait())
            self.started.clear()
            self._on_end(start.name)
            if self._stopping.is_set():
                break
            pause_s = self._backoff.after(time.monotonic() - began)
            log.error(
                "worker.died", worker_role=self.role, pid=process.pid, worker=start.name, why=why, again_after_s=pause_s
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._stopping.wait()
        self._ended.set()

    async def _launched(self, start: Start) -> Process:
        ours, theirs = socket.socketpair()
        inherited = [descriptor for descriptor in (start.listening, start.ops) if descriptor is not None]
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                str(theirs.fileno()),
                pass_fds=(theirs.fileno(), *inherited),
                stdin=asyncio.subprocess.DEVNULL,
            )
        self._process, self._channel = process, await Channel.over(ours)
        self._channel.send(start)
        if self._last_order is not None:  # the stop came while it was being started
            self._channel.send(self._last_order)
        return process

    async def _watch(self, watchdog: Watchdog, process: Process, watchdog_s: float) -> None:
        """End a process that hangs: it is replaced as one that died. While it drains, the deadline of that holds."""
        if watchdog_s == 0:
            return
        while True:
            await asyncio.sleep(watchdog_s / BEATS)
            if watchdog.tick():
                break
        if not self._stopping.is_set():
            log.error("worker.hung", worker_role=self.role, pid=process.pid, silent_s=watchdog_s)
            process.kill()  # a stopped process hears nothing less

    async def _listen(self, watchdog: Watchdog) -> None:
        """Until the channel ends, which the kernel sees to when the process does."""
        assert self._channel is not None  # noqa: S101 - launched just before
        while (message := await self._channel.receive()) is not None:
            watchdog.heard()
            if isinstance(message, Started):
                self.started.set()
        self._channel.close()
        self._channel = None


def _why(code: int) -> str:
    if code >= 0:
        return f"ended by itself with exit code {code}"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"killed by {name}"
