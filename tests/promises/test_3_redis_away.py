"""Promise 3."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.endpoint import Endpoint
from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer
from tests.until import until

RIGHT = (200, b'{"predictions": [0.25]}')


@asynccontextmanager
async def _traffic(serving: Serving) -> AsyncIterator[list[tuple[int, bytes]]]:
    """Requests one after the other, until the block ends; every answer is kept."""
    answers: list[tuple[int, bytes]] = []
    enough = asyncio.Event()

    async def ask() -> None:
        while not enough.is_set():
            answers.append(await serving.ask())

    async with asyncio.TaskGroup() as group:
        group.create_task(ask())
        try:
            yield answers
        finally:
            enough.set()


async def _more(answers: list[tuple[int, bytes]], count: int) -> None:
    wanted = len(answers) + count

    async def arrived() -> bool:
        return len(answers) >= wanted

    await until(arrived, f"{count} more answers")


@pytest.mark.parametrize("fault", ["killed", "stopped", "full", "wrong password"])
async def test_redis_lost_slow_or_full_changes_nothing_for_the_client_and_what_was_not_recorded_is_counted(
    fault: str, production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """Every answer is right before, during and after; the store is found again without a restart; counts add up."""
    async with Serving(tmp_path, own_redis.url, route(production.url, candidate.url)) as serving:
        async with _traffic(serving) as answers:
            await _more(answers, 50)
            if fault == "killed":
                own_redis.kill()
                await _more(answers, 200)
                own_redis.start()
            elif fault == "stopped":
                own_redis.pause()
                await _more(answers, 200)
                own_redis.resume()
            elif fault == "full":
                own_redis.command("CONFIG", "SET", "maxmemory", "1")
                await _more(answers, 200)
                own_redis.command("CONFIG", "SET", "maxmemory", "0")
            else:
                own_redis.command("CONFIG", "SET", "requirepass", "changed")
                own_redis.command_as("changed", "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                await _more(answers, 200)
                own_redis.command_as("changed", "CONFIG", "SET", "requirepass", "")
            await _more(answers, 50)
        assert set(answers) == {RIGHT}
        coverage = await serving.settled(sent=len(answers))
        assert coverage.compared > 0
        assert serving.returncode is None


async def test_a_store_that_comes_back_empty_is_noticed_and_what_it_lost_is_counted(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """The client sees nothing; shadowing goes on by itself in the new store, whose sums balance again."""
    async with Serving(tmp_path, own_redis.url, route(production.url, candidate.url)) as serving:
        before = [await serving.ask() for _ in range(40)]
        await serving.settled(sent=len(before))
        own_redis.command("FLUSHALL")
        after = [await serving.ask() for _ in range(40)]
        assert set(before + after) == {RIGHT}
        coverage = await serving.settled(sent=len(before) + len(after))
        assert coverage.compared >= 1


async def test_a_store_that_is_emptied_while_nobody_asks_is_noticed_too(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """What it lost is counted without another request, whichever partitions it lay in."""
    async with Serving(tmp_path, own_redis.url, route(production.url, candidate.url)) as serving:
        sent = [await serving.ask() for _ in range(3)]
        await serving.settled(sent=len(sent))
        own_redis.command("FLUSHALL")
        coverage = await serving.settled(sent=len(sent))
        assert coverage.skipped == {"store_lost": len(sent)}


async def test_redis_away_at_the_start_is_a_warning_and_shadowing_begins_when_it_comes(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """It serves from the start, keeps in hand what it can, and shadows by itself once there is a store."""
    own_redis.stop()
    serving = Serving(tmp_path, own_redis.url, route(production.url, candidate.url))
    serving.wait_for = ("ops.proxy",)
    async with serving:
        answers = [await serving.ask() for _ in range(30)]
        own_redis.start()
        await serving.shadowing()  # what is asked before there is a mirror is before the candidate joins

        async def joined() -> bool:
            answers.append(await serving.ask())
            return (await serving.coverage()).requests > 0

        await until(joined, "the candidate to join")
        seen_before = (await serving.coverage()).requests
        answers += [await serving.ask() for _ in range(30)]
        assert set(answers) == {RIGHT}
        whole = await serving.settled(sent=len(answers), candidate="")
        assert whole.recorded == len(answers)
        # A candidate counts from where it joined.
        await serving.settled(sent=(await serving.coverage()).requests)
        assert (await serving.coverage()).compared >= seen_before + 30
