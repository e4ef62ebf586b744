"""`understudy replay` as a person runs it: exit codes, what it prints, what it keeps, what it refuses."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import sleep
from xml.etree import ElementTree as ET

import pytest

from loadtest.sources.source import SourceRequest
from records.files import jsonl
from records.nouns import Body, Exchange, Request
from tests.loadtest.staging import MS, Model, every
from tests.places import ROOT
from understudy.cli import main

Run = Callable[..., tuple[int, str, str]]


def recording(path: Path, requests: list[SourceRequest], ratio: float = 1.0) -> Path:
    writer = jsonl.Writer(None)
    with path.open("wb") as file:
        file.write(writer.header())
        for each in requests:
            assert each.production is not None
            exchange = Exchange(
                id=each.id, route="late", revision=1, request=each.request, production=each.production,
                sampling_ratio=ratio,
            )  # fmt: skip
            file.write(writer.line(exchange))
    return path


def slowly(_: int) -> float:
    return 0.5


@pytest.fixture
def model() -> Iterator[Model]:
    """It takes its time: what a busy machine is late by must not be much of it."""
    with Model(pause_s=slowly).running() as running:
        yield running


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    return recording(tmp_path / "traffic.jsonl", every(2 * MS, 300))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Exit code, stdout, stderr."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = main(["replay", *words, *(["--data-dir", str(tmp_path / "data")] if words[0] not in _BARE else [])])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


_BARE = ("report", "compare")


def test_a_run_prints_what_it_found_and_keeps_every_request(
    run: Run, model: Model, traffic: Path, tmp_path: Path
) -> None:
    """Exit 0 where the thresholds hold; a row a request, and the report at the end."""
    kept = tmp_path / "run.jsonl"
    code, out, err = run(
        str(traffic), "--candidate", f"new={model.url}", "--threshold", "disagreement.rate <= 5%", "-o", str(kept)
    )
    assert code == 0
    assert "PASS" in out
    assert re.search(r"300 of 300 requests sent at .* UTC: 200 300", " ".join(out.split()))
    assert "as recorded, 1x" in err
    head, *rows, end = (json.loads(line) for line in kept.read_text().splitlines())
    assert (head["schema"], head["candidate"]) == ("understudy.replay/1", "new")
    assert sorted(each["n"] for each in rows) == list(range(300))
    assert end["judgement"]["verdict"] == "pass"
    assert len(model.seen) == 300


def test_a_wrong_candidate_fails(run: Run, traffic: Path) -> None:
    """With exit code 1, and says by how much."""
    with Model(slowly, wrong=lambda number: number % 2 == 0).running() as model:
        code, out, _ = run(
            str(traffic), "--candidate", f"new={model.url}", "--threshold", "disagreement.rate <= 5%", "--json"
        )
    found = json.loads(out)
    assert code == 1
    assert found["valid"] is True
    assert found["metrics"]["disagreement.rate"]["value"] == pytest.approx(0.5)
    assert [each["verdict"] for each in found["thresholds"]] == ["fail"]
    assert found["coverage"]["requests"] == 300
    assert len(found["plan_sha256"]) == 64


def test_what_of_the_source_is_not_sent_is_said(run: Run, model: Model, tmp_path: Path) -> None:
    """Which requests were cut, by their places, and that the plan ends before the source does."""
    requests = every(MS, 30)
    whole = requests[7].request
    cut = Request(whole.method, whole.target, whole.headers, Body(b"{", 900, cut=True))
    requests[7] = requests[7]._replace(request=cut)
    path = recording(tmp_path / "cut.jsonl", requests)
    code, out, _ = run(str(path), "--candidate", f"new={model.url}", "--rate", "100/s", "--duration", "0.2s")
    assert code == 0
    told = " ".join(out.split())
    assert "left out of the source (its body was recorded cut): r7" in told
    assert "the plan ends before the source does: 20 of its 29 requests are in it" in told


def test_too_few_requests_decide_nothing(run: Run, model: Model, tmp_path: Path) -> None:
    """Exit 3: a p99 of 30 requests is no p99."""
    few = recording(tmp_path / "few.jsonl", every(MS, 30))
    code, out, _ = run(str(few), "--candidate", f"new={model.url}", "--threshold", "response.p99_ms <= 10s")
    assert code == 3
    assert "needs at least" in out


def test_junit_has_a_case_for_each_threshold(run: Run, model: Model, traffic: Path) -> None:
    """As pipelines show them, beside one for the run itself; a run without thresholds has that alone."""
    thresholds = ("--threshold", "disagreement.rate <= 5%", "--threshold", "failures.rate <= 50%")
    code, out, _ = run(str(traffic), "--candidate", f"new={model.url}", *thresholds, "--format", "junit")
    assert code == 0
    assert [len(case) for case in ET.fromstring(out).iter("testcase")] == [0, 0, 0]
    _, out, _ = run(str(traffic), "--candidate", f"new={model.url}", "--format", "junit")
    assert [case.attrib["name"] for case in ET.fromstring(out).iter("testcase")] == ["the run is evidence"]


@pytest.mark.parametrize("form", ["text", "json", "html", "markdown", "hgrm", "hlog", "vegeta"])
def test_a_kept_run_is_told_in_each_form(run: Run, model: Model, traffic: Path, tmp_path: Path, form: str) -> None:
    """Whenever it is asked for."""
    kept = str(tmp_path / "run.jsonl")
    run(str(traffic), "--candidate", f"new={model.url}", "-o", kept)
    code, out, err = run("report", kept, "--format", form)
    assert (code, err) == (0, "")
    beginning = {
        "json": "{", "html": "<!doctype html>", "hgrm": "       Value     Percentile", "hlog": "#[Histogram log format",
        "vegeta": '{"attack":"', "markdown": "#", "text": "━",
    }  # fmt: skip
    assert out.lower().startswith(beginning[form].lower())


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("status", 2**62, "line 2 is damaged: Expected `int` <= 999"),
        ("done", 1, "line 2 is damaged: its times are in no order"),
        ("sent", 10**17, "line 2 is damaged: its times are in no order"),
        ("due", -5, "line 2 is damaged: Expected `int` >= 0"),
        ("bytes_in", 2**63, "line 2 is damaged: Expected `int` <= "),
        ("disagrees", 3.0, "line 2 is damaged: Expected `float` <= 1"),
        ("n", "x", "line 2 is damaged: Expected `int`, got `str`"),
    ],
)
def test_a_row_that_cannot_be_is_an_error_in_words(
    run: Run, model: Model, tmp_path: Path, field: str, value: object, said: str
) -> None:
    """In every form, as no picture of it would be true."""
    kept = tmp_path / "run.jsonl"
    run(str(recording(tmp_path / "few.jsonl", every(MS, 3))), "--candidate", f"new={model.url}", "-o", str(kept))
    lines = kept.read_text().splitlines()
    lines[1] = json.dumps(json.loads(lines[1]) | {field: value})
    kept.write_text("\n".join(lines))
    for form in ("text", "html", "hgrm"):
        code, out, err = run("report", str(kept), "--format", form)
        assert (code, out) == (2, "")
        assert said in err


def test_two_runs_of_one_plan_are_compared_and_others_refused(
    run: Run, model: Model, traffic: Path, tmp_path: Path
) -> None:
    """Request by request; of another rhythm is another plan."""
    names = [str(tmp_path / f"{each}.jsonl") for each in "abc"]
    with Model(slowly, wrong=lambda number: number < 30).running() as worse:
        run(str(traffic), "--candidate", f"old={model.url}", "-o", names[0])
        run(str(traffic), "--candidate", f"new={worse.url}", "-o", names[1])
        run(str(traffic), "--candidate", f"new={worse.url}", "--speed", "2x", "-o", names[2])
    code, out, _ = run("compare", names[0], names[1], "--json")
    paired = {each["name"]: each for each in json.loads(out)["paired"]}
    assert code == 0
    assert paired["disagrees in the second alone, less in the first"]["value"] == pytest.approx(0.1)
    code, _, err = run("compare", names[0], names[2])
    assert code == 2
    assert "runs of different plans" in err


def test_a_source_is_inspected(run: Run, tmp_path: Path) -> None:
    """What it holds, how long it takes, what a cache would answer, and of how many requests it is a part."""
    twice = every(2 * MS, 100)
    path = recording(tmp_path / "t.jsonl", [*twice, *(each._replace(id=f"{each.id}b") for each in twice)], ratio=0.5)
    code, out, _ = run("inspect", str(path), "--speed", "2x", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["requests"], found["answered"], found["seen_before"]) == (200, 200, 0.5)
    assert found["kept_ratio"] == 0.5
    assert found["kinds"] == {"POST /score": 200}
    code, out, _ = run("inspect", str(path), "--speed", "2x")
    assert "50 % of what production had" in out
    assert "takes 99" in out


def test_capacity_is_the_highest_load_that_meets_the_thresholds(run: Run, traffic: Path, tmp_path: Path) -> None:
    """A server of one request in ten milliseconds answers a hundred a second, and no more. Each probe is told with all
    its metrics and checks, and kept with its whole report.
    """
    kept = tmp_path / "capacity.jsonl"
    free = [0.0]

    def in_turn(_: int) -> float:
        from time import monotonic

        free[0] = max(free[0], monotonic()) + 0.01
        return free[0] - monotonic()

    with Model(pause_s=in_turn).running() as model:
        code, out, _ = run(
            "capacity", str(traffic), "--candidate", f"new={model.url}", "--least", "20/s", "--most", "320/s",
            "--duration", "3s", "--threshold", "response.p50_ms <= 100", "--json", "-o", str(kept),
        )  # fmt: skip
    found = json.loads(out)
    assert code in (0, 3)  # a machine that is full makes a probe no evidence
    loads = {each["load"]: each["found"] for each in found["probes"]}
    assert all(result != "met" for load, result in loads.items() if load > 130)
    assert all(result != "missed" for load, result in loads.items() if load < 60)
    for each in found["probes"]:
        assert each["metrics"]["rate.planned"]["value"] == pytest.approx(each["load"], rel=0.05)
        assert [check["metric"].partition("@")[0] for check in each["thresholds"]] == ["response.p50_ms"]
        assert len(each["plan_sha256"]) == 64
    head, *probes, end = (json.loads(line) for line in kept.read_text().splitlines())
    assert (head["schema"], head["unit"], head["least"], head["most"]) == ("understudy.capacity/1", "/s", 20, 320)
    assert [(each["load"], each["found"]) for each in probes] == [
        (each["load"], each["found"]) for each in found["probes"]
    ]
    assert [each["report"]["load"]["plan_sha256"] for each in probes] == [
        each["plan_sha256"] for each in found["probes"]
    ]
    assert end == {"capacity": found["capacity"], "lowest_missed": found["lowest_missed"], "ended_because": ""}


def test_a_search_is_told_though_its_file_finds_no_room(run: Run, model: Model, traffic: Path) -> None:
    """The file is named, and the exit code says that something broke."""
    words = ("--least", "100/s", "--most", "100/s", "--duration", "1s", "--threshold", "failures.rate <= 99%")
    code, out, err = run("capacity", str(traffic), "--candidate", f"new={model.url}", *words, "-o", "/dev/full")
    assert code == 4
    assert out.startswith("━")
    assert "understudy: -o /dev/full can't be written in /dev: no space left on device" in err


def test_a_search_that_is_interrupted_says_so_and_keeps_what_it_found(model: Model, tmp_path: Path) -> None:
    """Exit 130; the probe that was under way is none."""
    traffic, kept = recording(tmp_path / "t.jsonl", every(2 * MS, 300)), tmp_path / "capacity.jsonl"
    words = (
        "replay",
        "capacity",
        str(traffic),
        "--candidate",
        f"new={model.url}",
        "--least",
        "100/s",
        "--most",
        "800/s",
    )
    process = subprocess.Popen(
        [
            sys.executable, "-m", "understudy", *words, "--duration", "2s", "--threshold", "failures.rate <= 99%",
            "-o", str(kept), "--data-dir", str(tmp_path / "data"),
        ],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while len(model.seen) < 300:
        assert process.poll() is None, process.communicate()
        sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "the search ended before it was over: interrupted" in " ".join(out.split())
    head, *probes, end = (json.loads(line) for line in kept.read_text().splitlines())
    assert (head["candidate"], [each["load"] for each in probes], end["ended_because"]) == ("new", [100], "interrupted")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.jsonl", "--candidate", "a=http://127.0.0.1:9"], "SOURCE"),
        (["{traffic}", "--candidate", "a=http://model.example:80"], "--yes-i-may-load model.example"),
        (["{traffic}", "--candidate", "a=http://user:hidden@127.0.0.1:9"], "must not hold a user"),
        (["{traffic}", "--candidate", "unknown"], "expected NAME=URL"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--rate", "0/s"], "expected a rate"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--rate", "5/s", "--speed", "2x"], "--speed"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--rate", "5/s", "--stages", "1s:5"], "does not go with"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--threshold", "response.p101_ms < 5"], "no metric"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--sessions", "user"], "expected header:NAME"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--header", "A=env:NOT_THERE"], "no variable NOT_THERE"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--filter", "path=/none/*"], "no request"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--workers", "0"], "--workers"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "--arrival", "poisson"], "goes with --rate"),
        (["{traffic}", "--candidat", "a=http://127.0.0.1:9"], "did you mean --candidate"),
        (["{traffic}", "--candidate", "a=http://127.0.0.1:9", "-o", "{traffic}"], "is SOURCE itself"),
        (["report", "{traffic}", "-o", "{traffic}"], "is FILE itself"),
        (["report", "{traffic}"], "is no results file"),
    ],
)
def test_what_cannot_be_run_is_an_error_in_words(run: Run, traffic: Path, words: list[str], said: str) -> None:
    """Exit 2, before anything is sent; no password in it."""
    before = traffic.read_bytes()
    code, out, err = run(*(each.replace("{traffic}", str(traffic)) for each in words))
    assert (code, out) == (2, "")
    assert traffic.read_bytes() == before
    assert said in err
    assert "hidden" not in err


def test_captures_of_two_variants_are_an_error_that_says_which(run: Run, tmp_path: Path) -> None:
    """Exit 2: sent as one load, each request of a shadow test would be sent twice."""
    for variant in ("AllTraffic", "Shadow-01"):
        (tmp_path / "risk" / variant / "2026/03/01/12").mkdir(parents=True)
        (tmp_path / "risk" / variant / "2026/03/01/12/a.jsonl").write_text("{}\n")
    code, out, err = run("inspect", str(tmp_path), "--map", "sagemaker")
    assert (code, out) == (2, "")
    assert f"there are {tmp_path / 'risk/AllTraffic'}, {tmp_path / 'risk/Shadow-01'}" in err.replace("\n", " ")


def test_production_is_loaded_only_where_it_is_named_once_more(
    run: Run, model: Model, traffic: Path, tmp_path: Path
) -> None:
    """On loopback too: it answers clients."""
    config = tmp_path / "u.toml"
    config.write_text(f'[[routes]]\nprefix = "/"\nproduction = "{model.url}"\n')
    words = (str(traffic), "--candidate", f"again={model.url}", "--config", str(config))
    code, _, err = run(*words)
    assert code == 2
    assert "this is production" in err
    assert model.seen == []
    code, _, _ = run(*words, "--yes-i-may-load", "127.0.0.1")
    assert code == 0
    assert len(model.seen) == 300


def test_credentials_are_sent_and_kept_nowhere(
    run: Run, model: Model, traffic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are the candidate's own, from the environment."""
    monkeypatch.setenv("TOKEN", "very-hidden")
    kept = tmp_path / "run.jsonl"
    _, out, err = run(
        str(traffic), "--candidate", f"new={model.url}", "--header", "Authorization=env:TOKEN", "-o", str(kept)
    )
    assert all(b"authorization: very-hidden" in head.lower() for head in model.heads)
    assert "very-hidden" not in kept.read_text() + out + err


