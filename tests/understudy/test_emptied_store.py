"""`understudy serve` on a store that loses everything while it runs: what counts then, against what the test sent."""

import asyncio
from pathlib import Path

import pytest

from tests.endpoint import Endpoint, after, answer
from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer
from tests.until import until

GOOD = answer(b'{"predictions": [0.25]}', "200 OK", "Content-Type: application/json")


@pytest.mark.parametrize(("loss", "waiting"), [("flushed", 10), ("restarted", 0)])
async def test_a_store_that_lost_everything_balances_and_reports_what_came_since(
    tmp_path: Path, forgetful_redis: RedisServer, loss: str, waiting: int
) -> None:
    """What it had, compared or not, is store_lost; each pair since is compared, and in the report."""
    free = asyncio.Event()
    free.set()

    async with Endpoint(GOOD) as production, Endpoint(after(free, GOOD)) as candidate:
        toml = route(production.url, candidate.url)
        async with Serving(tmp_path, forgetful_redis.url, toml, lease_s=1.0) as serving:
            await serving.serves(20)
            await serving.settled(sent=20)
            free.clear()
            await serving.serves(waiting)
            await recorded(serving, 20 + waiting)
            if loss == "flushed":
                forgetful_redis.command("FLUSHALL")
            else:
                forgetful_redis.kill()
                forgetful_redis.start()
            free.set()
            await serving.serves(15)
            coverage = await serving.settled(sent=35 + waiting)
            assert coverage.skipped == {"store_lost": 20 + waiting}
            assert coverage.compared == (await serving.report())["metrics"]["disagreement.rate"]["n"] == 15


async def recorded(serving: Serving, count: int) -> None:
    async def all_there() -> bool:
        return (await serving.coverage()).recorded == count

    await until(all_there, f"{count} to be recorded")
