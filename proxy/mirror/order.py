"""Production's order of events, given to a candidate: which exchange is due when, and what was done otherwise. Pure.

How long an endpoint takes depends on how many requests it has in hand, so both must have as many. The candidate is
asked in the order in which production was asked; not before it has fewer in hand than production had then; and as long
after its own last event (a call was sent, or ended) as production was after its own. Sending at production's times
would not do: a server that is full, replayed at fixed times, is a queue whose length is chance. Nor would leaving out
afterwards what was asked otherwise: that hides a candidate that is slow.

    add ──► head of the order ──► settled: what was sent before has come in
                                     │ fewer in hand than production had
                                     ▼
                                  due: production's pause after the last event ──► take

Where production had nothing in hand it is followed at a delay (timeline.py), and pauses become longer or shorter. A
candidate that falls behind by more than SLACK_NS is asked without order, as fast as pacer.py allows, until it has
caught up; where that does not help, since it is full, it is asked in order again, as far behind as it is. Nanoseconds
of this process's clock, but for production's moments in a Turn.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Generic, NamedTuple, TypeVar

from proxy.mirror.pacer import Pacer
from proxy.mirror.timeline import Timeline, Turn
from records.nouns import Unlike

What = TypeVar("What")

QUIET_NS = 50_000_000  # after a pause this long production's times are followed anew
LEAST_PAUSE_NS = 1_000_000  # is left of a pause that is shortened
_NEAR_NS = 50_000_000  # so far behind its time at the delay, short pauses are kept
LATE_NS = 1_000_000  # what is sent later than this after it was due was sent by another order
SLACK_NS = 1_000_000_000
PATIENCE_NS = (
    2_000_000_000  # so long a candidate is asked without order, at least, before it is seen whether that helps
)
_MOST_PATIENCE_NS = 60_000_000_000
_GAIN = 0.1  # of the time: helped by less, a candidate is asked in order again, as far behind as it is
_LONG_AGO = 30  # times as long in order: what was found of a candidate before says nothing of it any more
_PLAY = 0.4  # of the delay: so far ahead of it an exchange may be sent, where the candidate is faster


class Departure(NamedTuple, Generic[What]):
    """An exchange that is sent now.

    `unlike`: what was done otherwise than production did, or nothing.
    `lag`: how long after its time at the delay; `pace`: how long after the one before it production was asked,
    and how long after it the candidate is.
    """

    what: What
    unlike: Unlike
    lag: int
    pace: tuple[int, int]


class EventOrder(Generic[What]):
    """One candidate's. Holds what was added and not taken: its bound is the caller's."""

    def __init__(self, *, backfilling: bool = False, apart: int = 0) -> None:
        """`backfilling`: what comes first was asked for from an earlier point on, and is sent as fast as it can be.
        `apart`: from other candidates, as timeline.py has it.
        """
        self.timeline = Timeline(apart)
        self._waiting: list[tuple[int, int, Turn, What]] = []  # a heap, by when production was asked
        self._added = 0
        self._ends: list[int] = []  # a heap: of production's calls that were added, as far as not yet passed
        self._last_event = 0  # of production, up to what was taken last
        self._last_sent = 0  # by production, of what was taken last
        self._called_at = 0
        self._moved_at = 0  # the candidate's last event
        self._in_hand = 0  # the candidate's
        self._due: int | None = None  # of the head, once that is certain
        self._hindered = False  # the head could not be sent when it was due
        self.behind = False  # without order, to catch up
        self._fell_behind = 0  # when it last did, or was asked in order again
        self._lag_then = 0
        self._patience = PATIENCE_NS
        self._granted = 0  # lag that could not be made up
        self.backfilling = backfilling
        self._pacer = Pacer()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, turn: Turn, what: What) -> None:
        self.timeline.see(turn)
        self._added += 1
        heappush(self._waiting, (turn.sent, self._added, turn, what))
        heappush(self._ends, turn.ended)
        if self._waiting[0][1] == self._added:
            self._next_head()

    def withdraw(self, gone: Callable[[What], bool]) -> list[What]:
        """Leave out, and return, what is no longer to be sent from here."""
        withdrawn = [entry[3] for entry in self._waiting if gone(entry[3])]
        self._waiting = [entry for entry in self._waiting if not gone(entry[3])]
        heapify(self._waiting)
        self._next_head()
        return withdrawn

    def ended(self, now: int) -> None:
        """One of the candidate's calls did."""
        self._in_hand -= 1
        self._moved_at = now

    def dropped(self) -> None:
        """What was taken last was not sent after all."""
        self._in_hand -= 1

    def look(self, now: int) -> int | None:
        """When to look again, or `take`, where that is now; None: when something was added, or ended."""
        if not self._waiting:
            return None
        if self._due is not None:
            return self._due
        turn = self._waiting[0][2]
        target = self.timeline.own(turn.sent) + self.timeline.delay
        self._see_lag(now - target, now)
        if self.behind:
            self._due = self._paced(turn, now)
            return self._due
        settled = target - int(_PLAY * self.timeline.delay)
        if now < settled:
            return settled
        if self._in_hand >= turn.in_hand:
            return target + self._most_lag()
        self._due = self._in_order(turn, target, settled)
        return self._due

    def hindered(self) -> None:
        """What is due can't be sent now."""
        self._hindered = True

    def take(self, now: int) -> Departure[What]:
        """The head, which is due: it is sent now."""
        _, _, turn, what = heappop(self._waiting)
        self._in_hand += 1
        unlike = self._unlike(turn, now)
        lag = max(0, now - self.timeline.own(turn.sent) - self.timeline.delay)
        pace = (max(0, turn.sent - self._last_sent), now - self._called_at) if self._called_at else (0, 0)
        self._pass(turn)
        self._last_sent, self._called_at = turn.sent, now
        self._moved_at = max(self._moved_at, self._sent_at(now))
        self._next_head()
        return Departure(what, unlike, lag, pace)

    # ---- inside

    def _next_head(self) -> None:
        self._due = None
        self._hindered = False

    def _most_lag(self) -> int:
        return self._granted + max(SLACK_NS, self.timeline.delay)

    def _see_lag(self, lag: int, now: int) -> None:
        """Drop the order, or begin it again."""
        self.backfilling = self.backfilling and lag > 0
        self._granted = min(self._granted, max(0, lag))
        if self.behind and lag <= 0:
            self._begin_order(now)
            self._patience = PATIENCE_NS
        elif self.behind and now - self._fell_behind >= self._patience:
            helped = self._lag_then - lag >= _GAIN * self._patience
            if not helped:
                self._begin_order(now)
                self._granted, self._patience = lag, min(2 * self._patience, _MOST_PATIENCE_NS)
            self._fell_behind, self._lag_then = now, lag
        elif not self.behind and lag > self._most_lag():
            if now - self._fell_behind > _LONG_AGO * self._patience:
                self._patience = PATIENCE_NS
            self.behind, self._fell_behind, self._lag_then = True, now, lag

    def _begin_order(self, now: int) -> None:
        self.behind, self._fell_behind, self._granted = False, now, 0

    def _paced(self, turn: Turn, now: int) -> int:
        if self.backfilling:
            return now
        return now + int(1e9 * (self._pacer.due(turn.arrived / 1e9, now_s := now / 1e9) - now_s))

    def _in_order(self, turn: Turn, target: int, settled: int) -> int:
        """Production's pause after its last event, after the candidate's. Or production's time at the delay: where it
        had nothing in hand, after a long pause, and where the candidate is as far ahead as can be. The first of all has
        no pause to keep, whatever production had in hand beside it.
        """
        if not (last := self._last_before(turn)):
            return target
        pause = max(0, turn.sent - last)
        due = self._moved_at + pause
        if turn.in_hand <= 1:  # production had nothing in hand
            return max(target, self._moved_at + self._shortened(pause, target))
        if pause >= QUIET_NS or due < settled:
            return max(target, due)
        return due

    def _shortened(self, pause: int, target: int) -> int:
        """Of a pause that an idle endpoint had. Nothing queues behind it, so the candidate may make up in it for what
        the mirror was held up. Where it lags little, short ones are kept.
        """
        least = min(pause, LEAST_PAUSE_NS)
        return least if self._moved_at + least <= target + _NEAR_NS else least // 2

    def _last_before(self, turn: Turn) -> int:
        """Production's last event before this one was sent."""
        while self._ends and self._ends[0] <= turn.sent:
            self._last_event = max(self._last_event, heappop(self._ends))
        return self._last_event

    def _pass(self, turn: Turn) -> None:
        self._last_event = max(self._last_before(turn), turn.sent)

    def _sent_at(self, now: int) -> int:
        """Now, or when it was due: what the mirror is late by must not add up from one to the next."""
        return now if self._due is None or self._is_late(now) else self._due

    def _unlike(self, turn: Turn, now: int) -> Unlike:
        if self.behind or self._hindered:
            return "behind"
        if self._in_hand != turn.in_hand:
            return "more_in_hand" if self._in_hand > turn.in_hand else "fewer_in_hand"
        return "late" if self._is_late(now) else ""

    def _is_late(self, now: int) -> bool:
        return self._due is None or now > self._due + LATE_NS
