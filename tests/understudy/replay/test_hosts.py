"""`understudy replay` on several hosts: processes of this machine that know nothing of each other but a Redis."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from records.store import keys
from tests.loadtest.staging import MS, Model, every
from tests.places import ROOT
from tests.redis_server import RedisServer
from tests.understudy.replay.test_replay_command import recording
from tests.until import until
from understudy.cli import main

REQUESTS = 300
SLACK_MS = 1_000.0  # of a machine that does other work, too
ENDS_S = 100.0
QUICK_S = 2.0  # a lease: who has been silent for three of them is lost


def slowly(_: int) -> float:
    """What a busy machine is late by must not be much of it."""
    return 0.5


class Host:
    """One of them: the same command as all, and its own place. `entered`: what the command begins with to run there."""

    def __init__(self, *words: str, entered: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            [*entered, sys.executable, "-m", "understudy", "replay", *words],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.out = self.err = ""

    def ended(self) -> int:
        self.out, self.err = self.process.communicate(timeout=ENDS_S)
        return self.process.returncode

    @property
    def found(self) -> dict[str, Any]:
        """What was printed as JSON."""
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def load(self) -> dict[str, Any]:
        load: dict[str, Any] = self.found["report"]["load"]
        return load


Start = Callable[..., Host]


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    return recording(tmp_path / "traffic.jsonl", every(2 * MS, REQUESTS))


@pytest.fixture
def long_traffic(tmp_path: Path) -> Path:
    return recording(tmp_path / "long.jsonl", every(20 * MS, 6_000))


@pytest.fixture
def model() -> Iterator[Model]:
    with Model(slowly, wrong_of=lambda x: x % 5 == 0).running() as running:
        yield running


@pytest.fixture
def start(tmp_path: Path, redis_server: RedisServer) -> Iterator[Start]:
    """A host, which is ended with the test."""
    config = tmp_path / "u.toml"
    config.write_text(f'secret = "{"s" * 40}"\nredis = {{ url = "{redis_server.url}", lease_s = {QUICK_S} }}\n')
    hosts: list[Host] = []

    def start(source: Path, url: str, host: str, *words: str, run: str = "nightly") -> Host:
        place = ("--run", run, "--host", host, "--config", str(config), "--data-dir", str(tmp_path / host[0]))
        hosts.append(Host(str(source), "--candidate", f"new={url}", *place, *words))
        return hosts[-1]

    yield start
    for each in hosts:
        with each.process as process:  # closes its pipes
            process.kill()


def reached(look: Callable[[], object], *hosts: Host) -> None:
    """Waits for it, while these hosts run."""

    def found() -> bool:
        assert all(each.process.poll() is None for each in hosts), [each.process.communicate() for each in hosts]
        return bool(look())

    asyncio.run(until(found))


def joined(server: RedisServer, run: str = "nightly") -> set[bytes]:
    """The hosts that have."""
    return {each for each in server.command("HKEYS", keys.run(run).state) if each.startswith(b"host:")}


def numbers_of(model: Model) -> list[int]:
    return sorted(orjson.loads(body)["x"] for _, body in model.seen)


def assert_nothing_stays(server: RedisServer) -> None:
    for key in server.command("KEYS", "us:replay:*"):
        assert 0 < server.command("PTTL", key) <= 3_600_000, key


@contextmanager
def one_host(traffic: Path, model: Model, tmp_path: Path) -> Iterator[dict[str, Any]]:
    alone = Host(str(traffic), "--candidate", f"new={model.url}", "--json", "--data-dir", str(tmp_path / "alone"))
    assert alone.ended() in (0, 3), alone.err
    yield alone.found


def test_three_hosts_send_a_plan_once_and_make_one_report(
    start: Start, model: Model, traffic: Path, tmp_path: Path, redis_server: RedisServer
) -> None:
    """Whose numbers are those of one host's run; the others say who has the report, and all start as one."""
    kept = tmp_path / "run.jsonl"
    threshold = ("--threshold", "disagreement.rate <= 30%", "--workers", "2", "-o", str(kept), "--json")
    first, *others = (start(traffic, model.url, f"{number}/3", *threshold) for number in (1, 2, 3))
    assert [each.ended() for each in others] == [0, 0], [each.err for each in others]
    assert first.ended() in (0, 3), first.err
    assert numbers_of(model) == list(range(REQUESTS))
    assert all(each.out == "" and "host 1 has what host" in each.err for each in others)
    _adds_up(first, model)
    _started_as_one(first.load, model)
    _, *rows, end = (json.loads(line) for line in kept.read_text().splitlines())
    assert sorted(each["n"] for each in rows) == list(range(REQUESTS))
    assert end["report"] == first.found["report"]
    assert end["judgement"]["checks"][0]["verdict"] == "pass"
    assert redis_server.command("EXISTS", keys.run("nightly").results) == 0
    assert_nothing_stays(redis_server)
    with one_host(traffic, model, tmp_path) as alone:
        _are_alike(first.found, alone)


