"""Clients that are not ours, as people use them: curl, WebSocket, server-sent events, aiohttp, http.client."""

import asyncio
import http.client
import shutil
from pathlib import Path

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from tests.endpoint import Endpoint, Seen, answer
from tests.proxy.live.proxying import Proxy


async def curl(proxy: Proxy, *arguments: str, path: str = "/p") -> str:
    """What it printed: the body, and behind it status and protocol version."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--show-error", "--max-time", "20", "--write-out", "|%{http_code}|%{http_version}",
        *arguments, f"http://127.0.0.1:{proxy.port}{path}",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def echo(seen: Seen, writer: asyncio.StreamWriter) -> None:
    """The method and what was sent."""
    await answer(f"{seen.line.split()[0]} {len(seen.body)} {seen.body[:20].decode()}".encode())(seen, writer)


@pytest.fixture(autouse=True)
def echoing(production: Endpoint) -> None:
    production.behaviour = echo


CURL = {
    "a post": (["-d", "a=1"], "POST 3 a=1|200|1.1"),
    "a post that offers HTTP/2": (["--http2", "-d", "a=1"], "POST 3 a=1|200|1.1"),
    "a get that offers HTTP/2": (["--http2"], "GET 0 |200|1.1"),
    "a post of HTTP/1.0": (["--http1.0", "-d", "a=1"], "POST 3 a=1|200|1.1"),
    "a chunked post": (["-H", "Transfer-Encoding: chunked", "-d", "a=1"], "POST 3 a=1|200|1.1"),
    "an expectation": (["-H", "Expect: 100-continue", "-d", "a=1"], "POST 3 a=1|200|1.1"),
    "a form": (["-F", "a=1"], "|200|1.1"),
}


@pytest.mark.parametrize(("arguments", "expected"), CURL.values(), ids=CURL.keys())
async def test_curl(proxy: Proxy, production: Endpoint, arguments: list[str], expected: str) -> None:
    """Production sees the request's body, and curl its answer."""
    async with proxy:
        got = await curl(proxy, *arguments)
        assert got.endswith(expected)
        assert (await proxy.settled(1)) == {"recorded": 1}
    assert production.seen[0].header("Upgrade") is None


@pytest.mark.parametrize("arguments", [[], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect: 100-continue"]])
async def test_curl_uploads_a_file(proxy: Proxy, production: Endpoint, tmp_path: Path, arguments: list[str]) -> None:
    """By length, chunked, and with an expectation that production meets with its answer only after a while."""
    file = tmp_path / "large"
    file.write_bytes(b"0123456789abcdef" * 200_000)
    async with proxy:
        got = await curl(proxy, *arguments, "-T", str(file), path="/put")
        assert got == "PUT 3200000 0123456789abcdef0123|200|1.1"
        assert await proxy.settled(1) == {"shed.request_too_large": 1}


async def test_curl_asks_for_the_head(proxy: Proxy) -> None:
    """And does not wait for a body."""
    async with proxy:
        got = await curl(proxy, "--head")
        assert "Content-Length: 7" in got
        assert got.endswith("|200|1.1")


async def test_curl_keeps_its_connection(proxy: Proxy, production: Endpoint) -> None:
    """Two transfers of one curl, one connection (it prints how many it opened), also behind an error of our own."""
    proxy.route["prefix"] = "/p"
    async with proxy:
        url = f"http://127.0.0.1:{proxy.port}"
        got = await curl(proxy, f"{url}/other", "-w", "%{num_connects} ")
        assert got.endswith("1 GET 0 0 ")


async def test_a_websocket(proxy: Proxy) -> None:
    """Messages of all sizes in both directions, a silent minute would not matter, a close is a close; counted as an
    upgrade, which no candidate sees."""

    async def repeat(socket: ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)
        closed.set()

    closed = asyncio.Event()
    async with serve(repeat, "127.0.0.1", 0, max_size=None) as server:
        proxy.endpoint["url"] = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        async with proxy:
            async with connect(f"ws://127.0.0.1:{proxy.port}/ws", max_size=None, compression=None) as socket:
                for message in ("hello", b"\0" * 10, "x" * 5_000_000):
                    await socket.send(message)
                    assert await socket.recv() == message
                assert await proxy.settled(1) == {"shed.upgrade": 1}
            async with asyncio.timeout(10):
                await closed.wait()
            assert await proxy.exchanges() == []


async def test_a_websocket_that_production_refuses(proxy: Proxy) -> None:
    """Is an answer like any other."""
    async with proxy, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await session.ws_connect(f"http://127.0.0.1:{proxy.port}/ws")
        assert refusal.value.status == 200
        assert await proxy.settled(1) == {"recorded": 1}


async def test_server_sent_events(proxy: Proxy, production: Endpoint) -> None:
    """Read one by one, each before the next is sent."""
    go_on = asyncio.Event()

    async def stream(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            writer.write(b"data: %d\n\n" % number)
            await go_on.wait()
            go_on.clear()
        writer.close()

    production.behaviour = stream
    async with proxy, aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{proxy.port}/events") as events:
            for number in range(3):
                assert await events.content.readuntil(b"\n\n") == b"data: %d\n\n" % number
                go_on.set()
            assert await events.content.read() == b""
        assert await proxy.settled(1) == {"recorded": 1}


async def test_aiohttp_keeps_its_connection(proxy: Proxy) -> None:
    """One after the other, and many at once."""
    async with proxy, aiohttp.ClientSession() as session:

        async def ask(number: int) -> None:
            async with session.post(f"http://127.0.0.1:{proxy.port}/p", data=b"n" * number) as got:
                assert (got.status, await got.text()) == (200, f"POST {number} {'n' * min(number, 20)}")

        for number in range(5):
            await ask(number)
        assert proxy.worker_counts()["connections"] == 1
        await asyncio.gather(*[ask(number) for number in range(100)])
        assert await proxy.settled(105) == {"recorded": 105}


async def test_http_client_keeps_its_connection(proxy: Proxy) -> None:
    """The standard library's, blocking in a thread."""

    def ask() -> list[str]:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20)
        answers = []
        bodies = {"POST": b"a", "GET": None, "PATCH": iter([b"ab", b"cd"]), "HEAD": None, "PUT": b""}
        for method, body in bodies.items():
            connection.request(method, "/p", body, encode_chunked=True)
            got = connection.getresponse()
            answers.append(f"{got.status} {got.read().decode()}")
        connection.close()
        return answers

    async with proxy:
        assert await asyncio.to_thread(ask) == ["200 POST 1 a", "200 GET 0 ", "200 PATCH 4 abcd", "200 ", "200 PUT 0 "]
        assert await proxy.settled(5) == {"recorded": 4, "not_sampled.method": 1}
