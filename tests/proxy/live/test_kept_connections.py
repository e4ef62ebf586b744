"""Production closes kept connections early, and a POST is never sent twice: how many are lost on the way."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random

import pytest

from tests.places import ROOT
from tests.proxy.live.proxying import Proxy, post
from tests.wire import Wire

CLIENTS = 40

# A process of its own, or its closing and our writing would take turns in one loop. It closes a connection that was
# idle for so long, or behind so many answers, and may announce the first.
CLOSING = """
import socket, sys, threading

idle_s, answers, announced = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()

def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.settimeout(idle_s)
    try:
        for _ in range(answers):
            data = b""
            while not data.endswith(b"}"):
                piece = client.recv(65_536)
                if not piece:
                    return
                data += piece
            client.sendall(b"HTTP/1.1 200 OK\\r\\n" + announced + b"Content-Length: 2\\r\\n\\r\\nok")
    except OSError:
        pass
    finally:
        client.close()

with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
    print(server.getsockname()[1], flush=True)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


@contextmanager
def closing(idle_s: float, answers: int, announced: str = "") -> Iterator[int]:
    """The port of a production that closes kept connections early."""
    command = [sys.executable, "-c", CLOSING, str(idle_s), str(answers), announced]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


async def lost(port: int, *, clients: int, each: int, pause_s: Callable[[], float]) -> int:
    """POSTs that got no 200, of clients that keep their connection where they can."""
    losses = 0

    async def client() -> None:
        nonlocal losses
        wire = await Wire(port).__aenter__()
        for _ in range(each):
            try:
                await wire.send(post())
                losses += (await wire.answer()).status != 200
            except (OSError, asyncio.IncompleteReadError):
                losses += 1
                await wire.__aexit__()
                wire = await Wire(port).__aenter__()
            await asyncio.sleep(pause_s())  # what is measured: what happens around the end of a connection's time
        await wire.__aexit__()

    await asyncio.gather(*[client() for _ in range(clients)])
    return losses


@pytest.mark.slow
@pytest.mark.parametrize("announced", ["", "Keep-Alive: timeout=1\r\n"], ids=["says nothing", "announces its time"])
async def test_a_production_that_closes_what_is_idle(proxy: Proxy, announced: str) -> None:
    """No POST is lost where production announces its time; else no more than its kept-alive clients lose."""
    load = {"clients": CLIENTS, "each": 3}
    with closing(1.0, 1_000, announced) as port:
        proxy.endpoint["url"] = f"http://127.0.0.1:{port}"
        async with proxy:
            through, direct = await asyncio.gather(
                *[lost(each, pause_s=partial(Random(1).uniform, 0.99, 1.01), **load) for each in (proxy.port, port)]
            )
            await proxy.settled(CLIENTS * 3)
    assert direct > 0, "nothing was put to the test"
    assert through <= (0 if announced else direct)


async def test_a_production_that_hangs_up_behind_answers(proxy: Proxy) -> None:
    """It closes each connection behind twenty answers and says so in none: no more POSTs are lost than its kept-alive
    clients lose."""
    with closing(60, 20) as port:
        proxy.endpoint["url"] = f"http://127.0.0.1:{port}"
        async with proxy:
            through, direct = [
                await lost(each, clients=8, each=150, pause_s=lambda: 0.0) for each in (proxy.port, port)
            ]
            await proxy.settled(8 * 150)
    assert direct > 0
    assert through <= direct
