"""The writes of one turn of the event loop, handed to the kernel together at its end.

A write wakes whoever waits for it, often on another core, and waking costs more than writing. A turn of a busy loop
brings many requests and answers: written at its end, the first wakes a peer and the rest find it awake. What one
connection writes in one turn (a head, then a body) goes in one system call.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

_AT_ONCE = 32_768  # bytes: a piece this large is worth a wake-up, and must meet flow control


class OutboxListener(Protocol):
    def written(self) -> None:
        """The kernel has what was handed over."""


class Outbox:
    """One for each event loop. Bytes of a connection keep their order as long as all of them go through here."""

    __slots__ = ("_listeners", "_loop", "_pending")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._pending: dict[asyncio.Transport, list[bytes]] = {}
        self._listeners: list[OutboxListener] = []  # who is told of this turn's end

    def write(self, transport: asyncio.Transport, data: bytes) -> None:
        if len(data) >= _AT_ONCE:
            self.push(transport)
            transport.write(data)
            return
        pending = self._pending
        if not pending and not self._listeners:
            self._loop.call_soon(self._end_turn)
        waiting = pending.get(transport)
        if waiting is None:
            pending[transport] = [data]
        else:
            waiting.append(data)

    def tell(self, listener: OutboxListener) -> None:
        """Call its `written` once what it handed over up to now is with the kernel."""
        if not self._pending and not self._listeners:
            self._loop.call_soon(self._end_turn)
        self._listeners.append(listener)

    def push(self, transport: asyncio.Transport) -> None:
        """Write what waits for this connection now: it is about to be closed."""
        waiting = self._pending.pop(transport, None)
        if waiting is not None and not transport.is_closing():
            transport.writelines(waiting)

    def _end_turn(self) -> None:
        pending, self._pending = self._pending, {}
        for transport, waiting in pending.items():
            if transport.is_closing():
                continue  # cut meanwhile: an incomplete answer must not look complete
            if len(waiting) == 1:
                transport.write(waiting[0])
            else:
                transport.writelines(waiting)
        if self._listeners:
            listeners, self._listeners = self._listeners, []
            # Subtle: uvloop hands the writes over behind its callbacks, and reads answers to them behind the next ones.
            self._loop.call_soon(_told, listeners)


def _told(listeners: list[OutboxListener]) -> None:
    for each in listeners:
        each.written()
