"""The gate over HTTP on a real socket with a real store: verdicts for controllers, Flagger's hooks, and who may ask."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.policy.hooks import HOOK_KINDS, GateAnswer
from proxy.settings import CandidateSettings
from records.settings import RedisSettings
from records.store.store import Store
from tests.comparators.made import answer, pair
from tests.comparators.staging import CANDIDATE
from tests.comparators.stored.test_current import compared, of_versions
from tests.redis_server import RedisServer
from understudy.admin.app import admin_application
from understudy.admin.evaluation import Evaluation
from understudy.admin.reports import CandidateReports
from understudy.admin.verdicts import MAX_KEPT, GateQuestion, Verdicts
from understudy.admin.worker import AdminWorker
from understudy.cli import main
from understudy.control.following import Follower
from understudy.history.chain import breaks, entries
from understudy.history.entry import HistoryEntry
from understudy.history.writer import HistoryWriter
from understudy.operations import ops
from understudy.settings.model import Route, Settings

CALL = {"name": "podinfo", "namespace": "test", "phase": "Progressing", "checksum": "85d557f47b"}

# By name, what each is to say of the evidence below.
POLICIES = {
    "pass": 'min_pairs = 1\n[[checks]]\nmetric = "disagreement.rate"\nmax = 1.0\n',
    "fail": 'min_pairs = 1\n[[checks]]\nmetric = "disagreement.rate"\nmax = -1.0\n',
    "inconclusive": '[[checks]]\nmetric = "disagreement.rate"\nmax = 1.0\n',
    "error": '[[checks]]\nmetric = "score.disagreement"\nmax = 1.0\n',  # of which there are two
}


class Asked(NamedTuple):
    status: int
    body: str
    headers: dict[str, str]

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Admin:
    """Asks without a token, unless told otherwise."""

    def __init__(self, url: str, data_dir: str, client: ClientSession) -> None:
        self.url = url
        self.tokens = {name: (Path(data_dir) / f"{name}.token").read_text().strip() for name in ("admin", "gate")}
        self._client = client

    async def get(self, path: str, **about: Any) -> Asked:
        return await self._ask("GET", path, **about)

    async def hook(self, kind: str, call: Any = CALL, query: str = "", /, **about: Any) -> Asked:
        """With metadata for what has a value."""
        return await self._ask("POST", f"/gate/flagger/{kind}{query}", json=call, **about)

    async def _ask(self, method: str, path: str, *, bearer: str = "", basic: str = "", **about: Any) -> Asked:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        if basic:
            headers["Authorization"] = "Basic " + base64.b64encode(f"flagger:{basic}".encode()).decode()
        headers |= about.pop("headers", {})
        async with self._client.request(method, self.url + path, headers=headers, **about) as answer:
            return Asked(answer.status, await answer.text(), dict(answer.headers))


def call_with(**metadata: str) -> dict[str, Any]:
    return {**CALL, "metadata": metadata}


@pytest.fixture
def settings(redis_server: RedisServer, tmp_path: Path) -> Settings:
    for name, text in POLICIES.items():
        (tmp_path / f"{name}.toml").write_text(f"min_coverage = 0.0\n{text}")
    judged = CandidateSettings(
        name=CANDIDATE,
        url="http://127.0.0.1:9002",
        generation=1,  # as the pairs have it
        policy={name: str(tmp_path / f"{name}.toml") for name in POLICIES},
    )
    others = (
        CandidateSettings(name="one", url="http://127.0.0.1:9003", policy=str(tmp_path / "pass.toml")),
        CandidateSettings(name="none", url="http://127.0.0.1:9004"),
        CandidateSettings(name="lost", url="http://127.0.0.1:9005", policy=str(tmp_path / "gone.toml")),
    )
    return Settings(
        redis=RedisSettings(url=redis_server.url),
        data_dir=str(tmp_path),
        secret="s",
        admin_hosts=("shadow.internal",),
        routes=(Route(prefix="/", production="http://127.0.0.1:9001", candidates=(judged, *others)),),
    )


@asynccontextmanager
async def serving(store: Store, settings: Settings, wait_for_store: bool = True) -> AsyncIterator[Admin]:
    follower = Follower(store, settings, AdminWorker().apply)
    await follower.first(wait_for_store=wait_for_store)
    app = admin_application(store, follower, ops.Readiness(AdminWorker()))
    async with TestServer(app) as server, ClientSession() as client:
        yield Admin(f"http://127.0.0.1:{server.port}", settings.data_dir, client)


@pytest.fixture
async def evidence(store: Store) -> None:
    """Three pairs of a model whose last answer was of version 3, and of another kind of request with two outputs."""
    plain = answer({"score": 0.1, "other": 0.7})
    await compared(store, of_versions(("1", "2"), ("1", "2"), ("1", "3")), [pair(plain, plain, number=9)])


@pytest.fixture
async def admin(store: Store, settings: Settings) -> AsyncIterator[Admin]:
    async with serving(store, settings) as admin:
        yield admin


async def test_every_verdict_is_a_complete_answer(admin: Admin, evidence: None) -> None:
    """200, with every key and without null: a missing key is an error to who reads it."""
    for verdict in POLICIES:
        told = await admin.get(f"/gate/{CANDIDATE}?policy={verdict}")
        assert (told.status, told.json()["verdict"]) == (200, verdict)
        assert told.json().keys() == set(GateAnswer.__struct_fields__)
        assert None not in told.json().values()
        assert told.json()["reason"]
        assert told.headers["Content-Type"].startswith("application/json")
        assert told.headers["Cache-Control"] == "no-store"


async def test_no_evidence_is_a_value(admin: Admin, evidence: None) -> None:
    """Of a candidate that met nothing yet, and of a version that answered nothing: never another's verdict."""
    for path in ("/gate/one", f"/gate/{CANDIDATE}?policy=pass&candidate_version=9"):
        told = (await admin.get(path)).json()
        assert (told["verdict"], told["reason_code"], told["pairs"]) == ("inconclusive", "no_evidence", 0)


