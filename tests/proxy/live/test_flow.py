"""A gigabyte passes in either direction, and the proxy's process hardly grows; whoever is slow slows the other side."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import AF_INET, create_connection, create_server, socket

import pytest

from proxy.live.counters import read_counters
from tests.places import ROOT
from tests.redis_server import RedisServer

MIB = 1 << 20
GIB = 1 << 30
MAY_GROW = 64 * MIB
PIECE = b"x" * MIB

pytestmark = pytest.mark.slow


class Worker:
    """The proxy's process, seen from outside."""

    def __init__(self, process: "subprocess.Popen[str]", directory: Path) -> None:
        assert process.stdout is not None
        self.port = int(process.stdout.readline())
        self._status = Path(f"/proc/{process.pid}/status")
        self._counters = directory / "w-1.mm"

    def resident(self, field: str = "VmRSS") -> int:
        """Bytes; VmHWM is the most it ever had."""
        (line,) = (line for line in self._status.read_text().splitlines() if line.startswith(field))
        return int(line.split()[1]) * 1024

    def counts(self) -> dict[str, int]:
        routes = read_counters(self._counters)[1]
        return {name: count for name, count in routes["root"].items() if count}


@contextmanager
def worker(production: int, redis: RedisServer, directory: Path) -> Iterator[Worker]:
    command = [sys.executable, "-m", "tests.proxy.live.worker_process"]
    process = subprocess.Popen(
        [*command, f"http://127.0.0.1:{production}", redis.url, str(directory)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        worker = Worker(process, directory)
        with talk(worker.port) as wire:  # warm: what the first request imports and opens is not what is measured
            wire.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            while wire.recv(MIB):
                pass
        yield worker
        process.communicate()
    assert process.returncode == 0


def talk(port: int) -> socket:
    return create_connection(("127.0.0.1", port), timeout=60)


@contextmanager
def production(*behaviours: Callable[[socket], None]) -> Iterator[int]:
    """In threads: each connection gets the next behaviour, once its request's head is read."""

    def accept() -> None:
        for behave in behaviours:
            wire, _ = listening.accept()
            with wire:
                wire.settimeout(60)
                head = b""
                while not head.endswith(b"\r\n\r\n"):
                    head += wire.recv(1)
                behave(wire)

    with create_server(("127.0.0.1", 0), family=AF_INET) as listening:
        thread = threading.Thread(target=accept)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(timeout=60)
        assert not thread.is_alive()


def alive(wire: socket) -> None:
    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")


def count(wire: socket, upto: int = 1 << 62) -> int:
    """How many bytes come."""
    buffer = bytearray(MIB)
    seen = 0
    while seen < upto and (size := wire.recv_into(buffer, min(MIB, upto - seen))):
        seen += size
    return seen


def send(wire: socket, pieces: int) -> None:
    for _ in range(pieces):
        wire.sendall(PIECE)


def send_until_stuck(wire: socket) -> int:
    """How many bytes of a gigabyte can be sent until, for two seconds, none can."""
    wire.settimeout(2)
    sent = 0
    try:
        while sent < GIB:
            sent += wire.send(PIECE[: GIB - sent])
    except TimeoutError:
        pass
    wire.settimeout(60)
    return sent


def send_rest(wire: socket, sent: int) -> None:
    while sent < GIB:
        sent += wire.send(PIECE[: GIB - sent])


def head(wire: socket) -> bytes:
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        got += wire.recv(1)
    return got


@pytest.mark.parametrize(
    "framing", [b"Content-Length: %d" % GIB, b"X-Framing: until close"], ids=["length", "until close"]
)
def test_a_gigabyte_down(redis_server: RedisServer, tmp_path: Path, framing: bytes) -> None:
    """By length, and without one, which goes on chunked."""

    def download(wire: socket) -> None:
        wire.sendall(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\nConnection: close\r\n\r\n")
        send(wire, GIB // MIB)

    with production(alive, download) as port, worker(port, redis_server, tmp_path) as proxy, talk(proxy.port) as wire:
        before = proxy.resident()
        wire.sendall(b"GET /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert head(wire).startswith(b"HTTP/1.1 200 OK\r\n")
        assert count(wire) >= GIB
        assert proxy.resident("VmHWM") - before < MAY_GROW


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_gigabyte_up(redis_server: RedisServer, tmp_path: Path, chunked: bool) -> None:
    """By length and chunked."""

    def upload(wire: socket) -> None:
        uploaded.append(count(wire, GIB))
        alive(wire)
        count(wire)

    uploaded: list[int] = []
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % GIB
    with production(alive, upload) as port, worker(port, redis_server, tmp_path) as proxy, talk(proxy.port) as wire:
        before = proxy.resident()
        wire.sendall(b"POST /p HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n")
        for _ in range(GIB // MIB):
            wire.sendall(b"%x\r\n" % MIB + PIECE + b"\r\n" if chunked else PIECE)
        wire.sendall(b"0\r\n\r\n" if chunked else b"")
        assert head(wire).startswith(b"HTTP/1.1 200 OK\r\n")
        assert uploaded == [GIB]
        assert proxy.resident("VmHWM") - before < MAY_GROW
        assert proxy.counts()["shed.request_too_large"] == 1


def test_a_client_that_does_not_read_stops_production(redis_server: RedisServer, tmp_path: Path) -> None:
    """What production can write stays within the buffers of sockets, and the proxy's process does not grow."""
    written: list[int] = []
    stuck = threading.Event()

    def download(wire: socket) -> None:
        wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIB)
        written.append(send_until_stuck(wire))
        stuck.set()
        send_rest(wire, written[0])

    with production(alive, download) as port, worker(port, redis_server, tmp_path) as proxy, talk(proxy.port) as wire:
        before = proxy.resident()
        wire.sendall(b"GET /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert stuck.wait(60)
        assert written[0] < 64 * MIB
        assert proxy.resident("VmHWM") - before < MAY_GROW
        head(wire)
        assert count(wire) == GIB


def test_a_production_that_does_not_read_stops_the_client(redis_server: RedisServer, tmp_path: Path) -> None:
    """What a client can send stays within the buffers of sockets."""
    go_on = threading.Event()

    def upload(wire: socket) -> None:
        assert go_on.wait(60)
        assert count(wire, GIB) == GIB
        alive(wire)
        count(wire)

    with production(alive, upload) as port, worker(port, redis_server, tmp_path) as proxy, talk(proxy.port) as wire:
        before = proxy.resident()
        wire.sendall(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % GIB)
        sent = send_until_stuck(wire)
        assert sent < 64 * MIB
        go_on.set()
        send_rest(wire, sent)
        assert head(wire).startswith(b"HTTP/1.1 200 OK\r\n")
        assert proxy.resident("VmHWM") - before < MAY_GROW
