"""Model servers asked directly, in turn, one flight at a time: how long each takes where nothing stands between.

    python -m examples.flights.side_by_side http://127.0.0.1:9001 http://127.0.0.1:9002 --requests 2000

What a report says of latencies can be held against this. Each flight is asked of every server, each time of another one
first, over a kept connection, with one request in hand; the first `WARM_UP` are not counted.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from statistics import median

import aiohttp

from examples.flights import data, traffic

WARM_UP = 100


async def latencies_s(urls: Sequence[str], bodies: Sequence[bytes]) -> list[list[float]]:
    """Of each server, of each request but the first WARM_UP. Raises aiohttp.ClientError."""
    took: list[list[float]] = [[] for _ in urls]
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        for number, body in enumerate(bodies):
            for step in range(len(urls)):
                place = (number + step) % len(urls)
                started = time.perf_counter()
                async with session.post(f"{urls[place]}{traffic.PATH}", data=body, headers=traffic.HEADERS) as answer:
                    await answer.read()
                took[place].append(time.perf_counter() - started)
    return [each[WARM_UP:] for each in took]


def told(urls: Sequence[str], took_s: Sequence[Sequence[float]]) -> list[str]:
    """A line a server: its median, and what that is of the first one's."""
    first = median(took_s[0])
    return [
        f"{url}  p50 {1e3 * median(own):.2f} ms  {median(own) / first:.2f}x"
        for url, own in zip(urls, took_s, strict=True)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m examples.flights.side_by_side")
    parser.add_argument("urls", nargs="+", metavar="URL", help="of a model server; production's comes first")
    parser.add_argument("--requests", type=int, default=2_000, help="(default: %(default)s)")
    arguments = parser.parse_args()
    if arguments.requests <= WARM_UP:
        parser.error(f"--requests has to be more than {WARM_UP}: the first {WARM_UP} are not counted")
    bodies = [due.body for due in traffic.requests(data.traffic(arguments.requests), seconds=1.0)]
    for line in told(arguments.urls, asyncio.run(latencies_s(arguments.urls, bodies))):
        print(line)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
