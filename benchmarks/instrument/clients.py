"""Clients of a load: `python -m benchmarks.instrument.clients PORT (closed|open) NUMBER SECONDS`.

closed: NUMBER clients, each of which asks again when it is answered. open: NUMBER requests a second come whatever is
answered (Poisson). Prints how long each answer took, from its sending, and how many requests were under way then.
"""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from benchmarks.processes import StartError
from benchmarks.traffic import ANSWER_BODY, request

_CONNECTIONS = 128
_GRACE_S = 2.0
_LAST_CHUNK = b"\r\n0\r\n\r\n"  # with the line's end before it: a head may end in 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    took_ms: list[tuple[int, float]]  # by how many requests were under way when it was sent, with this one


class Clients:
    def __init__(self, port: int, kind: str, number: float, seconds: float) -> None:
        self._request = request(port)
        self._closed = kind == "closed"
        self._rate = number
        self._seconds = seconds
        self._random = Random(7)
        self._epoll = select.epoll()
        self._port = port
        self._by_number: dict[int, socket.socket] = {}
        self._free: list[socket.socket] = []  # the one used last stands last: whoever closes idle ones closes few
        if self._closed:
            self._free += [self._connect() for _ in range(int(number))]
        self._waiting = 0
        self._sent: dict[socket.socket, tuple[float, int]] = {}
        self._read: dict[socket.socket, bytes] = {}
        self._took_ms: list[tuple[int, float]] = []

    def run(self) -> Answered:
        now = time.perf_counter()
        end, due = now + self._seconds, now
        while now < end or (self._sent and now < end + _GRACE_S):
            if now < end:
                due = self._ask(now, due)
            until = min(due, end) if now < end and not self._closed else end + _GRACE_S
            select.select([self._epoll], [], [], max(0.0, until - time.perf_counter()))
            for number, _ in self._epoll.poll(0):
                self._receive(self._by_number[number])
            now = time.perf_counter()
        for each in self._by_number.values():
            each.close()
        return Answered(took_ms=self._took_ms)

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        connection.setblocking(True)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._epoll.register(connection, select.EPOLLIN)
        self._by_number[connection.fileno()] = connection
        return connection

    def _ask(self, now: float, due: float) -> float:
        """When the next request is due."""
        if self._closed:
            while self._free:
                self._send(self._free.pop())
            return due
        while due <= now:
            self._waiting += 1
            due += self._random.expovariate(self._rate)
        while self._waiting and (self._free or len(self._by_number) < _CONNECTIONS):
            self._waiting -= 1
            self._send(self._free.pop() if self._free else self._connect())
        return due

    def _send(self, connection: socket.socket) -> None:
        self._sent[connection] = (time.perf_counter(), len(self._sent) + 1)
        self._read[connection] = b""
        with suppress(BrokenPipeError, ConnectionResetError):  # reading tells of it, too
            connection.sendall(self._request)

    def _receive(self, connection: socket.socket) -> None:
        piece = b""
        with suppress(ConnectionResetError):
            piece = connection.recv(65_536)
        if not piece:
            self._lost(connection)
            return
        data = self._read[connection] = self._read[connection] + piece
        if is_whole(data):
            sent, under_way = self._sent.pop(connection)
            self._took_ms.append((under_way, 1e3 * (time.perf_counter() - sent)))
            self._free.append(connection)

    def _lost(self, connection: socket.socket) -> None:
        """The server closed it, by right where it was idle; what was asked on it meanwhile is asked again."""
        asked = self._sent.pop(connection, None) is not None
        if not asked:
            self._free.remove(connection)
        del self._by_number[connection.fileno()]
        connection.close()
        if self._closed:
            self._free.append(self._connect())
        else:
            self._waiting += asked


def is_whole(answer: bytes) -> bool:
    """By length, the body itself tells it: all of them have the same."""
    return answer.endswith(ANSWER_BODY if b"Content-Length" in answer[:200] else _LAST_CHUNK)


def ask(port: int, kind: str, number: float, seconds: float) -> Answered:
    """As a program of its own. Raises StartError where it failed."""
    command = [sys.executable, "-m", "benchmarks.instrument.clients", str(port), kind, str(number), str(seconds)]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=seconds + 60)
    if ended.returncode:
        raise StartError(f"clients of port {port}: {ended.stderr.strip()}")
    return Answered(**json.loads(ended.stdout))


def main(arguments: Sequence[str]) -> None:
    port, kind, number, seconds = arguments
    print(json.dumps(asdict(Clients(int(port), kind, float(number), float(seconds)).run())))


if __name__ == "__main__":
    main(sys.argv[1:])
