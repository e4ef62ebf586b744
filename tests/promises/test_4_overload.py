"""Promise 4."""

import asyncio
from pathlib import Path

from tests.endpoint import Endpoint, answer
from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer

BUFFER = 4 * 1024 * 1024
BODY = bytes(200_000)


def _peak_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


async def test_under_overload_the_shadow_is_shed_first_and_memory_stays_under_its_bound(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """With the store stopped, forty times the buffer passes through: all served, the rest shed, memory bounded."""
    production.behaviour = answer(b"ok")
    toml = route(production.url, candidate.url) + f"[recording]\nbuffer_max_bytes = {BUFFER}\n"
    async with Serving(tmp_path, own_redis.url, toml) as serving:
        warm = [await serving.ask(body=BODY) for _ in range(20)]
        await serving.settled(sent=len(warm))
        before = _peak_kib(serving.pid_of("proxy"))
        own_redis.pause()
        sent = 800
        limit = asyncio.Semaphore(16)

        async def one() -> tuple[int, bytes]:
            async with limit:
                return await serving.ask(body=BODY)

        answers = await asyncio.gather(*[one() for _ in range(sent)])
        grown = (_peak_kib(serving.pid_of("proxy")) - before) * 1024
        own_redis.resume()
        assert set(answers) == {(200, b"ok")}
        # Each byte in hand is held in the capture, in its encoded record and in the command that is being sent.
        assert grown < 3 * BUFFER + 16 * 1024 * 1024
        coverage = await serving.settled(sent=len(warm) + sent)
        assert coverage.shed.get("memory", 0) + coverage.shed.get("store_away", 0) > sent / 2
