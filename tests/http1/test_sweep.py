"""One timer for all deadlines: never early, cleared when met, and not to be stopped by one that fails."""

import asyncio

import pytest

from http1.sweep import NEVER, TICK_S, Sweep


class Alarm:
    def __init__(self, sweep: Sweep, seconds: float) -> None:
        self.deadline = sweep.after(seconds)
        self.passed = asyncio.Event()
        self.passed_at = 0.0
        sweep.watch(self)

    def deadline_passed(self) -> None:
        self.passed_at = asyncio.get_running_loop().time()
        self.passed.set()


class FailingAlarm(Alarm):
    def deadline_passed(self) -> None:
        super().deadline_passed()
        raise RuntimeError("a deadline's own failure")


async def test_a_deadline_is_never_early_and_met_once(sweep: Sweep) -> None:
    """It passes at least `seconds` after it was set, and does not come again by itself."""
    begun = asyncio.get_running_loop().time()
    watched = Alarm(sweep, 0.15)
    await watched.passed.wait()
    assert watched.passed_at - begun >= 0.15
    assert watched.deadline == NEVER


async def test_what_is_no_longer_watched_has_no_deadline(sweep: Sweep) -> None:
    """An ended connection hears nothing more."""
    gone, there = Alarm(sweep, 0), Alarm(sweep, TICK_S)
    sweep.unwatch(gone)
    await there.passed.wait()
    assert not gone.passed.is_set()


async def test_a_deadline_may_move_another(sweep: Sweep) -> None:
    """One that was put off by the one before it in the same tick is not called for the old time."""
    first, second = Alarm(sweep, 0), Alarm(sweep, 0)
    for one, other in ((first, second), (second, first)):
        one.deadline_passed = lambda one=one, other=other: (  # type: ignore[method-assign]
            one.passed.set(),
            setattr(other, "deadline", NEVER),
        )
    await Alarm(sweep, 2 * TICK_S).passed.wait()
    assert first.passed.is_set() != second.passed.is_set()


async def test_a_failing_deadline_does_not_stop_the_others(sweep: Sweep) -> None:
    """All timeouts of the process hang on this one timer."""
    errors: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    failing, later = FailingAlarm(sweep, 0), Alarm(sweep, 3 * TICK_S)
    await failing.passed.wait()
    await later.passed.wait()
    assert [str(each["exception"]) for each in errors] == ["a deadline's own failure"]


async def test_lag_is_how_late_the_loop_ran(sweep: Sweep) -> None:
    """A loop that was held up for longer than a tick says so."""
    await Alarm(sweep, 0).passed.wait()
    loop = asyncio.get_running_loop()
    held_until = loop.time() + 3 * TICK_S
    while loop.time() < held_until:
        pass  # what is measured: somebody holds the loop up
    lags = []
    watched = Alarm(sweep, -TICK_S)
    watched.deadline_passed = lambda: (lags.append(sweep.lag_ns), watched.passed.set())  # type: ignore[method-assign,func-returns-value]
    await watched.passed.wait()
    assert lags[0] >= int(1.9 * TICK_S * 1e9)


async def test_a_stopped_sweep_calls_nobody(sweep: Sweep) -> None:
    """After a stop nothing is watched."""
    watched = Alarm(sweep, 0)
    sweep.stop()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(4 * TICK_S):
            await watched.passed.wait()
