"""`export` and `import` on a real store."""

import asyncio
import json
from pathlib import Path

import pytest

from records.codec import Codec
from records.nouns import Answer, Body, Exchange, Observation, Request, Timings
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.redis_server import RedisServer
from understudy.cli import main

CODEC = Codec()

SECRET_FIELD = "s3cret-name"


def exchange(number: int, route: str = "root") -> Exchange:
    body = Body(json.dumps({"name": SECRET_FIELD, "number": number}).encode(), 10)
    answer = Answer(200, ((b"content-type", b"application/json"),), Body(b"\xff\x00not text", 10))
    return Exchange(
        id=f"x-{number}",
        route=route,
        revision=0,
        request=Request("POST", "/predict", ((b"content-type", b"application/json"),), body),
        production=Observation(
            wall_ns=1, timings=Timings(sent=1, last_byte=2), outcome=answer, in_flight=1, loop_lag_ns=0,
            reader_paused=False,
        ),
    )  # fmt: skip


@pytest.fixture
def options(redis_server: RedisServer, tmp_path: Path) -> list[str]:
    """A store with three exchanges."""

    async def record() -> None:
        store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings())
        records = [CODEC.encode(exchange(number)) for number in range(3)]
        await store.writer("root", "test").commit(0, 1, records, {"requests": 3})
        await store.close()

    asyncio.run(record())
    return ["--redis", redis_server.url, "--data-dir", str(tmp_path / "data")]


def test_what_is_exported_and_imported_is_exported_as_it_was(
    options: list[str], redis_server: RedisServer, tmp_path: Path
) -> None:
    """Lossless, bytes that are no text included."""
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert main(["export", *options, "--route", "root", "-o", str(first)]) == 0
    redis_server.command("FLUSHALL")
    assert main(["import", *options, str(first)]) == 0
    assert main(["export", *options, "--route", "root", "-o", str(second)]) == 0
    assert second.read_bytes() == first.read_bytes()
    assert len(first.read_bytes().splitlines()) == 4


def test_what_is_imported_counts_and_can_go_to_another_route(options: list[str], redis_server: RedisServer) -> None:
    """Coverage adds up for imported exchanges too."""
    file = Path(options[3]).parent / "file.jsonl"
    assert main(["export", *options, "--route", "root", "-o", str(file)]) == 0
    assert main(["import", *options, str(file), "--route", "other"]) == 0

    async def coverage() -> tuple[int, int]:
        store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings())
        found = await store.coverage("other")
        await store.close()
        return found.requests, found.recorded

    assert asyncio.run(coverage()) == (3, 3)


def test_an_export_hides_what_the_settings_hide(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever leaves is redacted, unless all of it is asked for."""
    monkeypatch.setenv("UNDERSTUDY_KEPT__REDACT_POINTERS", '["/name"]')
    hidden, shown = tmp_path / "hidden.jsonl", tmp_path / "shown.jsonl"
    assert main(["export", *options, "--route", "root", "-o", str(hidden)]) == 0
    assert main(["export", *options, "--route", "root", "--unredacted", "-o", str(shown)]) == 0
    assert SECRET_FIELD not in hidden.read_text()
    assert SECRET_FIELD in shown.read_text()


def test_an_export_of_a_time_has_what_was_recorded_then(options: list[str], tmp_path: Path) -> None:
    """Nothing was recorded before the year 2001."""
    file = tmp_path / "file.jsonl"
    assert main(["export", *options, "--route", "root", "--until", "2001-01-01T00:00:00Z", "-o", str(file)]) == 0
    assert len(file.read_text().splitlines()) == 1


@pytest.mark.parametrize("words", [["report"], ["report", "--recompute"], ["export"], ["candidates", "list"]])
def test_a_command_that_reads_leaves_nothing_behind(words: list[str], options: list[str], tmp_path: Path) -> None:
    """No directory and no secret, whether there is a store or not."""
    for place in (options, options[2:]):
        assert main([*words, *place]) in (2, 4)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["export"], 2, "--route: expected a route's name"),
        (["export", "--route", "root", "--since", "yesterday"], 2, '--since = "yesterday": expected a time as'),
        (
            ["export", "--route", "root", "-o", "/absent/x"],
            2,
            '-o = "/absent/x": can\'t be written: there is no directory',
        ),
        (["export", "--route", "root", "-o", "/"], 2, '-o = "/": can\'t be written: Is a directory; name a file'),
        (
            ["report", "--candidate", "new", "-o", "/absent/x"],
            2,
            '-o = "/absent/x": can\'t be written: there is no dir',
        ),
        (
            ["import", "absent.jsonl"],
            2,
            'FILE = "absent.jsonl": can\'t be read: No such file or directory; name a file',
        ),
        (["import", "/"], 2, 'FILE = "/": can\'t be read: Is a directory; name a file'),
        (["import", __file__], 2, f'FILE = "{__file__}": line 1: a recording begins with'),
    ],
)
def test_a_mistake_is_said_in_words(
    words: list[str], code: int, message: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """All of these are usage errors: they name the option or the file, and what would be right."""
    assert main([words[0], *options, *words[1:]]) == code
    said = capsys.readouterr().err
    assert message in said
    assert "[Errno" not in said
