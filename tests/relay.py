"""A relay between a client and a server, for tests: it loses answers, so that outcomes are unknown, or speaks TLS."""

import asyncio
import contextlib
import ssl
from pathlib import Path


class Relay:
    """Listens on a port of its own; everything passes unless told otherwise."""

    def __init__(self, target: Path, tls: ssl.SSLContext | None = None) -> None:
        self._target = target
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._losing = 0
        self.port = 0

    async def start(self) -> "Relay":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    def lose_answers(self, count: int) -> None:
        """The next `count` answers to what was run are not passed on; their connections are cut instead."""
        self._losing = count

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(str(self._target))
        ends = {writer, server_writer}
        self._writers |= ends
        with contextlib.suppress(OSError):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._commands(reader, server_writer))
                tasks.create_task(self._answers(server_reader, writer, reader))
        for end in ends:
            end.close()
            with contextlib.suppress(OSError):
                await end.wait_closed()
        self._writers -= ends

    async def _commands(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            server.write(piece)
            await server.drain()
        server.close()

    async def _answers(
        self, server: asyncio.StreamReader, writer: asyncio.StreamWriter, commands: asyncio.StreamReader
    ) -> None:
        while piece := await server.read(65_536):
            if self._losing and not piece.startswith(b"-NOSCRIPT"):
                self._losing -= 1
                commands.feed_eof()
                break
            writer.write(piece)
            await writer.drain()
        writer.close()
