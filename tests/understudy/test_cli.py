"""The command's face: help with an example for each, words to requests, and a table."""

import pytest

from understudy.cli import main
from understudy.commands.candidates import asked, table
from understudy.loading import SettingsError

COMMANDS = ("serve", "demo", "report", "export", "import", "candidates")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Someone who asks is shown a line to begin with."""
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"  understudy {command}" in capsys.readouterr().out


def test_an_unknown_command_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    """Usage errors are 2, and name the commands there are."""
    with pytest.raises(SystemExit) as ended:
        main(["replya"])
    assert ended.value.code == 2
    assert "serve" in capsys.readouterr().err


def test_words_become_requests() -> None:
    """Values are JSON where they can be, and text else."""
    assert asked("list", [], None) == ("GET", "/api/candidates", None)
    assert asked("add", ["a=http://h", "max_in_flight=3", "host=h"], "root") == (
        "POST",
        "/api/candidates",
        {"name": "a", "url": "http://h", "max_in_flight": 3, "host": "h", "route": "root"},
    )
    assert asked("change", ["a/b", "paused=true"], None) == ("PATCH", "/api/candidates/a%2Fb", {"paused": True})
    assert asked("pause", ["a"], None) == ("POST", "/api/candidates/a/pause", None)
    assert asked("remove", ["a"], None) == ("DELETE", "/api/candidates/a", None)


@pytest.mark.parametrize("words", [("add", []), ("add", ["a"]), ("change", ["a", "paused"]), ("pause", [])])
def test_words_that_are_none_are_refused(words: tuple[str, list[str]]) -> None:
    """The error says what was expected."""
    with pytest.raises(SettingsError, match="expected"):
        asked(*words, None)


def test_no_admin_api_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody there: 4, and what to look at."""
    assert main(["candidates", "list", "--admin", "127.0.0.1:1"]) == 4
    assert "no admin API answers on 127.0.0.1:1" in capsys.readouterr().err


def test_the_table_is_aligned() -> None:
    """Columns are as wide as their widest cell."""
    row = {"route": "root", "paused": False, "generation": 0, "settings": {"url": "http://h"}, "defined_by": "file"}
    lines = table([{"name": "a", **row}, {"name": "much-longer", **row}]).splitlines()
    assert len({line.index("root") if "root" in line else line.index("ROUTE") for line in lines}) == 1
