"""A candidate that is first asked while production has several requests in hand: as after a restart, or a change."""

from __future__ import annotations

from time import time_ns

from msgspec.structs import replace

from records.nouns import Exchange, Timings
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Endpoint
from tests.loops import on_uvloop
from tests.proxy.mirror.staging import Recording, candidate, mirroring, settled
from tests.recordings import exchange

pytest_asyncio_loop_factories = on_uvloop


def beside_others(number: int) -> Exchange:
    """Production has just answered it, and had three in hand with it."""
    made = exchange(number)
    observed = replace(made.production, wall_ns=time_ns(), timings=Timings(0, 0, 0, 1, 1), in_flight=3)
    return replace(made, production=observed)


async def test_a_mirror_that_begins_amid_concurrent_traffic_asks_the_candidate(store: Store) -> None:
    """The first exchange it reads is asked in its time, though what production had in hand beside it is unknown."""
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url)):
        await Recording(store).add(*map(beside_others, range(5)))
        coverage = await settled(store, recorded=5)
    assert coverage.mirrored == 5
