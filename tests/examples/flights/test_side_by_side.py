"""Model servers asked directly, in turn."""

from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from examples.flights.side_by_side import WARM_UP, latencies_s, told
from examples.flights.traffic import PATH


def recording(name: str, asked: list[tuple[str, bytes]], status: int = 200) -> TestServer:
    async def answer(request: web.Request) -> web.Response:
        asked.append((name, await request.read()))
        return web.Response(status=status)

    application = web.Application()
    application.router.add_post(PATH, answer)
    return TestServer(application)


def address(server: TestServer) -> str:
    return str(server.make_url("")).rstrip("/")


async def test_each_flight_is_asked_of_every_server_and_first_of_another_one_each_time() -> None:
    """So neither has a cache, or a quiet moment, that the other lacks; what warms up is not counted."""
    asked: list[tuple[str, bytes]] = []
    bodies = [b"%d" % number for number in range(WARM_UP + 3)]
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(recording(name, asked)) for name in "ab"]
        took = await latencies_s([address(each) for each in servers], bodies)
    assert asked[:4] == [("a", b"0"), ("b", b"0"), ("b", b"1"), ("a", b"1")]
    assert sorted(asked) == sorted((name, body) for name in "ab" for body in bodies)
    assert [len(each) for each in took] == [3, 3]
    assert min(map(min, took)) > 0


async def test_a_server_that_answers_an_error_is_not_timed() -> None:
    """An error page is quickly made."""
    async with recording("a", [], status=500) as server:
        with pytest.raises(aiohttp.ClientResponseError):
            await latencies_s([address(server)], [b"1"])


def test_a_line_a_server_says_its_median_and_what_that_is_of_the_first_ones() -> None:
    """Whatever a single request took."""
    assert told(["one", "two"], [[0.001, 0.002, 0.5], [0.001, 0.003, 0.001]]) == [
        "one  p50 2.00 ms  1.00x",
        "two  p50 1.00 ms  0.50x",
    ]