def _adds_up(first: Host, model: Model) -> None:
    load = first.load
    assert (load["hosts"], load["processes"], load["requests"], load["sent"]) == (3, 6, REQUESTS, REQUESTS)
    assert (load["scored"], load["not_sent"], load["statuses"]) == (REQUESTS, {}, {"200": REQUESTS})
    assert all("was late by" in why for why in load["invalid_because"])  # a machine that does other work, too
    assert first.found["metrics"]["disagreement.rate"]["value"] == pytest.approx(0.2)


def _started_as_one(load: dict[str, Any], model: Model) -> None:
    """By the report, and by when the model heard of the first request of each host: x is due at 2 ms times x."""
    assert 0 < load["skew_ms"] < SLACK_MS
    assert load["first_sends_ms"] < SLACK_MS
    heard: dict[int, float] = {}
    for at_s, body in model.seen:
        x = orjson.loads(body)["x"]
        heard.setdefault(x % 6 // 2, at_s - 0.002 * x)
    apart_ms = 1_000 * (max(heard.values()) - min(heard.values()))
    assert len(heard) == 3
    assert apart_ms <= 2 * load["skew_ms"] + SLACK_MS


def _are_alike(several: dict[str, Any], alone: dict[str, Any]) -> None:
    assert several["plan_sha256"] == alone["plan_sha256"]
    for name in ("disagreement.rate", "failures.rate", "failures.new"):
        assert several["metrics"].get(name) == alone["metrics"].get(name)
    assert several["coverage"]["compared"] == alone["coverage"]["compared"] == REQUESTS


def test_hosts_with_different_plans_all_end_and_say_whose(
    start: Start, model: Model, traffic: Path, redis_server: RedisServer
) -> None:
    """Exit 2 on each, with every host's hash, before anything is sent."""
    hosts = [start(traffic, model.url, f"{number}/3", "--speed", f"{max(number, 2)}x") for number in (1, 2, 3)]
    assert [each.ended() for each in hosts] == [2, 2, 2], [each.err for each in hosts]
    for each in hosts:
        assert "the hosts' plans differ: host 1 has " in each.err
        assert ", host 2 has " in each.err
        assert ", host 3 has " in each.err
    hashes = hosts[0].err.split(" has ")[1:]
    assert hashes[0][:12] == hashes[1][:12] != hashes[2][:12]
    assert model.seen == []
    assert_nothing_stays(redis_server)


def test_a_host_that_does_not_come_is_named(
    start: Start, model: Model, traffic: Path, redis_server: RedisServer
) -> None:
    """When the time to join is over, by each that waited; and the name is free again."""
    hosts = [start(traffic, model.url, f"{number}/4", "--join-timeout", "8s") for number in (1, 3)]
    assert [each.ended() for each in hosts] == [4, 4], [each.err for each in hosts]
    said = "".join(each.err for each in hosts)
    assert "Traceback" not in said
    assert "hosts 2 and 4 of 4 did not join within 8 s" in said
    assert all("run nightly does not begin" in each.err for each in hosts)
    assert model.seen == []
    alone = start(traffic, model.url, "1/2", "--join-timeout", "100ms")
    assert alone.ended() == 4
    assert "host 2 of 2 did not join" in alone.err
    assert_nothing_stays(redis_server)


def test_a_host_that_dies_is_named_and_the_run_is_no_evidence(
    start: Start, model: Model, long_traffic: Path, redis_server: RedisServer
) -> None:
    """The others stop long before the plan's end; what they sent is reported."""
    first, second = (start(long_traffic, model.url, f"{number}/2", "--json") for number in (1, 2))
    reached(lambda: len(model.seen) > 50, first, second)
    second.process.kill()
    assert first.ended() == 3, first.err
    load = first.load
    assert "host 2 has been silent for" in load["ended_because"]
    assert any("nothing that host 2 sent is in a number: it has been silent" in why for why in load["invalid_because"])
    assert load["not_sent"]["not known, of host 2"] == 3_000
    assert 0 < load["sent"] < 3_000
    assert load["sent"] + sum(load["not_sent"].values()) == load["requests"] == 6_000
    assert first.found["coverage"]["requests"] == 6_000
    assert load["sent"] <= len(model.seen) < 6_000
    assert_nothing_stays(redis_server)


def test_without_the_first_host_there_is_no_report_and_the_others_say_so(
    start: Start, model: Model, long_traffic: Path, redis_server: RedisServer
) -> None:
    """Exit 4, with the reason."""
    first, second = (start(long_traffic, model.url, f"{number}/2") for number in (1, 2))
    reached(lambda: len(model.seen) > 50, first, second)
    first.process.kill()
    assert second.ended() == 4
    assert "there is no report of run nightly: host 1 has been silent for" in second.err
    assert "Traceback" not in second.err
    assert_nothing_stays(redis_server)


@pytest.mark.parametrize("number", [1, 2])
def test_an_interruption_of_one_host_ends_all(start: Start, model: Model, long_traffic: Path, number: int) -> None:
    """What was sent on both is reported and marked; exit 130 where it was."""
    hosts = [start(long_traffic, model.url, f"{each}/2", "--json") for each in (1, 2)]
    reached(lambda: len(model.seen) > 50, *hosts)
    hosts[number - 1].process.send_signal(signal.SIGINT)
    codes = [each.ended() for each in hosts]
    assert codes == ([130, 0] if number == 1 else [3, 130]), [each.err for each in hosts]
    load = hosts[0].load
    assert load["ended_because"] == f"host {number} was interrupted"
    assert f"host {number} was interrupted" in load["invalid_because"]
    assert load["sent"] == len(model.seen) == load["scored"]
    assert load["sent"] + sum(load["not_sent"].values()) == 6_000


def test_a_name_in_use_is_refused_and_its_run_goes_on(
    start: Start, model: Model, traffic: Path, redis_server: RedisServer
) -> None:
    """By a host of the same number, of another number of hosts, with another plan: exit 2, and why."""
    first = start(traffic, model.url, "1/2", "--json")
    reached(lambda: joined(redis_server) == {b"host:1"}, first)
    refused = {
        "host 1 has joined run nightly already": start(traffic, model.url, "1/2"),
        "run nightly is one of 2 hosts": start(traffic, model.url, "2/3"),
        "is in use by host 1, with another plan": start(traffic, model.url, "1/2", "--speed", "2x"),
    }
    for said, host in refused.items():
        assert host.ended() == 2
        assert said in host.err
    second = start(traffic, model.url, "2/2")
    assert second.ended() == 0, second.err
    assert first.ended() in (0, 3), first.err
    assert numbers_of(model) == list(range(REQUESTS))
    assert first.load["sent"] == REQUESTS


def test_hosts_that_would_compare_otherwise_are_refused(
    start: Start, model: Model, traffic: Path, tmp_path: Path, redis_server: RedisServer
) -> None:
    """Their sums could not be added up, or would mean nothing."""
    first = start(traffic, model.url, "1/2")
    reached(lambda: joined(redis_server), first)
    (tmp_path / "u.toml").write_text((tmp_path / "u.toml").read_text() + "[compare]\natol = 0.5\n")
    second = start(traffic, model.url, "2/2")
    assert (first.ended(), second.ended()) == (2, 2), first.err + second.err
    assert "the hosts' ways to compare answers differ" in first.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--run", "a", "--host", "1/2"), "--run: goes with --redis URL"),
        (("--run", "a"), "--run: goes with --host I/N"),
        (("--host", "1/2"), "--host: goes with --run NAME"),
        (("--run", "A b", "--host", "1/2", "--redis", "redis://127.0.0.1:1"), "expected 1 to 63 of a-z"),
        (("--run", "a", "--host", "3/2", "--redis", "redis://127.0.0.1:1"), "expected which of how many hosts"),
        (("--run", "a", "--host", "1/1", "--redis", "redis://127.0.0.1:1"), "expected which of how many hosts"),
        (("--run", "a", "--host", "1/99", "--redis", "redis://127.0.0.1:1"), "up to 64"),
        (("--run", "a", "--host", "x", "--redis", "redis://127.0.0.1:1"), "expected which of how many hosts"),
        (
            ("--run", "a", "--host", "1/3", "--redis", "redis://127.0.0.1:1", "--concurrency", "2"),
            "expected one for each of 3 sending processes",
        ),
        (("--run", "a", "--host", "1/2", "--redis", "redis://127.0.0.1:1", "--join-timeout", "x"), "--join-timeout"),
    ],
)
def test_what_cannot_be_meant_is_an_error_in_words(
    words: tuple[str, ...], said: str, traffic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, before anything is read."""
    own = ("--candidate", "new=http://127.0.0.1:9", "--data-dir", str(tmp_path / "data"))
    assert main(["replay", str(traffic), *own, *words]) == 2
    assert said in capsys.readouterr().err


def test_a_store_that_is_away_is_said(traffic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4."""
    words = ("--run", "a", "--host", "1/2", "--redis", "redis://127.0.0.1:1", "--data-dir", str(tmp_path / "data"))
    assert main(["replay", str(traffic), "--candidate", "new=http://127.0.0.1:9", *words]) == 4
    assert "the store is away" in capsys.readouterr().err
