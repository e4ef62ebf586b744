"""`gate --record`, and `history` as the command says it."""

import json
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.understudy.reading.test_judging_versions import POLICY
from tests.understudy.reading.test_reporting import CANDIDATE, Run, report
from understudy.cli import main
from understudy.history.chain import Link, folded
from understudy.history.entry import Fold

__all__ = ["report"]  # a fixture: two pairs of version 2, then one of version 3

ROUTE = ("--route", "root")


@pytest.fixture
def told(
    redis_server: RedisServer,
    report: Run,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Runs a command; its exit code, and what it printed."""
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "JENKINS_URL", "CIRCLECI", "BUILDKITE"):
        monkeypatch.delenv(name, raising=False)
    options = ["--redis", redis_server.url, "--data-dir", str(tmp_path)]
    (tmp_path / "policy.toml").write_text(POLICY.format(""))

    def run(*words: str) -> str:
        capsys.readouterr()
        code = main([*words, *options])
        said = capsys.readouterr()
        return f"{code} {said.out}{said.err}"

    return run


def _recorded(told: Run, tmp_path: Path, *words: str) -> str:
    """The hash that the judgement was given."""
    options = ("--candidate", CANDIDATE, "--policy", str(tmp_path / "policy.toml"), "--json", "--record")
    said = told("gate", *options, *words)
    told_first, _ = json.JSONDecoder().raw_decode(said, said.index("{"))
    record: str = told_first["record"]
    return record


def test_a_judgement_is_recorded_where_that_is_asked_for(told: Run, tmp_path: Path) -> None:
    """Its hash is printed, so that a pipeline's own log has it; who asked is known, and no secret."""
    one, two = _recorded(told, tmp_path), _recorded(told, tmp_path, "--candidate-version", "4")
    found = json.loads(told("history", *ROUTE, "--json")[2:])["history"]
    assert [(each["hash"], each["kind"], each["verdict"]) for each in found] == [
        (one, "recorded", "pass"),
        (two, "recorded", "inconclusive"),
    ]
    assert found[1]["before"] == one
    assert "@" in found[0]["who"]
    assert len(found[0]["report_sha256"]) == 64


def test_a_job_of_ci_is_who_asked(told: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the system itself sets; its token stands nowhere."""
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTOR": "octo",
        "GITHUB_REPOSITORY": "octo/models",
        "GITHUB_RUN_ID": "12",
        "GITHUB_TOKEN": "ghs_secret",
    }.items():
        monkeypatch.setenv(name, value)
    _recorded(told, tmp_path)
    said = told("history", *ROUTE, "--json")
    assert json.loads(said[2:])["history"][0]["who"] == "octo, github octo/models 12"
    assert "ghs_secret" not in said


def test_a_judgement_that_nobody_wants_recorded_leaves_nothing(told: Run, tmp_path: Path) -> None:
    """A look is a look."""
    told("gate", "--candidate", CANDIDATE, "--policy", str(tmp_path / "policy.toml"))
    assert told("history", *ROUTE) == "0 nothing was recorded of route root yet\n"


@pytest.mark.parametrize("words", [("--init", "same-model"), ("--explain",), ("--from", "report.json")])
def test_what_is_no_judgement_of_now_is_not_recorded(told: Run, words: tuple[str, ...]) -> None:
    """It is a mistake of who asks."""
    assert told("gate", "--record", "--policy", "x.toml", *words).startswith("2 understudy: --record")


def test_the_history_lists_versions_and_verdicts(told: Run, tmp_path: Path) -> None:
    """A line for each entry, under a head."""
    record = _recorded(told, tmp_path)
    head, line = told("history", *ROUTE)[2:].splitlines()
    assert head.split() == ["NUMBER", "TIME", "KIND", "CANDIDATE", "VERSION", "PRODUCTION", "POLICY", "VERDICT", "HASH"]
    number, _, *rest = line.split()
    assert (number, rest) == ("1", ["recorded", CANDIDATE, "3", "1", "policy", "pass", record[:12]])


def test_an_entry_is_a_record_for_a_release(told: Run, tmp_path: Path) -> None:
    """What was compared, on which traffic, with which coverage, what was decided, by which rule; and its hash."""
    record = _recorded(told, tmp_path)
    text = told("history", "show", "1", *ROUTE)
    for part in ("# Recorded verdict on", CANDIDATE, "1 pair", "coverage", "policy", "SHA-256", "disagreement", record):
        assert part in text
    assert told("history", "show", "7", *ROUTE).startswith(
        "2 understudy: history show = 7: route root has no such entry"
    )


def test_a_history_that_holds_is_verified(told: Run, tmp_path: Path) -> None:
    """With the hash that it ends with; that nobody copied it is no problem, and is said."""
    record = _recorded(told, tmp_path)
    said = told("history", "verify", *ROUTE)
    assert said.startswith("0 ")
    assert f"history of root, 1 long: its links hold together; the last is {record}" in said
    assert "has no copy of it" in said


def test_tampering_with_the_store_is_found(told: Run, tmp_path: Path, redis_server: RedisServer) -> None:
    """An entry that says something else than it did, and one that is no entry."""
    for _ in range(3):
        _recorded(told, tmp_path)
    key = "us:history:root"
    (old,) = redis_server.command("LRANGE", key, "1", "1")
    redis_server.command("LSET", key, "1", old.replace(b'"pass"', b'"fail"'))
    assert "the store: entry 3 names" in told("history", "verify", *ROUTE)
    redis_server.command("LSET", key, "1", "whatever")
    said = told("history", "verify", *ROUTE)
    assert said.startswith("1 the store: link 2 can't be read")


def test_a_fold_that_tells_other_verdicts_than_its_copy_has_is_found(
    told: Run, tmp_path: Path, redis_server: RedisServer
) -> None:
    """Its hashes hold together; the entries that it stands for are still in the copy."""
    for _ in range(4):
        _recorded(told, tmp_path)
    key = "us:history:root"
    lines = redis_server.command("LRANGE", key, "0", "-1")
    (tmp_path / "history.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    short = folded([Link.of(line) for line in lines], most=3, to=2)
    forged = [each.data.replace(b'"pass":', b'"fail":') if isinstance(each.what, Fold) else each.data for each in short]
    redis_server.command("DEL", key)
    redis_server.command("RPUSH", key, *forged)
    said = told("history", "verify", *ROUTE)
    assert said.startswith("1 the fold of entries ")
    assert "counts other verdicts than they have" in said


def test_a_store_that_has_less_than_its_copy_is_found(told: Run, tmp_path: Path, redis_server: RedisServer) -> None:
    """Shorter, or another one."""
    _recorded(told, tmp_path)
    _recorded(told, tmp_path)
    key = "us:history:root"
    copy = b"".join(line + b"\n" for line in redis_server.command("LRANGE", key, "0", "-1"))
    (tmp_path / "history.jsonl").write_bytes(copy)
    assert told("history", "verify", *ROUTE).startswith("0 ")
    redis_server.command("RPOP", key)
    assert "1 the store's chain is shorter: it ends with entry 1, the copy with 2" in told("history", "verify", *ROUTE)
    redis_server.command("DEL", key)
    (tmp_path / "history.jsonl").unlink()
    _recorded(told, tmp_path, "--candidate-version", "4")
    (tmp_path / "history.jsonl").write_bytes(copy)
    assert "1 entry 1 is one in the store, and another one in the copy" in told("history", "verify", *ROUTE)


def test_what_is_recorded_follows_what_the_store_lost(told: Run, tmp_path: Path, redis_server: RedisServer) -> None:
    """The copy in the data directory comes back first, so that no second chain begins."""
    record = _recorded(told, tmp_path)
    key = "us:history:root"
    (tmp_path / "history.jsonl").write_bytes(redis_server.command("LINDEX", key, "0") + b"\n")
    redis_server.command("DEL", key)
    _recorded(told, tmp_path)  # and says that the store had lost it
    found = json.loads(told("history", *ROUTE, "--json")[2:])["history"]
    assert [each["before"] for each in found] == ["", record]
    assert told("history", "verify", *ROUTE).startswith("0 ")
