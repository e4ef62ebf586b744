"""The link to one client, whatever is asked on it: flow control in both directions, for how long the client may be
waited for, and how it ends. Reading requests and writing answers is server.py's, which alone builds on this.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import cast

from http1.body import BodyReader
from http1.receiver import RequestReceiver
from http1.server_states import ANSWERED, CLOSING, FRESH, IDLE, LINGERING, Event
from http1.settings import ServerLimits
from http1.sockets import reset_when_closed
from http1.sweep import NEVER, Sweep

_LINGER_S = 2.0
_HIGH_WATER = 262_144  # bytes of an answer waiting for a client before its source is paused


class ServerLink(asyncio.Protocol, ABC):
    """A base class, not a part of the connection: each request comes through here several times, and a part would cost
    it a look-up each time."""

    __slots__ = (
        "_body", "_limits", "_reading_paused", "_receiver", "_state", "_sweep", "_writing_paused",
        "deadline", "peer", "tls", "transport",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(self, limits: ServerLimits, sweep: Sweep, *, tls: bool) -> None:
        self._limits = limits
        self._sweep = sweep
        self.tls = tls
        self.peer = b"unix"
        self.deadline = NEVER
        self._state = FRESH
        self._receiver: RequestReceiver | None = None
        self._body: BodyReader | None = None  # while a request body is being read: reading, early, rest
        self._reading_paused = False
        self._writing_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=_HIGH_WATER)
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.peer = str(peer[0]).encode()
        self.deadline = self._sweep.after(self._limits.head_timeout_s)
        self._sweep.watch(self)

    # ---- what whoever reads the requests does (http1/server.py)

    @abstractmethod
    def _await_next(self) -> None:
        """The present answer is complete: read the next request when the client is ready for it, or close."""

    @abstractmethod
    def _waited_in_vain(self) -> None:
        """The client owes us a head, or more of a body, and its time is over."""

    # ---- flow control, of requests and of answers

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
        elif self._body is not None:  # its rest is read and dropped
            self._await_body()

    # ---- for how long the client may be waited for (http1/sweep.py)

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
        else:
            self._waited_in_vain()

    # ---- how it ends (http1/server_states.py)

    def _end(self, event: Event) -> None:
        """Danger: what was not read of a body is never read as a head: from here on nothing is."""
        self._state = self._state[event]
        self._body = None

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

    def connection_lost(self, exc: Exception | None) -> None:
        self._sweep.unwatch(self)
        self._end("lost")
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.client_gone()

    def eof_received(self) -> bool:
        return False  # a client that closed its side is gone (as nginx and Envoy have it)
