"""A scripted endpoint for tests: a real server on a real socket that does to a connection what a test tells it to.

It reads whole requests (by length or chunked) as plainly as can be, so that what it saw is the bytes that were sent.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Seen:
    """One request as it arrived."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Its value; a header that came twice fails the test."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None


Behaviour = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> Behaviour:
    """Answer with this body, by length, and keep the connection."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))

    async def behave(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + b"\r\n" + body)

    return behave


def raw(data: bytes, *, close: bool = True) -> Behaviour:
    """Send these bytes, and close or leave the connection as it is."""

    async def behave(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        if close:
            await writer.drain()
            writer.close()

    return behave


def after(released: asyncio.Event, behaviour: Behaviour) -> Behaviour:
    """Behave so once it is released; until then nothing comes."""

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        await released.wait()
        await behaviour(seen, writer)

    return behave


def once(behaviour: Behaviour) -> Behaviour:
    """Behave so for the first request of each connection, and close it when a second one comes."""
    first: dict[asyncio.StreamWriter, Seen] = {}

    async def behave(seen: Seen, writer: asyncio.StreamWriter) -> None:
        before = first.setdefault(writer, seen)
        await (behaviour if before is seen else raw(b""))(seen, writer)

    return behave


def reset(before: bytes = b"") -> Behaviour:
    """Send these bytes, and reset the connection."""

    async def behave(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        await writer.drain()
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return behave


async def hang(_: Seen, __: asyncio.StreamWriter) -> None:
    """Never answer; the other side has to give up."""


@dataclass
class Endpoint:
    """`behaviour` may be changed while it runs. Use as `async with Endpoint(answer(b"...")) as endpoint`."""

    behaviour: Behaviour
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    path: str = ""  # of a Unix socket, instead of the port
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._writers: set[asyncio.StreamWriter] = set()
        self._arrived = asyncio.Condition()
        if self.path:
            self._server = await asyncio.start_unix_server(self._serve, self.path)
        else:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
            self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop listening and cut all connections: a dead endpoint."""
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def wait_for(self, count: int) -> None:
        """Until `count` requests have been seen."""
        async with asyncio.timeout(20), self._arrived:
            await self._arrived.wait_for(lambda: len(self.seen) >= count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while (request := await _read(reader)) is not None:
                self.seen.append(request)
                async with self._arrived:
                    self._arrived.notify_all()
                await self.behaviour(request, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Seen | None:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *fields = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (each.partition(":") for each in fields)]
    seen = Seen(line, headers, b"")
    if (length := seen.header("Content-Length")) is not None:
        seen.body = await reader.readexactly(int(length))
    elif seen.header("Transfer-Encoding") == "chunked":
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            seen.body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    return seen
