"""`serve`: the order in which everything is started, changed and ended.

The supervisor holds the workers; it serves no request and compares nothing. What dies is started again: a worker by its
WorkerProcess, the embedded Redis by its RedisKeeper. Signals: SIGHUP reads the file again; SIGTERM and
SIGINT stop in order, and at once when they come again later.
"""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from ground.tasks import Tasks
from records.settings import RedisSettings
from records.store.store import Store
from understudy import logs
from understudy.control import overlays, retention, subjects
from understudy.processes.channel import Reload, Start, Unready
from understudy.processes.redis_keeper import RedisKeeper
from understudy.processes.settlement import Settlement
from understudy.processes.workers import WorkerProcess
from understudy.settings.loading import SettingsError
from understudy.settings.model import RELOADED, ROLES, Role, Settings
from understudy.site.datadir import DataDir
from understudy.site.embedded_redis import EmbeddedRedis
from understudy.site.preflight import reloaded
from understudy.site.sockets import Sockets

log = structlog.get_logger()

REFUSED_AFTER_S = 0.5  # the proxies empty the queue and shut the socket in a moment; one that hangs does not
# Who stops us often says so twice: `timeout` signals its child and then the group that this is in, a terminal signals
# everybody in it, and a wrapper among them passes the signal on.
SAME_STOP_S = 1.0
LAST_S = 2.0  # what a role gets for its end even where those before it used up the deadline


class ReceivedSignal(NamedTuple):
    """A signal, and when it came."""

    number: signal.Signals
    at_s: float


class Supervisor:
    """`file` is what the operator had written at the start, `settings` the same with `redis` and `secret` given.
    `read_again` answers what the operator has written now, or raises SettingsError.
    """

    def __init__(
        self,
        file: Settings,
        settings: Settings,
        roles: Sequence[Role],
        data: DataDir,
        sockets: Sockets,
        embedded: EmbeddedRedis | None,
        store: Store,
        read_again: Callable[[], Settings],
    ) -> None:
        assert isinstance(settings.redis, RedisSettings)  # noqa: S101
        self._started_from = file
        self._settings = settings
        self._data = data
        self._sockets = sockets
        self._embedded = embedded
        self._store = store
        self._read_again = read_again
        self._settlement = Settlement(data, store)
        self._workers = [self._worker(role) for role in roles for _ in range(self._count(role, roles))]
        self._signals: asyncio.Queue[ReceivedSignal] = asyncio.Queue()
        self._tasks = Tasks()

    async def run(self) -> signal.Signals:
        """Serve until a signal ends it. Returns which; everything of ours has ended then."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._hear, number)
        for worker in self._workers:
            worker.start()
        if self._embedded is not None:
            keeper = RedisKeeper(self._embedded, self._settings.watchdog_s)
            self._tasks.start("redis.keep", keeper.keep())
            self._tasks.start("redis.watch", keeper.watch())
        self._tasks.start("workers.settle", self._settlement.run())
        self._tasks.start("serve.announce", self._announce())
        self._tasks.start("recording.watch", retention.watch(self._store, self._settings))
        while (heard := await self._signals.get()).number is signal.SIGHUP:
            await self._reload()
        await self._stop(heard)
        return heard.number

    def _hear(self, number: signal.Signals) -> None:
        self._signals.put_nowait(ReceivedSignal(number, time.monotonic()))

    async def _announce(self) -> None:
        for worker in self._workers:
            await worker.started.wait()
        log.info("serve.started", pid=os.getpid(), **self._sockets.addresses())

    # ---- changing

    async def _reload(self) -> None:
        """Take from the file what can change without a restart; a bad file changes nothing."""
        try:
            file = self._read_again()
            new = reloaded(self._settings, file)
        except SettingsError as error:
            log.error("settings.refused", error=str(error), hint="going on with those before")
            return
        waiting = [name for name in file.__struct_fields__ if name not in RELOADED and self._waits(file, name)]
        if waiting:
            log.warning("settings.kept", settings=waiting, hint="these change with a restart only")
        self._settings = new
        logs.configure(new.log_level, new.log_format, shown=logs.AS_IT_IS, role="supervisor")
        for worker in self._workers:
            worker.tell(Reload(new))
        subjects.tell(self._data, new)
        await overlays.prune(self._store, new)
        log.info("settings.reloaded", routes=len(new.routes))

    def _waits(self, file: Settings, name: str) -> bool:
        """Whether this setting, which no reload takes, is another one than at the start: that is in force."""
        return bool(getattr(file, name) != getattr(self._started_from, name))

    # ---- ending

    async def _stop(self, first: ReceivedSignal) -> None:
        """1 unready, 2 the delay, 3 proxies, 4 mirrors, 5 comparing, 6 admin, 7 counters. serve.py ends the rest."""
        log.info("serve.stopping", signal=first.number.name, deadline_s=self._settings.stop_deadline_s)
        began = time.monotonic()
        hurry = self._tasks.start("serve.hurry", self._hurry(first.at_s + SAME_STOP_S))
        for worker in self._workers:
            worker.tell(Unready())
        await asyncio.wait([hurry], timeout=self._settings.drain_delay_s)
        deadline = time.monotonic() + self._settings.stop_deadline_s
        asyncio.get_running_loop().call_later(REFUSED_AFTER_S, self._sockets.refuse_clients)
        for role in ROLES:
            left_s = max(LAST_S, deadline - time.monotonic())
            await asyncio.gather(*(worker.drain(left_s) for worker in self._workers if worker.role == role))
            self._sockets.leave(role)
        await self._tasks.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                await self._settlement.settle_all()
        log.info("serve.stopped", after_s=round(time.monotonic() - began, 3))

    async def _hurry(self, from_s: float) -> None:
        """A stop asked for again, from then on: whoever asks waits for nothing."""
        while (heard := await self._signals.get()).number is signal.SIGHUP or heard.at_s < from_s:
            pass
        log.warning("serve.hurried")
        for worker in self._workers:
            worker.kill()

    # ---- inside

    def _count(self, role: Role, roles: Sequence[Role]) -> int:
        return self._settings.workers if role == "proxy" or len(roles) == 1 else 1

    def _worker(self, role: Role) -> WorkerProcess:
        def describe() -> Start:
            listening = self._sockets.listening if role == "proxy" else None
            return Start(
                role=role,
                name=f"{socket.gethostname()[:32]}-{secrets.token_hex(6)}",
                settings=self._settings,
                listening=listening.fileno() if listening is not None else None,
                ops=self._sockets.ops[role].fileno(),
            )

        return WorkerProcess(role, describe, on_end=lambda _: self._settlement.look())
