"""Listening: sockets bound once, inherited by workers; TLS; accepting that can pause.

asyncio's own server cannot stop accepting for a while, so the accepting is done here: that is all this file adds.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import math
import os
import socket
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

import structlog

from ground.tasks import Tasks
from http1.address import Address

log = structlog.get_logger()

_BACKLOG = 4096
_ACCEPTS_A_TURN = 64
_MAX_ADOPTING = 256  # accepted and not connections yet: with TLS, a client decides how long its handshake takes
_RETRY_S = 0.1
_SAID_EVERY_S = 60.0
_ADOPTING = "connection.adopt"
_ADOPTION_S = 1.0
_HANDSHAKE_S = 10.0


def bind(address: Address) -> socket.socket:
    """A listening socket. Raises OSError where the address is taken or not ours."""
    if address.path:
        return _bind_unix(address.path)
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((address.host, address.port))
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _bind_unix(path: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_dead_socket(path)
        listening.bind(path)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _remove_dead_socket(path: str) -> None:
    """A socket file that nobody listens on is in the way of the next start; a living one is not ours to remove."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(Path(path).stat().st_mode):
            return
        probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.closing(probe):
            try:
                probe.connect(path)
            except ConnectionRefusedError:
                Path(path).unlink()


def server_tls(certificate: str, key: str | None, client_ca: str | None = None) -> ssl.SSLContext:
    """TLS for a listening side. With `client_ca`, clients must show a certificate that it signed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=client_ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key)
    if client_ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def shut(listening: socket.socket) -> None:
    """Refuse who connects from now on, whichever processes hold this socket. Of a TCP socket, Linux resets what waits
    in the queue; that of a Unix socket can still be accepted.
    """
    with contextlib.suppress(OSError):  # another holder was first
        listening.shutdown(socket.SHUT_RD)


class Acceptor:
    """Takes connections from one listening socket. Several processes may do so from the same one."""

    def __init__(
        self,
        listening: socket.socket,
        factory: Callable[[], asyncio.Protocol],
        tls: ssl.SSLContext | None = None,
        room: Callable[[], int] = lambda: _MAX_ADOPTING,
    ) -> None:
        """`room`: how many connections there may be besides those that the factory has made."""
        self._listening = listening
        self._factory = factory
        self._tls = tls
        self._room = room
        self._tasks = Tasks()
        self._accepting = False
        self._adopting = 0
        self._retry: asyncio.TimerHandle | None = None
        self._failures = 0  # to accept, since the log's last line of it
        self._said_at = -math.inf

    def resume(self) -> None:
        if not self._accepting:
            self._accepting = True
            asyncio.get_running_loop().add_reader(self._listening.fileno(), self._accept)

    def pause(self) -> None:
        """Connections wait in the kernel's queue, or go to another worker."""
        if self._retry is not None:
            self._retry.cancel()
        if self._accepting:
            self._accepting = False
            asyncio.get_running_loop().remove_reader(self._listening.fileno())

    async def stop(self) -> None:
        """For good, and for all who accept here: who connects from now on is refused.

        What waits in the kernel's queue, and what was accepted, becomes a connection still: its client may have sent a
        request already. What waits beyond the room that is left here is reset.
        """
        room = min(_MAX_ADOPTING, self._room()) - self._adopting
        self.pause()
        self._take(room)
        shut(self._listening)
        self._take(room)
        await self._tasks.wait_for(_ADOPTING, _ADOPTION_S)
        await self._tasks.stop()

    def _accept(self) -> None:
        for _ in range(_ACCEPTS_A_TURN):
            if not self._accepting:
                return
            if self._adopting >= min(_MAX_ADOPTING, self._room()):
                self._pause_a_little()
                return
            try:
                accepted, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._not_accepted(error)
                return
            self._take_over(accepted)

    def _not_accepted(self, error: OSError) -> None:
        if error.errno == errno.EINVAL:  # another holder shut the socket
            self.pause()
            return
        # Out of descriptors or memory: the queue stays readable, so try again a little later, not at once.
        self._pause_a_little()
        self._failures += 1
        now = asyncio.get_running_loop().time()
        if now - self._said_at >= _SAID_EVERY_S:
            log.error("accepting.failed", error=os.strerror(error.errno or 0), times=self._failures)
            self._said_at, self._failures = now, 0

    def _take(self, most: int) -> None:
        """At most so many of those that wait, whatever the turn."""
        with contextlib.suppress(OSError):
            for _ in range(most):
                self._take_over(self._listening.accept()[0])

    def _take_over(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        if accepted.family != socket.AF_UNIX:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._adopting += 1
        self._tasks.start(_ADOPTING, self._adopt(accepted))

    def _pause_a_little(self) -> None:
        self.pause()
        self._retry = asyncio.get_running_loop().call_later(_RETRY_S, self.resume)

    async def _adopt(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                self._factory, accepted, ssl=self._tls, ssl_handshake_timeout=_HANDSHAKE_S if self._tls else None
            )
        except (OSError, ssl.SSLError) as error:
            log.info("connection.not_adopted", error=type(error).__name__)
            accepted.close()
        finally:
            self._adopting -= 1