async def test_the_version_asked_for_is_judged(admin: Admin, evidence: None) -> None:
    """And stands in the answer, as do its pairs alone."""
    told = (await admin.get(f"/gate/{CANDIDATE}?policy=pass&candidate_version=2&production_version=1")).json()
    assert (told["verdict"], told["version"], told["pairs"]) == ("pass", "2", 2)


async def test_failed_checks_are_named(admin: Admin, evidence: None) -> None:
    """By their addresses."""
    told = (await admin.get(f"/gate/{CANDIDATE}?policy=fail")).json()
    assert told["failed_checks"] == [f"disagreement.rate@route=root,candidate={CANDIDATE}"]


@pytest.mark.parametrize(
    ("path", "status", "detail"),
    [
        ("/gate/old", 404, "there is no candidate old; there are cand, one, none, lost"),
        ("/gate/cand?policy=full", 404, "cand has no policy full; it has error, fail, inconclusive, pass"),
        ("/gate/cand", 400, "cand has several policies, so `policy` has to name one of error, fail"),
        ("/gate/none", 404, "the settings name no policy for none"),
        ("/gate/lost", 422, "can't be read: No such file or directory"),
        ("/gate/one?polciy=pass", 400, "did you mean policy?"),
        ("/gate/one?policy=pass&policy=fail", 400, "policy is given more than once"),
        ("/gate", 404, "Not Found"),
    ],
)
async def test_a_question_that_is_wrong_has_another_status(admin: Admin, path: str, status: int, detail: str) -> None:
    """In words, as everywhere in the API."""
    told = await admin.get(path)
    assert (told.status, told.json()["status"]) == (status, status)
    assert detail in told.json()["detail"]


async def test_the_url_is_of_the_evidence_that_was_judged(admin: Admin, evidence: None) -> None:
    """Under the Host that was asked, which the guard knows; a report of the same versions answers there."""
    asked = f"/gate/{CANDIDATE}?policy=pass&candidate_version=2"
    url = urlsplit((await admin.get(asked)).json()["url"])
    page = await admin.get(f"{url.path}?{url.query}")
    assert (f"{url.scheme}://{url.netloc}", page.status) == (admin.url, 200)
    assert page.headers["Content-Type"].startswith("text/html")
    told = (await admin.get(asked, headers={"Host": "shadow.internal:8081"})).json()
    assert told["url"].startswith("http://shadow.internal:8081/api/report?candidate=cand&candidate_version=2&")
    assert (await admin.get(asked, headers={"Host": "evil.example"})).status == 403


