"""A proxy worker in the test's own process, and what it made of the requests that a test sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

from calling.settings import EndpointSettings
from http1.address import Address
from http1.listen import bind
from http1.settings import ServerLimits
from proxy.live.counters import GAUGES, read_counters
from proxy.live.worker import LiveWorker
from records.codec import Codec
from records.nouns import Exchange
from records.settings import KeptSettings, RecordingSettings
from records.store.store import Store
from tests.until import until
from tests.wire import ReceivedAnswer, Wire
from understudy.settings.model import Route

CODEC = Codec()

SECRET = b"s" * 32
BODY = b'{"inputs": [1, 2]}'
GET = b"GET /p HTTP/1.1\r\nHost: m.test\r\n\r\n"


@asynccontextmanager
async def listening(
    handler: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """The URL of a production that does with each connection what a test says."""
    async with await asyncio.start_server(handler, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def post(body: bytes = BODY, *lines: bytes, target: bytes = b"/p", version: bytes = b"1.1") -> bytes:
    """By length."""
    head = (b"POST %b HTTP/%b" % (target, version), b"Host: m.test", b"Content-Length: %d" % len(body), *lines)
    return b"\r\n".join((*head, b"", body))


class Proxy:
    """One route, `/`, unless a test says otherwise before it starts."""

    def __init__(self, store: Store, production: str, directory: Path) -> None:
        self.store = store
        self.endpoint: dict[str, Any] = {"url": production}
        self.route: dict[str, Any] = {"prefix": "/", "methods": ("POST", "GET", "HEAD", "PUT", "DELETE")}
        self.limits: dict[str, Any] = {}
        self.recording: dict[str, Any] = {"partitions": 2, "linger_ms": 0}
        self.kept: dict[str, Any] = {}
        self.port = 0
        self._counters = directory / "w-1.mm"

    async def __aenter__(self) -> Self:
        self._socket = bind(Address(host="127.0.0.1", port=0))
        self.port = self._socket.getsockname()[1]
        self.worker = LiveWorker(
            limits=ServerLimits(**self.limits),
            recording=RecordingSettings(**self.recording),
            kept=KeptSettings(**self.kept),
            secret=SECRET,
            store=self.store,
            sockets=[self._socket],
            tls=None,
            counters_path=self._counters,
            writer="w-1",
        )
        await self.worker.start()
        await self.apply()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._socket.fileno() >= 0:
            await self.stop(deadline_s=0.2)

    async def apply(self, revision: int = 1) -> None:
        """Serve what `route` and `endpoint` say now."""
        routes = [Route(**self.route, production=EndpointSettings(**self.endpoint))]
        await self.worker.apply(routes, revision)

    async def stop(self, deadline_s: float = 10.0) -> None:
        await self.worker.drain(deadline_s)
        self._socket.close()

    def wire(self, **options: Any) -> Wire:
        return Wire(self.port, **options)

    async def ask(self, request: bytes, *, to_head: bool = False) -> ReceivedAnswer:
        """One request on a connection of its own."""
        async with self.wire() as wire:
            await wire.send(request)
            return await wire.answer(to_head=to_head)

    def counts(self) -> dict[str, int]:
        """The route's counters that are not nothing."""
        routes = read_counters(self._counters)[1]
        (route,) = (name for name in routes if name)
        return {name: count for name, count in routes[route].items() if count}

    def worker_counts(self) -> dict[str, int]:
        return {name: count for name, count in read_counters(self._counters)[1][""].items() if count}

    async def settled(self, sent: int) -> dict[str, int]:
        """Once nothing is held: the counters but `requests`, which is as many as the test sent, to the unit."""
        await until(lambda: self.counts().get("requests", 0) >= sent and "held" not in self.counts())
        counts = self.counts()
        assert counts.pop("requests", 0) == sent
        kinds = {name: n for name, n in counts.items() if name == "recorded" or name.startswith(("not_", "shed."))}
        assert sum(kinds.values()) == sent, counts
        assert not set(counts) & set(GAUGES)
        return counts

    async def exchanges(self) -> list[Exchange]:
        return [CODEC.decode_exchange(record) async for _, record in self.store.scan_exchanges("root")]

    async def exchange(self, sent: int = 1) -> Exchange:
        """The one that was recorded, of as many as were sent."""
        assert (await self.settled(sent))["recorded"] == 1
        (exchange,) = await self.exchanges()
        return exchange
