"""`report --recompute`: the live numbers again from the recording, on all cores; over which pairs, and how many."""

import asyncio
import io
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comparators.settings import CompareSettings
from records.files import jsonl
from records.nouns import Pair
from records.settings import RecordingSettings
from tests.comparators.made import answer, failure, pair, versioned
from tests.comparators.staging import CANDIDATE, Mirrored, Route, comparing, settled
from tests.redis_server import RedisServer
from tests.stores import LEASE_S, opened
from understudy.cli import main

SCORES = [answer({"score": value}) for value in (0.1, 0.2)]
ROOMY = RecordingSettings(partitions=2)
LATE, EARLY = "/v2/models/late/infer", "/v2/models/early/infer"
TIGHT = RecordingSettings(partitions=2, max_pairs_bytes=131_072, control_max_bytes=131_072)

Run = Callable[..., Any]


@pytest.fixture
def report(redis_server: RedisServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command; its report, decoded."""
    options = ["--redis", redis_server.url, "--data-dir", str(tmp_path / "data"), "--candidate", CANDIDATE]

    def run(*words: str, code: int = 0, form: str = "json") -> Any:
        capsys.readouterr()
        assert main(["report", *options, "--format", form, *words]) == code
        said = capsys.readouterr()
        return json.loads(said.out) if form == "json" and code == 0 else said.out + said.err

    return run


def compare_live(server: RedisServer, settings: RecordingSettings, pairs: int) -> None:
    """A fifth of them disagrees."""

    async def compare() -> None:
        async with opened(server, settings, lease_s=LEASE_S) as store, comparing(store):
            mirrored, ways = Mirrored(store), random.Random(7)
            for start in range(0, pairs, 50):
                some = [pair(SCORES[0], SCORES[ways.random() < 0.2], number=start + n) for n in range(50)]
                await mirrored.add(*some, partition=start // 50 % 2)
                await settled(store, start + 50)

    asyncio.run(compare())


def test_recomputed_over_all_pairs_it_is_the_live_report(redis_server: RedisServer, report: Run) -> None:
    """Number for number, and it says what it was computed from."""
    compare_live(redis_server, ROOMY, 2_500)
    live, again = report(), report("--recompute")
    assert live["recomputed"] is None
    assert again["recomputed"] == {"over": "all", "pairs": 2_500, "of": 2_500, "live_settings": True}
    refuse_unlike(again, live)


def refuse_unlike(again: dict[str, Any], live: dict[str, Any]) -> None:
    """Both are the same report, but for what `again` says of its pairs: by a key of its own, and in one note."""
    del live["recomputed"], again["recomputed"]
    (note,) = (block for block in again["document"] if block not in live["document"])
    assert "".join(note["line"]).startswith("recomputed over all ")
    again["document"].remove(note)
    assert again == live


def test_other_settings_give_other_numbers(
    redis_server: RedisServer, report: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the file and the environment, as `serve` would read them; examples of the live ones are left out."""
    compare_live(redis_server, ROOMY, 200)
    monkeypatch.setenv("UNDERSTUDY_COMPARE__ATOL", "1.0")
    again = report("--recompute")
    assert report()["metrics"]["disagreement.rate"]["value"] > 0
    assert again["metrics"]["disagreement.rate"]["value"] == 0
    assert again["recomputed"] == {"over": "all", "pairs": 200, "of": 200, "live_settings": False}
    assert again["examples"] == []
    assert again["coverage"] == report()["coverage"]
    assert again["plans"][0]["heads"][0]["tolerance"]["atol"] == 1.0
    assert report()["plans"][0]["heads"][0]["tolerance"] is None  # what it was compared by is not known here


def test_models_with_versions_of_their_own_are_recomputed_each_in_its_epoch(
    redis_server: RedisServer, report: Run
) -> None:
    """One of them was replaced meanwhile, and fails now and then; another kind of request was never answered."""

    async def compare() -> None:
        async with opened(redis_server, ROOMY, lease_s=LEASE_S) as store, comparing(store):
            mirrored = Mirrored(store)
            for number in range(300):
                late = versioned("2" if number < 150 else "3", number % 5 == 0)
                some = [
                    pair(versioned("1", 0.0), failure() if number % 7 == 0 else late, target=LATE, number=3 * number),
                    pair(versioned("7", 0.0), versioned("8", 0.0), target=EARLY, number=3 * number + 1),
                    pair(failure(), failure(), target="/v1/none", number=3 * number + 2),
                ]
                await mirrored.add(*some, partition=number % 2)
            await settled(store, 900)

    asyncio.run(compare())
    live, again = report(), report("--recompute")
    found = {plan["plan"]: plan["versions"]["candidate"]["version"] for plan in live["plans"]}
    assert found == {f"POST {LATE}": "3", f"POST {EARLY}": "8", "POST /v1/none": ""}
    assert live["versions"]["production"]["version"] == "(various)"
    refuse_unlike(again, live)


def test_beyond_the_byte_budget_it_is_the_control_sample_or_a_window(redis_server: RedisServer, report: Run) -> None:
    """The control sample's interval covers the live rate; what there is no more is refused."""
    compare_live(redis_server, TIGHT, 2_000)
    live = report()["metrics"]["disagreement.rate"]
    control, window = report("--recompute"), report("--recompute", "--over", "window")
    assert control["recomputed"]["over"] == "control"
    assert 100 < control["recomputed"]["pairs"] < 500
    assert window["recomputed"]["over"] == "window"
    assert 0 < window["recomputed"]["pairs"] < 500
    for found in (control, window):
        rate = found["metrics"]["disagreement.rate"]
        assert found["recomputed"]["of"] == live["n"] == 2_000
        assert rate["n"] == found["recomputed"]["pairs"]
        assert rate["lo"] <= live["value"] <= rate["hi"]
    assert "pairs of this epoch were dropped" in report("--recompute", "--over", "all", code=2)


def test_which_pairs_is_said_in_every_format(redis_server: RedisServer, report: Run) -> None:
    """In one line, with how many of how many."""
    compare_live(redis_server, TIGHT, 1_000)
    for form in ("text", "markdown", "html"):
        said = " ".join(report("--recompute", form=form).split())
        assert "of 1,000 pairs, with the settings of the live report" in said


ROUTES = [
    {
        "prefix": "/",
        "production": "http://127.0.0.1:9001",
        "candidates": [{"name": CANDIDATE, "url": "http://127.0.0.1:9002", "generation": 1}],
    }
]


def test_pairs_that_were_never_compared_are_recomputed_too(
    redis_server: RedisServer, report: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording without a compare role: plans are decided from it."""
    monkeypatch.setenv("UNDERSTUDY_ROUTES", json.dumps(ROUTES))

    async def mirror() -> None:
        async with opened(redis_server, ROOMY, lease_s=LEASE_S) as store:
            await Mirrored(store).add(*[pair(SCORES[0], SCORES[n % 4 == 0], number=n) for n in range(200)])

    asyncio.run(mirror())
    found = report("--recompute")
    assert found["metrics"]["disagreement.rate"]["value"] == 0.25
    assert found["recomputed"] == {"over": "all", "pairs": 200, "of": 200, "live_settings": False}
    assert [plan["plan"] for plan in found["plans"]] == ["POST /score"]


def test_disagreements_outlive_the_stream_and_can_be_exported(
    redis_server: RedisServer, tmp_path: Path, report: Run
) -> None:
    """As many as their budget holds, none that agrees."""
    compare_live(redis_server, TIGHT, 1_000)
    file, options = tmp_path / "bad.jsonl", ["--redis", redis_server.url, "--route", "root", "--candidate", CANDIDATE]
    assert main(["export", *options, "--sample", "disagreements", "-o", str(file)]) == 0
    pairs = [each for each in jsonl.read(io.BytesIO(file.read_bytes())) if isinstance(each, Pair)]
    assert len(pairs) == round(report()["metrics"]["disagreement.rate"]["sums"]["k"])
    assert all(each.exchange.production.outcome != each.observation.outcome for each in pairs)
    assert main(["export", "--route", "root", "--sample", "control"]) == 2


def test_over_without_recompute_is_a_mistake(report: Run) -> None:
    """Said, not ignored."""
    assert "--over" in report("--over", "all", code=2)


def test_what_was_before_a_change_is_not_taken_for_other_settings(
    redis_server: RedisServer, report: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pairs of this generation are compared anew under whatever settings they were; those before it are left out."""

    async def compare() -> None:
        async with opened(redis_server, ROOMY, lease_s=LEASE_S) as store:
            mirrored, done = Mirrored(store), 0
            for count, generation, atol in ((7, 1, 0.0), (5, 2, 0.0), (3, 2, 0.5)):
                route = Route(compare=CompareSettings(atol=atol))
                async with comparing(store, route):
                    some = [pair(SCORES[0], SCORES[1], number=done + n, generation=generation) for n in range(count)]
                    await mirrored.add(*some)
                    done += count
                    await settled(store, done)

    asyncio.run(compare())
    assert report()["left_out"] == {"other_settings": 5, "earlier": 7}
    monkeypatch.setenv("UNDERSTUDY_COMPARE__ATOL", "1.0")
    again = report("--recompute", "--over", "window")
    assert again["left_out"] == {"earlier": 7}
    assert again["recomputed"] == {"over": "window", "pairs": 8, "of": 8, "live_settings": False}


def test_without_a_pair_there_is_a_report_that_says_so(
    redis_server: RedisServer, report: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing to recompute is no mistake."""
    monkeypatch.setenv("UNDERSTUDY_ROUTES", json.dumps(ROUTES))
    found = report("--recompute")
    assert found["recomputed"]["pairs"] == 0
    assert found["metrics"]["disagreement.rate"]["reason"] == "no pairs yet"
