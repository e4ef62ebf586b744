"""When things happened, as an observation says it: the same for whoever called."""

import time

from calling.stopwatch import Stopwatch
from records.nouns import Answer, Body, Failure

ANSWER = Answer(200, (), Body(b"{}", 2))
_MOMENTS = ("received", "connected", "sent", "first_byte", "last_byte", "failed")


def test_moments_are_offsets_from_its_birth() -> None:
    """An observation's timings count from the time at which the call began, in the order in which things happened."""
    watch = Stopwatch()
    for moment in _MOMENTS:
        setattr(watch, moment, time.monotonic_ns())

    timings = watch.observation(ANSWER, "", "").timings

    offsets = [getattr(timings, moment) for moment in _MOMENTS]
    assert offsets == sorted(offsets)
    assert offsets[0] >= 0


def test_what_did_not_happen_has_no_time() -> None:
    """A call that never had a connection has no time of one, and no zero in its place."""
    watch = Stopwatch()
    watch.failed = time.monotonic_ns()

    timings = watch.observation(Failure("connect", "refused"), "", "").timings

    assert (timings.connected, timings.sent, timings.first_byte, timings.last_byte) == (None, None, None, None)
    assert timings.failed is not None


def test_a_request_is_there_whole_unless_its_caller_says_later() -> None:
    """A recorded request waits for no client: it was received at the moment at which its call began."""
    assert Stopwatch().observation(ANSWER, "", "").timings.received == 0


def test_a_call_made_once_more_is_timed_by_its_last_attempt() -> None:
    """The first attempt on a connection that had died is no part of the latency."""
    watch = Stopwatch()
    watch.sent = time.monotonic_ns()
    first = watch.observation(ANSWER, "", "").timings.sent
    watch.sent = time.monotonic_ns() + 1

    second = watch.observation(ANSWER, "", "").timings.sent

    assert first is not None
    assert second is not None
    assert second > first


def test_an_observation_holds_what_was_true_when_the_request_was_sent() -> None:
    """In flight, the loop's lag and a held-up reader stand in the observation, with version and build."""
    watch = Stopwatch()
    watch.in_flight, watch.loop_lag_ns, watch.reader_paused = 3, 1_000, True

    observed = watch.observation(ANSWER, "7", "sha256:1", "8", "sha256:2")

    assert (observed.in_flight, observed.loop_lag_ns, observed.reader_paused) == (3, 1_000, True)
    assert (observed.version, observed.build, observed.outcome) == ("7", "sha256:1", ANSWER)
    assert (observed.declared_version, observed.declared_build) == ("8", "sha256:2")


def test_its_wall_time_is_that_of_its_birth() -> None:
    """An observation says when its call began, by the wall clock."""
    before = time.time_ns()
    watch = Stopwatch()
    after = time.time_ns()

    assert before <= watch.observation(ANSWER, "", "").wall_ns <= after
