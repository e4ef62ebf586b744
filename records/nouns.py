"""The nouns: what was asked, what was answered, and when. Frozen, and complete at birth.

Only data lives here. Encoding is codec.py's, storing the store's, judging the comparators'.

Header names are lower-case bytes, values bytes as they came. Bodies are bytes as they came: content coding is
kept, transfer coding is not. Times are nanoseconds; monotonic ones are offsets within one observation, since two
hosts' monotonic clocks differ. No noun can hold itself, so the garbage collector is spared them (`gc=False`).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Headers = tuple[tuple[bytes, bytes], ...]

FailureKind = Literal[
    "connect",  # refused, unreachable, name not found, TLS failed
    "connect_timeout",
    "pool_timeout",  # no connection became free in time
    "first_byte_timeout",
    "idle_timeout",
    "timeout",  # the whole call
    "protocol",  # what came is not HTTP/1.1
    "closed_before_answer",
    "closed_midway",
    "too_large",  # the answer is over what this side reads
    "cancelled",  # this side gave up: the client went away, or a stop
]

# How a mirror asked a candidate otherwise than production was asked: reasons.ASKED_UNLIKE says what each means.
Unlike = Literal["", "more_in_hand", "fewer_in_hand", "behind", "late", "shared"]


class Body(Struct, frozen=True, gc=False, array_like=True):
    """A body as it came. `cut` says that `data` holds less than the `size` bytes that passed."""

    data: bytes
    size: int
    cut: bool = False


class Timings(Struct, frozen=True, gc=False, array_like=True):
    """Offsets in ns from the observation's zero (`Observation.wall_ns`); None for what did not happen.

    received: the whole request was here. connected: a connection was in hand. sent: the last request byte was
    with the kernel (of a body too large for it, with the loop). first_byte, last_byte: of the answer. failed: the call
    was found to have failed. Latency is last_byte - sent, and more than failed - sent of a call that was cut off at a
    timeout.
    """

    received: int | None = None
    connected: int | None = None
    sent: int | None = None
    first_byte: int | None = None
    last_byte: int | None = None
    failed: int | None = None  # added later than the others: older records have none


class Answer(Struct, frozen=True, gc=False, array_like=True, tag="answer"):
    status: int
    headers: Headers
    body: Body


class Failure(Struct, frozen=True, gc=False, array_like=True, tag="failure"):
    """No complete answer. `status` is set where a head had come; `detail` is ours, never the peer's bytes."""

    kind: FailureKind
    detail: str
    status: int | None = None


class Observation(Struct, frozen=True, gc=False, array_like=True, kw_only=True):
    """What one endpoint did with one request."""

    wall_ns: int
    timings: Timings
    outcome: Answer | Failure
    # Calls that this endpoint had in hand when this one was sent, itself included: of production those of all proxy
    # workers of the host, of a candidate those of this mirror.
    in_flight: int
    loop_lag_ns: int  # how late the event loop ran at that time, whatever it did until the end
    reader_paused: bool  # whoever read the answer held it up at least once: its timings are not the endpoint's
    version: str = ""  # as a header of the answer told it
    build: str = ""
    # As settings said then; later than the others, so last.
    declared_version: str = ""
    declared_build: str = ""


class Request(Struct, frozen=True, gc=False, array_like=True):
    method: str
    target: str  # raw, with query; credentials in the query already dropped
    headers: Headers  # the allow list's
    body: Body


class Exchange(Struct, frozen=True, gc=False, array_like=True, tag="exchange/1", kw_only=True):
    """One request with production's observation."""

    id: str  # unique; X-Request-ID is an attribute in `request.headers`, since clients repeat it
    route: str
    revision: int  # of the settings it was served under
    request: Request
    production: Observation
    sampling_key: str = ""  # a keyed hash of the sampling header's value, never the value
    unit: str = ""  # whose it is by a header that settings name: records.privacy.units; later than the others, so last
    sampling_ratio: float = 1.0  # of the route's requests the share that was to be recorded then


class Pair(Struct, frozen=True, gc=False, array_like=True, tag="pair/1", kw_only=True):
    """An exchange with one candidate's observation, and where production was asked once more, with that one too."""

    exchange: Exchange
    candidate: str
    generation: int  # grows with `restart` and with each change of the candidate's settings
    observation: Observation
    queue_delay_ns: int  # from when the candidate was to be asked, at its delay behind production, to its call
    warming_up: bool  # among the first after a start or resume: latency does not count
    noise: Observation | None = None  # production's, of the same request, called as the candidate is
    # Later than the others, so last.
    unlike: Unlike = ""
    pace: tuple[int, int] = (0, 0)  # how long after the exchange before it production was asked, and the candidate
