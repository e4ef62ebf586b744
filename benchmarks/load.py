"""Open-loop load: requests at a fixed rate, whatever the answers do. `python -m benchmarks.load PORT RATE SECONDS
[first]`.

Latency counts from the moment a request was meant to be sent, so a stall of the server is paid by each request that
waits for it, not by the one it happened to (no coordinated omission). A request finds a free connection among 32 or
waits for one; what has no answer when time is up counts with the time it has waited so far. What falls due within
TICK_S is due together, as a network card hands on what came in together: on a virtual machine waking both cores for a
single request costs more than the request. One thread, epoll, and `select` for its timeout in microseconds, where those
of epoll and asyncio are in milliseconds.
"""

import json
import math
import select
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.machine import goes_first, on_core
from benchmarks.traffic import ANSWER_BODY, request

CONNECTIONS = 32
TICK_S = 250e-6
GRACE_S = 1.0  # after the last request was due, for answers under way


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    planned: int
    answered: int
    failed: int  # an answer other than 200, or a connection that broke
    unanswered: int
    achieved: float  # good answers that came within the window, a second
    p50_us: float
    p99_us: float
    lag_p99_us: float  # how late the generator itself was, where a connection was free
    busy: float  # the share of the core that the generator used


def quantile(ordered: Sequence[float], q: float) -> float:
    """The smallest value that at least a share q of the values do not exceed; 0 for none."""
    return ordered[max(0, math.ceil(len(ordered) * q) - 1)] if ordered else 0.0


class Generator:
    """The connections, what is due, and what was seen. Times are seconds of time.perf_counter()."""

    def __init__(self, port: int, rate: float, seconds: float) -> None:
        self._port = port
        self._request = request(port)
        self._interval = 1 / rate
        self._planned = int(rate * seconds)
        self._seconds = seconds
        self._waiting: deque[float] = deque()
        self._epoll = select.epoll()
        self._connections: dict[int, socket.socket] = {}  # by file number, as epoll names them
        self._sent: dict[socket.socket, float] = {}
        self._read: dict[socket.socket, bytes] = {}
        self._free = [self._connect() for _ in range(CONNECTIONS)]
        self._latencies: list[float] = []
        self._lags: list[float] = []
        self._in_window = 0
        self._failed = 0

    def run(self) -> Load:
        cpu = time.process_time()
        start = time.perf_counter()
        due, end = 0, start + self._seconds
        while True:
            now = time.perf_counter()
            while due < self._planned and start + self._due_s(due) <= now:
                self._fall_due(start + self._due_s(due), now)
                due += 1
            if now > end + GRACE_S or (due == self._planned and not self._sent and not self._waiting):
                break
            until = start + self._due_s(due) if due < self._planned else end + GRACE_S
            ready = self._epoll.poll(0)
            if not ready and (pause := until - time.perf_counter()) > 0:
                select.select([self._epoll], [], [], pause)
            for number, _ in ready:
                self._receive(self._connections[number], end)
        found = self._result((time.process_time() - cpu) / (time.perf_counter() - start))
        for connection in self._connections.values():
            connection.close()
        self._epoll.close()
        return found

    def _due_s(self, number: int) -> float:
        return TICK_S * math.floor(number * self._interval / TICK_S)

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        connection.setblocking(True)  # a timeout of Python's would cost a poll() before each call
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections[connection.fileno()] = connection
        self._epoll.register(connection, select.EPOLLIN)
        return connection

    def _fall_due(self, meant: float, now: float) -> None:
        if self._free:
            self._lags.append(now - meant)
            self._send(self._free.pop(), meant)
        else:
            self._waiting.append(meant)

    def _send(self, connection: socket.socket, meant: float) -> None:
        self._sent[connection] = meant
        self._read[connection] = b""
        try:
            connection.sendall(self._request)
        except OSError:
            self._fail(connection)

    def _receive(self, connection: socket.socket, end: float) -> None:
        try:
            data = connection.recv(65_536)
        except OSError:
            data = b""
        answer = self._read[connection] = self._read[connection] + data
        if answer.endswith(ANSWER_BODY) and answer.startswith(b"HTTP/1.1 200"):
            now = time.perf_counter()
            self._latencies.append(now - self._sent.pop(connection))
            self._in_window += now <= end
            self._next(connection)
        elif not data or (len(answer) > 12 and not answer.startswith(b"HTTP/1.1 200")):
            self._fail(connection)

    def _fail(self, connection: socket.socket) -> None:
        """What remains of a failed answer must not be taken for the next one: the connection is replaced."""
        self._failed += 1
        self._latencies.append(time.perf_counter() - self._sent.pop(connection))
        del self._connections[connection.fileno()]
        connection.close()
        self._next(self._connect())

    def _next(self, connection: socket.socket) -> None:
        if self._waiting:
            self._send(connection, self._waiting.popleft())
        else:
            self._free.append(connection)

    def _result(self, busy: float) -> Load:
        now = time.perf_counter()
        open_ended = [now - meant for meant in (*self._sent.values(), *self._waiting)]
        answered = len(self._latencies) - self._failed
        latencies, lags = sorted(self._latencies + open_ended), sorted(self._lags)
        return Load(
            planned=self._planned,
            answered=answered,
            failed=self._failed,
            unanswered=len(open_ended),
            achieved=self._in_window / self._seconds,
            p50_us=1e6 * quantile(latencies, 0.50),
            p99_us=1e6 * quantile(latencies, 0.99),
            lag_p99_us=1e6 * quantile(lags, 0.99),
            busy=busy,
        )


def offer(port: int, rate: float, seconds: float, *, first: bool = True) -> Load:
    """Run the generator as a program of its own on the shared core, where it goes first; else it has what there is."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.load",
        str(port),
        str(rate),
        str(seconds),
        *(["first"] if first else []),
    ]
    with on_core(machine.OTHER_CORE if first else None):
        said = subprocess.run(
            command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=True, timeout=seconds + 60
        ).stdout
    return Load(**json.loads(said))


if __name__ == "__main__":
    if sys.argv[4:] == ["first"]:
        goes_first([0])
    print(json.dumps(asdict(Generator(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])).run())))
