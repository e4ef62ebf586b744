"""What the demo waits for, asked of a server that answers as serve's roles do."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from understudy.demo import running
from understudy.demo.errors import DemoError, NotInTimeError
from understudy.demo.running import RunningServe


class ScriptedServer:
    """One server for all roles. Each list is answered item by item, the last one for good."""

    def __init__(self) -> None:
        self.readiness = [200]
        self.coverages: list[list[dict[str, Any]]] = [[]]

    async def readyz(self, _: web.Request) -> web.Response:
        status = self._next(self.readiness)
        return web.Response(status=status, text="ready\n" if status == 200 else "the store does not answer\n")

    async def coverage(self, _: web.Request) -> web.Response:
        return web.json_response({"coverage": self._next(self.coverages)})

    async def report(self, request: web.Request) -> web.Response:
        return web.Response(text=f"the report of {request.query['candidate']} as {request.query['format']}\n")

    def _next(self, script: list[Any]) -> Any:
        return script.pop(0) if len(script) > 1 else script[0]


@pytest.fixture
def scripted() -> ScriptedServer:
    return ScriptedServer()


@pytest.fixture
def patience_s() -> float:
    return 60.0


@pytest.fixture
async def demo(scripted: ScriptedServer, patience_s: float) -> AsyncIterator[RunningServe]:
    app = web.Application()
    app.router.add_get("/readyz", scripted.readyz)
    app.router.add_get("/api/coverage", scripted.coverage)
    app.router.add_get("/api/report", scripted.report)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        address = f"{server.host}:{server.port}"
        addresses = dict.fromkeys(("listen", *running.ROLES), address)
        yield RunningServe(session, addresses, ready_within_s=patience_s, settled_within_s=patience_s)


def counted(requests: int, waiting: int, uncompared: int) -> dict[str, Any]:
    return {"candidate": "new", "requests": requests, "waiting": waiting, "uncompared": uncompared}


async def test_it_is_ready_when_every_role_is(demo: RunningServe, scripted: ScriptedServer) -> None:
    """However often some role was not."""
    scripted.readiness = [503, 200, 503, 200]

    await demo.until_ready()

    assert scripted.readiness == [200]


@pytest.mark.parametrize("patience_s", [0.05])
async def test_a_role_that_never_is_ready_is_named_with_its_reason(
    demo: RunningServe, scripted: ScriptedServer
) -> None:
    """As it gave it itself."""
    scripted.readiness = [503]

    with pytest.raises(NotInTimeError, match=r"ops\.proxy: the store does not answer"):
        await demo.until_ready()


async def test_it_has_settled_when_nothing_waits_for_any_candidate(
    demo: RunningServe, scripted: ScriptedServer
) -> None:
    """And every request was counted; each number alone keeps it waiting."""
    done = counted(10, 0, 0)
    scripted.coverages = [[counted(9, 0, 0), done], [done, counted(10, 1, 0)], [done, counted(10, 0, 1)], [done, done]]

    await demo.until_settled(10)

    assert scripted.coverages == [[done, done]]


@pytest.mark.parametrize("patience_s", [0.05])
async def test_what_never_settles_is_told_with_its_numbers(demo: RunningServe, scripted: ScriptedServer) -> None:
    """So that a reader sees where requests were left."""
    scripted.coverages = [[counted(10, 3, 0)]]

    with pytest.raises(NotInTimeError, match="'waiting': 3"):
        await demo.until_settled(10)


async def test_a_report_is_text(demo: RunningServe) -> None:
    """As the admin API renders it."""
    assert await demo.report("ported") == "the report of ported as text\n"


async def test_nobody_there_is_an_error_in_words() -> None:
    """The address that did not answer is named."""
    async with aiohttp.ClientSession() as session:
        nowhere = RunningServe(session, {"admin": "127.0.0.1:1"})
        with pytest.raises(DemoError, match=r"127\.0\.0\.1:1/api/report"):
            await nowhere.report("ported")
