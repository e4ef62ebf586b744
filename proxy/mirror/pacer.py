"""How fast a mirror catches up after an outage: at most twice as fast as the exchanges once arrived. Pure.

Seconds of any steady clock. One for each partition: where none sends faster than twice its arrivals, neither do all.
"""

from __future__ import annotations

SPEED = 2.0
BEHIND_S = 1.0  # what is younger was not held up


class Pacer:
    """An hour of backlog takes an hour to catch up, since meanwhile another arrives."""

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None  # when the last one that was behind arrived, and was sent

    def due(self, arrived: float, now: float) -> float:
        """When the exchange that arrived then may be sent: `now`, or later. They come in the order they arrived."""
        if now - arrived < BEHIND_S:
            self._last = None
            return now
        due = now
        if self._last is not None:
            before, sent = self._last
            due = max(now, sent + (arrived - before) / SPEED)
        self._last = (arrived, due)
        return due
