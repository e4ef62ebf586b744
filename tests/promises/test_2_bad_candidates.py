"""Promise 2."""

import asyncio
from pathlib import Path

import pytest

from tests.endpoint import Behaviour, Endpoint, Seen, after, answer, hang, raw
from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer

REQUESTS = 30


async def _gigabyte(_: Seen, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    piece = bytes(1 << 16)
    for _part in range(1 << 14):
        writer.write(piece)
        await writer.drain()


BAD: dict[str, Behaviour] = {
    "slow": answer(b'{"predictions": [0.25]}'),  # as all of these: not before production was done
    "hung": hang,
    "oversized": _gigabyte,
    "nonsensical": raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "failing": answer(b"oops", "500 Internal Server Error"),
    "closing midway": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"),
}


@pytest.mark.parametrize("behaviour", BAD.values(), ids=BAD)
async def test_a_candidate_that_is_slow_hung_dead_oversized_or_nonsensical_changes_neither_the_answer_nor_its_timing(
    behaviour: Behaviour, production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """All answers are production's, and complete before the candidate was done with even one; each is counted."""
    released = asyncio.Event()

    candidate.behaviour = after(released, behaviour)
    settings = "timeout_s = 2.0\nmax_answer_bytes = 65536\nbreaker = { failures = 1000 }"
    toml = route(production.url, candidate.url, candidate_settings=settings)
    async with Serving(tmp_path, own_redis.url, toml) as serving:
        answers = [await serving.ask() for _ in range(REQUESTS)]
        assert answers == [(200, b'{"predictions": [0.25]}')] * REQUESTS
        await candidate.wait_for(1)  # it has been asked, and has not answered any
        released.set()
        coverage = await serving.settled(sent=REQUESTS)
        assert coverage.compared == REQUESTS


async def test_a_dead_candidate_changes_nothing_and_its_requests_wait_for_it(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """While it is dead the client sees nothing; its exchanges wait, and are compared when it is back."""
    toml = route(production.url, candidate.url, candidate_settings="breaker = { failures = 3, pause_s = 0.5 }")
    await candidate.stop()
    async with Serving(tmp_path, own_redis.url, toml) as serving:
        answers = [await serving.ask() for _ in range(REQUESTS)]
        assert answers == [(200, b'{"predictions": [0.25]}')] * REQUESTS
        async with Endpoint(answer(b'{"predictions": [0.25]}'), port=candidate.port):
            coverage = await serving.settled(sent=REQUESTS)
        assert coverage.compared == REQUESTS
