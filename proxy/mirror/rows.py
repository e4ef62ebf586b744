"""Which calls to an endpoint failed one after another, in the order in which they were started. Pure.

Not in the order in which they ended: of calls that are under way together the time-outs end last, and would stand in a
row although most of the others were answered. Nor are failures in one row between which a call is still under way, or
an endpoint that refuses some at once and answers the rest slowly would have a row of refusals.
"""

from __future__ import annotations

from records.silence import Silence, joined


class StartedCall:
    """A call, from its start to its end."""

    __slots__ = ("row_before",)

    def __init__(self) -> None:
        self.row_before: Silence | None = None  # the failed calls between the one under way before it and this one


class FailureRows:
    """Of the calls started since the last one that was answered. Holds no more than the calls under way, and one."""

    def __init__(self) -> None:
        self._calls = [StartedCall()]  # by start; the last one is the next to be started

    @property
    def longest(self) -> Silence | None:
        """None where no call has failed since one was answered; of two as long, the later."""
        rows = [call.row_before for call in reversed(self._calls) if call.row_before is not None]
        return max(rows, key=lambda row: row.calls, default=None)

    def started(self) -> StartedCall:
        call = self._calls[-1]
        self._calls.append(StartedCall())
        return call

    def answered(self, call: StartedCall) -> None:
        """No row goes on past an answer, and what was started before it says nothing any more, however it ends."""
        if call in self._calls:
            del self._calls[: self._calls.index(call) + 1]

    def failed(self, call: StartedCall, failure: Silence) -> None:
        self._join(call, failure)

    def given_up(self, call: StartedCall) -> None:
        """As if it had never been made."""
        self._join(call, None)

    def _join(self, call: StartedCall, failure: Silence | None) -> None:
        """The rows before and after a call that ended become one."""
        if call not in self._calls:
            return  # one that was started later has been answered
        at = self._calls.index(call)
        after = self._calls[at + 1]
        after.row_before = joined(each for each in (call.row_before, failure, after.row_before) if each is not None)
        del self._calls[at]
