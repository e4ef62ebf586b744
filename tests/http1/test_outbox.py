"""The writes of one turn go out together, in order, and not at all where the connection was cut meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from http1.outbox import Outbox

LARGE = b"x" * 40_000


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Outbox, asyncio.Transport, asyncio.StreamReader]]:
    accepted: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    accepted = asyncio.get_running_loop().create_future()
    async with await asyncio.start_server(
        lambda reader, writer: accepted.set_result((reader, writer)), "127.0.0.1", 0
    ) as server:
        transport, _ = await asyncio.get_running_loop().create_connection(
            asyncio.Protocol, *server.sockets[0].getsockname()
        )
        reader, writer = await accepted
        yield Outbox(asyncio.get_running_loop()), transport, reader
        transport.abort()
        writer.close()


@pytest.mark.parametrize(
    "pieces", [[b"a"], [b"a", b"b", b"c"], [b"a", LARGE, b"b"], [LARGE, b"a", LARGE]], ids=lambda each: str(len(each))
)
async def test_bytes_keep_their_order(pieces: list[bytes]) -> None:
    """Small pieces wait for the end of the turn, large ones take them along."""
    async with connected() as (outbox, transport, reader):
        for piece in pieces:
            outbox.write(transport, piece)
        assert await reader.readexactly(sum(map(len, pieces))) == b"".join(pieces)


async def test_each_turn_has_its_own_end() -> None:
    """What is written after a turn's end goes out at the end of the next one."""
    async with connected() as (outbox, transport, reader):
        for turn in (b"1", b"2"):
            outbox.write(transport, turn)
            assert await reader.readexactly(1) == turn


async def test_a_push_goes_out_before_a_close() -> None:
    """What was written before a connection is closed in an orderly way is sent, once."""
    async with connected() as (outbox, transport, reader):
        outbox.write(transport, b"last")
        outbox.push(transport)
        transport.close()
        assert await reader.read() == b"last"


async def test_what_waits_for_a_cut_connection_is_dropped() -> None:
    """An incomplete answer must not look complete; the others' bytes go out all the same."""
    async with connected() as (outbox, transport, reader), connected() as (_, other, others_reader):
        outbox.write(transport, b"half")
        outbox.write(other, b"whole")
        transport.abort()
        assert await reader.read() == b""
        assert await others_reader.readexactly(5) == b"whole"
