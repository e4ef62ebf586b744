"""An endpoint's connections: keep-alive, a cap with a bounded wait, addresses looked up again in time.

`acquire` answers at once where a connection lies idle: no task, no future. Only opening one starts a task.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from pathlib import Path
from time import monotonic
from typing import Protocol

from ground.tasks import Tasks
from http1.address import Address, parse_endpoint
from http1.client import ClientConnection
from http1.errors import FailureKind
from http1.idle import IdleTime
from http1.names import LookUp, Names, look_up
from http1.receiver import AnswerReceiver
from http1.settings import ClientSettings
from http1.sockets import connect
from http1.sweep import NEVER, Sweep

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})  # RFC 9110 §9.2.2


class Caller(AnswerReceiver, Protocol):
    """Who asks for a connection: in proxy/live a relay, elsewhere a call."""

    def connected(self, connection: ClientConnection, *, reused: bool) -> None:
        """A connection is in hand: begin the call on it."""


class Pool:
    """One endpoint, from one process. Receivers wait in the order they came."""

    def __init__(self, settings: ClientSettings, sweep: Sweep, look_up: LookUp = look_up) -> None:
        self.settings = settings
        self.sweep = sweep
        self.address: Address = parse_endpoint(settings.url)
        self.deadline = NEVER  # of the receiver that has waited longest
        self._tls = _client_tls(settings) if self.address.tls else None
        self._tasks = Tasks()
        self._names = Names(self.address, settings.dns_refresh_s, sweep, self._drop_idle, look_up)
        self._idle: list[ClientConnection] = []  # the one used last stands last
        self._idle_time = IdleTime()
        self._open = 0  # connections that are, or are being, opened
        self._waiting: deque[tuple[Caller, float]] = deque()
        self._closed = False
        sweep.watch(self)

    @property
    def in_flight(self) -> int:
        """Calls that hold a connection, or have one opened for them."""
        return self._open - len(self._idle)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def open(self) -> int:
        return self._open

    def acquire(self, receiver: Caller, *, fresh: bool = False) -> None:
        """Hand `receiver` a connection through `connected`, or tell it `call_failed`. `fresh`: not one used before."""
        connection = None if fresh else self._take_idle()
        if connection is not None:
            receiver.connected(connection, reused=True)
        elif self._open < self.settings.max_connections:
            self._start_opening(receiver)
        elif self._idle:
            self.discard(self._idle[0])
            self._start_opening(receiver)
        else:
            self._waiting.append((receiver, self.sweep.after(self.settings.acquire_timeout_s)))
            self.deadline = self._waiting[0][1]
            self.sweep.watch(self)

    def forget(self, receiver: Caller) -> None:
        """`receiver` no longer waits. One being opened for it still comes: it gives that back by `release`."""
        self._waiting = deque(entry for entry in self._waiting if entry[0] is not receiver)

    async def retire(self) -> None:
        """Finish what was asked for, and keep no connection: the route has another endpoint now."""
        self._closed = True
        await self._names.stop()
        self._drop_idle()

    async def close(self) -> None:
        """Close what lies idle and refuse what waits; connections in use end with their calls."""
        await self.retire()
        while self._waiting:
            self._waiting.popleft()[0].call_failed("cancelled", "this side is stopping")
        await self._tasks.stop()
        self.sweep.unwatch(self)

    # ---- what connections call

    def release(self, connection: ClientConnection) -> None:
        """A call ended cleanly, or was never begun."""
        if self._closed or connection.generation != self._names.generation:
            self.discard(connection)
        elif self._waiting:
            connection.idle_was_s = 0.0
            receiver = self._next_waiting()
            # Subtle: not called directly, or a chain of waiting receivers would recurse through their own endings.
            asyncio.get_running_loop().call_soon(self._hand_over, receiver, connection)
        else:
            connection.idle = True
            usable_s, keep_s = connection.usable_s, self.settings.keep_alive_s
            connection.deadline = self.sweep.after(min(keep_s, usable_s))
            self._idle.append(connection)

    def discard(self, connection: ClientConnection) -> None:
        """Not to be used again. `lost` follows when it is closed."""
        self._take_from_idle(connection)
        connection.close()

    def expired(self, connection: ClientConnection) -> None:
        """A connection was idle for as long as it may be."""
        if connection.usable_s > self.settings.keep_alive_s:
            self._idle_time.outlived()
        self.discard(connection)

    def lost(self, connection: ClientConnection, *, closed_by_endpoint: bool) -> None:
        """`closed_by_endpoint`: while it was idle, or before it answered."""
        if closed_by_endpoint:
            idle_s = monotonic() - connection.idle_since if connection.idle else connection.idle_was_s
            self._idle_time.closed(idle_s)
        self._take_from_idle(connection)
        self._closed_one()

    # ---- deadlines (http1/sweep.py)

    def deadline_passed(self) -> None:
        while self._waiting and self._waiting[0][1] <= self.sweep.now:
            receiver, _ = self._waiting.popleft()
            receiver.call_failed(
                "pool_timeout",
                f"all {self.settings.max_connections} connections in use for {self.settings.acquire_timeout_s:g} s",
            )
        self.deadline = self._waiting[0][1] if self._waiting else NEVER

    # ---- opening

    def _drop_idle(self) -> None:
        for connection in list(self._idle):
            self.discard(connection)

    def _take_idle(self) -> ClientConnection | None:
        """The one used last, if it may be used again."""
        times = self._idle_time
        while self._idle:
            connection = self._idle[-1]
            idle_s = connection.idle_was_s = monotonic() - connection.idle_since
            if idle_s > times.usable_s:
                # Subtle: all others are older still. They stay, to show when the endpoint closes them.
                return None
            self._idle.pop()
            connection.idle = False
            if connection.transport.is_closing() or (idle_s > times.look_after_s and connection.has_news()):
                times.closed(idle_s)
            elif idle_s <= connection.usable_s:
                return connection
            connection.close()
        return None

    def _take_from_idle(self, connection: ClientConnection) -> None:
        if connection.idle:
            connection.idle = False
            self._idle.remove(connection)

    def _closed_one(self) -> None:
        self._open -= 1
        if self._waiting and self._open < self.settings.max_connections:
            self._start_opening(self._next_waiting())
        elif self._closed and not self._open:
            self.sweep.unwatch(self)

    def _next_waiting(self) -> Caller:
        receiver, _ = self._waiting.popleft()
        self.deadline = self._waiting[0][1] if self._waiting else NEVER
        return receiver

    def _hand_over(self, receiver: Caller, connection: ClientConnection) -> None:
        if connection.transport.is_closing():
            self.acquire(receiver)
        else:
            receiver.connected(connection, reused=True)

    def _start_opening(self, receiver: Caller) -> None:
        self._open += 1
        self._tasks.start("pool.open", self._open_for(receiver))

    async def _open_for(self, receiver: Caller) -> None:
        try:
            async with asyncio.timeout(self.settings.connect_timeout_s):
                connection = await self._connect()
        except TimeoutError:
            self._not_opened(
                receiver,
                "connect_timeout",
                f"no connection to {self.address} within {self.settings.connect_timeout_s:g} s",
            )
        except ssl.SSLError as error:
            self._not_opened(receiver, "connect", f"TLS with {self.address} failed: {error.reason or error}")
        except OSError as error:
            self._not_opened(receiver, "connect", f"no connection to {self.address}: {error.strerror or error}")
        except asyncio.CancelledError:
            self._not_opened(receiver, "cancelled", "this side is stopping")
            raise
        else:
            if connection.transport.is_closing():
                receiver.call_failed("closed_before_answer", f"{self.address} closed the connection at once")
            else:
                receiver.connected(connection, reused=False)

    def _not_opened(self, receiver: Caller, kind: FailureKind, detail: str) -> None:
        receiver.call_failed(kind, detail)
        self._closed_one()

    async def _connect(self) -> ClientConnection:
        if self.address.path:
            return await self._adopt(await connect(socket.AF_UNIX, self.address.path))
        last_error = OSError("the name has no address")
        for host, port in await self._names.resolve():
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                connection = await self._adopt(await connect(family, (host, port)))
            except OSError as error:
                last_error = error
            else:
                connection.generation = self._names.generation
                return connection
        raise last_error

    async def _adopt(self, connected: socket.socket) -> ClientConnection:
        """The loop's from here on. Raises OSError where TLS fails."""
        loop = asyncio.get_running_loop()

        def factory() -> ClientConnection:
            return ClientConnection(self, self.settings, self.sweep, connected, tls=self._tls is not None)

        if connected.family == socket.AF_UNIX:
            return (await loop.create_unix_connection(factory, sock=connected))[1]
        server_hostname = self.address.host if self._tls else None
        return (await loop.create_connection(factory, sock=connected, ssl=self._tls, server_hostname=server_hostname))[
            1
        ]


def _client_tls(settings: ClientSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.tls_ca)
    context.set_alpn_protocols(["http/1.1"])
    if settings.tls_cert is not None:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    return context


def missing_files(settings: ClientSettings) -> list[str]:
    """The TLS files that the settings name and that are not there."""
    named = (settings.tls_ca, settings.tls_cert, settings.tls_key)
    return [path for path in named if path is not None and not Path(path).is_file()]