def test_an_interrupted_run_says_what_there_is(model: Model, tmp_path: Path) -> None:
    """One SIGINT, exit 130, and a marked report, kept as well."""
    traffic = recording(tmp_path / "long.jsonl", every(20 * MS, 3_000))
    kept = tmp_path / "run.jsonl"
    words = ("replay", str(traffic), "--candidate", f"new={model.url}", "-o", str(kept))
    process = subprocess.Popen(
        [sys.executable, "-m", "understudy", *words, "--data-dir", str(tmp_path / "data")],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while len(model.seen) < 20:
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "not valid evidence: it was interrupted" in out
    end = json.loads(kept.read_text().splitlines()[-1])
    load = end["report"]["load"]
    assert load["sent"] + sum(load["not_sent"].values()) == 3_000
    assert load["sent"] == len(model.seen)


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--warmup", "²"), "--warmup"),
        (("--concurrency", "2", "--warmup", "5s"), "--warmup"),
        (("--stages", "1s:99999999999999"), "--stages"),
        (("--loop", "99999999999"), "--loop"),
        (("--duration", "99999999999999d", "--rate", "1/s"), "--duration"),
        (("--rate", "0.00000000001/h"), "--rate"),
        (("--speed", "0.000000000000001x"), "--speed"),
        (("--rate", "9/s", "--arrival", "gamma", "--burstiness", "1e-300"), "--burstiness"),
        (("--rate", "9/s", "--arrival", "poisson", "--seed", "-1"), "--seed"),
        (("--sessions", "/nope"), "--sessions"),
    ],
)
def test_an_amount_that_makes_no_sense_is_refused_by_name(
    run: Run, model: Model, traffic: Path, words: tuple[str, ...], option: str
) -> None:
    """Before anything is sent, in words."""
    code, _, err = run(str(traffic), "--candidate", f"new={model.url}", *words)
    assert code == 2
    assert option in err
    assert model.seen == []


