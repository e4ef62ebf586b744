"""The mirror at work: production's order of events, over all partitions, with a real store and real sockets."""

from __future__ import annotations

import asyncio
from time import time_ns

from msgspec.structs import replace

from records.nouns import Exchange, Timings
from records.reasons import ASKED_UNLIKE
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Endpoint, Seen
from tests.loops import on_uvloop
from tests.proxy.mirror.staging import Recording, candidate, ids, mirroring, pairs, settled
from tests.recordings import exchange

pytest_asyncio_loop_factories = on_uvloop

MS = 1_000_000


def asked(number: int, at: int, *, took: int = 5 * MS, in_hand: int = 1) -> Exchange:
    """The number-th, by when production was asked, on its clock."""
    made = exchange(number, body=b"%d" % number)
    times = Timings(0, 0, 0, took, took)
    return replace(made, production=replace(made.production, wall_ns=at, timings=times, in_flight=in_hand))


async def test_the_candidate_is_asked_in_productions_order_one_at_a_time(store: Store) -> None:
    """As production was, whatever partition an exchange came through, and however much longer the candidate takes."""
    most = under_way = 0

    async def slow(seen: Seen, writer: asyncio.StreamWriter) -> None:
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        await endpoint.answer()(seen, writer)

    began = time_ns()
    exchanges = [asked(number, began + 6 * MS * number) for number in range(30)]
    async with Endpoint(slow) as there, mirroring(store, candidate(there.url, start_from="beginning")):
        await Recording(store).add(*exchanges[1::2], *exchanges[::2])
        await settled(store, recorded=30)
        assert [seen.body for seen in there.seen] == [b"%d" % number for number in range(30)]
    assert most == 1
    found = await pairs(store)
    assert ids(found) == sorted(each.id for each in exchanges)
    assert {pair.observation.in_flight for pair in found} == {1}
    assert {pair.unlike for pair in found} <= {"", *ASKED_UNLIKE}
    assert all(pair.pace[0] == 6 * MS for pair in found if pair.exchange.id != "e-0")


async def test_as_many_are_in_hand_as_production_had(store: Store) -> None:
    """Four at a time, where production had four."""
    release = asyncio.Event()
    began = time_ns()
    exchanges = [asked(number, began + number, took=20 * MS, in_hand=min(4, number + 1)) for number in range(8)]
    async with Endpoint(endpoint.after(release, endpoint.answer())) as there, mirroring(store, candidate(there.url)):
        await Recording(store).add(*exchanges)
        await there.wait_for(4)
        assert len(there.seen) == 4
        release.set()
        await settled(store, recorded=8)
    assert max(pair.observation.in_flight for pair in await pairs(store)) == 4
