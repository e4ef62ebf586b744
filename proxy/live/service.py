"""What stands behind the listening sockets: finds a request's route, and knows the open connections."""

from __future__ import annotations

import asyncio
import contextlib

from http1.head import RequestHead
from http1.listen import Acceptor
from http1.receiver import RequestReceiver
from http1.server import ServerConnection
from proxy.live.counters import INDEX, RouteCounters
from proxy.live.intake import Intake
from proxy.routes import RouteTable

_CONNECTIONS, _UNROUTED, _REFUSED = INDEX["connections"], INDEX["unrouted"], INDEX["refused"]


class LiveService:
    """One worker's http1 service. Pauses accepting while it has as many clients as it may."""

    def __init__(self, counters: RouteCounters) -> None:
        self._table: RouteTable[Intake] = RouteTable([])
        self._counters = counters
        self._most = 0
        self._open: set[ServerConnection] = set()
        self._acceptors: list[Acceptor] = []
        self._emptied = asyncio.Event()
        self.draining = False

    def listen_with(self, acceptors: list[Acceptor]) -> None:
        self._acceptors = acceptors
        self.admit(self._most)

    def admit(self, most: int) -> None:
        """So many clients at once, from now on. Who is here already may stay."""
        self._most = most
        for acceptor in () if self.draining else self._acceptors:
            if self.room() > 0:
                acceptor.resume()
            else:
                acceptor.pause()

    def room(self) -> int:
        return self._most - len(self._open)

    def serve(self, table: RouteTable[Intake]) -> None:
        """Use these routes from the next request on; requests under way end on the ones they began with."""
        self._table = table

    async def wait_until_empty(self, timeout_s: float) -> None:
        """Until the last connection closed, or for `timeout_s`."""
        if self._open:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, timeout_s)):
                    await self._emptied.wait()

    async def stop_accepting(self) -> None:
        self.draining = True
        for acceptor in self._acceptors:
            await acceptor.stop()

    def drain_connections(self) -> None:
        for connection in list(self._open):
            connection.drain()

    def cut_connections(self) -> int:
        """The deadline of a stop has passed. Answers how many were cut."""
        left = list(self._open)
        for connection in left:
            connection.cut()
        return len(left)

    # ---- http1.server.Service

    def begin(self, connection: ServerConnection, head: RequestHead) -> RequestReceiver | None:
        path = head.target.partition(b"?")[0]
        intake: Intake | None = head.memo.get(self._table)
        if intake is None:
            intake = head.memo[self._table] = self._table.find(path)
        if intake is None:
            self._counters.add(_UNROUTED)
            connection.refuse(404, "no_route", "no route of this proxy takes this path", close=False)
            return None
        return intake.begin(connection, head, path)

    def refused(self, status: int, reason: str) -> None:
        self._counters.add(_REFUSED)

    def opened(self, connection: ServerConnection) -> None:
        self._open.add(connection)
        self._emptied.clear()
        self._counters.add(_CONNECTIONS)
        if self.draining:
            connection.drain()
        elif self.room() <= 0:
            for acceptor in self._acceptors:
                acceptor.pause()

    def closed(self, connection: ServerConnection) -> None:
        if connection in self._open:
            self._open.discard(connection)
            self._counters.add(_CONNECTIONS, -1)
            if not self._open:
                self._emptied.set()
            if not self.draining and self.room() == 1:
                for acceptor in self._acceptors:
                    acceptor.resume()
