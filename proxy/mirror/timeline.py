"""Where a moment of production's clock lies on this process's own, and how long after it a candidate is asked. Pure.

Nanoseconds. Production's moments are of the wall clock of its proxy, which may stand on another host. Nothing is in the
store before it has ended: so the shortest that anything took from its end into the store is taken for the difference
of the two clocks, and a clock that is wrong, or set anew, is told from a mirror that is behind.
"""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass

LEAST_DELAY_NS = 250_000_000
MOST_DELAY_NS = 60_000_000_000
_APART_NS = 250_000_000  # over so much candidates are spread, in steps of
_STEP_NS = 1_000_000
REMEMBERED = 1_024  # exchanges, of which the slowest hundredth says how long to wait for the others
_LOOKED_AT_EVERY = 64
_ANEW_NS = 60_000_000_000  # a clock that was set anew is known after one to two of these


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An exchange's place in production's order of events."""

    sent: int  # on production's clock, as `ended`
    ended: int
    in_hand: int  # calls that production had in hand once this one was sent, itself included
    arrived: int  # in the store, on this process's clock


def apart_ns(candidate: str) -> int:
    """So much later than others this candidate is asked. Two that share a machine and are asked at once slow each other
    down at every request, and never production: it would look faster than it is.
    """
    return zlib.crc32(candidate.encode()) % (_APART_NS // _STEP_NS) * _STEP_NS


class Timeline:
    """A candidate follows production at `delay`: long enough for what was sent before to have ended and come in, and
    `apart` from other candidates.
    """

    def __init__(self, apart: int = 0) -> None:
        self._apart = apart
        self.delay = LEAST_DELAY_NS + apart
        self._differences: list[int] = []  # the smallest of this minute, and of the one before
        self._since = 0
        self._took: deque[int] = deque(maxlen=REMEMBERED)  # from sending into the store, by both clocks
        self._seen = 0

    def see(self, turn: Turn) -> None:
        self._see_clocks(turn)
        self._took.append(turn.arrived - turn.sent)
        self._seen += 1
        if self._seen <= _LOOKED_AT_EVERY or self._seen % _LOOKED_AT_EVERY == 0:
            slowest = sorted(self._took)[len(self._took) * 99 // 100] - self._difference
            self.delay = min(max(LEAST_DELAY_NS, 2 * slowest), MOST_DELAY_NS) + self._apart

    def own(self, moment: int) -> int:
        """A moment of production's clock on this process's."""
        return moment + self._difference

    @property
    def _difference(self) -> int:
        return min(self._differences)

    def _see_clocks(self, turn: Turn) -> None:
        difference = turn.arrived - turn.ended
        if not self._differences or turn.arrived - self._since > _ANEW_NS:
            self._differences = [difference, *self._differences[:1]]
            self._since = turn.arrived
        else:
            self._differences[0] = min(self._differences[0], difference)
