"""Open-loop load: requests at a fixed rate, whatever the answers do. loadtest's sender, in a program of its own.

Latency counts from the moment a request was meant to be sent, so a stall of the server is paid by each request that
waits for it, not by the one it happened to (no coordinated omission). A request finds a free connection among 32 or
waits for one; what has no answer when time is up counts with the time it has waited so far. What falls due within
TICK_S is due together, as a network card hands on what came in together: on a virtual machine waking both cores for a
single request costs more than the request.

What carries a request is not loadtest's: it shares a core with what is measured, so it does no more than to look for
the one answer; and it sends nothing twice, so that a connection that broke is seen.
"""

from __future__ import annotations

import asyncio
import gc
import json
import math
import select
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from time import monotonic_ns, process_time
from typing import NamedTuple, cast

import uvloop

from benchmarks import machine
from benchmarks.machine import goes_first, on_core
from benchmarks.processes import StartError
from benchmarks.traffic import ANSWER_BODY, request
from calling.call import Done
from loadtest.engine.ended_call import EndedCall
from loadtest.engine.sender import DueRequest, PlanSender
from records.nouns import Answer, Body, Failure, Observation, Timings

CONNECTIONS = 32
TICK_S = 250e-6
GRACE_S = 1.0  # after the last request was due, for answers under way
START_S = 60.0  # for the program to start, on a machine that is busy with something else, too
_NS = 1_000_000_000
_GOOD = b"HTTP/1.1 200"
_RIGHT = Answer(200, (), Body(ANSWER_BODY, len(ANSWER_BODY)))
_WRONG = Failure("protocol", "an answer other than 200, or a connection that broke")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    planned: int
    answered: int
    failed: int  # an answer other than 200, or a connection that broke
    unanswered: int
    achieved: float  # good answers that came within the window, a second
    p50_us: float
    p99_us: float
    lag_p99_us: float  # how late the generator itself was, from when a connection was free
    busy: float  # the share of the core that the generator used


def quantile(ordered: Sequence[float], q: float) -> float:
    """The smallest value that at least a share q of the values do not exceed; 0 for none."""
    return ordered[max(0, math.ceil(len(ordered) * q) - 1)] if ordered else 0.0


