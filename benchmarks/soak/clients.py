"""Clients whose every answer is checked. `python -m benchmarks.soak.clients PORT RATE`, until its standard input ends.

loadtest's sender says when: requests fall due at a fixed rate, whatever the answers do; rate 0: each place sends when
it has its answer. Each request has a number, and its answer must be the one to that number, byte for byte. What carries
it is not loadtest's: a request is never sent twice here, and none on a connection that the server has closed already (a
careful client looks), so that each one counts. What falls due while no connection is to be had is withheld, and
counted: that is no request. Each second a line of JSON says what was counted so far and what went wrong since; the last
line is said when all is answered.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

from benchmarks.open_loop import due_in_ticks
from benchmarks.traffic import ANSWER_BODY, PATH, REQUEST_BODY, number_of, numbered
from calling.call import Done
from loadtest.engine.sender import PlanSender

CONNECTIONS = 32
MAX_CONNECTIONS = 256
TICK_S = 0.005  # what falls due within it is due together
PATIENCE_S = 30.0  # for an answer
USES = 200  # of a connection, then a new one is opened: connecting must work all the time, too
CONNECT_S = 5.0
RETRY_S = 0.05  # between two attempts where connections are refused
MAX_TROUBLES = 10_000  # in one line; beyond, counted as `untold`, which nothing explains
_HEAD = (
    f"POST {PATH} HTTP/1.1\r\nHost: soak\r\nUser-Agent: soak\r\nAccept: */*\r\n"
    f"Content-Type: application/json\r\nContent-Length: {len(numbered(REQUEST_BODY, 0))}\r\n\r\n"
).encode()


@dataclass(frozen=True, slots=True)
class Trouble:
    """One request, or one attempt to connect, that did not end well. Times are of time.monotonic(), which is one clock
    for all processes of a machine.
    """

    kind: str  # refused, unconnected, unanswered, unanswered at once, cut, timeout, wrong body, or a status and reason
    began_s: float
    ended_s: float


@dataclass(slots=True)
class ClientTally:
    """What the clients say: counts since the start, troubles since the line before."""

    sent: int = 0
    answered: int = 0  # a whole answer, right or wrong
    right: int = 0
    unknown: int = 0  # ended without a byte of an answer: only the server knows whether the request arrived
    withheld: int = 0
    untold: int = 0
    under_way: int = 0
    troubles: list[Trouble] = field(default_factory=list)


class NumberedCall:
    """One request, as the sender knows calls. It is told no more than that this has ended: what came is judged here."""

    __slots__ = ("_clients", "_done", "connection", "number", "request", "sent_s", "started_ns")
    arrivals: tuple[tuple[int, int], ...] = ()
    is_stamped = was_resent = False
    broken_off = b""

    def __init__(self, clients: Clients, request: bytes, done: Done) -> None:
        self._clients = clients
        self._done = done
        self.request = request
        self.number = number_of(request[len(_HEAD) :])
        self.started_ns = time.monotonic_ns()
        self.sent_s = 0.0
        self.connection: Connection | None = None

    def start(self) -> None:
        self._clients.send(self)

    def give_up(self) -> None:
        """It has waited for too long."""
        if self.connection is not None:
            self.connection.give_up()

    def end(self) -> None:
        self._done(None)


class Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._read = b""
        self._uses = 0
        self.call: NumberedCall | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's has the methods, not the base class
        self._socket = socket.fromfd(transport.get_extra_info("socket").fileno(), socket.AF_INET, socket.SOCK_STREAM)

    def has_ended(self) -> bool:
        """Whether the other side has closed it, though our loop has not come to hear of it yet."""
        try:
            return self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def send(self, call: NumberedCall) -> None:
        self.call, self._read = call, b""
        call.connection, call.sent_s = self, time.monotonic()
        self.transport.write(call.request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end or self.call is None or len(body) < _length(head):
            return
        call, self.call = self.call, None
        self._uses += 1
        closing = self._uses == USES or b"\r\nconnection: close" in head.lower()
        self._clients.answered(self, call, _fault(head, body, call.number), closing=closing)

    def connection_lost(self, _error: Exception | None) -> None:
        self._socket.close()
        call, self.call = self.call, None
        if call is None:
            self._clients.lost_idle(self)
        else:
            self._clients.lost(call, self._ended_without_answer())

    def give_up(self) -> None:
        """What is under way has waited for too long."""
        call, self.call = self.call, None
        self.transport.abort()
        if call is not None:
            self._clients.lost(call, "timeout")

    def _ended_without_answer(self) -> str:
        if self._read:
            return "cut"
        return "unanswered" if self._uses else "unanswered at once"


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def _fault(head: bytes, body: bytes, number: int) -> str | None:
    status = head[9:12].decode("ascii", "replace")
    if status != "200":
        reason = head.lower().partition(b"\r\nx-understudy-reason:")[2].partition(b"\r\n")[0]
        return f"{status} {reason.strip().decode('ascii', 'replace')}".strip()
    return None if body == numbered(ANSWER_BODY, number) else "wrong body"


class Clients:
    """The connections, and what is told: a callee of loadtest's sender."""

    def __init__(self, port: int, rate: float) -> None:
        self._port = port
        self._rate = rate
        self._told = ClientTally()
        self._free: list[Connection] = []
        self._busy: set[NumberedCall] = set()
        self._waiting: deque[NumberedCall] = deque()  # for a connection, in a closed loop
        self._connecting = 0
        self._not_before_s = 0.0  # no attempt to connect is made earlier
        self._all_ended = asyncio.Event()

    async def run(self) -> None:
        """Until standard input ends and everything under way has ended."""
        reading = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        sender = PlanSender(
            due_in_ticks(self._rate, TICK_S),
            bytes_of=lambda row: _HEAD + numbered(REQUEST_BODY, row),
            callee=self,
            keep=lambda _: None,
            max_in_flight=MAX_CONNECTIONS + 1 if self._rate else CONNECTIONS,  # at a rate it waits for nothing
            closed=not self._rate,
        )
        async with asyncio.TaskGroup() as group:
            self._group = group
            saying = group.create_task(self._say())
            sender.start(time.monotonic_ns())
            await reading
            sender.stop()
            while self._waiting:
                self._waiting.popleft().end()
            self._all_ended.clear()
            if self._busy:
                await self._all_ended.wait()
            saying.cancel()  # connections that are being opened are the group's, and waited for
        for connection in self._free:
            connection.transport.abort()
        self._tell()

    # ---- loadtest.engine.sender.Callee

    def call(self, request: bytes, *, to_head_request: bool, done: Done) -> NumberedCall:
        return NumberedCall(self, request, done)

    # ---- what calls and connections say

    def send(self, call: NumberedCall) -> None:
        while self._free:
            if not (connection := self._free.pop()).has_ended():
                self._send(call, connection)
                return
        self._open_one()
        if self._rate:
            self._told.withheld += 1
            call.end()
        else:
            self._waiting.append(call)

    def answered(self, connection: Connection, call: NumberedCall, fault: str | None, *, closing: bool) -> None:
        self._told.answered += 1
        self._told.right += fault is None
        if fault is not None:
            self._note(fault, call.sent_s)
        if closing:
            connection.transport.close()
        else:
            self._free.append(connection)
        self._end(call)

    def lost(self, call: NumberedCall, fault: str) -> None:
        self._told.unknown += fault != "cut"  # a part of an answer shows that the request had arrived
        self._note(fault, call.sent_s)
        self._end(call)

    def lost_idle(self, connection: Connection) -> None:
        if connection in self._free:
            self._free.remove(connection)

    # ---- inside

    def _send(self, call: NumberedCall, connection: Connection) -> None:
        self._told.sent += 1
        self._busy.add(call)
        connection.send(call)

    def _end(self, call: NumberedCall) -> None:
        self._busy.discard(call)
        call.end()
        if not self._busy:
            self._all_ended.set()

    def _open_one(self) -> None:
        most = MAX_CONNECTIONS if self._rate else CONNECTIONS
        if len(self._busy) + self._connecting < most and time.monotonic() >= self._not_before_s:
            self._connecting += 1
            self._group.create_task(self._connect())

    async def _connect(self) -> None:
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(CONNECT_S):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self), "127.0.0.1", self._port
                )
        except OSError as error:
            self._not_before_s = time.monotonic() + RETRY_S
            self._note("refused" if isinstance(error, ConnectionRefusedError) else "unconnected", began_s)
        else:
            if self._waiting:
                self._send(self._waiting.popleft(), connection)
            else:
                self._free.append(connection)
        finally:
            self._connecting -= 1

    def _note(self, kind: str, began_s: float) -> None:
        if len(self._told.troubles) < MAX_TROUBLES:
            self._told.troubles.append(Trouble(kind, began_s, time.monotonic()))
        else:
            self._told.untold += 1

    async def _say(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            for call in [each for each in self._busy if time.monotonic() - each.sent_s > PATIENCE_S]:
                call.give_up()
            for _ in self._waiting:  # a connection that could not be opened is tried for again
                self._open_one()
            self._tell()

    def _tell(self) -> None:
        self._told.under_way = len(self._busy)
        print(json.dumps(asdict(self._told)), flush=True)
        self._told.troubles.clear()


def told(line: str) -> ClientTally:
    """A line that the clients said."""
    found = ClientTally(**json.loads(line))
    found.troubles = [Trouble(**each) for each in cast("list[dict[str, float]]", found.troubles)]  # type: ignore[arg-type]
    return found


if __name__ == "__main__":
    uvloop.run(Clients(int(sys.argv[1]), float(sys.argv[2])).run())
