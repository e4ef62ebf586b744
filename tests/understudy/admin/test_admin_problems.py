"""Which error is which answer of the admin API: a handler that raises it, behind the last door, on a real socket."""

import json

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs

from records.errors import StoreAway, StoreFull
from understudy.admin.problems import Problem, answer_problems
from understudy.control.changes import Conflict, Unknown
from understudy.control.overlays import Contended, UnreadableOverlay
from understudy.settings.loading import SettingsError


async def told(error: Exception) -> tuple[int, str, dict[str, str]]:
    """Status, content type and document."""

    async def fails(_: web.Request) -> web.Response:
        raise error

    app = web.Application(middlewares=[answer_problems])
    app.router.add_get("/fails", fails)
    async with (
        TestServer(app) as server, ClientSession() as client,
        client.get(server.make_url("/fails"), allow_redirects=False) as answer,
    ):  # fmt: skip
        body = await answer.text()
        return answer.status, answer.content_type, json.loads(body) if body.startswith("{") else {}


async def test_a_fault_of_ours_is_logged_whole_and_answered_without_our_inside() -> None:
    """The log has path and exception; the client learns that it was us, and no more."""
    fault = KeyError("redis://:secret@store")
    with capture_logs() as logs:
        status, kind, document = await told(fault)
    assert (status, kind) == (500, "application/problem+json")
    assert document["detail"] == "an error of ours; the log has it"
    assert logs == [{"event": "admin.failed", "log_level": "error", "path": "/fails", "exc_info": fault}]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unknown("there is no candidate x"), 404),
        (Conflict("there is a candidate x"), 409),
        (Contended("changed by others"), 409),
        (UnreadableOverlay(ValueError("no JSON")), 409),
        (SettingsError("url", "is no URL", "x"), 422),
        (StoreAway("no connection"), 503),
        (StoreFull("out of memory"), 503),
        (Problem(401, "no token"), 401),
    ],
)
async def test_an_error_that_is_known_says_what_is_wrong(error: Exception, status: int) -> None:
    """In its own words, and nothing in the log: it is no fault of ours."""
    with capture_logs() as logs:
        answered, kind, document = await told(error)
    assert (answered, kind, document["status"]) == (status, "application/problem+json", status)
    assert document["detail"] == (error.detail if isinstance(error, Problem) else str(error))
    assert logs == []


async def test_a_redirection_is_no_problem() -> None:
    """What aiohttp raises for an answer that is none of ours to change passes."""
    assert (await told(web.HTTPFound("/elsewhere")))[0] == 302
