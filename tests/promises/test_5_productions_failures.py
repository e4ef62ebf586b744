"""Promise 5."""

from pathlib import Path

import aiohttp
import pytest

from tests.endpoint import Endpoint, answer, hang, raw
from tests.promises.serving import Serving
from tests.redis_server import RedisServer


async def test_productions_own_failure_passes_through_as_it_is_and_the_proxy_adds_one_only_where_production_gave_none(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """A 500 is production's; 502 and 504 are ours, with a reason; a broken answer is a cut connection."""
    settings = f'[routes.production]\nurl = "{production.url}"\nfirst_byte_timeout_s = 0.5\n'
    toml = f'[[routes]]\nprefix = "/"\n{settings}[[routes.candidates]]\nname = "new"\nurl = "{candidate.url}"\n'
    async with Serving(tmp_path, own_redis.url, toml) as serving:
        production.behaviour = answer(b"<h1>oops</h1>", "500 Internal Server Error", "Content-Type: text/html")
        assert await serving.ask() == (500, b"<h1>oops</h1>")

        for behaviour, status, reason in (
            (hang, 504, "production_first_byte_timeout"),
            (raw(b"\x00\x01garbage\r\n\r\n"), 502, "production_protocol"),
            (raw(b""), 502, "production_closed_before_answer"),
        ):
            production.behaviour = behaviour
            async with serving.client.post(serving.url + "/v1/predict", data=b"{}") as got:
                assert (got.status, got.headers["X-Understudy-Reason"]) == (status, reason)
                assert (await got.json())["reason"] == reason

        production.behaviour = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
        with pytest.raises(aiohttp.ClientPayloadError):
            await serving.ask()

        await production.stop()
        async with serving.client.post(serving.url + "/v1/predict", data=b"{}") as got:
            assert (got.status, got.headers["X-Understudy-Reason"]) == (502, "production_connect")
        await serving.settled(sent=6)
