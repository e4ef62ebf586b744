"""The admin judges: each change of a verdict is recorded once, and told on /metrics."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import CollectorRegistry
from structlog.testing import capture_logs

from proxy.settings import CandidateSettings
from records.errors import StoreError
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.comparators.staging import CANDIDATE, ROUTE
from tests.comparators.stored.test_current import compared, of_versions
from tests.redis_server import RedisServer
from understudy.admin.evaluation import Evaluation
from understudy.admin.reports import CandidateReports
from understudy.admin.worker import AdminWorker
from understudy.control.following import Follower
from understudy.history.chain import breaks, entries
from understudy.history.file import HistoryFile
from understudy.history.writer import HistoryWriter
from understudy.settings.model import Route, Settings

POLICY = """
min_pairs = {}
min_coverage = 0.0
[[checks]]
metric = "disagreement.rate"
max = 1.0
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(POLICY.format(1))
    return file


@pytest.fixture
def settings(redis_server: RedisServer, tmp_path: Path, policy: Path) -> Settings:
    candidate = CandidateSettings(name=CANDIDATE, url="http://127.0.0.1:9002", generation=1, policy=str(policy))
    route = Route(prefix="/", name=ROUTE, production="http://127.0.0.1:9001", candidates=(candidate,))
    return Settings(redis=RedisSettings(url=redis_server.url), data_dir=str(tmp_path), secret="s", routes=(route,))


@pytest.fixture
def evaluation(store: Store, settings: Settings) -> Evaluation:
    return _evaluation(store, settings)


def _evaluation(store: Store, settings: Settings) -> Evaluation:
    follower = Follower(store, settings, AdminWorker().apply)
    return Evaluation(store, follower, CandidateReports(store, follower))


def _written(policy: Path, text: str) -> None:
    policy.write_text(text)


async def _told(store: Store) -> list[tuple[str, str]]:
    """Verdict and version of the candidate, of each entry."""
    return [(each.verdict, each.versions["candidate"].version) for _, each in entries(await _chain(store))]


async def _chain(store: Store):
    return await HistoryWriter(store).chain(ROUTE)


async def test_each_change_of_a_verdict_is_recorded_and_nothing_else(
    store: Store, evaluation: Evaluation, policy: Path
) -> None:
    """Of the verdict, or of the versions that it is about; looking again records nothing."""
    await evaluation.look()
    await evaluation.look()
    await compared(store, of_versions(("1", "2"), ("1", "2")))
    await evaluation.look()
    await evaluation.look()
    _written(policy, POLICY.format(5))
    await evaluation.look()
    assert await _told(store) == [("inconclusive", ""), ("pass", "2"), ("inconclusive", "2")]
    assert list(breaks(await _chain(store))) == []


async def test_an_entry_says_by_what_it_was_decided(store: Store, evaluation: Evaluation) -> None:
    """Its hash stands in the judgement; hashes of settings, policy and report stand in it."""
    await compared(store, of_versions(("1", "2")))
    await evaluation.look()
    ((record, entry),) = entries(await _chain(store))
    (judgement,) = evaluation.judgements.values()
    assert judgement.record == record
    assert (entry.kind, entry.policy, len(entry.checks)) == ("verdict", "default", 1)
    assert {len(each) for each in (entry.settings_sha256, entry.policy_sha256, entry.report_sha256)} == {64}


async def test_of_several_admins_one_records_a_change(store: Store, settings: Settings, tmp_path: Path) -> None:
    """Whoever is first; the others find it told."""
    await compared(store, of_versions(("1", "2")))
    several = [_evaluation(store, replace(settings, data_dir=str(tmp_path / str(each)))) for each in range(4)]
    for each in range(4):
        (tmp_path / str(each)).mkdir()
    await asyncio.gather(*(each.look() for each in several))
    assert await _told(store) == [("pass", "2")]
    assert len({each.record for one in several for each in one.judgements.values()}) == 1


async def test_the_verdict_is_told_on_metrics_as_it_was_found_last(store: Store, evaluation: Evaluation) -> None:
    """One of the four is 1; of a candidate that is gone there is none."""
    await compared(store, of_versions(("1", "2")))
    await evaluation.look()
    text = _scraped(evaluation)
    labels = f'candidate="{CANDIDATE}",policy="default",route="{ROUTE}"'
    assert f'understudy_gate_verdict{{{labels},verdict="pass"}} 1.0' in text
    assert text.count("} 0.0") == 3


def _scraped(evaluation: Evaluation) -> str:
    class Collector:
        def collect(self):
            return [evaluation.family()]

    registry = CollectorRegistry()
    registry.register(Collector())
    return generate_latest(registry).decode()


async def test_a_store_that_was_emptied_gets_its_history_back(
    store: Store, redis_server: RedisServer, evaluation: Evaluation, tmp_path: Path
) -> None:
    """Before anything new is written; and what is written then follows it."""
    await compared(store, of_versions(("1", "2")))
    await evaluation.look()
    redis_server.command("FLUSHALL")
    await evaluation.look()
    assert await _told(store) == [("pass", "2"), ("inconclusive", "")]
    assert list(breaks(await _chain(store))) == []
    copy = HistoryFile(tmp_path / "history.jsonl").read()[ROUTE]
    assert [each.data for each in copy] == await store.history.links(ROUTE)


async def test_what_others_tell_follows_what_the_store_lost(
    store: Store, redis_server: RedisServer, evaluation: Evaluation
) -> None:
    """Before the next look, too: no second chain begins beside the copy."""
    await compared(store, of_versions(("1", "2")))
    await evaluation.look()
    (link,) = await _chain(store)
    redis_server.command("FLUSHALL")
    told = await evaluation.append(replace(link.what, kind="event", who="flagger"))
    assert told.last == 2
    assert [each.first for each in await _chain(store)] == [1, 2]


async def test_the_history_outlives_its_candidate(store: Store, settings: Settings, evaluation: Evaluation) -> None:
    """What was found of one that is gone stays, and is told no more as what holds now."""
    await compared(store, of_versions(("1", "2")))
    await evaluation.look()
    (route,) = settings.routes
    evaluation._follower.file = replace(settings, routes=(replace(route, candidates=()),))
    await store.remove_candidate(ROUTE, CANDIDATE)
    await evaluation.look()
    assert await _told(store) == [("pass", "2")]
    assert evaluation.judgements == {}


async def test_a_policy_that_cannot_be_read_any_more_holds_as_it_was(
    store: Store, evaluation: Evaluation, policy: Path
) -> None:
    """Said once; judged again by the file once it is mended."""
    await compared(store, of_versions(("1", "2")))
    await evaluation.look()
    _written(policy, "checks = 1")
    with capture_logs() as logs:
        await evaluation.look()
        await evaluation.look()
    assert [each["event"] for each in logs] == ["policy.refused"]
    assert [each.verdict for each in evaluation.judgements.values()] == ["pass"]


async def test_while_the_store_is_away_nothing_is_written(settings: Settings, tmp_path: Path) -> None:
    """Neither to the store nor to the file."""
    away = Store.create(RedisSettings(url="redis://127.0.0.1:1", timeout_s=0.2), RecordingSettings())
    with pytest.raises(StoreError):
        await _evaluation(away, settings).look()
    await away.close()
    assert not (tmp_path / "history.jsonl").exists()
