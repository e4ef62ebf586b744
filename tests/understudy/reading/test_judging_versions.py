"""`gate` of chosen versions and of evidence that is not too old, as the command says it."""

import json
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.understudy.reading.test_reporting import CANDIDATE, Run, report
from understudy.cli import main

__all__ = ["report"]  # a fixture: two pairs of version 2, then one of version 3, years ago

POLICY = """
min_pairs = 1
min_coverage = 0.0
{}
[[checks]]
metric = "disagreement.rate"
max = 1.0
"""


@pytest.fixture
def reasons() -> list[str]:
    """Of the verdicts of this test."""
    return []


@pytest.fixture
def gate(
    redis_server: RedisServer, report: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], reasons: list[str]
) -> Run:
    """Runs the command by this policy; its exit code, verdict, reason code and pairs, and its own account."""
    options = ["--redis", redis_server.url, "--data-dir", str(tmp_path / "data"), "--candidate", CANDIDATE, "--json"]

    def run(*words: str, policy: str = "") -> str:
        (tmp_path / "policy.toml").write_text(POLICY.format(policy))
        capsys.readouterr()
        code = main(["gate", *options, "--policy", str(tmp_path / "policy.toml"), *words])
        said = capsys.readouterr()
        if code == 2:
            return f"{code} {said.err}"
        found = json.loads(said.out)
        reasons.append(found["reason"])
        return f"{code} {found['verdict']} {found['reason_code']} {found['pairs']}"

    return run


def test_a_version_without_evidence_is_never_judged_by_anothers(gate: Run) -> None:
    """Exit 3, until its own is there; and one that has its own is judged by that alone."""
    assert gate() == "0 pass all_checks_passed 1"
    assert gate("--candidate-version", "2") == "0 pass all_checks_passed 2"
    assert gate("--candidate-version", "4") == "3 inconclusive no_evidence 0"
    assert gate("--candidate-version", "3", "--production-version", "9") == "3 inconclusive no_evidence 0"


def test_a_version_without_evidence_is_answered_with_those_that_have_some(gate: Run, reasons: list[str]) -> None:
    """The latest first, as the question put them."""
    gate("--candidate-version", "4")
    gate("--candidate-version", "3", "--production-version", "9")
    assert reasons == [
        "nothing was compared of candidate `4` yet; there is evidence of candidate `3`, of candidate `2`",
        "nothing was compared of candidate `3` with production `9` yet; there is evidence of candidate `3` with "
        "production `1`, of candidate `2` with production `1`",
    ]


def test_an_earlier_epoch_is_judged_where_it_is_asked_for(gate: Run) -> None:
    """One that is not there is a mistake of who asks."""
    assert gate("--epoch", "1") == "0 pass all_checks_passed 2"
    assert gate("--epoch", "7").startswith("2 understudy: --epoch: cand has no epoch 7")


def test_evidence_that_is_too_old_for_the_policy_does_not_count(gate: Run) -> None:
    """It is stale, and no pass."""
    assert gate(policy="max_evidence_age_s = 86400.0") == "3 inconclusive stale 0"
