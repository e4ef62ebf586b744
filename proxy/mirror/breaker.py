"""When an endpoint is left alone: after so many failed calls in a row, for a while, then tried with one call. Pure.

Time is passed in, in seconds of any steady clock. A candidate's exchanges wait in the stream meanwhile.
"""

from __future__ import annotations

from proxy.settings import BreakerSettings
from records.nouns import Answer, Failure

_AFTER_THE_TRIAL = float("inf")

# What an intermediary says for a server that is not there (RFC 9110 §15.6.3 to 5).
_NOBODY_THERE = frozenset({502, 503, 504})


def nobody_there(outcome: Answer | Failure) -> bool:
    """Is this a failed call? An answer that is too large is none, nor is an error of the endpoint's own."""
    return outcome.status in _NOBODY_THERE if isinstance(outcome, Answer) else outcome.kind != "too_large"


class Breaker:
    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._in_a_row = 0
        self._open_until: float | None = None  # None: closed
        self._trial = False
        self._closed_at = float("-inf")

    @property
    def open(self) -> bool:
        return self._open_until is not None

    def wait_s(self, now: float) -> float:
        """How long until a call may be made: 0 for now, infinite while a trial call decides."""
        if self._open_until is None:
            return 0.0
        return _AFTER_THE_TRIAL if self._trial else max(0.0, self._open_until - now)

    def calling(self) -> None:
        """A call that `wait_s` allowed is being made. While open it is the trial."""
        self._trial = self.open

    def succeeded(self, now: float) -> None:
        if self.open:
            self._closed_at = now
        self._in_a_row = 0
        self._open_until = None
        self._trial = False

    def failed(self, now: float) -> None:
        self._in_a_row += 1
        if self._trial or self._in_a_row == self._settings.failures:
            self._open_until = now + self._settings.pause_s
            self._trial = False

    def given_up(self) -> None:
        """A call ended without saying anything about the endpoint."""
        self._trial = False

    def held_up(self, since: float) -> bool:
        """Was it open at any time since then?"""
        return self.open or self._closed_at >= since
