"""`gate`, where it is asked for what it must not say."""

import json
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.understudy.reading.test_reporting import CANDIDATE, Run, report
from understudy.cli import main

Capture = pytest.CaptureFixture[str]
__all__ = ["report"]  # a fixture: pairs of one candidate


def test_a_report_on_one_candidate_is_no_verdict_on_another(report: Run, tmp_path: Path, capsys: Capture) -> None:
    """Whatever name is given beside it."""
    stored, policy = tmp_path / "report.json", tmp_path / "policy.toml"
    stored.write_text(report("--json"))
    policy.write_text('min_pairs = 1\n[[checks]]\nmetric = "disagreement.rate"\nmax = 1.0\n')
    words = ["gate", "--from", str(stored), "--policy", str(policy), "--data-dir", str(tmp_path / "data")]
    assert main([*words, "--candidate", CANDIDATE]) == 0
    assert main([*words, "--candidate", "other"]) == 2
    assert f"is a report on {CANDIDATE}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "odd", [{"n": "many"}, {"k": None}, {"k": [1]}, {"design_effect": "great"}], ids=["text", "null", "list", "effect"]
)
def test_a_stored_report_that_was_changed_is_a_mistake_of_who_asks(odd, report: Run, tmp_path: Path, capsys: Capture):
    """Never a verdict, and no traceback."""
    document = json.loads(report("--json"))
    document["metrics"]["disagreement.rate"]["sums"].update(odd)
    stored, policy = tmp_path / "report.json", tmp_path / "policy.toml"
    stored.write_text(json.dumps(document))
    policy.write_text('min_pairs = 1\n[[checks]]\nmetric = "disagreement.rate"\nmax = 0.5\n')
    words = ["gate", "--from", str(stored), "--policy", str(policy), "--data-dir", str(tmp_path / "data")]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "holds what no report has" in said
    assert "Traceback" not in said


def test_a_policy_is_filled_with_what_was_compared(
    redis_server: RedisServer, report: Run, tmp_path: Path, capsys
) -> None:
    """Before that it would demand next to nothing; and one that was edited is never written over."""
    options = ["--redis", redis_server.url, "--data-dir", str(tmp_path / "data"), "--candidate", CANDIDATE]
    policy = tmp_path / "policy.toml"
    assert main(["gate", *options, "--init", "same-model", "-o", str(policy)]) == 0
    assert main(["gate", *options, "--init", "same-model", "-o", str(policy)]) == 2
    assert "is there already" in capsys.readouterr().err
    words = ["--candidate-version", "never", "--init", "new-model"]
    assert main(["gate", *options, *words]) == 3
    assert "nothing was compared" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a\x1b[31m", "b\u202e"])
def test_what_is_asked_for_is_printed_without_its_commands(
    name: str, redis_server: RedisServer, tmp_path: Path, capsys
) -> None:
    """To a terminal."""
    options = ["--redis", redis_server.url, "--data-dir", str(tmp_path / "data")]
    assert main(["gate", *options, "--candidate", name, "--policy", "p.toml"]) == 2
    assert name[1] not in capsys.readouterr().err
