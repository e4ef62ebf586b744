"""A worker process: `python -m understudy.processes.child DESCRIPTOR`, started by workers.py and told all by its
channel.

It makes its role's worker, serves its ops address, follows the overlay, and drains when it is told to, or when its
supervisor is gone. Signals are the supervisor's to hear, also where a terminal or systemd sends them to all of us: it
knows the order. Whatever a worker can't go on with ends it: the supervisor starts another.
"""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterable

import structlog
import uvloop
from aiohttp import web
from prometheus_client.core import Metric

from ground.tasks import Tasks
from records.privacy.redaction import Redaction
from records.settings import RedisSettings
from records.store.store import Store
from understudy import logs
from understudy.control.following import Follower
from understudy.operations import ops
from understudy.processes.channel import BEATS, Channel, Drain, Reload, Start, Started, Unready
from understudy.processes.priority import OF_ROLES, give
from understudy.processes.roles import build
from understudy.settings.model import Role, Settings
from understudy.site.datadir import DataDir, key_of

log = structlog.get_logger()


class Host:
    """What surrounds one worker in its process."""

    def __init__(self, start: Start, channel: Channel) -> None:
        settings = start.settings
        assert isinstance(settings.redis, RedisSettings)  # noqa: S101 - the supervisor says which
        self._start = start
        self._channel = channel
        self._store = Store.create(settings.redis, settings.recording)
        self._worker = build(start, self._store)
        self._readiness = ops.Readiness(self._worker)
        self._follower = Follower(self._store, settings, self._worker.apply)
        self._ending = asyncio.get_running_loop().create_future()
        self._tasks = Tasks(on_failure=self._failed)

    async def run(self) -> int:
        """Work until told to end. Returns the exit code."""
        self._tasks.start("channel.beat", self._beat())
        async with ops.served(self._application(), socket.socket(fileno=self._start.ops)):
            await self._worker.start()
            await self._follower.first(wait_for_store=self._start.role != "proxy")
            self._tasks.start("overlay.follow", self._follower.run())
            self._readiness.started = True
            self._channel.send(Started())
            self._tasks.start("channel.listen", self._listen())
            deadline_s = await self._ending
            await self._tasks.stop()
            self._readiness.stopping = True
            if deadline_s is not None:
                await self._worker.drain(deadline_s)
        await self._store.close()
        return 0 if deadline_s is not None else 1

    def end(self, deadline_s: float | None) -> None:
        """Drain within the deadline; None: end at once, since something failed."""
        if not self._ending.done():
            self._ending.set_result(deadline_s)

    def _application(self) -> web.Application:
        if self._start.role == "admin":
            from understudy.admin.app import admin_application  # no other role loads it

            return admin_application(self._store, self._follower, self._readiness)
        app = web.Application()
        app.add_routes(ops.routes(self._readiness, self._families))
        return app

    async def _families(self) -> Iterable[Metric]:
        return self._worker.collect()

    async def _listen(self) -> None:
        while (message := await self._channel.receive()) is not None:
            if isinstance(message, Unready):
                self._readiness.stopping = True
            elif isinstance(message, Drain):
                self.end(message.deadline_s)
            elif isinstance(message, Reload):
                _log_as_set(message.settings, self._start.role)
                # A task of its own: whatever goes wrong with new settings, the next message is heard.
                self._tasks.start("settings.reload", self._follower.reload(message.settings))
        self.end(self._start.settings.stop_deadline_s)

    async def _beat(self) -> None:
        """For the supervisor's watchdog."""
        every_s = self._start.settings.watchdog_s / BEATS
        while every_s > 0:
            self._channel.beat()
            await asyncio.sleep(every_s)

    def _failed(self, _name: str, _error: BaseException) -> None:
        """A part of us ended by a fault of ours, and was logged. A proxy serves on without it: clients come first."""
        if self._start.role != "proxy":
            self.end(None)


async def run(end: socket.socket) -> int:
    channel = await Channel.over(end)
    start = await channel.receive()
    if not isinstance(start, Start):
        return 1  # the supervisor went away at once
    _log_as_set(start.settings, start.role)
    if start.role in OF_ROLES:
        give(OF_ROLES[start.role])
    with contextlib.ExitStack() as held:
        if start.role == "proxy":  # while this is held, nobody takes our counters for a dead worker's
            held.callback(DataDir(start.settings.data_dir).hold(start.name).release)
        return await Host(start, channel).run()


def _log_as_set(settings: Settings, role: Role) -> None:
    shown = Redaction.create(settings.kept, key_of(settings.secret)).text
    logs.configure(settings.log_level, settings.log_format, shown=shown, role=role)


def main() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as end:
        code = uvloop.run(run(end))
    sys.exit(code)


if __name__ == "__main__":
    main()
