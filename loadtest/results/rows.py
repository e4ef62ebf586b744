"""What a run came to, request by request: one row each, and all of them as columns. Pure.

Times are ns from the run's start. `due`: when it was to be sent. `ready`: when nothing forbade that any more: too many
in flight, or the answer before it in its session. `issued`: when the engine turned to it. `sent`, `first_byte`, `done`
are stamped where bytes are written and read; `done` is also when a failure was found. So

    lag      = issued - ready    what the generator is late by: its own fault
    service  = done - sent
    response = done - due        with all waiting, on either side: free of coordinated omission
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

Column = NDArray[Any]

# However long one waits: to be sent, or to be answered.
TIMEOUTS = frozenset({"connect_timeout", "pool_timeout", "first_byte_timeout", "idle_timeout", "timeout"})
_SERVER_ERROR = 500
NEVER = -1  # in a column of times: it did not happen

# What a file may say: no difference of two leaves an int64.
_LARGEST = 2**60
_Count = Annotated[int, Meta(ge=0, le=_LARGEST)]
_Time = Annotated[int, Meta(ge=NEVER, le=_LARGEST)]

_INT64 = ("n", "due", "ready", "issued", "sent", "first_byte", "done", "bytes_out", "bytes_in", "recorded",
          "first_token", "last_token", "token_events", "tokens")  # fmt: skip


class ResultRow(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One request of the plan. `n`: its place there. `failure` is a kind of records.nouns.FailureKind, "" where there
    was an answer; `status` that of the answer, 0 where none came. `recorded`: how long production took for it, in ns,
    from its last byte sent to the last one read. `first_token`, `last_token`: of a stream, when the first and the last
    of its `token_events` had come whole, those events that carry output; `tokens` as the endpoint counted them, else as
    many as those events, NEVER where no stream was to be expected. `disagrees`: the share of the answer that disagrees
    with production's; None where that could not be told. `warmup`: it counts in no number.
    """

    n: _Count
    due: _Count
    ready: _Count
    issued: _Count
    sent: _Time = NEVER
    first_byte: _Time = NEVER
    done: _Time = NEVER
    status: Annotated[int, Meta(ge=0, le=999)] = 0
    failure: str = ""
    bytes_out: _Count = 0
    bytes_in: _Count = 0
    recorded: _Time = NEVER
    first_token: _Time = NEVER
    last_token: _Time = NEVER
    token_events: _Count = 0
    tokens: _Time = NEVER
    disagrees: Annotated[float, Meta(ge=0, le=1)] | None = None
    warmup: bool = False

    @property
    def is_in_order(self) -> bool:
        """Nothing happened before what it follows."""
        stamps = (self.sent, self.first_byte, self.first_token, self.last_token, self.done)
        happened = [time for time in stamps if time != NEVER]
        return all(one <= next_one for one, next_one in pairwise((self.due, self.ready, self.issued, *happened)))


class ResultColumns(NamedTuple):
    """Rows in the order in which they were due. Times and sizes are int64, `status` int16, `disagrees` float64 with NaN
    for None, `failed`, `timed_out` and `warmup` bool.
    """

    n: Column
    due: Column
    ready: Column
    issued: Column
    sent: Column
    first_byte: Column
    done: Column
    status: Column
    failed: Column
    timed_out: Column
    bytes_out: Column
    bytes_in: Column
    recorded: Column
    first_token: Column
    last_token: Column
    token_events: Column
    tokens: Column
    disagrees: Column
    warmup: Column

    @classmethod
    def of(cls, rows: Iterable[ResultRow]) -> "ResultColumns":
        kept = sorted(rows, key=lambda each: (each.due, each.n))
        numbers = {name: np.array([getattr(each, name) for each in kept], dtype=np.int64) for name in _INT64}
        return cls(
            **numbers,
            status=np.array([each.status for each in kept], dtype=np.int16),
            failed=np.array([each.failure != "" for each in kept], dtype=np.bool_),
            timed_out=np.array([each.failure in TIMEOUTS for each in kept], dtype=np.bool_),
            disagrees=np.array(
                [np.nan if each.disagrees is None else each.disagrees for each in kept], dtype=np.float64
            ),
            warmup=np.array([each.warmup for each in kept], dtype=np.bool_),
        )

    def counting(self) -> "ResultColumns":
        """Without the requests that warm up."""
        return ResultColumns(*(column[~self.warmup] for column in self))

    def answered(self) -> "ResultColumns":
        """Without those that failed: they have an end, and took no time to answer."""
        return ResultColumns(*(column[~self.failed & (self.done != NEVER)] for column in self))

    @property
    def has_twice(self) -> bool:
        """Whether two rows are of one request of the plan."""
        return len(np.unique(self.n)) < len(self.n)

    def without_success(self) -> Column:
        """Which were not answered, or with a status from 500 on."""
        found: Column = self.failed | (self.status >= _SERVER_ERROR)
        return found

    @property
    def service(self) -> Column:
        """Of what was sent and ended."""
        return (self.done - self.sent)[self._ended]

    @property
    def response(self) -> Column:
        """Of what was sent and ended."""
        return (self.done - self.due)[self._ended]

    @property
    def lag(self) -> Column:
        return self.issued - self.ready

    @property
    def _ended(self) -> Column:
        ended: Column = (self.sent != NEVER) & (self.done != NEVER)
        return ended
