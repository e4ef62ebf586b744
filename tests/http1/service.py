"""A service behind a server connection, for tests: it keeps what it is told, and answers what a test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from http1.address import Address
from http1.head import RequestHead
from http1.listen import Acceptor, bind
from http1.receiver import RequestReceiver
from http1.server import ServerConnection
from http1.settings import ServerLimits
from http1.sweep import Sweep

PATIENCE_S = 20


class TakenRequest:
    """One request as a receiver saw it."""

    def __init__(self, connection: ServerConnection, head: RequestHead, on_end: Callable[[TakenRequest], None]) -> None:
        self.connection = connection
        self.head = head
        self.body = b""
        self.ended = asyncio.Event()
        self.gone = asyncio.Event()
        self.writable: list[bool] = []
        self.answered = False
        self._on_end = on_end

    def answer(self, body: bytes = b"", *, keep: bool = True) -> None:
        """A whole answer by length."""
        self.begin_answer(b"Content-Length: %d\r\n" % len(body))
        self.connection.write(body)
        self.answered = True
        self.connection.answer_end(keep=keep)

    def begin_answer(self, framing: bytes) -> None:
        connection = b"" if self.connection.settle_keep_alive() else b"Connection: close\r\n"
        self.connection.write(b"HTTP/1.1 200 OK\r\n" + framing + connection + b"\r\n")

    # ---- http1.server.RequestReceiver

    def request_body(self, data: bytes) -> None:
        self.body += data

    def request_end(self) -> None:
        self.ended.set()
        self._on_end(self)

    def client_gone(self) -> None:
        self.gone.set()

    def client_writable(self, writable: bool) -> None:
        self.writable.append(writable)


def echo(request: TakenRequest) -> None:
    """Answer at once, with the target and what was sent."""
    request.answer(request.head.target + b" " + request.body)


def wait(_: TakenRequest) -> None:
    """The test answers itself."""


class Service:
    """`on_end` is what happens when a request is complete, `on_begin` when its head is."""

    def __init__(self, on_end: Callable[[TakenRequest], None] = echo) -> None:
        self.on_end = on_end
        self.on_begin: Callable[[TakenRequest], None] = wait
        self.taken: list[TakenRequest] = []
        self.refusals: list[tuple[int, str]] = []
        self.connections: list[ServerConnection] = []
        self.open = 0
        self._event = asyncio.Event()

    async def until(self, condition: Callable[[Service], bool]) -> None:
        """Looked at each time that something happened."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition(self):
                self._event.clear()
                await self._event.wait()

    # ---- http1.server.Service

    def begin(self, connection: ServerConnection, head: RequestHead) -> RequestReceiver | None:
        taken = TakenRequest(connection, head, self.on_end)
        self.taken.append(taken)
        self._event.set()
        self.on_begin(taken)
        return None if taken.answered else taken

    def refused(self, status: int, reason: str) -> None:
        self.refusals.append((status, reason))

    def opened(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        self.open += 1
        self._event.set()

    def closed(self, connection: ServerConnection) -> None:
        self.open -= 1
        self._event.set()


@asynccontextmanager
async def serving(
    service: Service, sweep: Sweep, limits: ServerLimits | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """The port it listens on."""
    listening = bind(Address(host="127.0.0.1", port=0))
    acceptor = Acceptor(
        listening,
        lambda: ServerConnection(service, limits or ServerLimits(), sweep, tls=tls is not None),
        tls,
    )
    acceptor.resume()
    try:
        yield listening.getsockname()[1]
    finally:
        await acceptor.stop()
        listening.close()
        for connection in service.connections:
            connection.transport.abort()
