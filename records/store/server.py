"""What a client is, one server as a client, and the translation of redis-py's exceptions.

A client sends one command at a time over a connection of its own and never sends one again by itself: whether to do
that is for whoever gets StoreAway. It packs with hiredis and goes past redis-py's command layer, which costs several
times the command. Replies are raw: bytes, integers, lists.
"""

import asyncio
import contextlib
import re
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
        """`call` with redis-py's exceptions. `asking`: what a cluster's node demands while a slot moves."""
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


# Those whose code redis-py has taken off the text.
_BY_KIND: tuple[tuple[type[Exception], type[errors.StoreError]], ...] = (
    (theirs.AuthenticationError, errors.StoreDenied),  # before ConnectionError, which it is one of
    (theirs.NoPermissionError, errors.StoreDenied),
    (theirs.OutOfMemoryError, errors.StoreFull),
    (theirs.NoScriptError, ScriptMissing),
    (theirs.ConnectionError, errors.StoreAway),  # LOADING among them
    (theirs.TimeoutError, errors.StoreAway),
    (theirs.ClusterDownError, errors.StoreAway),  # and MASTERDOWN
    (theirs.TryAgainError, errors.StoreAway),
    (theirs.ReadOnlyError, errors.StoreAway),  # a replica after a failover, until the address follows
    (OSError, errors.StoreAway),
)

# The others by the code their text begins with. Redis 6.2 answers all that goes wrong within a script with a text of
# its own, in which the code follows a colon: "... @user_script: 42: -READONLY You can't write ...".
_CODE = re.compile(r"(?:^|: -?)([A-Z]{3,}) ")
_BY_CODE: dict[str, type[errors.StoreError]] = {
    "STALETOKEN": errors.StaleToken,
    "NOTJOINED": errors.NotJoined,
    "NOTPENDING": NotPending,
    "WRITERCLOSED": errors.WriterClosed,
    "OOM": errors.StoreFull,
    "MISCONF": errors.StoreFull,  # the disk is full, or can't be written to: Redis refuses to write
    "NOAUTH": errors.StoreDenied,
    "NOPERM": errors.StoreDenied,
    "DENIED": errors.StoreDenied,  # protected mode, from another host
    "BUSY": errors.StoreAway,  # in somebody's endless script
    "CLUSTERDOWN": errors.StoreAway,
    "LOADING": errors.StoreAway,
    "MASTERDOWN": errors.StoreAway,
    "NOREPLICAS": errors.StoreAway,  # fewer than min-replicas-to-write
    "READONLY": errors.StoreAway,
    "TRYAGAIN": errors.StoreAway,
    "UNBLOCKED": errors.StoreAway,  # became a replica while we waited
}

# What a script was refused for lack of rights, without a code on Redis 6.2.
_NO_RIGHT = ("no permissions", "can't run this command", "can't access at least one of the keys")


def translated(error: Exception) -> errors.StoreError:
    """redis-py's exception as ours."""
    text = str(error)
    # What went wrong in a handshake, a wrong password say, comes wrapped as a ConnectionError.
    reason = error.__cause__ if isinstance(error.__cause__, theirs.RedisError) else error
    for kind, ours in _BY_KIND:
        if isinstance(reason, kind):
            return ours(text)
    if isinstance(reason, theirs.AskError):  # a cluster's node, asked as if it were alone; a MovedError is one too
        return errors.StoreDenied(f"a node of a Redis Cluster answers ({text}): redis.cluster = true is right")
    for code in _CODE.findall(text):
        if code in _BY_CODE:
            return _BY_CODE[code](text)
    return errors.StoreDenied(text) if any(part in text for part in _NO_RIGHT) else errors.StoreError(text)
