"""When an endpoint is left alone: after so many failed calls in a row, for a while, then tried with one call. Pure.

A row is one of calls as they were started (rows.py), for the breaker and for what is said of the endpoint alike. Time
is passed in, in seconds of any steady clock. A candidate's exchanges wait in the stream meanwhile.
"""

from __future__ import annotations

from proxy.mirror.rows import FailureRows, StartedCall
from proxy.settings import BreakerSettings
from records.nouns import Answer, Failure, Observation
from records.silence import MAX_WHY, Silence

_AFTER_THE_TRIAL = float("inf")

# What an intermediary says for a server that is not there (RFC 9110 §15.6.3 to 5).
_NOBODY_THERE = frozenset({502, 503, 504})


def nobody_there(outcome: Answer | Failure) -> bool:
    """Is this a failed call? An answer that is too large is none, nor is an error of the endpoint's own."""
    return outcome.status in _NOBODY_THERE if isinstance(outcome, Answer) else outcome.kind != "too_large"


class Breaker:
    def __init__(self, settings: BreakerSettings) -> None:
        self.answered_ns = 0  # Unix time: when the last call that was answered was started
        self._settings = settings
        self._rows = FailureRows()
        self._open_until: float | None = None  # None: closed
        self._trial: StartedCall | None = None
        self._closed_at = float("-inf")

    @property
    def open(self) -> bool:
        return self._open_until is not None

    @property
    def silence(self) -> Silence | None:
        """The longest row of failed calls that no call started later has broken by an answer."""
        return self._rows.longest

    def wait_s(self, now: float) -> float:
        """How long until a call may be made: 0 for now, infinite while a trial call decides."""
        if self._open_until is None:
            return 0.0
        return max(0.0, self._open_until - now) if self._trial is None else _AFTER_THE_TRIAL

    def calling(self) -> StartedCall:
        """A call that `wait_s` allowed is being made: tell by it how it ended. While open it is the trial."""
        call = self._rows.started()
        if self.open:
            self._trial = call
        return call

    def ended(self, call: StartedCall, observation: Observation | None, now: float) -> None:
        """`observation` is None where this side gave the call up, which says nothing about the endpoint."""
        if observation is None:
            self.given_up(call)
        elif nobody_there(observation.outcome):
            self.failed(call, _one_call(observation), now)
        else:
            self.answered_ns = max(self.answered_ns, observation.wall_ns)
            self.answered(call, now)

    def answered(self, call: StartedCall, now: float) -> None:
        self._rows.answered(call)
        if self.open and not self._too_many():
            self._closed_at = now
            self._open_until = self._trial = None

    def failed(self, call: StartedCall, failure: Silence, now: float) -> None:
        self._rows.failed(call, failure)
        if call is self._trial or (not self.open and self._too_many()):
            self._open_until = now + self._settings.pause_s
            self._trial = None

    def given_up(self, call: StartedCall) -> None:
        self._rows.given_up(call)
        if call is self._trial:
            self._trial = None

    def held_up(self, since: float) -> bool:
        """Was it open at any time since then?"""
        return self.open or self._closed_at >= since

    def _too_many(self) -> bool:
        row = self._rows.longest
        return row is not None and row.calls >= self._settings.failures


def _one_call(failed: Observation) -> Silence:
    outcome, at = failed.outcome, failed.wall_ns
    why = f"answered {outcome.status}" if isinstance(outcome, Answer) else f"{outcome.kind}: {outcome.detail}"
    return Silence(since_ns=at, last_ns=at, calls=1, why=why[:MAX_WHY])
