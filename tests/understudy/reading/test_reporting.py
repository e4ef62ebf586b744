"""`report` of chosen versions and epochs, as the command prints it."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.comparators.staging import CANDIDATE
from tests.comparators.stored.test_current import compared, of_versions
from tests.redis_server import RedisServer
from tests.stores import LEASE_S, opened
from understudy.cli import main

Run = Callable[..., str]


@pytest.fixture
def report(redis_server: RedisServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command; what it prints, and what it says."""
    options = ["--redis", redis_server.url, "--data-dir", str(tmp_path / "data"), "--candidate", CANDIDATE]

    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main(["report", *options, *words]) == code
        said = capsys.readouterr()
        return said.out + said.err

    async def compare() -> None:
        async with opened(redis_server, lease_s=LEASE_S) as store:
            await compared(store, of_versions(("1", "2"), ("1", "2"), ("1", "3")))

    asyncio.run(compare())
    return run


def test_a_version_is_asked_for_by_its_name(report: Run) -> None:
    """The report is of it alone, and says so; one that answered nothing has none."""
    old = json.loads(report("--candidate-version", "2", "--json"))
    assert (old["versions"]["candidate"]["version"], old["metrics"]["disagreement.rate"]["n"]) == ("2", 2)
    assert (old["asked"], old["left_out"]) == ({"candidate": "2", "production": ""}, {"not_asked_for": 1})
    said = report("--candidate-version", "4", "--production-version", "1")
    assert "only of candidate 4 against production 1, as asked for" in said
    assert "none compared yet" in said


def test_an_earlier_epoch_is_asked_for_by_its_number(report: Run) -> None:
    """One that is not there is an error that names those that are."""
    assert json.loads(report("--epoch", "1", "--json"))["versions"]["candidate"]["version"] == "2"
    assert json.loads(report("--json"))["epoch"] == 2
    assert "--epoch: cand has no epoch 0; the latest are 1, 2" in report("--epoch", "0", code=2)


@pytest.mark.parametrize("words", [["--epoch", "1"], ["--candidate-version", "2"], ["--production-version", "1"]])
def test_only_the_current_pairs_are_compared_anew(report: Run, words: list[str]) -> None:
    """Asked for others, the command refuses: it would print what was not asked for."""
    assert "--recompute: compares the pairs of the current" in report("--recompute", *words, code=2)
