"""The side a client talks to: reads requests one after the other, hands each to a receiver, writes what it answers.

    bytes → head → receiver = service.begin(connection, head) → request_body… → request_end
    receiver → write… → answer_end → the next request (pipelined ones wait here, in order)

Deciding what to answer is the receiver's business (proxy/live). This file owns reading order, refusals, limits,
deadlines, keep-alive and flow control towards the client. Where a connection stands is server_states.py's table.
"""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from http1.body import BodyReader
from http1.errors import BadRequest
from http1.head import HEAD_END, RequestHead, request_head, take_head
from http1.receiver import RequestReceiver
from http1.refusals import of_unfinished_head, refusal
from http1.request_body import body_of, is_worth_reading
from http1.server_states import ANSWERED, ANSWERING, CLOSING, FRESH, IDLE, LINGERING, READING, TUNNEL, Event
from http1.settings import ServerLimits
from http1.sockets import reset_when_closed
from http1.sweep import NEVER, Sweep

_LINGER_S = 2.0
_LAST_REQUEST_S = 1.0  # from the order to drain to a first request, where there was none
_HIGH_WATER = 262_144  # bytes of an answer waiting for a client before its source is paused


class Service(Protocol):
    """What stands behind the listening socket."""

    def begin(self, connection: ServerConnection, head: RequestHead) -> RequestReceiver | None:
        """Take a request. None: it was answered already (`refuse` or a whole answer)."""

    def refused(self, status: int, reason: str) -> None:
        """A request was refused before it could begin."""

    def opened(self, connection: ServerConnection) -> None: ...
    def closed(self, connection: ServerConnection) -> None: ...


class ServerConnection(asyncio.Protocol):
    """One client's connection."""

    __slots__ = (
        "_body", "_buffer", "_head", "_keep_alive", "_limits", "_reading_paused", "_receiver", "_service", "_state",
        "_sweep", "_writing_paused", "deadline", "draining", "peer", "tls", "transport",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, service: Service, limits: ServerLimits, sweep: Sweep, *, tls: bool = False) -> None:
        self._service = service
        self._limits = limits
        self._sweep = sweep
        self.tls = tls
        self.peer = b"unix"
        self.deadline = NEVER
        self.draining = False
        self._state = FRESH
        self._receiver: RequestReceiver | None = None
        self._head: RequestHead | None = None  # of the request that was begun last
        self._keep_alive = True  # after its answer
        self._body: BodyReader | None = None  # while a request body is being read: reading, early, rest
        self._buffer = bytearray()  # an unfinished head, or pipelined bytes
        self._reading_paused = False
        self._writing_paused = False

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

    def pause_request(self) -> None:
        if not self._reading_paused and not self.transport.is_closing():
            self._reading_paused = True
            self.transport.pause_reading()
            self._patience(None)  # it is not the client that is slow

    def resume_request(self) -> None:
        if self._reading_paused and not self.transport.is_closing():
            self._reading_paused = False
            self.transport.resume_reading()
            if self._body is not None:
                self._await_body()

    def abort(self) -> None:
        """Cut the connection: the client must not take what it has for a complete answer."""
        self._receiver = None
        self._end("lost")
        self.deadline = NEVER
        # Danger: an HTTP/1.0 client takes a plain close for the end of an answer without length, so this is a reset.
        reset_when_closed(self.transport.get_extra_info("socket"))
        self.transport.abort()

    def cut(self) -> None:
        """Reset the connection from outside: the receiver is told."""
        receiver = self._receiver
        self.abort()
        if receiver is not None:
            receiver.client_gone()

    def close(self) -> None:
        """Close when what is written has gone out."""
        self._patience(self._limits.write_stall_timeout_s)
        self._end("close")
        self._sweep.outbox.push(self.transport)
        self.transport.close()

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
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=_HIGH_WATER)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.peer = str(peer[0]).encode()
        self.deadline = self._sweep.after(self._limits.head_timeout_s)
        self._sweep.watch(self)
        self._service.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._sweep.unwatch(self)
        self._end("lost")
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.client_gone()
        self._service.closed(self)

    def eof_received(self) -> bool:
        return False  # a client that closed its side is gone (as nginx and Envoy have it)

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

    def pause_writing(self) -> None:
        self._writing_paused = True
        self.deadline = self._sweep.after(self._limits.write_stall_timeout_s)
        if self._receiver is not None:
            self._receiver.client_writable(False)
        elif self._state is IDLE:
            # Subtle: written at the end of the turn in which it ended. The next answer would not be paused any more.
            self._state = self._state["unread"]

    def resume_writing(self) -> None:
        self._writing_paused = False
        if self._state is LINGERING:
            self.deadline = self._sweep.after(_LINGER_S)
        elif self._receiver is not None:
            self.deadline = NEVER
            if self._body is not None:
                self._await_body()
            self._receiver.client_writable(True)
        elif self._state is ANSWERED:
            self._await_next()

    # ---- deadlines (http1/sweep.py)

    def _patience(self, seconds: float | None) -> None:
        """How long the client may take from now. While it owes us the reading of an answer, or the connection is
        closing, that alone is waited for."""
        if not (self._writing_paused or self._state.ends):
            self.deadline = NEVER if seconds is None else self._sweep.after(seconds)

    def _await_body(self) -> None:
        if not self._reading_paused:
            self._patience(self._limits.body_idle_timeout_s)

    def deadline_passed(self) -> None:
        if self._writing_paused or self._state is CLOSING:
            self.cut()
        elif self._state is LINGERING:
            self._end_lingering()
        elif self._body is not None:
            self._fail_request(BadRequest(408, "body_timeout", "the request body stood still for too long"))
        elif self._awaits_head():
            if self._buffer and not self.draining:
                self._refuse(BadRequest(408, "head_timeout", "the request head took too long"))
            else:
                self.close()

    # ---- where it stands (http1/server_states.py)

    def _awaits_head(self) -> bool:
        return self._state is IDLE or self._state is FRESH

    def _end(self, event: Event) -> None:
        """Danger: what was not read of a body is never read as a head: from here on nothing is."""
        self._state = self._state[event]
        self._body = None

    # ---- reading

    def _rest_is_short(self) -> bool:
        return self._body is None or is_worth_reading(self._body)

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

    def _linger(self) -> None:
        """Close our side and read on for a moment. Danger: a client that is still sending would lose the answer to a
        reset (RFC 9112 §9.6)."""
        self.resume_request()
        self._patience(_LINGER_S)
        self._end("linger")
        self._sweep.outbox.push(self.transport)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _end_lingering(self) -> None:
        if self.transport.get_write_buffer_size():
            self._writing_paused = True  # slow to read what was answered: it gets as long as any other
            self.deadline = self._sweep.after(self._limits.write_stall_timeout_s)
        else:
            self.transport.abort()
