"""What the hosts of a run have to agree on, and one start mark by a clock that none of them has. Pure.

A host's own clock (CLOCK_MONOTONIC) is compared with the store's by asking it what time it is: the answer was given
somewhere between question and answer, so that the middle is wrong by half of that time at most. Of several round trips
the shortest tells most.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct

from loadtest.outcome import INTERRUPTED, HostClock

_SHORT_SHA = 12
_STORE_CLOCK_NS = 1_000  # the store tells its time in whole µs


class RunStart(NamedTuple):
    """By this host's CLOCK_MONOTONIC. `within_ns`: how far that may be from the mark of all hosts; `mark_ns`: this, by
    the store's clock.
    """

    at_ns: int
    within_ns: int = 0
    mark_ns: int = 0

    def clock_by(self, reading: "ClockReading") -> HostClock:
        """How this host's clock and the store's have moved apart, by one that came later."""
        again = reading.start_at(self.mark_ns)
        return HostClock(again.at_ns - self.at_ns, again.within_ns)


class ClockReading(NamedTuple):
    """Asked and heard by this host's CLOCK_MONOTONIC; `told_ns` by the store's clock, since 1970."""

    asked_ns: int
    told_ns: int
    heard_ns: int

    @property
    def took_ns(self) -> int:
        return self.heard_ns - self.asked_ns

    def start_at(self, mark_ns: int) -> RunStart:
        """A mark of the store's clock by this host's."""
        middle = (self.asked_ns + self.heard_ns) // 2
        return RunStart(middle + mark_ns - self.told_ns, self.took_ns // 2 + _STORE_CLOCK_NS, mark_ns)


def best(readings: Iterable[ClockReading]) -> ClockReading:
    return min(readings, key=lambda each: each.took_ns)


class HostHello(Struct, frozen=True, kw_only=True):
    """What a host says of itself, and what has to be the same on all: the plan, how answers are read and compared (as
    PairJudge.fingerprint has it), its processes, its release.
    """

    plan_sha256: str
    comparison: str
    processes: int
    release: str

    def to_bytes(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> "HostHello":
        """Raises msgspec.DecodeError."""
        return msgspec.json.decode(data, type=cls)


# Field, its words, and what would be right: what differs first is said.
_ALIKE = (
    ("release", "releases differ", "install the same one on each"),
    ("plan_sha256", "plans differ", "give each the same source and the same options"),
    ("processes", "--workers differ", "give each the same number"),
    (
        "comparison",
        "ways to compare answers differ",
        "give each the same settings (secret, too, where compare.unit stands in bodies) and the same source",
    ),
)


def disagreement(hellos: Mapping[int, HostHello]) -> str:
    """In which way these hosts are not about to do the same; "" where they are."""
    for field, what, right in _ALIKE:
        told = {number: str(getattr(each, field)) for number, each in sorted(hellos.items())}
        if len(set(told.values())) > 1:
            of_each = ", ".join(f"host {number} has {value[:_SHORT_SHA]}" for number, value in told.items())
            return f"the hosts' {what}: {of_each}; {right}"
    return ""


def named(numbers: Sequence[int]) -> str:
    """`host 2`, `hosts 2 and 3`."""
    told = [str(each) for each in sorted(numbers)]
    if len(told) == 1:
        return f"host {told[0]}"
    return f"hosts {', '.join(told[:-1])} and {told[-1]}"


def absent(of: int, there: Iterable[int]) -> list[int]:
    return sorted(set(range(1, of + 1)) - set(there))


def of_host(number: int, why: str) -> str:
    """Why a host ended early, as the others are told."""
    return f"host {number} was {why}" if why == INTERRUPTED else f"host {number}: {why}"
