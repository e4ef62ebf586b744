"""Promise 1."""

import asyncio
from pathlib import Path

import aiohttp

from tests.endpoint import Endpoint, Seen, answer, raw
from tests.promises.serving import Serving, route
from tests.redis_server import RedisServer

_OURS = {"x-request-id", "connection", "keep-alive", "transfer-encoding"}


async def _exchange(client: aiohttp.ClientSession, url: str) -> tuple[int, str | None, list[tuple[str, str]], bytes]:
    async with client.post(url, data=b'{"x": 1}') as got:
        headers = [(name, value) for name, value in got.headers.items() if name.lower() not in _OURS]
        return got.status, got.reason, headers, await got.read()


async def test_the_client_receives_productions_status_headers_and_body_byte_for_byte_streamed_as_they_come(
    production: Endpoint, candidate: Endpoint, own_redis: RedisServer, tmp_path: Path
) -> None:
    """Through the proxy the client gets what it gets without it, and a stream's events one by one."""
    behaviours = [
        answer(bytes(range(256)) * 300, "200 OK", "Content-Type: application/octet-stream", "X-Odd:  two  spaces "),
        answer(b"", "204 No Content"),
        answer(
            b"\x1f\x8b not really gzip",
            "200 Fine By Me",
            "Content-Encoding: gzip",
            "Set-Cookie: a=1",
            "Set-Cookie: b=2",
        ),
        answer(b'{"error": "no"}', "422 Unprocessable Entity", "Content-Type: application/json", "Retry-After: 3"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nServer: x\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"),
        raw(b"HTTP/1.0 200 OK\r\nServer: old\r\n\r\nuntil the connection closes"),
    ]
    async with Serving(tmp_path, own_redis.url, route(production.url, candidate.url)) as serving:
        for behaviour in behaviours:
            production.behaviour = behaviour
            direct = await _exchange(serving.client, production.url + "/v1/predict?a=%20b")
            through = await _exchange(serving.client, serving.url + "/v1/predict?a=%20b")
            assert through == direct
        assert production.seen[-1].line == "POST /v1/predict?a=%20b HTTP/1.1"

        go_on = asyncio.Event()

        async def stream(_: Seen, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            for event in (b"data: one\n\n", b"data: two\n\n"):
                writer.write(b"%x\r\n%b\r\n" % (len(event), event))
                await writer.drain()
                await go_on.wait()
            writer.write(b"0\r\n\r\n")

        production.behaviour = stream
        async with serving.client.post(serving.url + "/v1/predict", data=b"{}") as got:
            assert await got.content.readany() == b"data: one\n\n"  # while production has not sent the second
            go_on.set()
            assert await got.content.read() == b"data: two\n\n"
        await serving.settled(sent=len(behaviours) + 1)
