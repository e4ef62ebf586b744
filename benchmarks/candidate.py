"""An endpoint that is `slow` (answers after 0.5 s), `hung` (reads, never answers), or sends `garbage`; or one that is
well and answers a numbered request by its number: `echo`.

A program of its own: `python -m benchmarks.candidate CONDITION PORT`.
"""

import asyncio
import random
import sys
from typing import cast

import uvloop

from benchmarks.traffic import ANSWER_BODY, REQUEST_BODY, number_of, numbered

SLOW_S = 0.5


def _answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body


_ANSWER = _answer(ANSWER_BODY)
_GARBAGE = random.Random(7).randbytes(512)
_REQUEST_END = REQUEST_BODY[-64:]  # proxies change heads, not bodies


class Candidate(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, condition: str) -> None:
        self._condition = condition
        self._read = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has the methods, not the base class

    def data_received(self, data: bytes) -> None:
        self._read = (self._read + data)[-4096:]
        if not self._read.endswith(_REQUEST_END):
            return
        body, self._read = self._read.rpartition(b"\r\n\r\n")[2], b""
        if self._condition == "echo":
            self._transport.write(_answer(numbered(ANSWER_BODY, number_of(body))))
        elif self._condition == "slow":
            asyncio.get_running_loop().call_later(SLOW_S, self._transport.write, _ANSWER)
        elif self._condition == "garbage":
            self._transport.write(_GARBAGE)
            self._transport.close()


async def _serve(condition: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Candidate(condition), "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1], int(sys.argv[2])))
