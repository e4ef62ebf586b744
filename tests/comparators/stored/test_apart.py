"""A lane's work in threads, and the gate of heavy turns: in real threads, under a lease that is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from comparators.stored.apart import Apart
from records.store.store import Store
from tests.comparators.made import GZIPPED, answer, pair
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, comparing, metric, settled
from tests.redis_server import RedisServer
from tests.until import at_rest, until


class HeldThreads(ThreadPoolExecutor):
    """Threads that begin what they are given, and go on when the test lets them."""

    def __init__(self) -> None:
        super().__init__(max_workers=8)
        self.may_go_on = threading.Event()
        self.at_once = self.most_at_once = 0
        self._counting = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return super().submit(self._held, fn, *args, **kwargs)

    def _held(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._count(1)
        try:
            assert self.may_go_on.wait(60)
            return fn(*args, **kwargs)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._counting:
            self.at_once += change
            self.most_at_once = max(self.most_at_once, self.at_once)


@pytest.fixture
async def threads() -> AsyncIterator[HeldThreads]:
    """The loop's."""
    held = HeldThreads()
    asyncio.get_running_loop().set_default_executor(held)
    yield held
    held.may_go_on.set()


OWNED = "understudy_compare_partitions_owned"


def key(partition: int, name: str) -> str:
    return f"us:{{{ROUTE}.{partition}}}:{name}"


def deliveries(server: RedisServer, partition: int = 0) -> list[int]:
    """Of each pair that was read and not committed."""
    ask = f"return redis.call('XPENDING', KEYS[1], '{CANDIDATE}', '-', '+', 10)"  # as Redis answers it
    return [times for _, _, _, times in server.command("EVAL", ask, 1, key(partition, f"pairs:{CANDIDATE}"))]


async def heavily(apart: Apart) -> None:
    async with apart.heavy():
        await apart.do(str, 1)


async def test_a_heavy_turn_that_was_given_up_keeps_the_gate_closed(threads: HeldThreads) -> None:
    """Until the thread that has it is done: no other lane's begins beside it."""
    gate = asyncio.Lock()
    async with asyncio.TaskGroup() as tasks:
        given_up = tasks.create_task(heavily(Apart(gate)))
        await until(lambda: threads.at_once == 1, "the first to be in a thread")
        other = tasks.create_task(heavily(Apart(gate)))
        given_up.cancel()
        await at_rest()
        assert given_up.cancelled()
        assert (threads.at_once, other.done()) == (1, False)
        threads.may_go_on.set()
    assert threads.most_at_once == 1
    assert not gate.locked()


async def test_a_heavy_turn_that_fails_or_waits_in_vain_opens_the_gate(threads: HeldThreads) -> None:
    """Neither an error in the thread nor being given up at the gate closes it for the others."""
    gate = asyncio.Lock()
    threads.may_go_on.set()
    apart = Apart(gate)
    with pytest.raises(ValueError, match="invalid literal"):
        async with apart.heavy():
            await apart.do(int, "x")
    assert not gate.locked()
    async with gate, asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(heavily(Apart(gate)))
        await at_rest()
        waiting.cancel()
    await heavily(apart)
    assert not gate.locked()


async def test_a_worker_that_lost_its_lease_has_one_heavy_turn_in_memory(
    brisk_store: Store, redis_server: RedisServer, threads: HeldThreads
) -> None:
    """What it had given to a thread is waited for before the same pairs, or other partitions', are unpacked."""
    mirrored = Mirrored(brisk_store)
    coded = answer({"score": 1}, headers=GZIPPED)
    await mirrored.add(*[pair(coded, coded, number=i) for i in range(4)])
    async with comparing(brisk_store) as worker:
        await until(lambda: threads.at_once == 1, "a turn to be in a thread")
        redis_server.command("HSET", key(0, "lease:compare:" + CANDIDATE), "until", 0)
        thief = brisk_store.group(ROUTE, 0, CANDIDATE, "compare", "thief")
        assert await thief.acquire()
        await until(lambda: metric(worker, OWNED) == 1, "the loss to be noticed")
        await thief.release()
        await until(lambda: deliveries(redis_server) == [2] * 4, "the pairs to be read again")
        await mirrored.add(*[pair(coded, coded, number=4 + i) for i in range(4)], partition=1)
        await until(lambda: deliveries(redis_server, partition=1) == [1] * 4, "another partition's to be read")
        await at_rest()
        assert threads.most_at_once == 1
        threads.may_go_on.set()
        await settled(brisk_store, 8)
    assert threads.most_at_once == 1
