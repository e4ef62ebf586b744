"""Promise 6."""

import asyncio
import signal
from pathlib import Path

from tests.endpoint import Endpoint, after, answer, hang
from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer


async def test_a_stop_finishes_the_replies_then_drains_what_is_buffered_until_a_deadline_then_says_what_was_left(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """A reply under way at SIGTERM arrives whole and is recorded; the exit code is 0."""
    go_on = asyncio.Event()

    async with Serving(tmp_path, own_redis.url, route(production.url, candidate.url)) as serving:
        await serving.ask()
        production.behaviour = after(go_on, answer(b"whole"))
        pending = asyncio.ensure_future(serving.ask())  # noqa: TID251  awaited below
        await production.wait_for(2)
        serving.signal(signal.SIGTERM)
        go_on.set()
        assert await pending == (200, b"whole")
        assert await serving.ended() == 0
        drained = serving.events("proxy.drained")
        assert [(line["connections_cut"], line["exchanges_left"]) for line in drained] == [(0, 0)]
        coverage = await serving.coverage()
        assert (coverage.requests, coverage.recorded, coverage.held) == (2, 2, 0)


async def test_a_stop_does_not_wait_longer_than_its_deadline_and_says_what_it_cut(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """Production never answers: the connection is cut at the deadline, said in the log and counted."""
    top = "stop_deadline_s = 3.0"
    async with Serving(tmp_path, own_redis.url, route(production.url, candidate.url), top=top) as serving:
        production.behaviour = hang
        pending = asyncio.gather(serving.ask(), return_exceptions=True)
        await production.wait_for(1)
        serving.signal(signal.SIGTERM)
        assert await serving.ended() == 0
        assert isinstance((await pending)[0], Exception)
        assert [line["connections_cut"] for line in serving.events("proxy.drained")] == [1]
        coverage = await serving.coverage()
        assert (coverage.requests, coverage.shed, coverage.held) == (1, {"client_gone": 1}, 0)
