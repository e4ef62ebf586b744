"""`promote`, as the command says it: refused, recorded, told to hooks, and the same when it is run again."""

import json
import sys
import tomllib
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.understudy.reading.test_judging_versions import POLICY
from tests.understudy.reading.test_reporting import CANDIDATE, Run, report
from understudy.cli import main

__all__ = ["report"]  # a fixture: two pairs of version 2, then one of version 3

SETTINGS = """
redis = {redis}
data_dir = {data}

[[routes]]
prefix = "/"
production = "http://127.0.0.1:9001"

[[routes.candidates]]
name = "cand"
url = "http://127.0.0.1:9002"
generation = 1
policy = {policy}
"""
HOOK = """
[[promotion.hooks]]
name = {name}
command = {command}
"""
# Fails as long as a file is there; writes its key into another one.
PROGRAM = (
    "import os,sys;open(sys.argv[1],'a').write(os.environ['UNDERSTUDY_RECORD']+chr(10));"
    "sys.exit(os.path.exists(sys.argv[2]))"
)


class Promoting:
    """A system of one route with hooks; what the command says of it."""

    def __init__(self, tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.failing, self._directory, self._capsys = tmp_path / "failing", tmp_path, capsys
        self._config, self.policy = tmp_path / "understudy.toml", tmp_path / "policy.toml"
        self.policy.write_text(POLICY.format(""))
        values = {"redis": url, "data": str(tmp_path / "data"), "policy": str(self.policy)}
        text = SETTINGS.format(**{name: json.dumps(value) for name, value in values.items()})
        for name in ("deploy", "notify"):
            command = [sys.executable, "-c", PROGRAM, str(tmp_path / name), str(self.failing)]
            text += HOOK.format(name=json.dumps(name), command=json.dumps(command))
        self._config.write_text(text)

    def __call__(self, *words: str, command: str = "promote") -> tuple[int, str]:
        self._capsys.readouterr()
        named = (CANDIDATE, "--reason", "CHG-1: faster") if command == "promote" else ()
        code = main([command, *named, *words, "--config", str(self._config)])
        return code, self._capsys.readouterr().out

    def history(self) -> list[dict]:
        found: list[dict] = json.loads(self("--json", command="history")[1])["history"]
        return found

    def keys(self, hook: str) -> list[str]:
        """With which it was called."""
        file = self._directory / hook
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def promote(redis_server: RedisServer, report: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Promoting:
    return Promoting(tmp_path, redis_server.url, capsys)


def test_a_promotion_is_recorded_and_told(promote: Promoting) -> None:
    """With who, why and the verdict; each hook's outcome after it, under its hash."""
    code, said = promote()
    assert code == 0
    first, *hooks = promote.history()
    assert (first["kind"], first["verdict"], first["because"], first["override"]) == (
        "promotion", "pass", "CHG-1: faster", False,
    )  # fmt: skip
    assert first["hash"] in said
    assert [(each["kind"], each["hook"], each["outcome"], each["promotion"]) for each in hooks] == [
        ("hook", "deploy", "ok", first["hash"]),
        ("hook", "notify", "ok", first["hash"]),
    ]
    assert promote.keys("deploy") == promote.keys("notify") == [first["hash"]]


def test_the_edit_is_printed_ready_to_paste(promote: Promoting) -> None:
    """The candidate is production, and the former production a candidate."""
    _, said = promote("--dry-run")
    (route,) = tomllib.loads(said[said.index("\n[[routes]]") :])["routes"]
    assert route["production"] == "http://127.0.0.1:9002"
    assert [(each["name"], each["url"]) for each in route["candidates"]] == [("former", "http://127.0.0.1:9001")]


def test_without_a_passing_verdict_it_is_refused(promote: Promoting) -> None:
    """With the gate's own exit code; nothing is recorded, nobody is called."""
    assert promote("--candidate-version", "4")[0] == 3
    promote.policy.write_text(POLICY.format("").replace("max = 1.0", "min = 1.0"))
    code, said = promote()
    assert code in (1, 3)
    assert said.startswith("refused: ")
    assert promote.history() == []
    assert promote.keys("deploy") == []


def test_an_override_is_recorded_as_such(promote: Promoting) -> None:
    """And where the verdict passes, there is nothing to override."""
    assert promote("--candidate-version", "4", "--override")[0] == 0
    first = promote.history()[0]
    assert (first["verdict"], first["override"]) == ("inconclusive", True)
    assert promote("--override")[0] == 0
    assert [each["override"] for each in promote.history() if each["kind"] == "promotion"] == [True, False]


def test_a_trial_changes_nothing(promote: Promoting) -> None:
    """It says what would be recorded, and which hooks would be called."""
    code, said = promote("--dry-run")
    assert code == 0
    assert "would be recorded" in said
    assert "hook deploy would be called" in said
    assert promote.history() == []
    assert promote.keys("deploy") == []


def test_a_failed_hook_is_recorded_and_called_again_with_the_same_key(promote: Promoting) -> None:
    """Those after it wait for it; what succeeded is not called again; the decision is recorded once."""
    promote.failing.touch()
    assert promote()[0] == 4
    assert promote.keys("notify") == []
    promote.failing.unlink()
    assert promote()[0] == 0
    assert promote()[0] == 0
    told = promote.history()
    assert [(each["kind"], each["hook"], each["outcome"]) for each in told] == [
        ("promotion", "", ""),
        ("hook", "deploy", "ended with exit code 1"),
        ("hook", "deploy", "ok"),
        ("hook", "notify", "ok"),
    ]
    assert promote.keys("deploy") == [told[0]["hash"]] * 2
    assert promote.keys("notify") == [told[0]["hash"]]
