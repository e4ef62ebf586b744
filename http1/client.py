"""One connection to an endpoint: one call at a time, its answer read strictly and handed on as it comes.

    pool → connection.begin(receiver, head) → send… → sent
    bytes → answer_interim… → answer_head → answer_body… → answer_end   or   call_failed(kind, detail)

This file owns framing, deadlines, flow control and whether the connection may be used again. What the bytes mean is
the receiver's business (proxy/live, proxy/mirror).
"""

from __future__ import annotations

import asyncio
import socket
from math import inf
from time import monotonic
from typing import Protocol, cast

from http1.answer import AnswerHead, body_of, next_answer_head
from http1.body import BadFraming, BodyReader
from http1.errors import BadAnswer, FailureKind
from http1.receiver import AnswerReceiver
from http1.settings import ClientSettings
from http1.sockets import Watch, acknowledge_now, left_behind
from http1.sweep import NEVER, Sweep

_MAX_HEAD_BYTES = 65_536
_LARGE_PIECE = 16_384  # bytes: behind so many the kernel acknowledges by itself
_HIGH_WATER = 262_144  # bytes of a request waiting for an endpoint before their source is paused


class Owner(Protocol):
    """Whom a connection belongs to, and what it tells it."""

    def release(self, connection: ClientConnection) -> None: ...
    def discard(self, connection: ClientConnection) -> None: ...
    def expired(self, connection: ClientConnection) -> None: ...
    def lost(self, connection: ClientConnection, *, closed_by_endpoint: bool) -> None: ...


