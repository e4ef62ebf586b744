"""Flights sent to a model server, and what it answered as a recording: `python -m understudy.demo.recorder`.

The requests are sent by the load test's own engine in the rhythm in which flights took off; each answer becomes
production's, as if a proxy had been in front.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from random import Random

from msgspec.structs import replace

from calling.endpoint import CalledEndpoint
from calling.settings import CallSettings
from examples.flights import data, traffic
from http1.sweep import Sweep
from loadtest.engine.run import EngineRun, soon
from loadtest.options import LoadOptions
from loadtest.plan import Outline, plan_of
from loadtest.rhythms import RecordedRhythm
from loadtest.sources.source import Skips, SourceRequest
from loadtest.stock import Stock, StockWriter
from records.files.jsonl import Writer
from records.nouns import Body, Request
from records.privacy.kept_rules import KeptRules
from records.settings import KeptSettings

_JSON = ((b"content-type", b"application/json"),)
_KEPT = KeptSettings()
_ROUTE = "flights"


def record(url: str, requests: int, per_s: float, output: Path) -> None:
    """In the order in which they were sent."""
    calls = CallSettings(url=url)
    with tempfile.TemporaryDirectory(prefix="understudy-record-") as directory:
        stock = asyncio.run(_stock(Path(directory), calls, requests, per_s))
        plan = plan_of(stock.index, Outline(RecordedRhythm()))
        run = EngineRun(stock, plan, calls, _KEPT, LoadOptions("as recorded"))
        run.prepare()
        run.start(soon())
        while not run.look(0.2).is_done:
            pass
        answered = {call.row: call.observation for call in run.calls()}
        run.close()
        writer = Writer(None)
        with output.open("wb") as file:
            file.write(writer.header())
            for row, item in enumerate(plan.item.tolist()):
                if row in answered:
                    exchange = replace(stock.exchange(item), production=answered[row], route=_ROUTE)
                    file.write(writer.line(exchange))
        stock.close()


async def _stock(directory: Path, calls: CallSettings, requests: int, per_s: float) -> Stock:
    sweep = Sweep(asyncio.get_running_loop())
    endpoint = CalledEndpoint("/", calls, kept=_KEPT, secret=b"recorder", sweep=sweep, random=Random(0))  # noqa: S311
    writer = StockWriter(directory, endpoint, KeptRules.create(_KEPT), Skips())
    for number, due in enumerate(traffic.requests(data.traffic(requests), seconds=requests / per_s)):
        request = Request("POST", traffic.PATH, _JSON, Body(due.body, len(due.body)))
        writer.add(SourceRequest(f"flight-{number}", request, int(due.at_s * 1e9)))
    await endpoint.close()
    sweep.stop()
    return writer.close()


def _main() -> None:
    parser = argparse.ArgumentParser(prog="understudy.demo.recorder")
    parser.add_argument("--url", required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--per-s", type=float, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    given = parser.parse_args()
    record(given.url, given.requests, given.per_s, given.output)


if __name__ == "__main__":
    _main()
