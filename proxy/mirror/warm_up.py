"""Whether a candidate is still warming up: its first pairs after a start or resume say nothing about latency. Pure."""

from __future__ import annotations

PAIRS = 100
SECONDS = 60.0


class WarmUp:
    """Over after `PAIRS` calls or `SECONDS` since the first one, whichever comes first. Idle time warms nothing."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self._calls = 0
        self._first_at: float | None = None

    def calling(self, now: float) -> bool:
        """Count a call; is it one of the first?"""
        if self._first_at is None:
            self._first_at = now
        self._calls += 1
        return self._calls <= PAIRS and now - self._first_at < SECONDS
