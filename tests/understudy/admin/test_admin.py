"""The admin API on a real socket with a real store: who may ask, what changes, what is answered."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from proxy.settings import CandidateSettings
from records.settings import RedisSettings
from records.store.store import Store
from tests.redis_server import RedisServer
from understudy.admin import candidates as admin_candidates
from understudy.admin.app import admin_application
from understudy.admin.worker import AdminWorker
from understudy.control.following import Follower
from understudy.operations import ops
from understudy.settings.model import Route, Settings

NEW = {"name": "late", "url": "http://127.0.0.1:9003"}


class Api:
    """Asks as a well-behaved client does, unless told otherwise."""

    def __init__(self, port: int, token: str, client: ClientSession) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.token = token
        self._client = client

    async def __call__(
        self, method: str, path: str, document: Any = None, *, token: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        shown = self.token if token is None else token
        own = {"Authorization": f"Bearer {shown}"} if shown else {}
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._client.request(method, self.url + path, json=document, headers=own) as answer:
            self.headers = answer.headers
            return answer.status, await answer.json(content_type=None) if answer.status != 204 else None


@pytest.fixture
def settings(redis_server: RedisServer, tmp_path: Path) -> Settings:
    new = CandidateSettings(name="new", url="http://127.0.0.1:9002", headers={"X-Key": "hunter2"})
    return Settings(
        redis=RedisSettings(url=redis_server.url),
        data_dir=str(tmp_path),
        secret="s",
        admin_hosts=("shadow.internal",),
        credentials={"gpu": {"Authorization": "hunter2"}},
        routes=(
            Route(prefix="/a", production="http://127.0.0.1:9001", candidates=(new,)),
            Route(prefix="/b", production="http://127.0.0.1:9001"),
        ),
    )


@pytest.fixture
async def follower(store: Store, settings: Settings) -> Follower:
    follower = Follower(store, settings, AdminWorker().apply)
    await follower.first(wait_for_store=True)
    return follower


@pytest.fixture
async def api(store: Store, follower: Follower, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    monkeypatch.setattr(admin_candidates, "FOLLOWED_S", 0.0)  # no other role is there to be waited for
    app = admin_application(store, follower, ops.Readiness(AdminWorker()))
    token = (Path(follower.file.data_dir) / "admin.token").read_text().strip()
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    async with ops.served(app, listening), ClientSession() as client:
        yield Api(port, token, client)


async def test_a_change_needs_the_token(api: Api) -> None:
    """Also on loopback; reading needs none."""
    for token in ("", "wrong", api.token[:-1]):
        status, problem = await api("POST", "/api/candidates/new/pause", token=token)
        assert (status, problem["title"]) == (401, "Unauthorized")
        assert api.headers["Content-Type"] == "application/problem+json"
    assert (await api("GET", "/api/candidates", token=""))[0] == 200
    status, found = await api("POST", "/api/candidates/new/pause")
    assert (status, found["paused"]) == (200, True)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8081",
        "",
        "127.0.0.1.evil.example",
        "evil@127.0.0.1",
        "127.0.0.1@evil",
        "127.0.0.1:80:80",
        "[::1",
        "[::1]x",
        "127.0.0.1/",
        "localhost.",
        "localhost:x",
        "l\u00f6calhost",
    ],
)
async def test_a_foreign_host_is_refused(api: Api, host: str) -> None:
    """A name that an attacker made point to us is not ours."""
    status, problem = await api("GET", "/api/candidates", Host=host)
    assert status == 403
    assert "(none)" not in str(problem)


@pytest.mark.parametrize("host", ["localhost:8081", "[::1]:8081", "shadow.internal", "SHADOW.internal:443"])
async def test_our_own_names_are_answered(api: Api, host: str) -> None:
    """Loopback, and what the settings name."""
    assert (await api("GET", "/api/candidates", Host=host))[0] == 200


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:1", "http://[", "http://evil@127.0.0.1", ""],
)
async def test_a_foreign_origin_is_refused(api: Api, origin: str) -> None:
    """Even with the token, even for reading: no page of elsewhere works with this API."""
    assert (await api("GET", "/api/candidates", Origin=origin))[0] == 403
    assert (await api("POST", "/api/candidates/new/pause", Origin=origin))[0] == 403
    assert (await api("GET", "/api/candidates", Origin=api.url))[0] == 200


async def test_a_body_is_json(api: Api) -> None:
    """A form, which a page may send anywhere, is refused; so is JSON that is no object, and what is too large."""
    assert (await api("POST", "/api/candidates", NEW, Content_Type="text/plain"))[0] == 415
    assert (await api("POST", "/api/candidates", ["late"]))[0] == 400
    assert (await api("POST", "/api/candidates", {"name": "x" * 100_000}))[0] == 413


async def test_probes_are_answered_whoever_asks(api: Api) -> None:
    """A kubelet asks by address."""
    async with ClientSession() as client, client.get(f"{api.url}/healthz", headers={"Host": "10.0.0.1"}) as answer:
        assert answer.status == 200


async def test_every_answer_forbids_what_it_does_not_need(api: Api) -> None:
    """No script, no frame, no guessing of types; on errors too."""
    for path in ("/", "/api/candidates", "/nowhere", "/api/report?candidate=new&format=html"):
        async with ClientSession() as client, client.get(api.url + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"


async def test_a_candidate_comes_changes_and_goes(api: Api, store: Store, settings: Settings) -> None:
    """Added, changed, restarted, removed; each seen at once, each written with a revision, joined and left."""
    assert (await api("POST", "/api/candidates", {**NEW, "route": "b", "credentials": "gpu"}))[0] == 201
    assert api.headers["Location"] == "/api/candidates/late"
    assert (await store.control.overlay())[0] == 1
    status, found = await api("PATCH", "/api/candidates/late", {"timeout_s": 2.5})
    assert (status, found["settings"]["timeout_s"], found["generation"]) == (200, 2.5, 1)
    assert (await api("POST", "/api/candidates/late/restart"))[1]["generation"] == 2
    names = [each["name"] for each in (await api("GET", "/api/candidates"))[1]["candidates"]]
    assert names == ["new", "late"]
    assert not await store.join_candidate("b", "late", "now")  # it had joined when it was added
    assert (await api("DELETE", "/api/candidates/late"))[0] == 204
    assert await store.join_candidate("b", "late", "now")  # it had left
    assert (await api("GET", "/api/candidates/late"))[0] == 404


async def test_another_admin_follows(api: Api, store: Store, settings: Settings) -> None:
    """What one role writes, the others read."""
    await api("PATCH", "/api/routes/a/sampling", {"ratio": 0.25})
    worker = AdminWorker()
    other = Follower(store, settings, worker.apply)
    await other.first(wait_for_store=True)
    assert worker.routes is not None
    assert (worker.routes[0].sampling.ratio, worker.revision) == (0.25, 1)


async def test_no_secret_is_answered(api: Api, store: Store) -> None:
    """Of headers only the names; of credentials only the name; nothing of either in the store."""
    await api("POST", "/api/candidates", {**NEW, "route": "b", "credentials": "gpu"})
    for path in ("/api/candidates", "/api/candidates/new", "/api/routes"):
        assert "hunter2" not in str((await api("GET", path))[1])
    assert (await api("GET", "/api/candidates/new"))[1]["settings"]["headers"] == ["X-Key"]
    assert b"hunter2" not in (await store.control.overlay())[1]


@pytest.mark.parametrize(
    ("method", "path", "document", "status", "detail"),
    [
        ("POST", "/api/candidates", {**NEW, "route": "b", "url": "http://evil"}, 422, 'url = "http://evil": the file'),
        ("POST", "/api/candidates", {**NEW, "route": "b", "version_header": "set-cookie"}, 422, "are never kept"),
        ("PATCH", "/api/candidates/new", {"name": "other"}, 409, "keeps its name and route"),
        ("PATCH", "/api/candidates/new", {"route": "b"}, 409, "keeps its name and route"),
        ("PATCH", "/api/candidates/new", {"remove_headers": ["中"]}, 422, "is not a header name"),
        ("POST", "/api/candidates", {**NEW, "route": "b", "name": []}, 422, "name = a list: expected"),
        ("PATCH", "/api/routes/a/sampling", {"key": "a b"}, 422, "is not a header name"),
        ("POST", "/api/candidates", {**NEW, "name": "new", "route": "b"}, 409, "there is a candidate new already"),
        ("POST", "/api/candidates", NEW, 422, "expected one of a, b"),
        ("PATCH", "/api/candidates/new", {"headers": {"A": "env:HOME"}}, 422, "headers: can be set in the file only"),
        ("PATCH", "/api/candidates/old", {"timeout_s": 1}, 404, "there is no candidate old; there are new"),
        ("PATCH", "/api/routes/a/sampling", {"ratio": 2}, 422, "ratio = 2: expected a number, at most 1"),
        ("GET", "/api/coverage?candidate=old", None, 404, "there is no candidate old"),
        ("GET", "/api/report?candidate=old", None, 404, "there is no candidate old; there are new"),
        ("GET", "/api/report?candidate=new&format=pdf", None, 400, "expected one of text, json, markdown, html"),
        ("GET", "/api/report?candidate=new&epoch=99", None, 404, "new has no epoch 99"),
        ("GET", "/api/report?candidate=new&alpha=nan", None, 400, "no parameter alpha: it takes candidate, candidate_"),
        ("GET", "/api/report?candidate=new&fromat=text", None, 400, "did you mean format?"),
        ("GET", "/api/report?candidate=new&Candidate=new", None, 400, "did you mean candidate?"),
        ("GET", "/api/report?candidate=new&candidate=old", None, 400, "candidate is given more than once"),
        ("GET", "/api/report?candidate=new&format=json&format=json", None, 400, "format is given more than once"),
        ("GET", "/api/report?candidate=new&=", None, 400, "has no parameter"),
        ("GET", "/api/coverage?route=a", None, 400, "/api/coverage has no parameter route: it takes candidate"),
        ("GET", "/api/plans?candidate=new", None, 400, "/api/plans has no parameter candidate: it takes no parameters"),
        ("GET", "/api/routes?x", None, 400, "has no parameter x"),
        ("GET", "/api/candidates?name=new", None, 400, "has no parameter name"),
        ("GET", "/api/candidates/new?x=1", None, 400, "/api/candidates/new has no parameter x"),
        ("GET", "/?x=1", None, 400, "has no parameter x"),
        ("POST", "/api/candidates/new/pause?dry_run=1", None, 400, "has no parameter dry_run"),
        ("DELETE", "/api/candidates/new?dry_run=1", None, 400, "has no parameter dry_run"),
        ("GET", "/api/nothing?x=1", None, 404, "Not Found"),
        ("GET", "/api/nothing", None, 404, "Not Found"),
        ("PUT", "/api/candidates", None, 405, "Method Not Allowed"),
    ],
)
async def test_a_mistake_is_a_problem_in_words(
    api: Api, method: str, path: str, document: Any, status: int, detail: str
) -> None:
    """Problem details, with what would be right."""
    found, problem = await api(method, path, document)
    assert (found, problem["status"]) == (status, status)
    assert detail in problem["detail"]


async def test_what_is_refused_for_its_query_changes_nothing(api: Api) -> None:
    """Neither paused nor removed; a probe's address may have any query, as scrapers send them."""
    await api("POST", "/api/candidates/new/pause?dry_run=1")
    await api("DELETE", "/api/candidates/new?dry_run=1")
    assert (await api("GET", "/api/candidates/new"))[1]["paused"] is False
    async with ClientSession() as client, client.get(f"{api.url}/metrics?name[]=x") as answer:
        assert answer.status == 200


