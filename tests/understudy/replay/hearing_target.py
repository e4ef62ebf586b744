"""A target as a program of its own: on the address and port that it is given, it hears until its input ends, and then
tells when it heard of which x, by its own clock (CLOCK_MONOTONIC, in ns).
"""

from __future__ import annotations

import asyncio
import sys

import orjson

from tests.loadtest.staging import Model


async def hear(address: str, port: int) -> None:
    model = Model()
    server = await asyncio.start_server(model.answer, address, port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    server.close()
    heard = [(int(at_s * 1e9), orjson.loads(body)["x"]) for at_s, body in model.seen]
    sys.stdout.write(orjson.dumps(heard).decode())


if __name__ == "__main__":
    asyncio.run(hear(sys.argv[1], int(sys.argv[2])))
