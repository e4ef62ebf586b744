"""What is not sent to a candidate is counted under its reason, with the commit."""

from __future__ import annotations

import asyncio

from proxy.settings import BreakerSettings
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Endpoint
from tests.proxy.mirror.staging import (
    CANDIDATE,
    ROUTE,
    Recording,
    candidate,
    ids,
    metric,
    mirroring,
    pairs,
    routes,
    settled,
)  # fmt: skip
from tests.recordings import exchange
from tests.redis_server import RedisServer
from tests.until import until


async def test_a_paused_candidate_is_not_called(store: Store) -> None:
    """What comes meanwhile is skipped; after the resume it is called again, and warms up again."""
    recording = Recording(store)
    await recording.add(exchange(1), exchange(2))
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url, paused=True)) as worker:
        coverage = await settled(store, recorded=2)
        assert (coverage.skipped, there.seen) == ({"paused": 2}, [])
        assert metric(worker, "understudy_skipped_total", reason="paused") == 2
        await worker.apply(routes(candidate(there.url)), revision=2)
        await recording.add(exchange(3))
        coverage = await settled(store, recorded=3)
    assert (coverage.mirrored, coverage.skipped) == (1, {"paused": 2})
    (pair,) = await pairs(store)
    assert (pair.exchange.id, pair.warming_up) == ("e-3", True)


async def test_what_is_too_old_is_skipped(store: Store, redis_server: RedisServer) -> None:
    """An exchange that waited longer than `max_lag_s` says nothing any more about live traffic."""
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    await Recording(store).add(exchange(1), exchange(2))
    recorded_ms = redis_server.now_ms()

    await until(lambda: redis_server.now_ms() > recorded_ms + 5)
    async with Endpoint(endpoint.answer()) as there:
        async with mirroring(store, candidate(there.url, start_from="now", max_lag_s=0.004)):
            coverage = await settled(store, recorded=2)
        assert there.seen == []
    assert coverage.skipped == {"too_old": 2}


async def test_what_the_breaker_held_up_for_too_long_is_counted_as_its_doing(store: Store) -> None:
    """While the candidate was left alone its exchanges grew too old: the reason is the breaker, not the queue."""
    async with Endpoint(endpoint.answer()) as there:
        url = there.url
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    await Recording(store).add(*(exchange(number) for number in range(6)))
    breaker = BreakerSettings(failures=1, pause_s=2.2)
    settings = {"start_from": "now", "max_in_flight": 1, "max_lag_s": 2.0, "breaker": breaker}
    async with mirroring(store, candidate(url, **settings)):
        coverage = await settled(store, recorded=6)
    assert (coverage.mirrored, coverage.skipped) == (1, {"breaker": 5})


async def test_what_was_asked_for_is_never_too_old(store: Store, redis_server: RedisServer) -> None:
    """A candidate that begins earlier in the recording gets it, whatever its age."""
    await Recording(store).add(exchange(1), exchange(2))
    recorded_ms = redis_server.now_ms()

    async def old_enough() -> bool:
        return redis_server.now_ms() > recorded_ms + 1_100

    await until(old_enough)
    settings = {"start_from": "beginning", "max_lag_s": 0.001}
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url, **settings)):
        coverage = await settled(store, recorded=2)
    assert coverage.mirrored == 2


async def test_a_request_that_was_cut_cannot_be_sent(store: Store) -> None:
    """It counts as mirrored and incomparable, and no pair is made of it."""
    await Recording(store).add(exchange(1, cut=True), exchange(2))
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url)):
        coverage = await settled(store, recorded=2)
        assert len(there.seen) == 1
    assert (coverage.mirrored, coverage.incomparable) == (2, {"capture_cut": 1})
    assert ids(await pairs(store)) == ["e-2"]


async def test_a_record_that_cannot_be_read_is_set_aside(store: Store) -> None:
    """Corrupt, foreign and smuggling records are counted; those after them are mirrored."""
    smuggling = exchange(3, target="/a HTTP/1.1\r\n\r\nGET /b")
    await Recording(store).add(b"\xff corrupt", b"\x92\xaaexchange/9\x00", smuggling, exchange(4), exchange(5))
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url)):
        coverage = await settled(store, recorded=5)
    assert (coverage.mirrored, coverage.skipped) == (2, {"set_aside": 3})
    assert ids(await pairs(store)) == ["e-4", "e-5"]


async def test_it_begins_now_unless_told_otherwise(store: Store) -> None:
    """Exchanges recorded before the candidate was added are not its own."""
    recording = Recording(store)
    await recording.add(exchange(1), exchange(2))
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url, start_from="now")) as worker:

        async def owns_both() -> bool:
            return metric(worker, "understudy_partitions_owned") == 2

        await until(owns_both)
        await recording.add(exchange(3))
        await settled(store, recorded=1)
    assert ids(await pairs(store)) == ["e-3"]


async def test_after_the_first_hundred_a_pair_is_warm(store: Store) -> None:
    """The marks are on the first calls of this process, and on no others."""
    await Recording(store).add(*(exchange(number) for number in range(110)))
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url)):
        await settled(store, recorded=110)
    assert sum(pair.warming_up for pair in await pairs(store)) == 100


async def test_a_stop_does_not_wait_for_a_hung_candidate(store: Store) -> None:
    """After the deadline the call is given up, and its exchange waits for the next owner."""
    await Recording(store).add(exchange(1))
    async with Endpoint(endpoint.hang) as there, mirroring(store, candidate(there.url)) as worker:
        await there.wait_for(1)
        async with asyncio.timeout(5):
            await worker.drain(0.05)
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.waiting, coverage.mirrored) == (1, 0)
