"""Flights as V2 requests, sent in the rhythm in which they took off: mornings crowd, nights are silent.

    python -m examples.flights.traffic --url http://127.0.0.1:8080 --requests 1000 --seconds 30

An open loop: when a request is due does not depend on how fast the last one was answered, until `MAX_IN_FLIGHT` are
under way; then the next waits. What was sent and how it was answered is counted here, apart from anyone else's
count. `requests` is pure; `send` is all of the I/O.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
import numpy as np
import orjson
import pandas as pd

from examples.flights import data
from examples.flights.features import FEATURES
from examples.flights.models import INPUTS, NAME

PATH = f"/v2/models/{NAME}/infer"
MAX_IN_FLIGHT = 64
TIMEOUT_S = 30.0
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Due:
    """One request, and when it is due: seconds after the first."""

    at_s: float
    body: bytes


@dataclass(slots=True)
class TrafficOutcome:
    """What became of the requests: by status, or by the name of the error where there was no answer."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def ok(self) -> int:
        return self.statuses[200]

    def __str__(self) -> str:
        outcomes = [*self.statuses.items(), *self.errors.items()]
        return f"{self.requests:,} requests: " + ", ".join(f"{what} {n:,} times" for what, n in outcomes)


def requests(flights: pd.DataFrame, seconds: float) -> list[Due]:
    """One request a flight, in the order and rhythm of taking off, squeezed or stretched to `seconds` in all."""
    after = (flights["took_off"] - flights["took_off"].iloc[0]).dt.total_seconds()
    squeeze = seconds / max(after.iloc[-1], 1.0)
    rows = flights.to_dict("records")
    return [Due(float(at * squeeze), _body(row)) for at, row in zip(after, rows, strict=True)]


def _body(flight: dict[str, object]) -> bytes:
    name = f"{flight['took_off']:%Y-%m-%d}/{flight['carrier']}{flight['flight']}/{flight['origin']}"
    inputs = [{"name": n, "shape": [1], "datatype": INPUTS[n], "data": [_element(flight[n])]} for n in FEATURES]
    return orjson.dumps({"id": name, "inputs": inputs})


def _element(value: object) -> object:
    """JSON has no NaN; what is missing is null."""
    return None if isinstance(value, float) and np.isnan(value) else value


async def send(url: str, schedule: Sequence[Due], on_answer: Callable[[], None] = lambda: None) -> TrafficOutcome:
    """Sends all of the schedule to the server at `url`, and waits for the answers."""
    sent = TrafficOutcome()
    free = asyncio.Semaphore(MAX_IN_FLIGHT)
    loop = asyncio.get_running_loop()

    async def call(session: aiohttp.ClientSession, body: bytes) -> None:
        try:
            async with session.post(f"{url}{PATH}", data=body, headers=HEADERS) as answer:
                await answer.read()
                sent.statuses[answer.status] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            sent.errors[type(error).__name__] += 1
        finally:
            free.release()
            on_answer()

    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    connector = aiohttp.TCPConnector(limit=MAX_IN_FLIGHT)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session, asyncio.TaskGroup() as calls:
        started = loop.time()
        for due in schedule:
            await asyncio.sleep(started + due.at_s - loop.time())
            await free.acquire()
            sent.requests += 1
            calls.create_task(call(session, due.body))
    return sent


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.flights.traffic")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="(default: %(default)s)")
    parser.add_argument("--requests", type=int, default=1_000, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="for all of them (default: %(default)s)")
    arguments = parser.parse_args()
    schedule = requests(data.traffic(arguments.requests), arguments.seconds)
    sent = asyncio.run(send(arguments.url, schedule))
    print(sent)
    return 0 if sent.ok == sent.requests else 1


if __name__ == "__main__":
    raise SystemExit(main())
