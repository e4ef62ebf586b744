"""The alarm on the kernel's own timer."""

import asyncio
from time import monotonic_ns

from ground.alarm import Alarm
from tests.loops import on_uvloop
from tests.until import at_rest

pytest_asyncio_loop_factories = on_uvloop

MS = 1_000_000


class Bed:
    """Where an alarm rings."""

    def __init__(self) -> None:
        self.rung: asyncio.Queue[int] = asyncio.Queue()
        self.alarm = Alarm(lambda: self.rung.put_nowait(monotonic_ns()))

    async def woken(self) -> int:
        async with asyncio.timeout(20):
            return await self.rung.get()


async def test_it_rings_once_and_not_before_its_time() -> None:
    """A time that has passed is now."""
    bed = Bed()
    for wait_ns in (5 * MS, 1_500_000, -MS):
        at = monotonic_ns() + wait_ns
        bed.alarm.set(at)
        assert await bed.woken() >= at
    await at_rest()
    assert bed.rung.empty()
    bed.alarm.close()


async def test_it_rings_at_the_time_that_was_set_last() -> None:
    """What was set before is forgotten, and so is all when it is closed."""
    bed = Bed()
    bed.alarm.set(monotonic_ns() + MS)
    late = monotonic_ns() + 10 * MS
    bed.alarm.set(late)
    assert await bed.woken() >= late
    bed.alarm.set(monotonic_ns() + MS)
    bed.alarm.set(None)
    bed.alarm.set(after := monotonic_ns() + 5 * MS)
    assert await bed.woken() >= after
    bed.alarm.set(monotonic_ns())
    bed.alarm.close()
    bed.alarm.set(monotonic_ns())
    await at_rest()
    assert bed.rung.empty()
