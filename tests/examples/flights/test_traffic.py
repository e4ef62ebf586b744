"""Flights as requests: their rhythm, their bodies, and what is counted of the sending."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from examples.flights import data, traffic
from examples.flights.features import FEATURES
from examples.flights.model_server import application
from examples.flights.models import Production


@pytest.fixture
async def server(models_directory: Path) -> AsyncIterator[BaseTestServer]:
    async with TestServer(application(Production(models_directory))) as server:
        yield server


def address(server: BaseTestServer) -> str:
    return str(server.make_url("")).rstrip("/")


def test_requests_keep_the_order_and_rhythm_of_taking_off() -> None:
    """All gaps are squeezed alike, so the pauses of the night are still there."""
    flights = data.traffic(2_000)

    due = np.array([request.at_s for request in traffic.requests(flights, seconds=60.0)])

    minutes = (flights["took_off"] - flights["took_off"].iloc[0]).dt.total_seconds().to_numpy() / 60
    assert (due[0], due[-1]) == (0.0, pytest.approx(60.0))
    np.testing.assert_allclose(due * minutes[-1], minutes * 60.0)
    assert np.diff(due).max() > 20 * np.diff(due).mean()


def test_a_request_has_a_tensor_for_each_feature_and_null_for_what_is_missing() -> None:
    """Read back, a body is the flight it was made from."""
    flights = data.traffic(300)

    bodies = [orjson.loads(request.body) for request in traffic.requests(flights, seconds=1.0)]

    assert bodies[0]["id"] == "2013-10-01/US1877/EWR"
    for name in FEATURES:
        sent = [{tensor["name"]: tensor for tensor in body["inputs"]}[name]["data"][0] for body in bodies]
        assert sent == [None if value != value else value for value in flights[name]]


async def test_every_request_is_sent_answered_and_counted(server: BaseTestServer) -> None:
    """The model server takes each of them."""
    answered = 0

    def on_answer() -> None:
        nonlocal answered
        answered += 1

    sent = await traffic.send(address(server), traffic.requests(data.traffic(50), seconds=0.1), on_answer)

    assert (sent.requests, sent.ok, answered) == (50, 50, 50)
    assert str(sent) == "50 requests: 200 50 times"


async def test_failures_are_counted_by_what_they_were() -> None:
    """A status by its number, no answer by the name of the error; none is lost."""

    async def moody(request: web.Request) -> web.Response:
        if b"US1877" in await request.read():
            return web.Response(status=503)
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    app = web.Application()
    app.router.add_post(traffic.PATH, moody)
    async with TestServer(app) as server:
        sent = await traffic.send(address(server), traffic.requests(data.traffic(4), seconds=0.01))

    assert sent.requests == 4
    assert sent.statuses == {503: 1}
    assert sent.errors == {"ServerDisconnectedError": 3}


async def test_no_more_than_the_bound_is_under_way() -> None:
    """When the server holds everything back, the sender stops at its bound, and goes on when it is let go."""

    held: list[asyncio.Event] = []
    full = asyncio.Event()
    released = False

    async def hold(_: web.Request) -> web.Response:
        if not released:
            gate = asyncio.Event()
            held.append(gate)
            if len(held) == traffic.MAX_IN_FLIGHT:
                full.set()
            await gate.wait()
        return web.Response()

    app = web.Application()
    app.router.add_post(traffic.PATH, hold)
    schedule = traffic.requests(data.traffic(3 * traffic.MAX_IN_FLIGHT), seconds=0.001)
    async with TestServer(app) as server, asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(traffic.send(address(server), schedule))
        await full.wait()
        under_way = len(held)
        released = True
        for gate in held:
            gate.set()
        sent = await sending

    assert under_way == traffic.MAX_IN_FLIGHT
    assert sent.ok == len(schedule)
