"""The circuit breaker, by a clock that stands still until it is moved."""

import math

from proxy.mirror.breaker import Breaker
from proxy.settings import BreakerSettings


def breaker(failures: int = 3, pause_s: float = 10.0) -> Breaker:
    return Breaker(BreakerSettings(failures=failures, pause_s=pause_s))


def fail(one: Breaker, times: int, now: float) -> None:
    for _ in range(times):
        one.calling()
        one.failed(now)


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
    one.succeeded(0.0)
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
    one.calling()
    one.succeeded(11.0)
    assert not one.open
    fail(one, 2, now=11.0)
    assert not one.open


def test_a_trial_that_fails_opens_it_for_another_pause() -> None:
    """One failed trial is enough."""
    one = breaker()
    fail(one, 3, now=0.0)
    one.calling()
    one.failed(15.0)
    assert one.wait_s(15.0) == 10.0


def test_calls_that_were_under_way_do_not_lengthen_the_pause() -> None:
    """What fails late had begun before it opened."""
    one = breaker()
    fail(one, 3, now=0.0)
    one.failed(6.0)
    assert one.wait_s(6.0) == 4.0


def test_a_trial_given_up_is_followed_by_another() -> None:
    """A stop on this side says nothing about the candidate."""
    one = breaker()
    fail(one, 3, now=0.0)
    one.calling()
    one.given_up()
    assert one.open
    assert one.wait_s(10.0) == 0.0


def test_it_knows_whom_it_held_up() -> None:
    """What came before it closed was held up, what came after was not."""
    one = breaker()
    assert not one.held_up(0.0)
    fail(one, 3, now=1.0)
    assert one.held_up(0.5)
    one.calling()
    one.succeeded(20.0)
    assert one.held_up(19.0)
    assert not one.held_up(21.0)
