"""The circuit breaker, by a clock that stands still until it is moved."""

import math

from proxy.mirror.breaker import Breaker
from proxy.settings import BreakerSettings
from records.silence import Silence

FAILURE = Silence(since_ns=1, last_ns=1, calls=1, why="timeout")


def breaker(failures: int = 3, pause_s: float = 10.0) -> Breaker:
    return Breaker(BreakerSettings(failures=failures, pause_s=pause_s))


def fail(one: Breaker, times: int, now: float) -> None:
    for _ in range(times):
        one.failed(one.calling(), FAILURE, now)


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    """Not before, and then for as long as was set."""
    one = breaker()
    fail(one, 2, now=5.0)
    assert (one.open, one.wait_s(5.0)) == (False, 0.0)
    fail(one, 1, now=5.0)
    assert (one.open, one.wait_s(5.0), one.wait_s(12.0)) == (True, 10.0, 3.0)


def test_a_success_between_starts_the_count_anew() -> None:
    """Failures that are not in a row do not open it."""
    one = breaker()
    fail(one, 2, now=0.0)
    one.answered(one.calling(), 0.0)
    fail(one, 2, now=0.0)
    assert not one.open


def test_after_the_pause_one_call_is_tried() -> None:
    """While the trial is under way nobody else calls."""
    one = breaker()
    fail(one, 3, now=0.0)
    assert one.wait_s(10.0) == 0.0
    one.calling()
    assert math.isinf(one.wait_s(10.0))


def test_a_trial_that_succeeds_closes_it() -> None:
    """And the whole count of failures is needed again."""
    one = breaker()
    fail(one, 3, now=0.0)
    one.answered(one.calling(), 11.0)
    assert not one.open
    fail(one, 2, now=11.0)
    assert not one.open


def test_a_trial_that_fails_opens_it_for_another_pause() -> None:
    """One failed trial is enough."""
    one = breaker()
    fail(one, 3, now=0.0)
    one.failed(one.calling(), FAILURE, 15.0)
    assert one.wait_s(15.0) == 10.0


def test_calls_that_were_under_way_do_not_lengthen_the_pause() -> None:
    """What fails late had begun before it opened."""
    one = breaker()
    under_way = one.calling()
    fail(one, 3, now=0.0)
    one.failed(under_way, FAILURE, 6.0)
    assert one.wait_s(6.0) == 4.0


def test_calls_that_were_under_way_do_not_decide_for_the_trial() -> None:
    """While it is under way, one that fails late, is given up, or was started before the row says nothing of now."""
    one = breaker()
    failing, given_up, answered = one.calling(), one.calling(), one.calling()
    fail(one, 3, now=0.0)
    trial = one.calling()
    one.failed(failing, FAILURE, 10.0)
    one.given_up(given_up)
    one.answered(answered, 10.0)
    assert (one.open, math.isinf(one.wait_s(10.0))) == (True, True)
    one.answered(trial, 11.0)
    assert (one.open, one.silence) == (False, None)


def test_a_call_that_was_started_after_the_row_closes_it_by_its_answer() -> None:
    """Before any trial: the endpoint is there."""
    one = breaker()
    row = [one.calling() for _ in range(3)]
    later = one.calling()
    for each in row:
        one.failed(each, FAILURE, 0.0)
    assert one.open
    one.answered(later, 1.0)
    assert not one.open


def test_a_trial_given_up_is_followed_by_another() -> None:
    """A stop on this side says nothing about the candidate."""
    one = breaker()
    fail(one, 3, now=0.0)
    one.given_up(one.calling())
    assert one.open
    assert one.wait_s(10.0) == 0.0


def test_it_knows_whom_it_held_up() -> None:
    """What came before it closed was held up, what came after was not."""
    one = breaker()
    assert not one.held_up(0.0)
    fail(one, 3, now=1.0)
    assert one.held_up(0.5)
    one.answered(one.calling(), 20.0)
    assert one.held_up(19.0)
    assert not one.held_up(21.0)
