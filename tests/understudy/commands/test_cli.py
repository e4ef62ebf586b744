"""The command's face: help with an example for each, words to requests, and a table."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from tests.endpoint import Behaviour, Endpoint, answer
from understudy.cli import main
from understudy.commands.candidates import asked, table
from understudy.settings.loading import SettingsError

COMMANDS = (
    "serve",
    "check",
    "demo",
    "report",
    "export",
    "import",
    "candidates",
    "candidates add",
    "candidates restart",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Someone who asks is shown a line to begin with."""
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"  understudy {command}" in shown
    assert "exit codes:" in shown


def test_an_unknown_command_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Usage errors are 2, and name the commands there are."""
    with pytest.raises(SystemExit) as ended:
        main(["replya"])
    assert ended.value.code == 2
    assert "serve" in capsys.readouterr().err


NEAR_MISSES = {
    "--prodution=http://h": (
        ["serve", "--prodution=http://h"],
        "no such option: --prodution=http://h; did you mean --production?",
    ),
    "--canidate": (["report", "--canidate", "new"], "did you mean --candidate?"),
    "an option of another command": (["report", "--production", "http://h"], "no such option: --production"),
    "an abbreviation": (["serve", "--prod", "http://h"], "no such option: --prod"),
    "a command": (["reprot"], "reprot: expected one of"),
    "a command's neighbour": (["reprot"], "did you mean report?"),
    "an action": (["candidates", "puase", "new"], "did you mean pause?"),
    "a choice": (["report", "--format", "markdwon"], "did you mean markdown?"),
    "an option before the command": (
        ["--candidate", "x=http://a"],
        "no such option here: --candidate; it goes after the command (serve, report, gate, replay, export, import)",
    ),
    "one that is misspelt, too": (
        ["--candiate", "x=http://a"],
        "--candiate; did you mean --candidate? It goes",
    ),
    "one of the root": (["--verison"], "no such option here: --verison; did you mean --version?\n"),
    "an option before the action": (
        ["candidates", "--admin", "A", "list"],
        "no such option here: --admin; it goes after the command (list, add, ",
    ),
    "one that nothing takes": (["--xyzzy", "report"], "no such option here: --xyzzy\n"),
    "no name and URL": (["candidates", "add"], "required: NAME=URL\n"),
    "a word too many": (["candidates", "pause", "new", "old"], "old: nothing more was expected"),
}


@pytest.mark.parametrize("miss", NEAR_MISSES)
def test_near_misses_are_named(miss: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A word that was misspelt ends with 2, and with the one that was meant."""
    words, said = NEAR_MISSES[miss]
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["serve", "--help"], ["report", "--help"]])
def test_help_and_version_come_without_the_heavy_libraries(words: list[str]) -> None:
    """Who only asks for help or the version waits for no library that these don't need."""
    heavy = {"numpy", "scipy", "redis", "aiohttp", "pandas", "structlog", "rich"}
    program = (
        "import sys\nfrom understudy.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    print(*sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=True, text=True)
    assert not heavy & set(ended.stdout.splitlines()[-1].split())


def test_words_become_requests() -> None:
    """Values are JSON where they can be, and text else."""
    assert asked("list", "") == ("GET", "/api/candidates", None)
    assert asked("add", "a=http://h", ["max_in_flight=3", "host=h"], "root") == (
        "POST",
        "/api/candidates",
        {"name": "a", "url": "http://h", "max_in_flight": 3, "host": "h", "route": "root"},
    )
    assert asked("change", "a/b", ["paused=true"]) == ("PATCH", "/api/candidates/a%2Fb", {"paused": True})
    assert asked("pause", "a") == ("POST", "/api/candidates/a/pause", None)
    assert asked("remove", "a") == ("DELETE", "/api/candidates/a", None)


@pytest.mark.parametrize("words", [("add", "a", []), ("change", "a", ["paused"])])
def test_words_that_are_none_are_refused(words: tuple[str, str, list[str]]) -> None:
    """The error says what was expected."""
    with pytest.raises(SettingsError, match="expected"):
        asked(*words)


def test_no_admin_api_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody there: 4, and what to look at."""
    assert main(["candidates", "list", "--admin", "127.0.0.1:1"]) == 4
    assert "no admin API answers on 127.0.0.1:1" in capsys.readouterr().err


async def test_without_word_of_a_serve_nobody_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever listens at the address of the settings may be another's; the error says where word was looked for."""
    async with Endpoint(answer(b'{"candidates": []}')) as other:
        settings = tmp_path / "understudy.toml"
        settings.write_text(f'admin = "127.0.0.1:{other.port}"\n')
        words = ["candidates", "list", "--config", str(settings), "--data-dir", str(tmp_path / "absent")]
        assert await asyncio.to_thread(main, words) == 2
        assert other.seen == []
    said = capsys.readouterr().err
    assert said.startswith(f'understudy: data_dir = "{tmp_path / "absent"}": no `serve` told an admin address here')
    assert "--admin ADDRESS" in said


@pytest.mark.parametrize(
    ("answered", "code", "message"),
    [
        (answer(b'{"detail": "url: it is wrong"}', "422 Unprocessable Content"), 2, "understudy: url: it is wrong"),
        (answer(b'{"detail": "there is no candidate new"}', "404 Not Found"), 2, "there is no candidate new"),
        (answer(b'{"detail": "the store is away"}', "503 Service Unavailable"), 4, "the store is away"),
        (answer(b"<html>", "404 Not Found"), 4, "(404) is no admin API; --admin names another"),
    ],
)
async def test_a_wrong_word_is_told_from_an_api_that_is_broken(
    answered: Behaviour, code: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the admin API refuses is a usage error, 2; an error of its own, or of another server there, is 4."""
    async with Endpoint(answered) as api:
        words = ["candidates", "pause", "new", "--admin", f"127.0.0.1:{api.port}", "--data-dir", str(tmp_path)]
        assert await asyncio.to_thread(main, words) == code
    assert message in capsys.readouterr().err


def test_a_store_that_is_away_is_said_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The error says who does not answer, and why; the exit code is that of a runtime error."""
    assert main(["export", "--route", "root", "--redis", "redis://127.0.0.1:1/0", "--data-dir", str(tmp_path)]) == 4
    assert capsys.readouterr().err.startswith("understudy: the store is away: Error ")


def test_the_table_is_aligned() -> None:
    """Columns are as wide as their widest cell."""
    row = {"route": "root", "paused": False, "generation": 0, "settings": {"url": "http://h"}, "defined_by": "settings"}
    lines = table([{"name": "a", **row}, {"name": "much-longer", **row}]).splitlines()
    assert len({line.index("root") if "root" in line else line.index("ROUTE") for line in lines}) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--candidate", "new=http://h"], "--candidate: goes with --production URL"),
        (["--production", "http://h", "--candidate", "new"], '--candidate = "new": expected NAME=URL'),
    ],
)
def test_a_candidate_on_the_command_line_has_a_production_and_a_url(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else serve ends with 2 before it starts anything, and says which of the two is missing."""
    assert main(["serve", *words]) == 2
    assert message in capsys.readouterr().err
