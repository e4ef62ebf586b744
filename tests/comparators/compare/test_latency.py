"""Which pairs' latencies count, and what they are."""

import pytest

from comparators.compare.latency import Timing, timing
from records.nouns import Timings
from records.reasons import ASKED_UNLIKE, LATENCY_EXCLUDED
from tests.comparators.made import MS, answer, failure, observation, pair

GOOD = answer({})


def test_a_latency_runs_from_the_last_request_byte_to_the_last_answer_byte():
    """Waiting for a connection and for the client's upload is not the endpoint's."""
    assert timing(pair(observation(GOOD, 2 * MS), observation(GOOD, 3 * MS))) == Timing(2 * MS, 3 * MS)


@pytest.mark.parametrize(
    ("reason", "excluded"),
    [
        ("warm_up", pair(GOOD, GOOD, warming_up=True)),
        ("client_paused", pair(observation(GOOD, reader_paused=True), GOOD)),
        ("client_paused", pair(GOOD, observation(GOOD, reader_paused=True))),
        *[(reason, pair(GOOD, GOOD, unlike=reason)) for reason in ASKED_UNLIKE],
        ("loop_lag", pair(observation(GOOD, loop_lag_ns=5 * MS + 1), GOOD)),
        ("loop_lag", pair(GOOD, observation(GOOD, loop_lag_ns=5 * MS + 1))),
        ("failed", pair(failure(), GOOD)),
        ("failed", pair(answer({}, 500), GOOD)),
        ("failed", pair(GOOD, answer({}, 503))),
        ("failed", pair(GOOD, failure("connect"))),
        ("failed", pair(GOOD, observation(GOOD, timings=Timings()))),
    ],
)
def test_like_is_compared_with_like(reason, excluded):
    """Everything else is counted under its reason."""
    assert timing(excluded) == reason
    assert reason in LATENCY_EXCLUDED


@pytest.mark.parametrize("kind", ["first_byte_timeout", "idle_timeout", "timeout"])
def test_a_timeout_is_censored_at_the_time_waited_never_dropped(kind):
    """What is known is that it took longer than was waited, whether a first byte came or not."""
    hung = Timings(received=0, connected=1, sent=2, failed=2 + 900 * MS)
    midway = Timings(received=0, connected=1, sent=2, first_byte=2 + MS, failed=2 + 900 * MS)
    for times in (hung, midway):
        assert timing(pair(GOOD, observation(failure(kind), timings=times))) == Timing(2 * MS, 900 * MS, censored=True)


def test_an_older_record_of_a_timeout_tells_of_its_first_byte_at_most():
    """It has no time of the failure: the last that was seen of the call is what is known."""
    midway = Timings(received=0, connected=1, sent=2, first_byte=2 + MS)
    assert timing(pair(GOOD, observation(failure(), timings=midway))) == Timing(2 * MS, MS, censored=True)
    assert timing(pair(GOOD, failure())) == Timing(2 * MS, 0, censored=True)


@pytest.mark.parametrize("kind", ["connect", "connect_timeout", "pool_timeout", "closed_midway", "protocol"])
def test_what_failed_otherwise_waited_for_nothing(kind):
    """A call that was never sent, or that the candidate ended, has no latency: it is counted as a failure."""
    times = Timings(received=0, connected=1, sent=2, first_byte=3, failed=4)
    assert timing(pair(GOOD, observation(failure(kind), timings=times))) == "failed"
