"""Sends a candidate what its lanes have read, in production's order of events: one for all partitions of a process.

    lane reads ── put ──► order.py ── due, a slot is free, the breaker willing ──► lane sends ── ended ──► order.py

Nothing of it awaits: whatever happens (something was put, a call ended, the alarm rings) makes it look at the order,
which says what is to be sent now and when to look again. What it holds is bounded in bytes; lanes wait for room.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from time import monotonic_ns
from typing import Any, Generic, Protocol, TypeVar

from ground.alarm import Alarm
from proxy.mirror.bell import Bell
from proxy.mirror.order import Departure, EventOrder
from proxy.mirror.timeline import Turn

_MAX_BYTES = 67_108_864  # of exchanges that wait for their time: beyond, lanes read no more
_RECORD_BYTES = 2_048  # that an exchange takes in memory besides its bodies
_MOST_BEHIND = 512  # exchanges: without an order to keep, no more are read ahead


class Sending(Protocol):
    """A lane."""

    def send(self, read: Any, departure: Departure[Any]) -> bool:
        """False where it was finished without a call."""


class Sendable(Protocol):
    """What a lane has read."""

    @property
    def lane(self) -> Sending: ...

    @property
    def size(self) -> int:
        """In bytes."""

    def turn(self) -> Turn: ...


Read = TypeVar("Read", bound=Sendable)


class Sender(Generic[Read]):
    """One candidate's, with one set of settings. Needs a running loop."""

    def __init__(self, wait_s: Callable[[], float], *, backfilling: bool, apart: int = 0) -> None:
        """`wait_s`: how long until the candidate may be called, in seconds; infinite: until one of its calls ends."""
        self.partitions = 0  # of the route: for those without a lane here, another mirror asks the candidate
        self._order: EventOrder[Read] = EventOrder(backfilling=backfilling, apart=apart)
        self._wait_s = wait_s
        self._lanes: set[Sending] = set()
        self._bytes = 0
        self._released = Bell()
        self._looking = False
        self._alarm = Alarm(self._look)

    # ---- for lanes

    @property
    def backfilling(self) -> bool:
        """Is what comes older than what was asked for from now on?"""
        return self._order.backfilling

    def join(self, lane: Sending) -> None:
        self._lanes.add(lane)

    def leave(self, lane: Sending) -> list[Read]:
        """What it has put, and is not sent yet: it is not to be sent any more."""
        self._lanes.discard(lane)
        withdrawn = self._order.withdraw(lambda read: read.lane is lane)
        for each in withdrawn:
            self._release(each)
        self._look()
        return withdrawn

    async def has_room(self) -> None:
        while self._bytes >= _MAX_BYTES or (self._order.behind and len(self._order) >= _MOST_BEHIND):
            await self._released.wait()

    def put(self, read: Read) -> None:
        self._bytes += read.size + _RECORD_BYTES
        self._order.add(read.turn(), read)
        self._look()

    # ---- for the candidate

    def ended(self) -> None:
        """One of its calls did."""
        self._order.ended(monotonic_ns())
        self._look()

    def close(self) -> None:
        self._alarm.close()

    # ---- inside

    def _look(self) -> None:
        if self._looking:
            return  # a call ended while it was begun: who is looking goes on
        self._looking = True
        try:
            self._alarm.set(self._send_what_is_due())
        finally:
            self._looking = False

    def _send_what_is_due(self) -> int | None:
        """When to look again."""
        while (due := self._order.look(now := monotonic_ns())) is not None and due <= now:
            if (wait_s := self._wait_s()) > 0:
                self._order.hindered()
                return None if math.isinf(wait_s) else now + int(wait_s * 1e9) + 1
            departure = self._order.take(now)
            if len(self._lanes) < self.partitions:
                departure = departure._replace(unlike="shared")
            self._release(departure.what)
            if not departure.what.lane.send(departure.what, departure):
                self._order.dropped()
        return due

    def _release(self, read: Read) -> None:
        self._bytes -= read.size + _RECORD_BYTES
        self._released.ring()
