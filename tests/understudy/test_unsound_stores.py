"""`understudy serve` on a Redis that can't be trusted with recordings, or no longer can: said, and worked on."""

from pathlib import Path

import pytest

from tests.endpoint import Endpoint, answer
from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer
from tests.until import until

GOOD = answer(b'{"predictions": [0.25]}', "200 OK", "Content-Type: application/json")
SHADOW = ("mirror", "compare")


async def says(serving: Serving, role: str, words: str) -> None:
    """Until this role's /readyz answers with these words."""

    async def look() -> bool:
        async with serving.client.get(f"http://{serving.addresses[f'ops.{role}']}/readyz") as ready:
            return words in await ready.text()

    await until(look, f"{role} to say {words!r}")


@pytest.mark.parametrize(
    ("setting", "value", "good", "words"),
    [
        ("maxmemory-policy", "volatile-lru", "noeviction", "maxmemory-policy is volatile-lru"),
        ("maxmemory", "50mb", "0", "maxmemory is 52428800 bytes"),
    ],
)
async def test_a_redis_that_may_lose_recordings_makes_the_shadow_unready_and_nothing_else(
    tmp_path: Path, own_redis: RedisServer, setting: str, value: str, good: str, words: str
) -> None:
    """Mirror and compare say what is wrong with it, go on working, and are ready once it is mended."""
    own_redis.command("CONFIG", "SET", setting, value)
    async with Endpoint(GOOD) as production, Endpoint(GOOD) as candidate:
        serving = Serving(tmp_path, own_redis.url, route(production.url, candidate.url))
        serving.wait_for = ("ops.proxy", "admin")
        async with serving:
            for role in SHADOW:
                await says(serving, role, words)
            assert (await serving.ask())[0] == 200
            assert (await serving.settled(sent=1)).compared == 1
            for role in SHADOW:
                assert words in serving.events("steward.unready", role=role)[-1]["reason"]
            assert serving.events("worker.died") == serving.events("task.failed") == []
            own_redis.command("CONFIG", "SET", setting, good)
            await serving.shadowing()
