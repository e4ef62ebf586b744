"""For how long an endpoint keeps an idle connection: what it announces, and what it was seen to do.

A request that reaches an endpoint just as it closes the connection is lost, and a POST must not be sent again unasked.
So a connection is left alone a little before its time is up.
"""

from __future__ import annotations

import re
from collections import deque
from math import inf

_TIMEOUT = re.compile(rb"(?:^|[,;\s])timeout\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE)
_MARGIN_S = 1.0  # or half, of a shorter time: for the way there, and for a loop that runs late
_REMEMBERED = 8
_AT_ONCE_S = 0.05  # closed sooner than this, it was not idleness that it was closed for
_LOOK_AFTER_S = 0.01  # of idleness: before that a look gains nothing with most endpoints, and it costs a system call


def announced_s(keep_alive: bytes) -> float:
    """The time that a Keep-Alive header gives an idle connection; infinite where it says nothing of one. (No RFC of
    today defines it; servers do.)"""
    found = _TIMEOUT.search(keep_alive)
    return inf if found is None else float(found[1])


def usable_s(time_s: float) -> float:
    """For how long a connection may be used again that is closed after `time_s`."""
    return time_s - min(_MARGIN_S, time_s / 2) if time_s < inf else inf


class IdleTime:
    """One endpoint's, learned from the connections that it closed.

    The longest of the last few counts: a restart closes connections of any age, the endpoint's own time only those that
    reached it.
    """

    __slots__ = ("_closed_after", "look_after_s", "usable_s")

    def __init__(self) -> None:
        self._closed_after: deque[float] = deque(maxlen=_REMEMBERED)
        self.usable_s = inf
        self.look_after_s = _LOOK_AFTER_S  # idle for longer, a connection is looked at before it is used again

    def closed(self, idle_s: float) -> None:
        """The endpoint closed a connection that had been idle for this long."""
        if idle_s >= _AT_ONCE_S:
            self._closed_after.append(idle_s)
            self.usable_s = usable_s(max(self._closed_after))
        else:
            self.look_after_s = 0.0  # it hangs up behind answers, and does not say so in them

    def outlived(self) -> None:
        """A connection was idle for as long as we keep any, and the endpoint had not closed it."""
        self._closed_after.clear()
        self.usable_s = inf
        self.look_after_s = _LOOK_AFTER_S
