"""The side a client talks to: reads requests one after the other, hands each to a receiver, writes what it answers.

    bytes → head → receiver = service.begin(connection, head) → request_body… → request_end
    receiver → write… → answer_end → the next request (pipelined ones wait here, in order)

Deciding what to answer is the receiver's business (proxy/live). This file owns the order of reading and answering,
refusals and keep-alive. Where a connection stands is server_states.py's table; flow control, how long a client may
take and how its connection ends is server_link.py's.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from http1.body import BodyReader
from http1.errors import BadRequest
from http1.head import HEAD_END, RequestHead, request_head, take_head
from http1.receiver import RequestReceiver
from http1.refusals import of_unfinished_head, refusal
from http1.request_body import body_of, is_worth_reading
from http1.server_link import ServerLink
from http1.server_states import ANSWERED, ANSWERING, FRESH, IDLE, READING, TUNNEL
from http1.settings import ServerLimits
from http1.sweep import NEVER, Sweep

_LAST_REQUEST_S = 1.0  # from the order to drain to a first request, where there was none


class Service(Protocol):
    """What stands behind the listening socket."""

    def begin(self, connection: ServerConnection, head: RequestHead) -> RequestReceiver | None:
        """Take a request. None: it was answered already (`refuse` or a whole answer)."""

    def refused(self, status: int, reason: str) -> None:
        """A request was refused before it could begin."""

    def opened(self, connection: ServerConnection) -> None: ...
    def closed(self, connection: ServerConnection) -> None: ...


class ServerConnection(ServerLink):
    """One client's connection."""

    __slots__ = ("_buffer", "_head", "_keep_alive", "_service", "draining")

    def __init__(self, service: Service, limits: ServerLimits, sweep: Sweep, *, tls: bool = False) -> None:
        super().__init__(limits, sweep, tls=tls)
        self._service = service
        self.draining = False
        self._head: RequestHead | None = None  # of the request that was begun last
        self._keep_alive = True  # after its answer
        self._buffer = bytearray()  # an unfinished head, or pipelined bytes

    # ---- what the receiver calls

    def settle_keep_alive(self) -> bool:
        """Whether this connection will outlive the present answer: for its Connection header, which is then kept to."""
        self._keep_alive = self._keep_alive and not self.draining and self._rest_is_short()
        return self._keep_alive

    def write_interim(self, data: bytes) -> None:
        """A 1xx: the answer itself has not begun."""
        self._sweep.outbox.write(self.transport, data)

    def write(self, data: bytes) -> None:
        if self._state is READING:
            self._state = READING["answer_begin"]
        self._sweep.outbox.write(self.transport, data)

    def answer_end(self, *, keep: bool = True) -> None:
        """The answer is complete: read the next request, or close."""
        self._receiver = None
        self._state = self._state["answer_end"]
        self._keep_alive = keep and self.settle_keep_alive()
        if self._state is ANSWERED:
            self._await_next()
        elif self._keep_alive:
            self.resume_request()  # answered early: what little is left of the request is read and dropped
        else:
            self._linger()

    def refuse(self, status: int, reason: str, detail: str, *, close: bool = True) -> None:
        """Answer with an error of our own: a small JSON body and a reason header."""
        closes = close or not self.settle_keep_alive()
        head, body = refusal(status, reason, detail, closes=closes)
        # Danger: a body behind the head of an answer to HEAD would be read as the beginning of the next answer. (While
        # a head is awaited, it is that one which is refused, not the one before it.)
        bodyless = self._head is not None and self._head.method == b"HEAD" and not self._awaits_head()
        self.write(head if bodyless else head + body)
        if close:
            self._receiver = None
            self._linger()
        else:
            self.answer_end()

    def start_tunnel(self) -> None:
        """After a 101: everything that comes is the receiver's, uninterpreted."""
        self._state = self._state["switch"]
        self.deadline = NEVER
        if self._buffer:
            data, self._buffer = bytes(self._buffer), bytearray()
            if self._receiver is not None:
                self._receiver.request_body(data)

    def drain(self) -> None:
        """Finish the present answer, if there is one, and close. A client that has begun to ask, or that connected and
        has asked nothing yet, gets a moment for it: its request may be on the way.
        """
        self.draining = True
        if self._state is IDLE and not self._buffer:
            self.close()
        elif self._awaits_head():
            self._patience(_LAST_REQUEST_S)

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._service.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._service.closed(self)

    def data_received(self, data: bytes) -> None:
        state = self._state
        if state is IDLE or state is FRESH:
            end = -1 if self._buffer or data[:1] == b"\r" else data.find(HEAD_END)
            if end >= 0:
                self._begin(data[: end + 4], data[end + 4 :])
            else:
                self._read_piece_of_head(data)
        elif self._body is not None:
            self._read_body(self._body, data)
        elif state is ANSWERING or state is ANSWERED:
            # Danger: not looked at before the answer is complete, or answers would change places.
            self._buffer += data
            if len(self._buffer) > self._limits.max_head_bytes:
                self.pause_request()
        elif state is TUNNEL and self._receiver is not None:
            self._receiver.request_body(data)

    # ---- http1.server_link.ServerLink

    def _await_next(self) -> None:
        """Subtle: until the present answer has gone out but for a little, and the requests behind it have had their
        turn, this connection stays `answered`, so that what comes meanwhile waits in the buffer."""
        if self.draining or not self._keep_alive:
            self.close()
            return
        if self._writing_paused:
            return  # a client that reads no answers is asked for no requests
        self.resume_request()
        if self._buffer:
            # Not called directly, or a buffer full of requests refused at once would recurse.
            asyncio.get_running_loop().call_soon(self._next_request)
        else:
            self._state = self._state["next"]
            self._patience(self._limits.keep_alive_s)

    def _waited_in_vain(self) -> None:
        if self._body is not None:
            self._fail_request(BadRequest(408, "body_timeout", "the request body stood still for too long"))
        elif self._awaits_head():
            if self._buffer and not self.draining:
                self._refuse(BadRequest(408, "head_timeout", "the request head took too long"))
            else:
                self.close()

    # ---- reading requests

    def _awaits_head(self) -> bool:
        return self._state is IDLE or self._state is FRESH

    def _rest_is_short(self) -> bool:
        return self._body is None or is_worth_reading(self._body)

    def _next_request(self) -> None:
        if self._state is not ANSWERED or self._writing_paused:
            return  # cut meanwhile; or the answers before this request are not read: resume_writing comes back to it
        if self.draining:
            self.close()
        else:
            self._state = self._state["next"]
            self._patience(self._limits.head_timeout_s)
            self._read_head(0)

    def _read_piece_of_head(self, data: bytes) -> None:
        if not self._buffer:
            self.deadline = self._sweep.after(self._limits.head_timeout_s)
        seen = max(0, len(self._buffer) - 3)
        self._buffer += data
        self._read_head(seen)

    def _read_head(self, seen: int) -> None:
        found = take_head(self._buffer, seen)
        if found is not None:
            self._begin(*found)
        elif (hopeless := of_unfinished_head(self._buffer, self._limits)) is not None:
            self._refuse(hopeless)

    def _begin(self, raw: bytes, rest: bytes) -> None:
        try:
            head = request_head(raw, self._limits)
        except BadRequest as refusal:
            self._refuse(refusal)
            return
        self._head = head
        self._keep_alive = head.keep_alive
        self.deadline = NEVER
        length = head.content_length or 0
        if head.chunked or length > len(rest):
            self._begin_with_body(head, rest)
            return
        self._state = self._state["request"]
        # Subtle: what is behind this request waits in the buffer, since an answer given inside begin() looks there.
        if len(rest) > length:
            self._buffer += rest[length:]
            rest = rest[:length]
        receiver = self._receiver = self._service.begin(self, head)
        if rest and receiver is not None:
            receiver.request_body(rest)
        if receiver is not None and self._receiver is receiver:
            receiver.request_end()

    def _begin_with_body(self, head: RequestHead, rest: bytes) -> None:
        """The body is not all here."""
        self._body = body_of(head, self._limits)
        self._state = self._state["head"]
        self._await_body()
        self._receiver = self._service.begin(self, head)
        if rest and self._body is not None:
            self._read_body(self._body, rest)

    def _read_body(self, body: BodyReader, data: bytes) -> None:
        try:
            payload, rest = body.feed(data)
        except BadRequest as refusal:
            self._fail_request(refusal)
            return
        if rest is None:
            self._await_body()
        receiver = self._receiver
        if payload and receiver is not None:
            receiver.request_body(payload)
        if rest is not None and self._body is body:
            self._end_body(rest)

    def _end_body(self, rest: bytes) -> None:
        self._body = None
        self._state = self._state["request_end"]
        self._patience(None)
        self._buffer += rest
        if self._receiver is not None:
            self._receiver.request_end()
        elif self._state is ANSWERED:
            self._await_next()

    def _fail_request(self, refusal: BadRequest) -> None:
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.client_gone()
        if self._state is READING:
            self._refuse(refusal)
        else:
            self.abort()  # Danger: a second head inside an answer would be read as a part of its body

    def _refuse(self, refusal: BadRequest) -> None:
        self._service.refused(refusal.status, refusal.reason)
        self._buffer.clear()
        self.refuse(refusal.status, refusal.reason, refusal.detail)