def due_in_ticks(rate: float, tick_s: float) -> Iterator[DueRequest]:
    """One every 1 / rate of a second, without an end, each due with its tick. Rate 0: all of them at once."""
    tick, interval = round(tick_s * _NS), _NS / rate if rate else 0.0
    return (DueRequest(row, int(row * interval) // tick * tick) for row in count())


class OneCall:
    """One request, as the sender knows calls."""

    __slots__ = ("_connections", "_done", "request", "started_ns")
    arrivals: tuple[tuple[int, int], ...] = ()
    is_stamped = was_resent = False
    broken_off = b""

    def __init__(self, connections: Connections, request: bytes, done: Done) -> None:
        self._connections = connections
        self._done = done
        self.request = request
        self.started_ns = monotonic_ns()

    def start(self) -> None:
        self._connections.ask(self)

    def give_up(self) -> None:
        self._done(None)

    def end(self, outcome: Answer | Failure) -> None:
        lasted = monotonic_ns() - self.started_ns
        timings = Timings(last_byte=lasted) if outcome is _RIGHT else Timings(failed=lasted)
        self._done(
            Observation(wall_ns=0, timings=timings, outcome=outcome, in_flight=0, loop_lag_ns=0, reader_paused=False)
        )


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._call: OneCall | None = None
        self._read = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's has the methods, not the base class

    def ask(self, call: OneCall) -> None:
        self._call, self._read = call, b""
        self.transport.write(call.request)

    def data_received(self, data: bytes) -> None:
        answer = self._read = self._read + data
        if self._call is None or (answer.startswith(_GOOD) and not answer.endswith(ANSWER_BODY)):
            return
        if answer.startswith(_GOOD):
            call, self._call = self._call, None
            self._connections.free(self)
            call.end(_RIGHT)
        elif len(answer) >= len(_GOOD):
            self.transport.abort()  # what remains of it must not be taken for the next one

    def connection_lost(self, _error: Exception | None) -> None:
        call, self._call = self._call, None
        self._connections.lost(self, call)


class Connections:
    """All that there are, to one port of this machine: a callee of loadtest's sender."""

    def __init__(self, port: int, group: asyncio.TaskGroup) -> None:
        self._port = port
        self._group = group
        self._open: set[Connection] = set()
        self._free: list[Connection] = []
        self._waiting: deque[OneCall] = deque()  # while one that broke is replaced
        self._over = False

    async def open(self) -> None:
        """So that nothing measured waits for one to be opened. Raises OSError."""
        for _ in range(CONNECTIONS):
            await self._open_one()

    def call(self, request: bytes, *, to_head_request: bool, done: Done) -> OneCall:
        return OneCall(self, request, done)

    def ask(self, call: OneCall) -> None:
        if self._free:
            self._free.pop().ask(call)
        else:
            self._waiting.append(call)

    def free(self, connection: Connection) -> None:
        if self._waiting:
            connection.ask(self._waiting.popleft())
        else:
            self._free.append(connection)

    def lost(self, connection: Connection, call: OneCall | None) -> None:
        self._open.discard(connection)
        if self._over:
            return
        if connection in self._free:
            self._free.remove(connection)
        self._group.create_task(self._open_one())
        if call is not None:
            call.end(_WRONG)

    def close(self) -> None:
        self._over = True
        for connection in self._open:
            connection.transport.abort()

    async def _open_one(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
        if self._over:
            connection.transport.abort()
        else:
            self._open.add(connection)
            self.free(connection)


class _Ended(NamedTuple):
    """A call that ended by itself. Times are ns of CLOCK_MONOTONIC."""

    row: int
    due: int
    lag: int
    ended: int
    good: bool


async def load(port: int, rate: float, seconds: float) -> Load:
    """Offer it from this process. Raises an ExceptionGroup of OSError where nothing listens."""
    planned, ended, all_ended = int(rate * seconds), list[_Ended](), asyncio.Event()

    def keep(call: EndedCall) -> None:
        ended.append(_ended(call))
        if len(ended) == planned:
            all_ended.set()

    data = request(port)
    async with asyncio.TaskGroup() as group:
        connections = Connections(port, group)
        await connections.open()
        sender = PlanSender(
            islice(due_in_ticks(rate, TICK_S), planned),
            bytes_of=lambda _: data,
            callee=connections,
            keep=keep,
            max_in_flight=CONNECTIONS,
        )
        gc.collect()
        gc.freeze()
        gc.disable()  # a search for cycles in the midst of it would be lag
        cpu_s, start = process_time(), monotonic_ns()
        sender.start(start)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds + GRACE_S):
                await all_ended.wait()
        now = monotonic_ns()
        busy = (process_time() - cpu_s) / ((now - start) / _NS)
        gc.enable()
        sender.give_up()
        connections.close()
    rows = {each.row for each in ended}
    waiting = [now - start - each.due for each in islice(due_in_ticks(rate, TICK_S), planned) if each.row not in rows]
    return _load(ended, waiting, end=start + round(seconds * _NS), seconds=seconds, busy=busy)


def _ended(call: EndedCall) -> _Ended:
    found = call.observation.timings
    good = found.last_byte is not None
    lasted = found.last_byte if good else found.failed
    return _Ended(call.row, call.due, call.issued - call.ready, call.started + (lasted or 0), good)


def _load(ended: Sequence[_Ended], waiting: Sequence[int], *, end: int, seconds: float, busy: float) -> Load:
    """`waiting`: for how long those without an answer have waited, in ns."""
    failed = sum(not each.good for each in ended)
    latencies = sorted([*(each.ended - each.due for each in ended), *waiting])
    return Load(
        planned=len(ended) + len(waiting),
        answered=len(ended) - failed,
        failed=failed,
        unanswered=len(waiting),
        achieved=sum(each.good and each.ended <= end for each in ended) / seconds,
        p50_us=quantile(latencies, 0.50) / 1e3,
        p99_us=quantile(latencies, 0.99) / 1e3,
        lag_p99_us=quantile(sorted(each.lag for each in ended), 0.99) / 1e3,
        busy=busy,
    )


class Generator:
    """The program, which waits between two loads. Its start takes longer than some loads, and belongs to none."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def offer(self, port: int, rate: float, seconds: float) -> Load:
        """Raises StartError where the program has ended."""
        stdin, stdout = self._program.stdin, self._program.stdout
        assert stdin is not None
        assert stdout is not None
        with suppress(BrokenPipeError):
            stdin.write(json.dumps([port, rate, seconds]) + "\n")
            stdin.flush()
        ready, _, _ = select.select([stdout], [], [], START_S + seconds)
        said = stdout.readline() if ready else ""
        if not said:
            raise StartError("the load generator ended, or stood still, before its load did")
        return Load(**json.loads(said))


@contextmanager
def generator(*, first: bool = True) -> Iterator[Generator]:
    """While the block lasts: on the shared core, where it goes first; else it has what there is."""
    command = [sys.executable, "-m", "benchmarks.open_loop", *(["first"] if first else [])]
    with on_core(machine.OTHER_CORE if first else None):
        program = subprocess.Popen(
            command, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    with program:
        try:
            yield Generator(program)
        finally:
            program.kill()


if __name__ == "__main__":
    if sys.argv[1:] == ["first"]:
        goes_first([0])
    for line in sys.stdin:
        print(json.dumps(asdict(uvloop.run(load(*json.loads(line))))), flush=True)
