"""One partition's lease and the lane under it: what happens when an owner dies or stalls, or the store is away."""

from __future__ import annotations

import asyncio
import gc
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from records.store.lease import let_go
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, Traffic, expire_lease
from tests.records.work import Desk, Office, at_work, filed
from tests.redis_server import RedisServer
from tests.stores import LEASE_S, opened
from tests.until import until

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def stalled(server: RedisServer) -> AsyncIterator[Process]:
    """Another owner, in a process that holds entries and does nothing more; killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.records.stalling_process", server.url, str(LEASE_S),
        stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=ROOT,
    )  # fmt: skip
    try:
        assert await said_by(process) == "holding"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def said_by(process: Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return (await process.stdout.readline()).decode().strip()


async def test_what_a_dead_owner_held_is_the_next_ones_after_its_lease(
    brisk_store: Store, redis_server: RedisServer
) -> None:
    """Killed with entries in hand: they are read again, and count once."""
    await brisk_store.join_candidate(ROUTE, CANDIDATE, "beginning")
    await Traffic(brisk_store).commit(b"a", b"b", b"c")
    async with stalled(redis_server) as process:
        process.kill()
        desk = Desk()
        async with at_work(brisk_store, Office(brisk_store, "o1", desk)):
            await filed(brisk_store, 3)
    assert desk.filed == [b"a", b"b", b"c"]


@pytest.mark.parametrize("filed_meanwhile", [False, True])
async def test_an_owner_that_stalled_past_its_lease_commits_nothing(
    brisk_store: Store, redis_server: RedisServer, filed_meanwhile: bool
) -> None:
    """Woken when another has what it held in hand, or has filed it: it is refused, whatever it believed to hold."""
    await brisk_store.join_candidate(ROUTE, CANDIDATE, "beginning")
    await Traffic(brisk_store).commit(b"a", b"b", b"c")
    async with stalled(redis_server) as process:
        desk = Desk()
        if not filed_meanwhile:
            desk.may_file.clear()
        async with at_work(brisk_store, Office(brisk_store, "o1", desk)):
            await asyncio.wait_for(desk.reading.wait(), 60)
            if filed_meanwhile:
                await filed(brisk_store, 3)
            assert process.stdin is not None
            process.stdin.write(b"go on\n")
            assert await said_by(process) == "refused"
            desk.may_file.set()
            await filed(brisk_store, 3)
    assert desk.filed == [b"a", b"b", b"c"]


async def test_a_lease_that_is_lost_ends_the_work_under_it(brisk_store: Store, redis_server: RedisServer) -> None:
    """The log says how many entries it held; it reads and files them when the lease is its own again."""
    desk = Desk()
    office = Office(brisk_store, "o1", desk)
    desk.may_file.clear()
    with capture_logs() as logs:
        async with at_work(brisk_store, office) as at_it:
            await Traffic(brisk_store).commit(b"a", b"b")
            await asyncio.wait_for(desk.reading.wait(), 60)
            expire_lease(redis_server)
            thief = brisk_store.group(ROUTE, 0, CANDIDATE, "mirror", "thief")
            assert await thief.acquire()
            await until(lambda: at_it.owned(office) == 1, "the loss to be noticed")
            await thief.release()
            desk.may_file.set()
            await filed(brisk_store, 2)
    (lost,) = [line for line in logs if line["event"] == "lease.lost"]
    assert (lost["given_up"], lost["route"], lost["office"]) == (2, ROUTE, CANDIDATE)
    assert desk.began == {0: 2, 1: 1}


@pytest.mark.parametrize("end", ["renewing", "committing", "failing"])
async def test_what_an_ended_lane_had_in_memory_is_free_at_once(
    brisk_store: Store, redis_server: RedisServer, uncollected: None, end: str
) -> None:
    """However its lease was lost, or it failed: nothing of it stays until the garbage collector looks."""
    desk = Desk()
    desk.may_file.clear()
    office = Office(brisk_store, "o1", desk)
    with capture_logs():  # the console's traceback of a failure has circles of its own
        async with at_work(brisk_store, office) as at_it:
            await until(lambda: desk.began == {0: 1, 1: 1}, "the work to begin")
            await Traffic(brisk_store).commit(b"a")
            await asyncio.wait_for(desk.reading.wait(), 60)
            if end == "failing":
                desk.breaks.add(0)
            else:
                expire_lease(redis_server)
                assert await brisk_store.group(ROUTE, 0, CANDIDATE, "mirror", "thief").acquire()
            if end != "renewing":
                desk.may_file.set()
            await until(lambda: at_it.owned(office) == 1, "it to end")
            await until(lambda: len(desk.ink) == 1, "its memory to be free", within_s=3)


@pytest.fixture
def uncollected() -> Iterator[None]:
    """As in a process that compares, which looks for cycles rarely."""
    gc.disable()
    yield
    gc.enable()


async def test_a_store_that_goes_away_is_waited_for(own_redis: RedisServer) -> None:
    """Killed while entries are in hand and started again: they count once, and no lane has failed."""
    async with opened(own_redis, lease_s=LEASE_S, timeout_s=2.0) as store:
        desk = Desk()
        desk.may_file.clear()
        async with at_work(store, Office(store, "o1", desk)) as at_it:
            await Traffic(store).commit(b"a", b"b")
            await asyncio.wait_for(desk.reading.wait(), 60)
            own_redis.kill()
            await until(lambda: "the store can't be used" in (at_it.not_ready() or ""), "it to be said")
            desk.may_file.set()
            own_redis.start()
            await filed(store, 2)
            await until(lambda: at_it.not_ready() is None, "readiness")
            assert not at_it.failures


async def test_a_store_that_comes_back_empty_is_joined_anew(own_redis: RedisServer) -> None:
    """What is recorded from then on is worked on."""
    async with opened(own_redis, lease_s=LEASE_S, timeout_s=2.0) as store:
        office = Office(store, "o1", Desk())
        async with at_work(store, office) as at_it:
            await until(lambda: at_it.owned(office) == 2, "the work to begin")
            own_redis.command("FLUSHALL")
            await Traffic(store).commit(b"a", b"b")
            await filed(store, 2)


async def test_a_lane_with_nothing_left_to_do_gives_its_lease_back(brisk_store: Store) -> None:
    """At the steward's next look it begins again: there may be more by then."""
    desk, traffic = Desk(), Traffic(brisk_store)
    desk.is_last = True
    office = Office(brisk_store, "o1", desk)
    async with at_work(brisk_store, office) as at_it:
        await traffic.commit(b"a")
        await until(lambda: desk.began[0] == 2, "it to begin again")
        await traffic.commit(b"b")
        await filed(brisk_store, 2)
        assert (at_it.not_ready(), at_it.failures) == (None, {})


def test_errors_that_hang_together_in_any_way_are_let_go() -> None:
    """A chain longer than the interpreter's stack, and one that comes back to its beginning."""
    first = error = ValueError("first")
    for number in range(sys.getrecursionlimit() + 10):
        error.__context__ = ValueError(number)
        error = error.__context__
    error.__context__ = first
    let_go(first)
