"""A call of the plan that has ended: what sending one request came to, with all of its times. Pure data."""

from collections.abc import Sequence

from msgspec import Struct

from records.nouns import Observation


class EndedCall(Struct, frozen=True, gc=False, array_like=True):
    """One call of the plan. Times are ns of CLOCK_MONOTONIC, but for those in the observation and `arrivals`, which are
    from `started`. `arrivals`, `is_stamped`, `broken_off`, `was_resent`: as a call has them. `without_body`: the spill
    was full.
    """

    row: int  # of the plan
    due: int
    ready: int
    issued: int
    started: int
    observation: Observation
    arrivals: Sequence[tuple[int, int]] = ()
    is_stamped: bool = False
    broken_off: bytes = b""
    was_resent: bool = False
    without_body: bool = False