def test_time_ends_a_closed_loop_of_the_command(run: Run, model: Model, traffic: Path) -> None:
    """However long the source is, and however fast the target."""
    code, out, err = run(
        str(traffic), "--candidate", f"new={model.url}", "--concurrency", "2", "--duration", "500ms", "--json"
    )
    load = json.loads(out)["report"]["load"]
    assert code == 0, load["invalid_because"]
    assert "for 0.5 s" in err
    assert load["requests"] == load["sent"] == len(model.seen)


def test_a_file_whose_rows_are_not_those_of_its_report_is_refused(
    run: Run, model: Model, traffic: Path, tmp_path: Path
) -> None:
    """Some are missing, or are there twice: nobody reads what is left of them."""
    kept = tmp_path / "run.jsonl"
    run(str(traffic), "--candidate", f"new={model.url}", "-o", str(kept))
    head, *rows, end = kept.read_bytes().splitlines(keepends=True)
    for changed in (rows[:100] + rows[200:], [*rows, rows[0]], []):
        kept.write_bytes(b"".join([head, *changed, end]))
        code, _, err = run("report", str(kept))
        assert code == 2
        assert "is not as it was written" in err


def test_runs_that_were_judged_by_other_settings_are_compared_with_a_word(
    run: Run, model: Model, traffic: Path, tmp_path: Path
) -> None:
    """What differs in their disagreement may be the settings alone."""
    settings = tmp_path / "other.toml"
    settings.write_text("[compare]\nignore = ['/request_id']\n")
    names = [str(tmp_path / name) for name in ("a.jsonl", "b.jsonl")]
    run(str(traffic), "--candidate", f"new={model.url}", "-o", names[0])
    run(str(traffic), "--candidate", f"new={model.url}", "-o", names[1], "--config", str(settings))
    _, out, _ = run("compare", *names, "--json")
    assert any("by different settings" in note for note in json.loads(out)["notes"])
    _, out, _ = run("compare", names[0], names[0], "--json")
    assert json.loads(out)["notes"] == []