async def test_a_store_that_is_away_is_said_so(settings: Settings) -> None:
    """503 for what needs it; the candidates that are known are still listed."""
    away = Store.create(RedisSettings(url="redis://127.0.0.1:1/0"), settings.recording)
    follower = Follower(away, settings, AdminWorker().apply)
    await follower.first(wait_for_store=False)
    app = admin_application(away, follower, ops.Readiness(AdminWorker()))
    token = (Path(settings.data_dir) / "admin.token").read_text().strip()
    async with TestServer(app) as server, ClientSession() as client:
        api = Api(server.port or 0, token, client)
        assert (await api("GET", "/api/coverage"))[0] == 503
        assert (await api("POST", "/api/candidates/new/pause"))[0] == 503
        assert [each["name"] for each in (await api("GET", "/api/candidates"))[1]["candidates"]] == ["new"]
        async with client.get(f"{api.url}/metrics") as answer:
            assert answer.status == 200
    await away.close()


@pytest.mark.parametrize(
    ("form", "begins"), [("json", "{"), ("text", "━"), ("markdown", "#"), ("html", "<!doctype html>")]
)
async def test_a_report_comes_in_each_format(api: Api, form: str, begins: str) -> None:
    """Of a candidate that has met nothing yet, too."""
    async with (
        ClientSession() as client,
        client.get(f"{api.url}/api/report?candidate=new&format={form}") as answer,
    ):
        assert answer.status == 200
        assert (await answer.text()).lower().startswith(begins)


async def test_the_metrics_are_the_reports(api: Api) -> None:
    """Coverage by candidate, under the report's names."""
    async with ClientSession() as client, client.get(f"{api.url}/metrics") as answer:
        text = await answer.text()
    assert 'understudy_coverage_waiting{candidate="new",route="a"} 0.0' in text
