"""What a client is, one server as a client, and the translation of redis-py's exceptions.

A client sends one command at a time over a connection of its own and never sends one again by itself: whether to do
that is for whoever gets StoreAway. It packs with hiredis and goes past redis-py's command layer, which costs several
times the command. Replies are raw: bytes, integers, lists.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Protocol

import hiredis
import redis.exceptions as theirs
from redis.asyncio.connection import AbstractConnection

from records import errors

Argument = str | bytes | int


class ScriptMissing(errors.StoreError):
    """The server does not have the script of this digest: send its text."""


class NotPending(errors.StoreError):
    """None of the entries to acknowledge was pending any more. What that means is for group.py, where it ends."""


class Client(Protocol):
    async def call(self, key: str, *command: Argument, timeout_s: float | None = None) -> Any:
        """Send a command to whoever has `key`; all of its keys are there. Raises StoreError."""

    async def everywhere(self, *command: Argument) -> list[Any]:
        """Send a command to every server that has keys. Raises StoreError."""

    async def close(self) -> None: ...


class Server:
    """One server. Has as many connections as there are calls at once, and keeps them."""

    def __init__(self, connect: Callable[[], AbstractConnection], timeout_s: float) -> None:
        self._connect = connect
        self._timeout_s = timeout_s
        self._idle: list[AbstractConnection] = []
        self._closed = False

    async def call(self, key: str, *command: Argument, timeout_s: float | None = None) -> Any:
        del key  # one server has them all
        try:
            return await self.send(*command, timeout_s=timeout_s)
        except (theirs.RedisError, OSError) as error:
            raise translated(error) from error

    async def everywhere(self, *command: Argument) -> list[Any]:
        return [await self.call("", *command)]

    async def send(self, *command: Argument, asking: bool = False, timeout_s: float | None = None) -> Any:
        """The same with redis-py's exceptions. `asking`: what a cluster's node demands while a slot moves."""
        connection = self._idle.pop() if self._idle else self._connect()
        limit_s = timeout_s or self._timeout_s
        try:
            async with asyncio.timeout(limit_s):
                # What the server closed while it lay idle is opened anew, instead of losing this command to it.
                if connection.is_connected and await connection.can_read():
                    await connection.disconnect(nowait=True)
                if asking:
                    await _exchange(connection, ("ASKING",))
                return await _exchange(connection, command)
        except TimeoutError as error:
            raise theirs.TimeoutError(f"no answer within {limit_s:g} s") from error
        finally:
            # Subtle: on anything but an error reply redis-py disconnects, so no late answer meets the next command.
            self._idle.append(connection)
            if self._closed:
                await self.close()

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            with contextlib.suppress(theirs.RedisError):  # what does not close in time is left to the system
                await self._idle.pop().disconnect()


async def _exchange(connection: AbstractConnection, command: tuple[Argument, ...]) -> Any:
    try:
        await connection.send_packed_command(hiredis.pack_command(command), check_health=False)
    except RuntimeError as error:
        # uvloop's word for a connection that closed a moment ago, where asyncio raises an OSError. redis-py has
        # disconnected by then, as on any exception.
        raise theirs.ConnectionError(str(error)) from error
    return await connection.read_response()


_BY_KIND: tuple[tuple[type[Exception], type[errors.StoreError]], ...] = (
    (theirs.AuthenticationError, errors.StoreDenied),  # before ConnectionError, which it is one of
    (theirs.NoPermissionError, errors.StoreDenied),
    (theirs.OutOfMemoryError, errors.StoreFull),
    (theirs.NoScriptError, ScriptMissing),
    (theirs.ConnectionError, errors.StoreAway),
    (theirs.TimeoutError, errors.StoreAway),
    (theirs.ClusterDownError, errors.StoreAway),
    (theirs.TryAgainError, errors.StoreAway),
    (theirs.ReadOnlyError, errors.StoreAway),  # a replica after a failover, until the address follows
    (OSError, errors.StoreAway),
)

# Parts of the text: what a script answers has no class, and Redis 6.2 wraps what a script's command was answered.
_BY_TEXT: tuple[tuple[str, type[errors.StoreError]], ...] = (
    ("STALETOKEN ", errors.StaleToken),
    ("NOTJOINED ", errors.NotJoined),
    ("NOTPENDING ", NotPending),
    ("WRITERCLOSED ", errors.WriterClosed),
    ("OOM command not allowed", errors.StoreFull),
    ("MISCONF ", errors.StoreFull),  # the disk is full: Redis refuses to write
    ("NOPERM ", errors.StoreDenied),
    ("no permissions", errors.StoreDenied),
    ("can't run this command", errors.StoreDenied),
)


def translated(error: Exception) -> errors.StoreError:
    """redis-py's exception as ours."""
    text = str(error)
    # What went wrong in a handshake, a wrong password say, comes wrapped as a ConnectionError.
    reason = error.__cause__ if isinstance(error.__cause__, theirs.RedisError) else error
    for kind, ours in _BY_KIND:
        if isinstance(reason, kind):
            return ours(text)
    for part, ours in _BY_TEXT:
        if part in text:
            return ours(text)
    return errors.StoreError(text)
