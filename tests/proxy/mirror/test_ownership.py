"""Who works on which partition: shares, death, stalls, changes, and a store that goes away."""

from __future__ import annotations

import asyncio

import pytest

from proxy.mirror.worker import MirrorWorker
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
from tests.stores import opened
from tests.until import until

OWNED = "understudy_partitions_owned"


async def owns(worker: MirrorWorker, count: int) -> None:
    await until(lambda: metric(worker, OWNED) == count)


def numbered(count: int) -> list[str]:
    return sorted(f"e-{number}" for number in range(count))


async def test_a_second_worker_takes_its_share_and_gives_it_back(brisk_store: Store) -> None:
    """Two workers have one partition each; when one stops, the other has both. Nothing is mirrored twice."""
    recording = Recording(brisk_store)
    async with Endpoint(endpoint.answer()) as there, mirroring(brisk_store, candidate(there.url)) as first:
        await owns(first, 2)
        async with mirroring(brisk_store, candidate(there.url), owner="m2") as second:
            await owns(second, 1)
            await owns(first, 1)
            await recording.add(*(exchange(number) for number in range(20)))
            await settled(brisk_store, recorded=20)
            assert metric(first, "understudy_mirrored_total") == metric(second, "understudy_mirrored_total") == 10
        await owns(first, 2)
    assert ids(await pairs(brisk_store)) == numbered(20)


async def test_a_dead_workers_partitions_move_with_the_lease(brisk_store: Store) -> None:
    """What it had read and not committed is called again, and makes one pair."""
    await brisk_store.join_candidate(ROUTE, CANDIDATE, "beginning")
    await Recording(brisk_store).add(*(exchange(number) for number in range(10)))
    for partition in range(2):
        dead = brisk_store.group(ROUTE, partition, CANDIDATE, "mirror", "dead")
        assert await dead.acquire()
        assert len(await dead.fetch(3)) == 3
    async with Endpoint(endpoint.answer()) as there, mirroring(brisk_store, candidate(there.url)):
        await settled(brisk_store, recorded=10)
    assert ids(await pairs(brisk_store)) == numbered(10)


@pytest.mark.parametrize("held_on_to", [True, False], ids=["kept by the other", "given back at once"])
async def test_a_worker_that_lost_its_lease_commits_nothing_of_it(
    brisk_store: Store, redis_server: RedisServer, held_on_to: bool
) -> None:
    """While it waits for answers another takes its partitions: it gives the calls up, and each pair exists once."""
    release = asyncio.Event()

    await Recording(brisk_store).add(*(exchange(number) for number in range(6)))
    async with (
        Endpoint(endpoint.after(release, endpoint.answer())) as there,
        mirroring(brisk_store, candidate(there.url)) as worker,
    ):
        await there.wait_for(6)
        for partition in range(2):
            lease = f"us:{{{ROUTE}.{partition}}}:lease:mirror:{CANDIDATE}"
            redis_server.command("HSET", lease, "until", 0)
            thief = brisk_store.group(ROUTE, partition, CANDIDATE, "mirror", "thief")
            assert await thief.acquire()
            if not held_on_to:
                await thief.release()
        await there.wait_for(12)  # given up, and called again when the lease was back
        assert metric(worker, "understudy_candidate_in_flight") == 6
        assert await pairs(brisk_store) == []
        release.set()
        await settled(brisk_store, recorded=6)
    assert ids(await pairs(brisk_store)) == numbered(6)


async def test_calls_under_way_are_finished_at_a_stop(store: Store) -> None:
    """A drain reads nothing more, waits for the answers and commits them; the rest is the next worker's."""
    release = asyncio.Event()

    await Recording(store).add(*(exchange(number) for number in range(8)))
    async with Endpoint(endpoint.after(release, endpoint.answer())) as there:
        async with mirroring(store, candidate(there.url, max_in_flight=3)) as worker:
            await there.wait_for(3)
            asyncio.get_running_loop().call_later(0.05, release.set)
            await worker.drain(10.0)
        assert len(there.seen) == 3
        assert len(await pairs(store)) == 3
        async with mirroring(store, candidate(there.url), owner="m2"):
            await settled(store, recorded=8)
        assert len(there.seen) == 8
    assert ids(await pairs(store)) == numbered(8)


async def test_a_candidate_changed_at_run_time_is_called_as_it_is_now(store: Store) -> None:
    """What was under way ends with the old settings; the next exchange goes to the new address, as a new generation."""
    recording = Recording(store)
    async with (
        Endpoint(endpoint.answer(b"old")) as old,
        Endpoint(endpoint.answer(b"new")) as new,
        mirroring(store, candidate(old.url)) as worker,
    ):
        await recording.add(exchange(1))
        await settled(store, recorded=1)
        await worker.apply(routes(candidate(new.url, generation=1)), revision=2)
        await recording.add(exchange(2))
        await settled(store, recorded=2)

        await until(lambda: not old._writers)
    assert {pair.exchange.id: pair.generation for pair in await pairs(store)} == {"e-1": 0, "e-2": 1}
    assert (len(old.seen), len(new.seen)) == (1, 1)


async def test_settings_that_stay_disturb_nothing(store: Store) -> None:
    """A new revision with the same candidate leaves its lanes and connections as they are."""
    recording = Recording(store)
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url, max_in_flight=1)) as worker:
        await recording.add(exchange(1))
        await settled(store, recorded=1)
        await worker.apply(routes(candidate(there.url, max_in_flight=1)), revision=2)
        await recording.add(exchange(2))
        await settled(store, recorded=2)
        assert there.connections == 1


