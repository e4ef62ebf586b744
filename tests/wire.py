"""A raw HTTP client for tests: sends the bytes it is given, and reads answers as plainly as can be."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import Self

_PATIENCE_S = 20


@dataclass
class ReceivedAnswer:
    """One answer as it came; `chunks` are the chunked coding's, where it was used."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    chunks: list[bytes]

    def header(self, name: str) -> str | None:
        """Its value; a header that came twice fails the test."""
        values = self.all(name)
        assert len(values) < 2, f"{name} came {len(values)} times"
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


class Wire:
    """One connection. Use as `async with Wire(port) as wire`."""

    def __init__(
        self, port: int = 0, *, path: str = "", tls: ssl.SSLContext | None = None, limit: int = 65_536
    ) -> None:
        self._port, self._path, self._tls, self._limit = port, path, tls, limit

    async def __aenter__(self) -> Self:
        if self._path:
            self.reader, self.writer = await asyncio.open_unix_connection(self._path, limit=self._limit)
        else:
            self.reader, self.writer = await asyncio.open_connection(
                "127.0.0.1", self._port, ssl=self._tls, limit=self._limit
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    async def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))
        async with asyncio.timeout(_PATIENCE_S):
            await self.writer.drain()

    async def answer(self, *, to_head: bool = False) -> ReceivedAnswer:
        """The next answer with its body. Fails where the connection ends inside it, but for a body without length."""
        async with asyncio.timeout(_PATIENCE_S):
            received = await self.head()
            if to_head or received.status < 200 or received.status in (204, 304):
                return received
            if received.header("Transfer-Encoding") == "chunked":
                while chunk := await self.chunk():
                    received.chunks.append(chunk)
                received.body = b"".join(received.chunks)
            elif (length := received.header("Content-Length")) is not None:
                received.body = await self.reader.readexactly(int(length))
            else:
                received.body = await self.reader.read()
            return received

    async def head(self) -> ReceivedAnswer:
        async with asyncio.timeout(_PATIENCE_S):
            raw = await self.reader.readuntil(b"\r\n\r\n")
        line, *fields = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        version, status, reason = line.split(" ", 2)
        assert version in ("HTTP/1.1", "HTTP/1.0")
        headers = [(name, value.strip()) for name, _, value in (each.partition(":") for each in fields)]
        return ReceivedAnswer(int(status), reason, headers, b"", [])

    async def chunk(self) -> bytes:
        """One chunk's bytes; none at the end."""
        async with asyncio.timeout(_PATIENCE_S):
            size = int((await self.reader.readuntil(b"\r\n")).partition(b";")[0].strip(), 16)
            data = await self.reader.readexactly(size + 2)
        assert size == 0 or data[size:] == b"\r\n"
        return data[:size]

    async def rest(self) -> bytes:
        """What comes until the other side closes in an orderly way."""
        async with asyncio.timeout(_PATIENCE_S):
            return await self.reader.read()
