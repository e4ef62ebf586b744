"""`understudy check`: what `serve` would say, without starting."""

import socket
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from understudy.cli import main

GOOD = '[[routes]]\nprefix = "/"\nproduction = "http://127.0.0.1:9"\n[[routes.candidates]]\nname = "new"\nurl = "http://h"\n'

REFUSED = {
    "empty": ("", [], "routes: there is none"),
    "a bad value": ("workers = 0\n" + GOOD, [], "workers = 0: "),
    "no store for a role alone": (GOOD, ["--role", "mirror"], "redis: --role mirror needs"),
    "another host's address": (
        'listen = "192.0.2.1:80"\n' + GOOD,
        [],
        'listen = "192.0.2.1:80": serve can\'t listen there',
    ),
    "a data directory that is a file": ('data_dir = "understudy.toml/x"\n' + GOOD, [], "data_dir ="),
    "a path too long for a socket": (f'data_dir = "{"d" * 100}"\n' + GOOD, [], "data_dir ="),
}


@pytest.fixture(autouse=True)
def here(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(short_dir)
    return short_dir


@pytest.mark.parametrize("case", REFUSED)
def test_what_serve_refuses_check_refuses_with_the_same_words(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Both end with 2 and one line; check leaves nothing behind."""
    text, options, message = REFUSED[case]
    Path("understudy.toml").write_text(text)
    assert main(["check", "understudy.toml", *options]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"understudy: {message}")
    assert [each.name for each in Path.cwd().iterdir()] == ["understudy.toml"]
    assert main(["serve", "--config", "understudy.toml", *options]) == 2
    assert capsys.readouterr().err.endswith(said)


@pytest.mark.parametrize("words", [["--config", "understudy.toml"], ["understudy.toml"]])
def test_the_file_is_named_as_for_every_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """By --config, or bare; not twice."""
    Path("understudy.toml").write_text(GOOD)
    assert main(["check", *words]) == 0
    assert capsys.readouterr().out == "would serve: 1 route, 1 candidate\n"
    with pytest.raises(SystemExit):
        main(["check", *words, *(["other.toml"] if words[0] == "--config" else ["--config", "other.toml"])])
    assert "not allowed with" in capsys.readouterr().err


def test_a_good_file_ends_with_0_though_its_ports_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """A running serve has them; nothing is started, and nothing is left behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        Path("understudy.toml").write_text(f'listen = "127.0.0.1:{taken.getsockname()[1]}"\n' + GOOD)
        assert main(["check", "understudy.toml"]) == 0
    assert capsys.readouterr() == ("would serve: 1 route, 1 candidate\n", "")
    assert [each.name for each in Path.cwd().iterdir()] == ["understudy.toml"]


def test_what_candidates_do_not_get_is_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """A header that units or slices are told by: the route's own settings, or those of all."""
    rests = '[compare]\nunit = "header:X-User"\nslices = [{ header = "X-Region" }]\n'
    Path("understudy.toml").write_text(f"{rests}{GOOD}")
    assert main(["check", "--config", "understudy.toml"]) == 0
    assert "warning: route root: withheld from its candidates: X-User (name it" in capsys.readouterr().err
    Path("understudy.toml").write_text(f'{rests}[kept]\nheaders = ["X-User", "X-Region"]\n{GOOD}')
    assert main(["check", "--config", "understudy.toml"]) == 0
    assert capsys.readouterr().err == ""


def test_what_serve_warns_of_check_warns_of(own_redis: RedisServer, capsys: pytest.CaptureFixture[str]) -> None:
    """A store that may lose recordings, and more clients than descriptors, are no reason not to start."""
    own_redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    store = f'redis = "{own_redis.url}"\n'
    Path("understudy.toml").write_text(f"{store}limits = {{ max_connections = 2_000_000 }}\n{GOOD}")
    assert main(["check", "understudy.toml"]) == 0
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said] == ["understudy"] * 2
    assert "clients at once and not limits.max_connections = 2000000" in said[0]
    assert "maxmemory-policy is allkeys-lru" in said[1]
    Path("understudy.toml").write_text('redis = "redis://127.0.0.1:1"\n' + GOOD)
    assert main(["check", "understudy.toml"]) == 0
    assert "warning: the store does not answer" in capsys.readouterr().err
