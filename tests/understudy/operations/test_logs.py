"""Logs: one line of JSON an event, from us or a library, and no password in any."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from understudy import logs
from understudy.settings.urls import without_user


def lines(captured: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = captured.readouterr()
    assert out == ""  # results go there
    return [json.loads(line) for line in err.splitlines()]


def test_an_event_is_one_line_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    """Time, level, event, fields, and those of every line; on stderr."""
    logs.configure(role="mirror", shown=logs.AS_IT_IS)
    structlog.get_logger().info("mirror.paused", candidate="new", body="a\nb")
    (line,) = lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "mirror.paused", "level": "info", "role": "mirror", "candidate": "new", "body": "a\nb"}


def test_a_line_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All roles share one stderr: what another writes must not come between a line and its end."""
    written: list[str] = []

    class SharedStream(io.StringIO):
        def write(self, text: str) -> int:
            written.append(text)
            return len(text)

    monkeypatch.setattr("sys.stderr", SharedStream())
    logs.configure(role="mirror", shown=logs.AS_IT_IS)
    structlog.get_logger().info("mirror.paused")
    structlog.get_logger().info("mirror.resumed")
    assert [text.count("\n") for text in written] == [1, 1]
    assert all(text.endswith("}\n") for text in written)


def test_no_password_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Not in a field, a list, an exception, nor in what a library logs."""
    logs.configure(shown=logs.AS_IT_IS)
    url = "redis://me:hunter2@redis.internal:6379/0"
    log = structlog.get_logger()
    log.warning("store.lost", url=url, urls=[url], error=ValueError(url))
    try:
        raise ConnectionError(f"can't reach {url}")
    except ConnectionError as error:
        log.error("store.failed", exc_info=error)
    logging.getLogger("redis").warning("lost %s", url)
    found = lines(capsys)
    assert [line["event"] for line in found] == ["store.lost", "store.failed", "library.logged"]
    assert "hunter2" not in json.dumps(found)
    assert found[0]["url"] == "redis://***@redis.internal:6379/0"


def test_less_than_asked_for_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """A command that prints a result says only what is wrong."""
    logs.configure("warning", shown=logs.AS_IT_IS)
    structlog.get_logger().info("redis.started")
    structlog.get_logger().warning("redis.died")
    assert [line["event"] for line in lines(capsys)] == ["redis.died"]


def test_the_format_is_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """Console where it is asked for, without colours where no terminal reads it; JSON again when that is."""
    logs.configure("debug", "console", role="mirror", shown=logs.AS_IT_IS)
    structlog.get_logger().debug("mirror.paused", candidate="new")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.split()[1:4] == ["[debug", "]", "mirror.paused"]
    assert "\033" not in line
    logs.configure("info", "json", role="mirror", shown=logs.AS_IT_IS)
    structlog.get_logger().debug("mirror.resumed")
    structlog.get_logger().info("mirror.paused")
    assert [line["event"] for line in lines(capsys)] == ["mirror.paused"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://u:p@h:1/0", "redis://***@h:1/0"),
        ("rediss://:p/w@ss@h/0", "rediss://***@h/0"),
        ("see http://u:p@h/a and https://v@i", "see http://***@h/a and https://***@i"),
        ("http://h/a/b@c?d=e@f", "http://h/a/b@c?d=e@f"),
        ("unix:/run/a@b.sock", "unix:/run/a@b.sock"),
    ],
)
def test_user_info_is_taken_out_of_urls(text: str, shown: str) -> None:
    """Where an @ is no user's, it stays."""
    assert without_user(text) == shown


def test_a_line_that_finds_no_room_ends_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs on a full disk are lost; whoever wrote them works on."""
    full = io.TextIOWrapper(io.FileIO("/dev/full", "w"), encoding="utf-8", write_through=True)
    monkeypatch.setattr("sys.stderr", full)
    logs.configure(role="mirror", shown=logs.AS_IT_IS)
    structlog.get_logger().info("mirror.paused", candidate="new")
    full.close()


def test_what_a_person_must_not_see_is_in_no_value_of_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Text, list, table or traceback; event, level and time are our own."""
    logs.configure(shown=lambda text: text.replace("jane", "(hidden)"), role="compare")
    log = structlog.get_logger()
    try:
        raise ValueError("it holds jane")
    except ValueError as error:
        log.exception("jane.seen", text="of jane", some=["jane"], table={"jane": {"a": "jane"}}, error=error, number=1)
    line = json.loads(capsys.readouterr().err)
    assert line.pop("event") == "jane.seen"
    assert (line["text"], line["number"]) == ("of (hidden)", 1)
    assert "jane" not in json.dumps(line)
