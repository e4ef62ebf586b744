"""A request that the candidate has taken in half: its worker loses the lease, or the connection breaks.

The faults of a public replayer (opensearch-project/opensearch-migrations #3204, #3225), with a real store and sockets.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Self

import pytest

from records.nouns import Exchange
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.loops import on_uvloop
from tests.proxy.mirror.staging import Recording, answer, candidate, failure, ids, metric, mirroring, pairs, settled
from tests.recordings import exchange
from tests.redis_server import RedisServer
from tests.relay import Relay
from tests.stores import LEASE_S, opened
from tests.until import until

pytest_asyncio_loop_factories = on_uvloop

LARGE = 8 * 1_048_576  # bytes: more than the kernel takes for a reader that stands still
ONE_PARTITION = RecordingSettings(partitions=1)
PATIENCE_S = 60
ENDLESS = {"timeout_s": None, "first_byte_timeout_s": 3_600.0}  # no call ends but by its answer, or given up

Meeting = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class HalfReader:
    """A candidate that reads the head of a large request, and then does what it is told to, as often as that.

    Others, and large ones after that, it reads whole, and answers or holds. Use as `async with HalfReader(…) as there`.
    """

    def __init__(self, halfway: Meeting, times: int = 1) -> None:
        self.whole: list[bytes] = []  # the bodies of small requests, in order
        self.connections = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self._halfway = halfway
        self._times = times
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=65_536)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                if size == LARGE and self._times:
                    self._times -= 1
                    await self._halfway(reader, writer)
                    break
                self.whole.append((await reader.readexactly(size))[:16])
                await self.answers.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()


class Gate(Relay):
    """A way to the store that can be shut: what is asked meanwhile gets there when it is open again, if at all."""

    def __init__(self, server: RedisServer) -> None:
        super().__init__(server.socket)
        self.open = asyncio.Event()
        self.open.set()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def _commands(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            await self.open.wait()
            server.write(piece)
            await server.drain()
        server.close()


@asynccontextmanager
async def gated(server: RedisServer) -> AsyncIterator[tuple[Gate, Store]]:
    """A store behind a gate."""
    gate = Gate(server)
    await gate.start()
    settings = RedisSettings(url=gate.url, lease_s=LEASE_S, timeout_s=0.5)
    store = Store.create(settings, ONE_PARTITION)
    try:
        yield gate, store
    finally:
        gate.open.set()
        await store.close()
        await gate.stop()


def numbered(number: int, size: int = 0) -> Exchange:
    """The request's body says which it is."""
    return exchange(number, body=b"%d" % number + b" " * (size and size - len(str(number))))


async def test_a_worker_that_loses_its_lease_with_a_request_half_sent_pins_and_doubles_nothing(
    redis_server: RedisServer,
) -> None:
    """Who takes over pairs it and those behind it, each once; the other hangs up, and has its places back."""
    begun, gone = asyncio.Event(), asyncio.Event()
    may_read = asyncio.Event()
    came = 0

    async def stand_still(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        nonlocal came
        begun.set()
        await may_read.wait()
        while piece := await reader.read(1_048_576):
            came += len(piece)
        gone.set()

    async with (
        opened(redis_server, ONE_PARTITION, lease_s=LEASE_S) as store,
        gated(redis_server) as (gate, cut_off),
        HalfReader(stand_still) as there,
        mirroring(cut_off, candidate(there.url, max_in_flight=1, **ENDLESS), owner="m1") as first,
    ):
        recording = Recording(store, partitions=1)
        await recording.add(numbered(0, LARGE), *map(numbered, range(1, 4)))
        await asyncio.wait_for(begun.wait(), PATIENCE_S)

        gate.open.clear()
        async with mirroring(store, candidate(there.url, max_in_flight=1), owner="m2"):
            await settled(store, recorded=4)
        assert metric(first, "understudy_candidate_in_flight") == 1  # it does not know yet, and that held nobody up

        gate.open.set()
        await until(lambda: metric(first, "understudy_candidate_in_flight") == 0, "the call to be given up")
        may_read.set()
        await asyncio.wait_for(gone.wait(), PATIENCE_S)
        assert came < LARGE

        there.answers.clear()
        await recording.add(*map(numbered, range(4, 8)))
        await until(lambda: there.whole[-1] == b"4", "the first worker to ask again")
        there.answers.set()
        await settled(store, recorded=8)
        await until(lambda: metric(first, "understudy_mirrored_total") == 4, "the first worker to hear of its commits")
        assert ids(await pairs(store)) == [f"e-{number}" for number in range(8)]


def reset(writer: asyncio.StreamWriter) -> None:
    """Close the connection so that whoever writes to it fails."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def break_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    reset(writer)


@pytest.mark.parametrize(
    ("before", "breaks", "fails"),
    [(0, 1, True), (1, 1, False), (1, 2, True)],
    ids=["a new connection", "one kept alive", "one kept alive, and the next"],
)
async def test_a_connection_that_breaks_with_a_request_half_sent_makes_one_pair_and_pins_nothing(
    store: Store, before: int, breaks: int, fails: bool
) -> None:
    """A failure, unless it was kept alive and a new one is answered; what stands behind it is asked in its turn."""
    exchanges = [*map(numbered, range(before)), numbered(before, LARGE), *map(numbered, range(before + 1, before + 4))]
    async with (
        HalfReader(break_off, breaks) as there,
        mirroring(store, candidate(there.url, max_in_flight=1)) as worker,
    ):
        await Recording(store, partitions=1).add(*exchanges)
        await settled(store, recorded=len(exchanges))
        assert metric(worker, "understudy_candidate_in_flight") == 0
    found = {pair.exchange.id: pair for pair in await pairs(store)}
    assert sorted(found) == sorted(each.id for each in exchanges)
    broken = found.pop(f"e-{before}")
    if fails:
        assert failure(broken).kind == "closed_before_answer"
    else:
        assert answer(broken).status == 200
    assert {answer(pair).status for pair in found.values()} == {200}