async def test_the_url_is_the_settings_where_they_name_one(store: Store, settings: Settings, evidence: None) -> None:
    """Behind a gateway, no request knows it."""
    async with serving(store, replace(settings, admin_url="https://shadow.example.com/understudy/")) as admin:
        told = (await admin.get(f"/gate/{CANDIDATE}?policy=pass")).json()
    assert told["url"].startswith("https://shadow.example.com/understudy/api/report?candidate=cand&")


async def test_asking_writes_nothing(admin: Admin, evidence: None, redis_server: RedisServer) -> None:
    """Neither a verdict nor a hook that reads changes a key of the store."""
    before = writes(redis_server)
    for verdict in POLICIES:
        await admin.get(f"/gate/{CANDIDATE}?policy={verdict}")
        for kind in HOOK_KINDS[:-1]:
            await admin.hook(kind, call_with(candidate=CANDIDATE, policy=verdict))
    assert writes(redis_server) == before


def writes(server: RedisServer) -> str:
    return str(server.command("INFO", "persistence")["rdb_changes_since_last_save"])


async def test_a_verdict_is_judged_once_a_second_and_few_are_kept(
    store: Store, settings: Settings, evidence: None
) -> None:
    """However many ask, and for whatever versions."""
    follower = Follower(store, settings, AdminWorker().apply)
    await follower.first(wait_for_store=True)
    reports = CandidateReports(store, follower)
    verdicts = Verdicts(follower, reports, Evaluation(store, follower, reports))
    question = GateQuestion(CANDIDATE, "pass", WHICHEVER)
    first = await verdicts.judgement(question, "http://a")
    assert await verdicts.judgement(question, "http://b") == replace(first, url=first.url.replace("//a", "//b"))
    for version in map(str, range(MAX_KEPT + 20)):
        await verdicts.judgement(question._replace(asked=VersionChoice(version)), "http://a")
    assert len(verdicts._kept) == MAX_KEPT


# ---- hooks

MAPPING = {
    "rollout": {"pass": 200, "fail": 412, "inconclusive": 200, "error": 424},
    "confirm-traffic-increase": {"pass": 200, "fail": 412, "inconclusive": 409, "error": 424},
    "confirm-promotion": {"pass": 200, "fail": 412, "inconclusive": 409, "error": 424},
    "rollback": {"pass": 409, "fail": 200, "inconclusive": 409, "error": 409},
    "event": {"pass": 200, "fail": 200, "inconclusive": 200, "error": 200},
}


async def test_each_hook_is_answered_what_it_means(admin: Admin, evidence: None) -> None:
    """By its own mapping, with one line of text as the body: a controller shows it as it is."""
    for kind, verdict in product(HOOK_KINDS, POLICIES):
        call = call_with(candidate=CANDIDATE, policy=verdict, grace_s="0")
        told = await admin.hook(kind, call, bearer=admin.tokens["gate"])
        assert told.status == MAPPING[kind][verdict]
        assert told.body.startswith(f"{verdict}: ")
        assert told.body.count("\n") == 1 == len(told.body.splitlines())
        assert told.headers["Content-Type"].startswith("text/plain")


async def test_a_hook_s_address_may_ask_too(admin: Admin, evidence: None) -> None:
    """Where it says the same as the metadata, or alone; two answers to one question are refused."""
    query = f"?candidate={CANDIDATE}&policy=fail"
    assert (await admin.hook("confirm-promotion", CALL, query)).status == 412
    assert (await admin.hook("confirm-promotion", call_with(policy="fail"), query)).status == 412
    told = await admin.hook("confirm-promotion", call_with(policy="pass"), query)
    assert (told.status, told.body) == (400, "error: policy is one in the metadata and another in the query\n")


async def test_a_rollout_without_evidence_has_a_grace(admin: Admin) -> None:
    """Each rollout anew; once it is over, what nothing is known of fails the iteration."""
    assert (await admin.hook("rollout", call_with(candidate="one"))).status == 200
    told = await admin.hook("rollout", call_with(candidate="one", grace_s="0"))
    assert (told.status, told.body) == (424, "inconclusive: nothing was compared of `one` yet\n")


