"""One proxy worker: its sockets, its routes, its way into the store; started, changed and drained from understudy/."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from collections.abc import Iterable, Sequence
from pathlib import Path

import structlog
from prometheus_client.core import Metric

from ground.tasks import Tasks
from http1 import descriptors
from http1.listen import Acceptor
from http1.server import ServerConnection
from http1.settings import ServerLimits
from http1.sweep import Sweep
from proxy.live.capture import Budget, Shelf
from proxy.live.counters import INDEX, CountersFile
from proxy.live.ids import Ids
from proxy.live.in_hand import Neighbours
from proxy.live.intake import Intake
from proxy.live.metrics import families
from proxy.live.recorder import Recorder
from proxy.live.route import LiveRoute
from proxy.live.service import LiveService
from proxy.routes import RouteTable
from proxy.settings import RouteSettings
from records.settings import KeptSettings, RecordingSettings
from records.store.store import Store

log = structlog.get_logger()

_BUFFER_BYTES = INDEX["buffer_bytes"]
_OWN_DESCRIPTORS = 64  # the loop, files, the log, the supervisor, those who ask for metrics
_ROUTE_DESCRIPTORS = 2  # connections to the store
_FLUSHING = 0.2  # of the time to stop: replies that never end must not cost what is recorded


def clients_admitted(limits: ServerLimits, routes: Iterable[RouteSettings], limit: int) -> int:
    """How many clients a worker with `limit` descriptors takes: as many as the settings say, if they fit."""
    endpoints = [route.endpoint() for route in routes]
    return descriptors.clients_within(
        limit,
        limits.max_connections,
        own=_OWN_DESCRIPTORS + _ROUTE_DESCRIPTORS * len(endpoints),
        outward=sum(endpoint.max_connections for endpoint in endpoints),
    )


def _counters(path: Path, writer: str) -> CountersFile:
    """In memory alone where the disk takes no file: to count for nobody else is better than not to serve."""
    try:
        return CountersFile(path, writer)
    except OSError as error:
        log.error(
            "counters.unkept", file=str(path), error=error.strerror,
            hint="this worker's metrics are not shown, and what it had in hand is not counted if it dies",
        )  # fmt: skip
        return CountersFile(None, writer)


class LiveWorker:
    """Needs a running event loop from `start` on. Redis or production being away is no error here."""

    def __init__(
        self,
        *,
        limits: ServerLimits,
        recording: RecordingSettings,
        kept: KeptSettings,
        secret: bytes,
        store: Store,
        sockets: Sequence[socket.socket],
        tls: ssl.SSLContext | None,
        counters_path: Path,
        writer: str,
    ) -> None:
        self._limits = limits
        self._recording = recording
        self._kept = kept
        self._secret = secret
        self._store = store
        self._sockets = sockets
        self._tls = tls
        self._counters_path = counters_path
        self._writer = writer
        self._counters = _counters(counters_path, writer)
        self._neighbours = Neighbours(counters_path)
        self._ids = Ids()
        self._budget = Budget(recording.buffer_max_bytes)
        self._tasks = Tasks()
        self._routes: dict[str, LiveRoute] = {}
        self._recorders: dict[str, Recorder] = {}
        self._shelves: dict[str, Shelf] = {}
        self._service = LiveService(self._counters.route(""))
        self._route_count = 0
        self._listening = False

    async def start(self) -> None:
        # What was imported lives as long as we do, and what a request makes dies with its answer, without cycles: the
        # default thresholds would look through all of it several times a second, in the middle of requests.
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._sweep = Sweep(asyncio.get_running_loop())
        self._tasks.start("proxy.gauges", self._keep_gauges())

    async def apply(self, routes: Sequence[RouteSettings], revision: int) -> None:
        """Serve these routes from the next request on. The first call starts accepting."""
        before = self._routes
        self._route_count = len(routes)
        for recorder in self._recorders.values():
            recorder.share_bound(len(routes))
        self._routes = {route.key_name(): self._live(route, revision) for route in routes}
        self._look_around()
        intakes = [Intake(route, self._secret, self._ids) for route in self._routes.values()]
        self._service.serve(RouteTable((intake.route.settings.prefix, intake) for intake in intakes))
        self._service.admit(clients_admitted(self._limits, routes, descriptors.limit()))
        if not self._listening:
            self._listening = True
            room = self._service.room
            self._service.listen_with([Acceptor(each, self._connection, self._tls, room) for each in self._sockets])
        kept = {id(route.pool) for route in self._routes.values()}
        for route in before.values():
            if id(route.pool) not in kept:
                await route.pool.retire()

    async def drain(self, deadline_s: float) -> None:
        """1 stop accepting, 2 finish the replies, 3 flush the shelves, 4 say what was left."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + deadline_s
        await self._service.stop_accepting()
        self._service.drain_connections()
        await self._service.wait_until_empty(deadline - _FLUSHING * deadline_s - loop.time())
        cut = self._service.cut_connections()
        for recorder in self._recorders.values():
            recorder.stop()
        await self._tasks.wait_for("proxy.recorder", deadline - loop.time())
        await self._tasks.stop()
        left = sum(recorder.give_up() for recorder in self._recorders.values())
        for route in self._routes.values():
            await route.pool.close()
        self._sweep.stop()
        log.info("proxy.drained", connections_cut=cut, exchanges_left=left)

    def not_ready(self) -> str | None:
        """Whatever Redis, production or a candidate do: shadowing must never take a pod out of service."""
        if self._service.draining:
            return "draining"
        return None if self._listening else "not listening yet"

    def collect(self) -> Iterable[Metric]:
        return families(self._counters_path.parent)

    # ---- inside

    def _connection(self) -> ServerConnection:
        return ServerConnection(self._service, self._limits, self._sweep, tls=self._tls is not None)

    def _live(self, settings: RouteSettings, revision: int) -> LiveRoute:
        name = settings.key_name()
        before = self._routes.get(name)
        counters = self._counters.route(name)
        shelf = self._shelves.get(name)
        if shelf is None:
            shelf = self._shelves[name] = Shelf(self._budget, self._recording)
            recorder = Recorder(
                name, shelf, self._store.writer(name, self._writer, routes=self._route_count), counters, self._recording
            )
            self._recorders[name] = recorder
            self._tasks.start("proxy.recorder", recorder.run())
        same_endpoint = before is not None and before.settings.endpoint() == settings.endpoint()
        return LiveRoute(
            settings,
            revision,
            kept=self._kept,
            recording=self._recording,
            secret=self._secret,
            sweep=self._sweep,
            codec=self._store.codec,
            budget=self._budget,
            shelf=shelf,
            counters=counters,
            pool=before.pool if before is not None and same_endpoint else None,
        )

    async def _keep_gauges(self) -> None:
        counters, shown = self._counters.route(""), 0
        while True:
            counters.add(_BUFFER_BYTES, self._budget.used - shown)
            shown = self._budget.used
            self._look_around()
            await asyncio.sleep(1.0)

    def _look_around(self) -> None:
        self._neighbours.look()
        for route in self._routes.values():
            route.in_hand.look(self._neighbours, route.name)
