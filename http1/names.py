"""An endpoint's addresses, looked up again in time. A change opens a generation: older connections are used no more.

The pool asks where to connect to; the sweep says when what is known has become old, so that traffic which never
needs a new connection follows the name too.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

import structlog

from ground.tasks import Tasks
from http1.address import Address
from http1.sweep import NEVER, Sweep

log = structlog.get_logger()

HostPort = tuple[str, int]
LookUp = Callable[[str, int], Awaitable[list[HostPort]]]  # raises OSError


async def look_up(host: str, port: int) -> list[HostPort]:
    """The system's answer."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(info[4][0]), int(info[4][1])) for info in infos]


class Names:
    """What a host name stands for."""

    def __init__(
        self, address: Address, refresh_s: float, sweep: Sweep, on_change: Callable[[], None], look_up: LookUp
    ) -> None:
        self._address = address
        self._refresh_s = refresh_s
        self._sweep = sweep
        self._on_change = on_change
        self._look_up = look_up
        self._tasks = Tasks()
        self._found: list[HostPort] = []
        self.generation = 0
        self.deadline = NEVER
        sweep.watch(self)

    async def resolve(self) -> list[HostPort]:
        """All addresses, beginning with another one each time. Raises OSError."""
        if not self._found:
            self._take(await self._look_up(self._address.host, self._address.port))
        found = list(self._found)
        self._found.append(self._found.pop(0))
        return found

    async def stop(self) -> None:
        self._sweep.unwatch(self)
        await self._tasks.stop()

    def deadline_passed(self) -> None:
        self._tasks.start("names.refresh", self._refresh())

    async def _refresh(self) -> None:
        try:
            self._take(await self._look_up(self._address.host, self._address.port))
        except OSError as error:
            # The last known addresses stay: a name server that is away must not take production with it.
            log.warning("names.not_refreshed", host=self._address.host, error=error.strerror or type(error).__name__)
            self._plan_refresh()

    def _take(self, found: list[HostPort]) -> None:
        self._plan_refresh()
        if set(found) != set(self._found):
            self._found = found
            self.generation += 1
            self._on_change()

    def _plan_refresh(self) -> None:
        if not _is_literal(self._address.host):
            self.deadline = self._sweep.after(self._refresh_s)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