class ClientConnection(asyncio.Protocol):
    """Owned by its pool; lent to one receiver at a time."""

    __slots__ = (
        "_answer", "_body", "_buffer", "_call_deadline", "_closing", "_over_tcp", "_owner", "_reading_paused",
        "_receiver", "_sent", "_settings", "_socket", "_sweep", "_tls", "_to_head_request", "_watch", "deadline",
        "generation", "idle", "idle_since", "idle_was_s", "transport", "tunnel", "usable_s",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(
        self, owner: Owner, settings: ClientSettings, sweep: Sweep, connected: socket.socket, *, tls: bool
    ) -> None:
        self._owner = owner
        self._settings = settings
        self._sweep = sweep
        self._tls = tls
        self._socket = connected  # the loop's; asked what the loop does not tell
        self._over_tcp = connected.family != socket.AF_UNIX
        self.deadline = NEVER
        self._watch = Watch(connected)
        self.idle = False
        self.idle_since = monotonic()
        self.idle_was_s = 0.0  # before the present call
        self.usable_s = inf  # once it is idle, as the last answer announced
        self.tunnel = False  # after 101: raw bytes
        self.generation = 0  # of the endpoint's addresses, when this one was opened
        self._receiver: AnswerReceiver | None = None
        self._answer: AnswerHead | None = None
        self._body: BodyReader | None = None
        self._buffer = b""  # an unfinished answer head
        self._sent = False
        self._to_head_request = False
        self._call_deadline = NEVER
        self._reading_paused = False
        self._closing = False

    # ---- what the receiver calls

    def begin(self, receiver: AnswerReceiver, data: bytes, *, to_head_request: bool) -> None:
        """Start a call: `data` is the request head, with as much of the body as is there."""
        timeout_s = self._settings.timeout_s
        self._receiver = receiver
        self._answer = self._body = None
        self._sent = False
        self._to_head_request = to_head_request
        self._call_deadline = NEVER if timeout_s is None else self._sweep.after(timeout_s)
        self.deadline = self._call_deadline
        self._sweep.outbox.write(self.transport, data)

    def send(self, data: bytes) -> None:
        """More of the request body."""
        self._sweep.outbox.write(self.transport, data)

    def sent(self) -> None:
        """The request is complete: now the answer is due."""
        self._sent = True
        self._sweep.outbox.tell(self)
        if self._answer is None:
            self._arm(self._settings.first_byte_timeout_s)

    def pause_answer(self) -> None:
        if not self._reading_paused and not self.transport.is_closing():
            self._reading_paused = True
            self.transport.pause_reading()
            self.deadline = self._call_deadline  # it is not the endpoint that is slow

    def resume_answer(self) -> None:
        if self._reading_paused and not self.transport.is_closing():
            self._reading_paused = False
            self.transport.resume_reading()
            if not self.tunnel:
                self._arm(self._settings.idle_timeout_s)

    def start_tunnel(self) -> None:
        """After a 101: everything that comes is the receiver's, uninterpreted, for as long as it may take."""
        self.tunnel = True
        self.deadline = self._call_deadline = NEVER

    def abort(self) -> None:
        """Give the call up: the connection is of no further use."""
        self._receiver = None
        self._closing = True
        self.deadline = NEVER
        self.transport.abort()

    # ---- what the pool calls

    def has_news(self) -> bool:
        """Closed by the endpoint, or readable though nothing was asked: by the kernel's word, ahead of the loop."""
        return self._watch.sees_news()

    def close(self) -> None:
        self._closing = True
        self.deadline = NEVER
        if self.tunnel:
            self._sweep.outbox.push(self.transport)
        if self.tunnel or not self.transport.get_write_buffer_size():
            self.transport.close()
        else:
            # The rest of a request that was answered is of use to nobody, and waiting until it is taken has no end.
            self.transport.abort()

    # ---- http1.outbox.OutboxListener

    def written(self) -> None:
        if self._sent and self._answer is None and self._receiver is not None:
            self._receiver.request_written()

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._sweep.watch(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None and self._receiver is not None and not self._tls:
            self._read_left_behind()
            if isinstance(exc, BrokenPipeError):
                exc = None  # Subtle: Linux says so, not ECONNRESET, where the endpoint had closed its side in order
        self._sweep.unwatch(self)
        self._owner.lost(self, closed_by_endpoint=not self._closing and self._answer is None and not self._buffer)
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        if self.tunnel:
            receiver.answer_end()
        elif self._answer is None:
            receiver.call_failed("closed_before_answer", "the endpoint closed the connection before it answered")
        else:
            self._end_of_stream(receiver, exc)

    def eof_received(self) -> bool:
        """Nothing more can be asked on it. Subtle: at once, or what is left of a request would have to be taken first;
        connection_lost then tells the receiver."""
        if not self.tunnel:
            self.transport.abort()
        return False

    def data_received(self, data: bytes) -> None:
        receiver = self._receiver
        if receiver is None:
            if not self._closing:
                self.abort()  # nobody asked: whatever this is must not answer the next call
        elif self._body is not None:
            self._read_body(receiver, self._body, data)
        elif self.tunnel:
            receiver.answer_body(data)
        else:
            self._read_heads(receiver, data)

    def pause_writing(self) -> None:
        if self._answer is None and not self._sent:
            self._arm(self._settings.idle_timeout_s)  # an endpoint that stops reading must not hold us for ever
        if self._receiver is not None:
            self._receiver.endpoint_writable(False)

    def resume_writing(self) -> None:
        if self._answer is None and not self._sent:
            self.deadline = self._call_deadline
        if self._receiver is not None:
            self._receiver.endpoint_writable(True)

    # ---- deadlines (http1/sweep.py)

    def deadline_passed(self) -> None:
        if self.idle:
            self._owner.expired(self)
        elif self._call_deadline <= self._sweep.now:
            self._fail("timeout", f"no complete answer within {self._settings.timeout_s:g} s")
        elif self._answer is None and self._sent:
            self._fail("first_byte_timeout", f"no answer within {self._settings.first_byte_timeout_s:g} s")
        else:
            self._fail("idle_timeout", f"nothing moved for {self._settings.idle_timeout_s:g} s")

    # ---- reading

    def _read_left_behind(self) -> None:
        """Where an endpoint answers before it has read all, and closes, our writing fails: its answer counts."""
        for data in left_behind(self._socket):
            self.data_received(data)

    def _read_heads(self, receiver: AnswerReceiver, data: bytes) -> None:
        """Interim answers, and the answer."""
        if self._buffer:
            data, self._buffer = self._buffer + data, b""
        while data and self._receiver is receiver:
            try:
                found = next_answer_head(data)
            except BadAnswer as error:
                self._fail("protocol", str(error))
                return
            if found is None or found[1] > _MAX_HEAD_BYTES:
                self._keep_unfinished(data)
                return
            head, end = found
            data = data[end:]
            if head.status >= 200 or head.status == 101:
                self._begin_answer(receiver, head, data)
                return
            receiver.answer_interim(head)

    def _keep_unfinished(self, data: bytes) -> None:
        if len(data) > _MAX_HEAD_BYTES:
            self._fail("protocol", f"the answer's head is over {_MAX_HEAD_BYTES} bytes")
        elif not b"HTTP/1.".startswith(data[:7]):
            self._fail("protocol", "the answer is not HTTP/1.1")
        else:
            self._buffer = data
            self._await_more(len(data))

    def _begin_answer(self, receiver: AnswerReceiver, head: AnswerHead, rest: bytes) -> None:
        self._answer = head
        body = body_of(head, to_head_request=self._to_head_request)
        receiver.answer_head(head)
        if self._receiver is not receiver:
            return  # given up meanwhile
        if self.tunnel:
            if rest:
                receiver.answer_body(rest)
        elif body is None:
            self._end(receiver, rest)
        elif len(rest) == head.content_length:
            receiver.answer_body(rest)
            if self._receiver is receiver:
                self._end(receiver, b"")
        else:
            self._body = body
            if rest:
                self._read_body(receiver, body, rest)
            else:
                self._await_more(0)

    def _read_body(self, receiver: AnswerReceiver, body: BodyReader, data: bytes) -> None:
        try:
            payload, rest = body.feed(data)
        except BadFraming as error:
            self._fail("protocol", str(error))
            return
        if payload:
            receiver.answer_body(payload)
        if self._receiver is not receiver:
            return  # given up meanwhile
        if rest is not None:
            self._end(receiver, rest)
        else:
            self._await_more(len(data))

    def _end(self, receiver: AnswerReceiver, surplus: bytes) -> None:
        """The answer is complete. The connection is used again only if nothing about it is in doubt."""
        answer = self._answer
        self._receiver = self._answer = self._body = None
        self.deadline = NEVER
        if self._reading_paused and not self.transport.is_closing():
            self._reading_paused = False
            self.transport.resume_reading()
        if answer is not None and answer.keep_alive and self._sent and not surplus:
            self.idle_since = monotonic()
            self.usable_s = answer.usable_s
            self._owner.release(self)
        else:
            self._owner.discard(self)
        receiver.answer_end()

    def _end_of_stream(self, receiver: AnswerReceiver, error: Exception | None) -> None:
        try:
            if self._body is None or error is not None:
                raise BadFraming("the connection broke inside the answer")
            self._body.end_of_stream()
        except BadFraming as broken:
            receiver.call_failed("closed_midway", str(broken))
        else:
            receiver.answer_end()

    def _await_more(self, size: int) -> None:
        """What was read, `size` bytes, leaves the answer unfinished."""
        if size < _LARGE_PIECE and self._over_tcp:
            acknowledge_now(self._socket)
        if not self._reading_paused:
            self._arm(self._settings.idle_timeout_s)

    def _arm(self, seconds: float) -> None:
        due = self._sweep.after(seconds)
        self.deadline = min(self._call_deadline, due)

    def _fail(self, kind: FailureKind, detail: str) -> None:
        receiver = self._receiver
        self.abort()
        if receiver is not None:
            receiver.call_failed(kind, detail)
