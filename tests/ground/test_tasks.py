"""Owned background work: its end, and what is heard of its failures."""

import asyncio

from ground.tasks import Tasks


async def forever() -> None:
    await asyncio.Event().wait()


async def test_stop_ends_what_runs_and_waits_for_it() -> None:
    """A task that cleans up first has done so when stop returns."""
    tasks, cleaned = Tasks(), asyncio.Event()

    async def careful() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    task = tasks.start("careful", careful())
    await asyncio.sleep(0)
    await tasks.stop()

    assert task.cancelled()
    assert cleaned.is_set()


async def test_stop_returns_where_a_task_has_just_ended() -> None:
    """In the very turn of the loop in which it did, before anything could be told of its end."""
    tasks, gate = Tasks(), asyncio.Event()

    async def pass_gate() -> None:
        await gate.wait()

    task = tasks.start("passing", pass_gate())
    await asyncio.sleep(0)  # it waits at the gate, ahead of us
    asyncio.get_running_loop().call_soon(gate.set)
    await gate.wait()
    assert task.done()
    async with asyncio.timeout(10):
        await tasks.stop()


async def test_a_failure_is_heard_of_by_the_time_stop_returns() -> None:
    """With the task's name and its error."""
    heard: list[tuple[str, BaseException]] = []
    tasks = Tasks(on_failure=lambda name, error: heard.append((name, error)))

    async def fail() -> None:
        raise ZeroDivisionError

    tasks.start("failing", fail())
    await asyncio.sleep(0)
    await tasks.stop()

    ((name, error),) = heard
    assert name == "failing"
    assert isinstance(error, ZeroDivisionError)
