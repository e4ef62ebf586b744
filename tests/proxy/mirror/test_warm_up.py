"""Which calls are among the first."""

from proxy.mirror.warm_up import PAIRS, SECONDS, WarmUp


def test_the_first_hundred_calls_warm_up() -> None:
    """The hundred and first does not."""
    warm_up = WarmUp()
    assert [warm_up.calling(0.0) for _ in range(PAIRS + 1)] == [True] * PAIRS + [False]


def test_a_minute_after_the_first_call_it_is_over() -> None:
    """Where fewer calls come, time ends it; idle time before the first call does not count."""
    warm_up = WarmUp()
    assert warm_up.calling(1_000.0)
    assert warm_up.calling(1_000.0 + SECONDS - 1)
    assert not warm_up.calling(1_000.0 + SECONDS)


def test_a_restart_begins_anew() -> None:
    """After a pause the candidate's caches may be cold again."""
    warm_up = WarmUp()
    for _ in range(PAIRS + 1):
        warm_up.calling(0.0)
    warm_up.restart()
    assert warm_up.calling(500.0)
