"""When things happened in one call, stamped where they happen, and the observation that it comes to.

The live path, the mirror and the load test stamp alike: what they observe may be compared. Subtle: the moments are
plain attributes, which who sees them sets. A method for each made a live request 0.14 µs dearer.
"""

from __future__ import annotations

from time import monotonic_ns, time_ns

from records.nouns import Answer, Failure, Observation, Timings


class Stopwatch:
    """Runs from its birth. Moments are those of `time.monotonic_ns`, 0 for what has not happened; set again where a
    call is made once more. What each means is said with records.nouns.Timings and Observation.
    """

    __slots__ = (
        "_wall_ns", "connected", "failed", "first_byte", "in_flight", "last_byte", "loop_lag_ns", "reader_paused",
        "received", "sent", "started",
    )  # fmt: skip

    def __init__(self) -> None:
        self._wall_ns = time_ns()
        self.started = self.received = monotonic_ns()  # the request was here whole, unless its caller says later
        self.connected = self.sent = self.first_byte = self.last_byte = self.failed = 0
        self.in_flight = self.loop_lag_ns = 0
        self.reader_paused = False

    def observation(
        self,
        outcome: Answer | Failure,
        version: str = "",
        build: str = "",
        declared_version: str = "",
        declared_build: str = "",
    ) -> Observation:
        started = self.started
        return Observation(
            wall_ns=self._wall_ns,
            timings=Timings(
                self.received - started,
                self.connected - started if self.connected else None,
                self.sent - started if self.sent else None,
                self.first_byte - started if self.first_byte else None,
                self.last_byte - started if self.last_byte else None,
                self.failed - started if self.failed else None,
            ),
            outcome=outcome,
            in_flight=self.in_flight,
            loop_lag_ns=self.loop_lag_ns,
            reader_paused=self.reader_paused,
            version=version,
            build=build,
            declared_version=declared_version,
            declared_build=declared_build,
        )
