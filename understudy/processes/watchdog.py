"""When a worker process has been silent for too long. Pure: whoever watches says what passed and what it heard.

Time is counted in the watcher's own ticks. Where all processes stood still together (a suspended machine, a frozen
container), or the watcher itself got no turn, no tick passed, and nobody is taken for hung.
"""

from understudy.processes.channel import BEATS

STARTING = 10  # a process that has said nothing yet is loading its code, from a slow disk perhaps: so much longer


class Watchdog:
    """`tick` once in each beat's time, `heard` at each message."""

    def __init__(self) -> None:
        self._silent = 0
        self._patience = STARTING * BEATS

    def heard(self) -> None:
        self._silent = 0
        self._patience = BEATS

    def tick(self) -> bool:
        """Whether it has been silent for too long now."""
        self._silent += 1
        return self._silent > self._patience
