"""One coarse timer for all deadlines of a process, and the measure of how late the event loop runs.

A timer a request costs more than all its header work; a connection instead keeps its `deadline` in an attribute, and
the sweep looks at all of them every `TICK_S`. A deadline is met at most two ticks late, and never early.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from http1.answer import forget_answers
from http1.head import forget_heads
from http1.outbox import Outbox

TICK_S = 0.1
_FORGET_TICKS = 10
NEVER = float("inf")


class DeadlineOwner(Protocol):
    deadline: float

    def deadline_passed(self) -> None: ...


class Sweep:
    """Owns the timer. `now` is the loop's time at the last tick; `lag_ns` how late that tick came."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: set[DeadlineOwner] = set()
        self.now = loop.time()
        self.lag_ns = 0
        self._ticks = 0
        self.outbox = Outbox(loop)
        self._due = self.now + TICK_S
        self._timer = loop.call_at(self._due, self._tick)

    def after(self, seconds: float) -> float:
        """The deadline `seconds` from now."""
        return self.now + TICK_S + seconds

    def watch(self, watched: DeadlineOwner) -> None:
        self._watched.add(watched)

    def unwatch(self, watched: DeadlineOwner) -> None:
        self._watched.discard(watched)

    def stop(self) -> None:
        self._timer.cancel()
        self._watched.clear()

    def _tick(self) -> None:
        now = self.now = self._loop.time()
        self.lag_ns = max(0, int((now - self._due) * 1e9))
        self._ticks += 1
        if self._ticks % _FORGET_TICKS == 0:
            forget_heads()
            forget_answers()
        self._due = max(self._due + TICK_S, now)
        self._timer = self._loop.call_at(self._due, self._tick)  # first: whatever a deadline does, the next tick comes
        for watched in [each for each in self._watched if each.deadline <= now]:
            if watched.deadline <= now:  # one that passed before it may have moved it
                watched.deadline = NEVER  # before the call: it may set the next one
                watched.deadline_passed()
