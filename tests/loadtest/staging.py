"""A replay on a real target: a model that scores numbers, in a thread of its own, and everything between."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import orjson

from calling.endpoint import CalledEndpoint
from calling.settings import CallSettings
from comparators.evidence.report import Report
from comparators.settings import CompareSettings
from comparators.view import View
from http1.sweep import Sweep
from loadtest.grouping import KeyOf
from loadtest.options import LoadOptions
from loadtest.pair_judge import PairJudge
from loadtest.plan import LoadPlan, Outline, plan_of
from loadtest.replaying import Progress, Replaying
from loadtest.reporting import ReplayScope, kept_ratio, report_of
from loadtest.results.rows import ResultRow
from loadtest.scoring import Scorer
from loadtest.sources.source import Skips, SourceRequest
from loadtest.stock import Stock, StockWriter
from records.nouns import Answer, Body, Observation, Request, Timings
from records.privacy.kept_rules import KeptRules
from records.privacy.redaction import Redaction
from records.settings import KeptSettings

MS = 1_000_000
JSON = ((b"content-type", b"application/json"),)
KEPT = KeptSettings()
ALPHA = 0.05


def scored(number: int) -> bytes:
    return orjson.dumps({"score": number / 7})


def recorded(
    number: int, at_ns: int | None = 0, *, answer: bytes | None = b"", latency_ns: int = 2 * MS, **changes: Any
) -> SourceRequest:
    """The model's own answer, unless told otherwise; None for none."""
    body = orjson.dumps({"x": number, "user": f"u{number % 5}"})
    production = None
    if answer is not None:
        told = answer or scored(number)
        production = Observation(
            wall_ns=at_ns or 0,
            timings=Timings(0, 0, 0, latency_ns // 2, latency_ns),
            outcome=Answer(200, JSON, Body(told, len(told))),
            in_flight=1,
            loop_lag_ns=0,
            reader_paused=False,
        )
    request = Request("POST", "/score", JSON, Body(body, len(body)))
    return SourceRequest(f"r{number}", request, at_ns, production, **changes)


def every(ns: int, count: int, **changes: Any) -> list[SourceRequest]:
    return [recorded(number, number * ns, **changes) for number in range(count)]


@dataclass
class Model:
    """Scores x as x / 7, on 127.0.0.1. `pause_s`: how long it thinks about the n-th request; `wrong`: whether it
    answers the n-th otherwise; `wrong_of`: whether so whenever it is asked about x.
    """

    pause_s: Callable[[int], float] = lambda _: 0.0
    wrong: Callable[[int], bool] = lambda _: False
    wrong_of: Callable[[int], bool] = lambda _: False
    seen: list[tuple[float, bytes]] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    in_hand: int = 0
    most_in_hand: int = 0
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
                body = await reader.readexactly(length)
                number = len(self.seen)
                self.seen.append((monotonic(), body))
                self.heads.append(head)
                self.in_hand += 1
                self.most_in_hand = max(self.most_in_hand, self.in_hand)
                if pause_s := self.pause_s(number):
                    await asyncio.sleep(pause_s)
                self.in_hand -= 1
                x = orjson.loads(body)["x"]
                told = scored(x + (self.wrong(number) or self.wrong_of(x)))
                head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                writer.write(head % len(told) + told)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @contextmanager
    def running(self) -> Iterator[Model]:
        ready, ended = threading.Event(), threading.Event()

        async def serve() -> None:
            server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            ready.set()
            await asyncio.to_thread(ended.wait)
            server.close()

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            ended.set()
            thread.join(10)


def stocked(
    directory: Path, url: str, requests: Iterable[SourceRequest], session_of: KeyOf | None = None, **settings: Any
) -> tuple[Stock, Skips]:
    async def write() -> Stock:
        sweep = Sweep(asyncio.get_running_loop())
        endpoint = CalledEndpoint(
            "/", CallSettings(url=url, **settings), kept=KEPT, secret=b"s" * 32, sweep=sweep, random=Random(1)
        )
        writer = StockWriter(directory, endpoint, KeptRules.create(KEPT), skips, session_of)
        for each in requests:
            writer.add(each)
        await endpoint.close()
        sweep.stop()
        return writer.close()

    skips = Skips()
    directory.mkdir(exist_ok=True)
    return asyncio.run(write()), skips


class Replayed:
    """A run that has ended."""

    def __init__(
        self,
        directory: Path,
        model: Model,
        requests: Iterable[SourceRequest],
        outline: Outline,
        options: LoadOptions | None = None,
        *,
        session_of: KeyOf | None = None,
        tell: Callable[[Replaying, Progress], None] = lambda *_: None,
        compare: CompareSettings | None = None,
        **settings: Any,
    ) -> None:
        self.stock, self.skips = stocked(directory, model.url, requests, session_of, **settings)
        self.plan: LoadPlan = plan_of(self.stock.index, outline)
        redaction = Redaction.create(KEPT, b"k" * 32)
        compare = compare or CompareSettings()
        view = View(redaction, compare)
        self.judge = PairJudge(compare, candidate="cand", route="r", view=view, redaction=redaction)
        options = options or LoadOptions("as recorded")
        scorer = Scorer(self.stock, self.plan, self.judge, "cand", options.closed_for_ns)
        self.plans = scorer.learn()
        self.rows: list[ResultRow] = []
        self.progress: list[Progress] = []
        self.scope = ReplayScope(
            self.plan, options or LoadOptions("as recorded"), model.url, kept_ratio(self.stock.index, self.plan),
            dict(self.skips.counts), ALPHA,
        )  # fmt: skip
        self.replaying = Replaying(
            self.stock, self.plan, scorer, CallSettings(url=model.url, **settings), KEPT, self.scope.options,
            tell=lambda told: tell(self.replaying, told), keep=self.rows.extend,
        )  # fmt: skip
        self.outcome = self.replaying.run()
        self.stock.close()

    @cached_property
    def report(self) -> Report:
        return report_of(self.scope, self.outcome, self.judge)

    def value(self, name: str) -> float:
        value = self.report.metrics[name].value
        assert value is not None, self.report.metrics[name].reason
        return value