async def test_an_event_is_recorded_with_the_verdict_of_its_time(admin: Admin, store: Store, evidence: None) -> None:
    """In the chain of the route: who told, what was said, what was known; its hash is the answer."""
    said = {"eventMessage": "Promotion completed!\nRouting all traffic", "eventType": "Normal"}
    for policy in ("pass", "fail"):
        told = await admin.hook(
            "event", call_with(candidate=CANDIDATE, policy=policy, **said), bearer=admin.tokens["gate"]
        )
        link = (await HistoryWriter(store).chain("root"))[-1]
        assert isinstance(link.what, HistoryEntry)
        assert told.body == f"{policy}: recorded as {link.ends_with}\n"
        assert (link.what.kind, link.what.verdict, link.what.policy) == ("event", policy, policy)
        assert (link.what.who, link.what.candidate) == ("flagger test/podinfo", CANDIDATE)
        assert link.what.because == "Progressing: Promotion completed! Routing all traffic"
        assert link.what.settings_sha256
    assert not [*breaks(await HistoryWriter(store).chain("root"))]


async def test_a_verdict_names_its_record(store: Store, settings: Settings, evidence: None) -> None:
    """Once the evaluation has found the same; another one has none yet."""
    follower = Follower(store, settings, AdminWorker().apply)
    await follower.first(wait_for_store=True)
    reports = CandidateReports(store, follower)
    evaluation = Evaluation(store, follower, reports)
    verdicts = Verdicts(follower, reports, evaluation)
    question = GateQuestion(CANDIDATE, "pass", WHICHEVER)
    assert (await verdicts.judgement(question, "http://a")).record == ""
    await evaluation.look()
    record = (await verdicts.judgement(question, "http://a")).record
    hashes = {found: entry.policy for found, entry in entries(await HistoryWriter(store).chain("root"))}
    assert hashes[record] == "pass"
    old = await verdicts.judgement(question._replace(asked=VersionChoice("2")), "http://a")
    assert (old.verdict, old.record) == ("pass", "")


@pytest.mark.parametrize(
    ("kind", "call", "status", "line"),
    [
        ("rolout", CALL, 404, "there is no hook rolout: expected one of rollout, confirm-traffic-increase, "),
        ("rollout", [], 400, "the body is no call of a hook of Flagger's: "),
        ("rollout", {"name": "podinfo"}, 400, "missing required field `namespace`"),
        ("rollout", CALL, 404, "there is no candidate without a name (`candidate`); there are cand, one, none, lost"),
        ("rollback", call_with(candidate="old"), 404, "there is no candidate old"),
        ("rollout", call_with(candidat="one"), 400, "metadata.candidat: did you mean candidate?"),
        ("rollout", call_with(candidate="one", grace_s="-1"), 400, "grace_s = -1: expected seconds, at least 0"),
        ("rollout", call_with(candidate="one", grace_s="nan"), 400, "grace_s = nan: expected seconds"),
    ],
)
async def test_a_wrong_call_is_told_in_a_line(admin: Admin, kind: str, call: Any, status: int, line: str) -> None:
    """A status that keeps its body, and no success: a rollback least of all."""
    told = await admin.hook(kind, call)
    assert told.status == status
    assert told.body.startswith("error: ")
    assert line in told.body
    assert len(told.body.splitlines()) == 1


async def test_a_hook_is_called_with_what_flagger_s_releases_add(admin: Admin) -> None:
    """Further keys, of the call and of its metadata, are theirs."""
    call = {**call_with(candidate="one", timestamp="1372636800000", canaryWeight="10", phase="x"), "buildId": "7"}
    assert (await admin.hook("rollout", call)).status == 200


