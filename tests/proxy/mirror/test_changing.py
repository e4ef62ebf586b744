"""A candidate whose settings change again and again while it is busy."""

from __future__ import annotations

import asyncio

from tests.endpoint import Endpoint, after, answer
from tests.loops import on_uvloop
from tests.proxy.mirror.staging import Recording, candidate, mirroring, routes, settled
from tests.recordings import exchange
from tests.redis_server import RedisServer
from tests.stores import opened

pytest_asyncio_loop_factories = on_uvloop

CHANGES, EXCHANGES = 5, 40


async def test_what_was_only_read_ahead_is_asked_however_often_settings_change(redis_server: RedisServer) -> None:
    """Each change hands over the partitions, and with them what waits in the worker. The candidate is asked all of it,
    and nothing is set aside that it was never asked.
    """
    released = asyncio.Event()
    async with (
        opened(redis_server) as store,
        Endpoint(after(released, answer())) as there,
        mirroring(store, candidate(there.url, max_in_flight=1)) as worker,
    ):
        await Recording(store).add(*(exchange(number) for number in range(EXCHANGES)))
        for change in range(1, CHANGES + 1):
            await there.wait_for(len(there.seen) + 1)
            before, released = released, asyncio.Event()
            there.behaviour = after(released, answer())
            changed = candidate(there.url, max_in_flight=1, generation=change)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(worker.apply(routes(changed), revision=change))
                before.set()  # it finishes what it has under way
        there.behaviour = answer()
        released.set()
        coverage = await settled(store, EXCHANGES)
    assert coverage.skipped == {}
    assert coverage.mirrored == EXCHANGES
