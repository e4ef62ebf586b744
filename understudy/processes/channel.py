"""What a supervisor and its workers say to each other: JSON lines over an inherited socket pair.

Settings with their secrets go this way and no other: not over the command line, the environment or a file. The end
of the channel is a message too: a worker whose supervisor is gone drains and ends.
"""

import asyncio
import socket

import msgspec
from msgspec import Struct

from understudy.settings.model import Role, Settings

MAX_MESSAGE_BYTES = 16_777_216


class Start(Struct, frozen=True, kw_only=True, tag="start"):
    """Everything a worker is and needs. Sockets are the numbers of inherited descriptors."""

    role: Role
    name: str  # unique for each start of a process: the writer's, or the owner's, in the store
    settings: Settings  # `env:` resolved, `redis` given
    listening: int | None
    ops: int


class Reload(Struct, frozen=True, tag="reload"):
    """The file was read again: the same settings but for what can change without a restart."""

    settings: Settings


class Unready(Struct, frozen=True, tag="unready"):
    """Say on /readyz that a stop is near; go on working."""


class Drain(Struct, frozen=True, tag="drain"):
    deadline_s: float


class Started(Struct, frozen=True, tag="started"):
    """From a worker: it works."""


class Beat(Struct, frozen=True, tag="beat"):
    """From a worker: its loop turns. Sent `BEATS` times in each `watchdog_s`."""


BEATS = 5
Message = Start | Reload | Unready | Drain | Started | Beat


class Channel:
    """One end. `receive` returns None at the other's end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> "Channel":
        return cls(*await asyncio.open_connection(sock=end, limit=MAX_MESSAGE_BYTES))

    def send(self, message: Message) -> None:
        """Hand over; what the other end no longer reads is dropped."""
        if not self._writer.is_closing():
            self._writer.write(msgspec.json.encode(message) + b"\n")

    def beat(self) -> None:
        """Not while the other end has yet to read what was said before: it hears nothing now, and that is bounded."""
        if not self._writer.transport.get_write_buffer_size():
            self.send(Beat())

    async def receive(self) -> Message | None:
        try:
            line = await self._reader.readline()
        except ConnectionError:
            return None
        return msgspec.json.decode(line, type=Message) if line.endswith(b"\n") else None

    def close(self) -> None:
        self._writer.close()