async def test_a_fault_of_ours_passes_nothing_and_rolls_nothing_back(settings: Settings) -> None:
    """The store away, or a policy that is gone: each hook keeps its reason, and is answered as an error is."""
    away = Store.create(RedisSettings(url="redis://127.0.0.1:1/0"), settings.recording)
    async with serving(away, settings, wait_for_store=False) as admin:
        assert (await admin.get(f"/gate/{CANDIDATE}?policy=pass")).status == 503
        for candidate in (CANDIDATE, "lost"):
            policy = {"policy": "pass"} if candidate == CANDIDATE else {}
            call = call_with(candidate=candidate, grace_s="0", **policy)
            event = await admin.hook("event", call, bearer=admin.tokens["gate"])
            assert (event.status, event.body[:7]) == (503 if candidate == CANDIDATE else 422, "error: ")
            found = {kind: await admin.hook(kind, call) for kind in HOOK_KINDS[:-1]}
            assert {kind: told.status for kind, told in found.items()} == {
                kind: MAPPING[kind]["error"] for kind in found
            }
            assert all(told.body.startswith("error: ") for told in found.values())
    await away.close()


# ---- who may ask


async def test_telling_of_an_event_needs_a_token(admin: Admin) -> None:
    """In the header, or as a password in the URL, which is all that Flagger can send; hooks that ask need none."""
    call = call_with(candidate=CANDIDATE, policy="pass", eventMessage="Promotion completed!", eventType="Normal")
    for about in (
        {},
        {"bearer": "wrong"},
        {"basic": "wrong"},
        {"basic": ""},
        {"headers": {"Authorization": "Basic =é"}},
    ):
        told = await admin.hook("event", call, **about)
        assert (told.status, told.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
    for token in admin.tokens.values():
        assert (await admin.hook("event", call, bearer=token)).status == 200
        assert (await admin.hook("event", call, basic=token)).status == 200
    with_user = admin.url.replace("//", f"//flagger:{admin.tokens['gate']}@")
    async with ClientSession() as client, client.post(f"{with_user}/gate/flagger/event", json=call) as answer:
        assert answer.status == 200


async def test_the_gate_s_token_changes_nothing(admin: Admin) -> None:
    """A pipeline's token that leaks pauses no candidate; nor does any password, which a browser sends by itself."""
    for about in ({"bearer": admin.tokens["gate"]}, {"basic": admin.tokens["gate"]}, {"basic": admin.tokens["admin"]}):
        assert (await admin._ask("POST", f"/api/candidates/{CANDIDATE}/pause", **about)).status == 401
    assert (await admin.get(f"/api/candidates/{CANDIDATE}")).json()["paused"] is False


async def test_an_empty_token_is_none(store: Store, settings: Settings) -> None:
    """A file that lost its text opens nothing."""
    for name in ("admin", "gate"):
        (Path(settings.data_dir) / f"{name}.token").write_text("\n")
    async with serving(store, settings) as admin:
        headers = {"Authorization": "Bearer "}
        told = await admin._ask("POST", "/api/candidates/one/pause", headers=headers)
        assert told.status == 401
        assert (await admin.hook("event", headers={"Authorization": "Basic Og=="})).status == 401


async def test_reading_can_need_a_token(store: Store, settings: Settings, evidence: None) -> None:
    """All of it but the probes: reports, verdicts, and hooks that ask."""
    async with serving(store, replace(settings, admin_read_token=True)) as admin:
        call = call_with(candidate=CANDIDATE, policy="pass")
        for path in ("/", "/api/candidates", f"/gate/{CANDIDATE}?policy=pass"):
            refused = await admin.get(path)
            assert (refused.status, "Basic" in refused.headers["WWW-Authenticate"]) == (401, True)
            for token in admin.tokens.values():
                assert (await admin.get(path, bearer=token)).status == 200
                assert (await admin.get(path, basic=token)).status == 200
        refused = await admin.hook("confirm-promotion", call)
        assert (refused.status, refused.body[:6]) == (401, "error:")
        assert (await admin.hook("confirm-promotion", call, basic=admin.tokens["gate"])).status == 200
        assert (await admin.get("/metrics")).status == 200


async def test_the_command_that_lists_candidates_shows_its_token(
    store: Store, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """That of the data directory that it is told of; without one it is refused."""
    async with serving(store, replace(settings, admin_read_token=True)) as admin:
        words = ["candidates", "list", "--admin", admin.url.removeprefix("http://"), "--data-dir"]
        assert await asyncio.to_thread(main, [*words, settings.data_dir]) == 0
        assert CANDIDATE in capsys.readouterr().out
        assert await asyncio.to_thread(main, [*words, f"{settings.data_dir}/other"]) == 2
        assert "gate.token" in capsys.readouterr().err
