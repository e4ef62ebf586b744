"""Streams of tokens under load, on a real target that writes them one by one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic_ns

import orjson
import pytest

from loadtest.plan import Outline
from loadtest.results.rows import NEVER
from loadtest.rhythms import ConstantRate, RecordedRhythm
from loadtest.sources.source import SourceRequest
from records.nouns import Answer, Body, Observation, Request, Timings
from tests.comparators.extract.test_spoken_events import chunk, stream
from tests.loadtest.staging import MS, Model, Replayed

HEADERS = ((b"content-type", b"text/event-stream"),)
JSON = ((b"content-type", b"application/json"),)
TOKENS, FIRST_S, PAUSE_S = 5, 0.15, 0.03
USAGE = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 10}}
FINISH = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def pieces() -> list[bytes]:
    events = [chunk(None), *(chunk(f"word {number} ") for number in range(TOKENS)), FINISH, USAGE]
    return [stream(each, end=b"") for each in events] + [b"data: [DONE]\n\n"]


def recorded(number: int) -> SourceRequest:
    body = orjson.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": f"n {number}"}]})
    told = b"".join(pieces())
    production = Observation(
        wall_ns=number * 40 * MS, timings=Timings(0, 0, 0, MS, 2 * MS),
        outcome=Answer(200, HEADERS, Body(told, len(told))), in_flight=1, loop_lag_ns=0, reader_paused=False,
    )  # fmt: skip
    request = Request("POST", "/v1/chat/completions", JSON, Body(body, len(body)))
    return SourceRequest(f"r{number}", request, number * 40 * MS, production)


@dataclass
class Talker(Model):
    """Begins to answer at once, says its first word later, then word by word. `wrote`: when it wrote the words of its
    requests, by CLOCK_MONOTONIC.
    """

    silent_after: int = 10**9
    wrote: list[list[int]] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
                await self.talk(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def talk(self, writer: asyncio.StreamWriter) -> None:
        own: list[int] = []
        self.wrote.append(own)
        silent = len(self.wrote) > self.silent_after
        role, *others = pieces()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head + _chunked(role))
        for number, each in enumerate(others):
            if number < TOKENS:
                await asyncio.sleep(FIRST_S if number == 0 else PAUSE_S)
                if silent:
                    await asyncio.sleep(30)
                own.append(monotonic_ns())
            writer.write(_chunked(each))
        writer.write(b"0\r\n\r\n")


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@pytest.mark.timeout(60)
def test_tokens_have_times_of_their_own(tmp_path: Path) -> None:
    """The head and the role come at once, and are no token: the first comes when the model says its first word."""
    with Talker().running() as model:
        found = Replayed(tmp_path / "s", model, map(recorded, range(30)), Outline(RecordedRhythm()))
    assert found.report.load is not None
    assert found.report.load.scored == 30
    for row in found.rows:
        assert (row.token_events, row.tokens) == (TOKENS, 10)
        assert row.first_token - row.sent >= FIRST_S * 1e9
        assert row.last_token - row.first_token >= 0.9 * (TOKENS - 1) * PAUSE_S * 1e9
        assert row.first_byte < row.first_token < row.last_token <= row.done
    words = sorted(each[-1] - each[0] for each in model.wrote)
    spoken = sorted(each.last_token - each.first_token for each in found.rows)
    assert spoken[15] == pytest.approx(words[15], rel=0.2)  # as the model itself saw it
    metrics = found.report.metrics
    assert metrics["first_token.p50_ms"].value >= 1_000 * FIRST_S
    assert metrics["between_tokens.p50_ms"].value >= 900 * PAUSE_S
    assert metrics["first_byte.p50_ms"].value < metrics["first_token.p50_ms"].value
    assert metrics["rate.tokens"].sums["requests"] == 300


@pytest.mark.timeout(60)
def test_a_stream_that_falls_silent_counts_as_at_least_as_long(tmp_path: Path) -> None:
    """It says that it begins, and then nothing: its time to the first token is not left out."""
    with Talker().running() as model:
        model.silent_after = 10
        found = Replayed(tmp_path / "s", model, map(recorded, range(20)), Outline(RecordedRhythm()), idle_timeout_s=1.0)
    assert sum(row.tokens == 0 and row.first_token == NEVER for row in found.rows) == 10
    assert found.report.metrics["first_token.p90_ms"].value is None
    assert found.report.metrics["first_token.p50_ms"].n == 20


@pytest.mark.timeout(60)
def test_what_nobody_recorded_is_a_stream_by_its_own_head(tmp_path: Path) -> None:
    """Without production's answers, too, streams that fall silent are not left out."""
    with Talker().running() as model:
        model.silent_after = 10
        unknown = (recorded(number)._replace(production=None) for number in range(20))
        found = Replayed(tmp_path / "s", model, unknown, Outline(ConstantRate(25.0)), idle_timeout_s=1.0)
    assert sum(row.tokens == 0 and row.first_token == NEVER for row in found.rows) == 10
    assert found.report.metrics["first_token.p90_ms"].value is None
