"""What every role answers on an address of its own: /healthz, /readyz, /metrics. On aiohttp; served by child.py.

Proxy workers share one inherited socket: any of them answers, and its metrics are of all of them. Healthy means that
the process runs its loop; ready is what the role says of itself, until a stop is near.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from understudy.operations.connections import Connection

log = structlog.get_logger()

PATHS = frozenset({"/healthz", "/readyz", "/metrics"})

Families = Callable[[], Awaitable[Iterable[Metric]]]


class _ServerLogger(logging.Logger):
    """What aiohttp says of a request that it can't read quotes the request: a line of ours does not."""

    def exception(self, msg: object, *args: object, **about: Any) -> None:
        error = about.get("exc_info")
        if isinstance(error, HttpProcessingError):
            log.debug("request.malformed", error=type(error).__name__)
        else:
            log.error("request.failed", exc_info=error)


@asynccontextmanager
async def served(application: web.Application, listening: socket.socket) -> AsyncIterator[None]:
    """Served on that socket, until the end: no line for each request, and none that quotes one."""
    about: dict[str, Any] = {"access_log": None, "logger": _ServerLogger("understudy.operations.ops")}
    runner = web.AppRunner(application, handle_signals=False, **about)
    await runner.setup()
    assert runner.server is not None  # noqa: S101 - `setup` made it
    loop = asyncio.get_running_loop()
    # What a site of aiohttp's does, but with connections of ours.
    server = await loop.create_server(partial(Connection, runner.server, loop=loop, **about), sock=listening)
    try:
        yield
    finally:
        server.close()
        await runner.cleanup()


class ReadinessReporter(Protocol):
    def not_ready(self) -> str | None:
        """None when ready, else why not."""


class Readiness:
    """Whether to send work here, and in words why not."""

    def __init__(self, worker: ReadinessReporter) -> None:
        self._worker = worker
        self.started = False
        self.stopping = False

    def reason(self) -> str | None:
        if self.stopping:
            return "draining"
        if not self.started:
            return "starting"
        return self._worker.not_ready()


def routes(readiness: Readiness, families: Families) -> list[web.RouteDef]:
    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readyz(_: web.Request) -> web.Response:
        reason = readiness.reason()
        return web.Response(text=f"{reason or 'ready'}\n", status=200 if reason is None else 503)

    async def metrics(_: web.Request) -> web.Response:
        ready = GaugeMetricFamily(
            "understudy_ready", "1 where /readyz answers 200.", value=float(readiness.reason() is None)
        )
        body = generate_latest(_Collector([*await families(), ready]))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]


class _Collector:
    """Families as prometheus_client wants to be given them: no registry is shared, nothing is global."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
