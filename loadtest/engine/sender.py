"""Sends the part of a plan that is one process's, each request when it is due, on an absolute clock.

due = start + offset. What is late is sent at once: nothing is dropped, and nothing that follows is moved. Whatever
happens (the alarm rings, a call ends) makes it look at what is due now and set the alarm for what is due next; nothing
of it awaits. What is due and has no place yet waits in the plan itself, so nothing here grows with the backlog; what
waits for an answer of its own session is held here, a few numbers each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from heapq import heappop, heappush
from time import monotonic_ns
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from calling.call import Done
from ground.alarm import Alarm
from loadtest.engine.ended_call import EndedCall
from loadtest.plan import NONE_BEFORE, LoadPlan
from records.nouns import Observation

_BLOCK = 4_096  # rows turned into Python's integers at once


class CallUnderWay(Protocol):
    """calling.call.Call."""

    @property
    def started_ns(self) -> int: ...
    @property
    def arrivals(self) -> Sequence[tuple[int, int]]: ...
    @property
    def is_stamped(self) -> bool: ...
    @property
    def broken_off(self) -> bytes: ...
    @property
    def was_resent(self) -> bool: ...
    def start(self) -> None: ...
    def give_up(self) -> None: ...


class Callee(Protocol):
    """What is asked: calling.endpoint.CalledEndpoint."""

    def call(self, request: bytes, *, to_head_request: bool, done: Done) -> CallUnderWay: ...


class DueRequest(NamedTuple):
    """A row of the plan. `due` is from the run's start; `after` and `think` as a plan has them; `followed`: another row
    is after this one.
    """

    row: int
    due: int
    after: int = NONE_BEFORE
    think: int = 0
    followed: bool = False


def due_requests(plan: LoadPlan, rows: NDArray[np.int64]) -> Iterator[DueRequest]:
    """These rows of the plan, of which every session is whole."""
    followed = np.zeros(plan.size, np.bool_)
    followed[plan.after[plan.after != NONE_BEFORE]] = True
    for start in range(0, len(rows), _BLOCK):
        some = rows[start : start + _BLOCK]
        columns = (some, plan.due_ns[some], plan.after[some], plan.think_ns[some], followed[some])
        yield from map(DueRequest, *(column.tolist() for column in columns))


class PlanSender:
    """`requests` in the order in which they are due. `closed`: each as soon as there is a place, from the start on,
    whenever it is due; and none after `closed_for_ns`, where that is said.
    """

    def __init__(
        self,
        requests: Iterator[DueRequest],
        *,
        bytes_of: Callable[[int], bytes],
        callee: Callee,
        keep: Callable[[EndedCall], None],
        max_in_flight: int,
        closed: bool = False,
        closed_for_ns: int | None = None,
    ) -> None:
        """`bytes_of`: the request of a row. `keep` takes what came back."""
        self._requests = requests
        self._bytes_of = bytes_of
        self._callee = callee
        self._keep = keep
        self._max_in_flight = max_in_flight
        self._closed = closed
        self._closed_for_ns = closed_for_ns
        self._start = 0
        self._next: DueRequest | None = None
        self._calls: dict[int, CallUnderWay] = {}
        self._sessions = _SessionOrder()
        self._free_since = 0  # when the last of all places became free again
        self._looking = self._stopped = False
        self.sent = self.ended = self.failed = 0
        self.was_full = False
        self.last_failure = ""
        self.failures_in_a_row = 0

    def start(self, at: int) -> None:
        """By time.monotonic_ns. Needs a running loop."""
        self._start = self._free_since = at
        self._alarm = Alarm(self._look)
        self._take_next()
        self._look()

    @property
    def in_flight(self) -> int:
        return len(self._calls)

    @property
    def is_done(self) -> bool:
        nothing_left = self._next is None and not self._sessions
        return not self._calls and (self._stopped or nothing_left)

    def stop(self) -> None:
        """Send no more; what is in flight may still end."""
        self._stopped = True
        self._alarm.close()

    def give_up(self) -> None:
        """What is in flight, too."""
        self.stop()
        for call in list(self._calls.values()):
            call.give_up()

    # ---- inside

    def _look(self) -> None:
        if self._looking or self._stopped:
            return  # a call ended while it was begun: who is looking goes on
        self._looking = True
        try:
            self._alarm.set(self._send_what_is_due())
        finally:
            self._looking = False

    def _send_what_is_due(self) -> int | None:
        """When to look again; None: when a call ends."""
        while not self._stopped and (found := self._first()) is not None:
            due, request = found
            now = monotonic_ns()
            if now < (opens := self._start if self._closed else due):
                return opens
            if self._closed_for_ns is not None and now >= self._start + self._closed_for_ns:
                self.stop()
                return None
            if request is self._next and request.after != NONE_BEFORE:
                self._take_next()
                self._sessions.put(request, due)
                continue
            if len(self._calls) >= self._max_in_flight:
                self.was_full = self.was_full or not self._closed
                return None
            self._take(request)
            self._issue(request, due, now)
        return None

    def _first(self) -> tuple[int, DueRequest] | None:
        """What is due first, by the clock: of the plan, or of the sessions that go on."""
        ready = self._sessions.first()
        if self._next is None:
            return ready
        own = self._start + self._next.due, self._next
        return own if ready is None else min(own, ready)

    def _take(self, request: DueRequest) -> None:
        if request is self._next:
            self._take_next()
        else:
            self._sessions.take()

    def _take_next(self) -> None:
        self._next = next(self._requests, None)

    def _issue(self, request: DueRequest, when: int, now: int) -> None:
        """`when`: it might be sent, by the plan and its session. It stays due when the plan says: who waits for a slow
        answer before his next question waits for that, too.
        """
        due = now if self._closed else self._start + request.due
        ready = now if self._closed else max(when, self._free_since)
        data = self._bytes_of(request.row)
        done = partial(self._ended, request, due, ready, now)
        call = self._callee.call(data, to_head_request=data.startswith(b"HEAD "), done=done)
        self._calls[request.row] = call
        self.sent += 1
        call.start()

    def _ended(self, request: DueRequest, due: int, ready: int, issued: int, observation: Observation | None) -> None:
        now = monotonic_ns()
        if len(self._calls) == self._max_in_flight:
            self._free_since = now
        call = self._calls.pop(request.row)
        if observation is not None:
            self._count(observation)
            stream = call.arrivals, call.is_stamped, call.broken_off
            kept = EndedCall(request.row, due, ready, issued, call.started_ns, observation, *stream, call.was_resent)
            self._keep(kept)
        if request.followed:
            self._sessions.ended(request.row, now)
        self._look()

    def _count(self, observation: Observation) -> None:
        self.ended += 1
        if observation.timings.last_byte is not None:
            self.failures_in_a_row = 0
            return
        self.failed += 1
        self.failures_in_a_row += 1
        self.last_failure = getattr(observation.outcome, "detail", "")


class _SessionOrder:
    """What is due by the plan, and waits for the answer before it in its session; and then for its client to think."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[int, DueRequest]] = {}  # by the row before
        self._ends: dict[int, int] = {}  # when rows ended that nobody waits for yet: one a session at most
        self._ready: list[tuple[int, DueRequest]] = []  # a heap, by when they are due now

    def __len__(self) -> int:
        return len(self._waiting) + len(self._ready)

    def put(self, request: DueRequest, due: int) -> None:
        ended = self._ends.pop(request.after, None)
        if ended is None:
            self._waiting[request.after] = due, request
        else:
            heappush(self._ready, (max(due, ended + request.think), request))

    def ended(self, row: int, now: int) -> None:
        waiting = self._waiting.pop(row, None)
        if waiting is None:
            self._ends[row] = now
        else:
            due, request = waiting
            heappush(self._ready, (max(due, now + request.think), request))

    def first(self) -> tuple[int, DueRequest] | None:
        return self._ready[0] if self._ready else None

    def take(self) -> None:
        heappop(self._ready)