async def test_a_removed_candidate_is_let_go(store: Store) -> None:
    """Its leases are free at once, and it is called no more."""
    recording = Recording(store)
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url)) as worker:
        await owns(worker, 2)
        await worker.apply(routes(), revision=2)
        next_owner = store.group(ROUTE, 0, CANDIDATE, "mirror", "next")

        async def free() -> bool:
            return await next_owner.acquire()

        await until(free)
        await recording.add(exchange(1), exchange(2))
        assert there.seen == []


async def test_a_candidate_that_was_removed_can_come_back(store: Store) -> None:
    """It joins anew, where its settings say."""
    recording = Recording(store)
    async with Endpoint(endpoint.answer()) as there, mirroring(store, candidate(there.url)) as worker:
        await recording.add(exchange(1))
        await settled(store, recorded=1)
        await worker.apply(routes(), revision=2)
        await store.remove_candidate(ROUTE, CANDIDATE)
        await worker.apply(routes(candidate(there.url, start_from="now")), revision=3)
        await owns(worker, 2)
        await recording.add(exchange(2))
        await settled(store, recorded=1)
    assert ids(await pairs(store)) == ["e-2"]


async def test_a_store_that_stands_still_loses_and_doubles_nothing(own_redis: RedisServer) -> None:
    """Stopped in the midst of the work and continued: each exchange makes one pair."""
    async with opened(own_redis, timeout_s=0.3, lease_s=0.9) as store, Endpoint(endpoint.answer()) as there:
        await Recording(store).add(*(exchange(number) for number in range(200)))
        async with mirroring(store, candidate(there.url)) as worker:
            await there.wait_for(20)
            own_redis.pause()

            await until(lambda: worker.not_ready() is not None)
            own_redis.resume()
            await settled(store, recorded=200)
        assert ids(await pairs(store)) == numbered(200)


async def test_a_store_that_is_killed_and_restarted_loses_and_doubles_nothing(own_redis: RedisServer) -> None:
    """What it had acknowledged is there again; what it had not is done again."""
    async with opened(own_redis, timeout_s=1.0) as store, Endpoint(endpoint.answer()) as there:
        await Recording(store).add(*(exchange(number) for number in range(200)))
        async with mirroring(store, candidate(there.url)):
            await there.wait_for(20)
            own_redis.kill()
            own_redis.start()
            await settled(store, recorded=200)
        assert ids(await pairs(store)) == numbered(200)


async def test_a_store_that_comes_back_empty_is_worked_on(own_redis: RedisServer) -> None:
    """The candidate joins anew, from the beginning of what is recorded since."""
    async with opened(own_redis, timeout_s=1.0, lease_s=0.9) as store, Endpoint(endpoint.answer()) as there:
        async with mirroring(store, candidate(there.url, start_from="now")) as worker:
            await owns(worker, 2)
            own_redis.command("FLUSHALL")
            await Recording(store).add(exchange(0), exchange(1))
            await settled(store, recorded=2)
        assert ids(await pairs(store)) == numbered(2)


async def test_it_is_not_ready_where_the_store_may_drop_recordings(own_redis: RedisServer) -> None:
    """A Redis that evicts is named as the reason; set right, the worker becomes ready."""
    own_redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    async with opened(own_redis, lease_s=0.9) as store, mirroring(store) as worker:
        await until(lambda: "noeviction" in (worker.not_ready() or ""))
        own_redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        await until(lambda: worker.not_ready() is None)
    assert worker.not_ready() == "draining"


async def test_it_starts_without_a_store(own_redis: RedisServer) -> None:
    """A store that is away is waited for; what was recorded is mirrored when it is there."""
    async with opened(own_redis, lease_s=0.9) as store, Endpoint(endpoint.answer()) as there:
        await Recording(store).add(exchange(0))
        own_redis.kill()
        async with mirroring(store, candidate(there.url)) as worker:
            await until(lambda: "store" in (worker.not_ready() or ""))
            own_redis.start()
            await settled(store, recorded=1)


async def test_a_full_store_is_waited_for(own_redis: RedisServer) -> None:
    """What it refuses was not applied: each exchange makes one pair when there is room again."""
    async with opened(own_redis, lease_s=0.9) as store, Endpoint(endpoint.answer(b"x" * 10_000)) as there:
        await Recording(store).add(*(exchange(number) for number in range(20)))
        own_redis.command("CONFIG", "SET", "maxmemory", "1")
        async with mirroring(store, candidate(there.url)) as worker:
            await until(lambda: worker.not_ready() is not None)
            own_redis.command("CONFIG", "SET", "maxmemory", "0")
            await settled(store, recorded=20)
        assert ids(await pairs(store)) == numbered(20)


async def test_a_stop_does_not_wait_for_a_store_that_is_away(own_redis: RedisServer) -> None:
    """Whatever the store does, a drain ends soon after its deadline."""
    async with opened(own_redis, timeout_s=60.0) as store, Endpoint(endpoint.answer()) as there:
        async with mirroring(store, candidate(there.url)) as worker:
            await owns(worker, 2)
            own_redis.pause()
            async with asyncio.timeout(20):
                await worker.drain(0.1)
        own_redis.resume()
