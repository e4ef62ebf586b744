"""How many calls production has in hand, over all workers of a host."""

import asyncio
from pathlib import Path

from proxy.live.counters import INDEX, RETIRED, CountersFile
from proxy.live.in_hand import InHand, Neighbours
from tests import endpoint
from tests.endpoint import Endpoint
from tests.proxy.live.proxying import Proxy, post
from tests.until import until

IN_HAND = INDEX["in_hand"]


def test_the_calls_of_all_workers_are_counted(tmp_path: Path) -> None:
    """Of the same route: as they come and go, and whichever was there first."""
    first, second = (CountersFile(tmp_path / f"{name}.mm", name) for name in ("w-1", "w-2"))
    (tmp_path / "w-3.mm").write_bytes(b"none of ours")
    CountersFile(tmp_path / RETIRED, "retired").route("b").add(INDEX["requests"], 7)
    neighbours = Neighbours(tmp_path / "w-1.mm")
    own, other = InHand(first.route("b")), InHand(second.route("b"))
    second.route("a").add(IN_HAND, 5)
    neighbours.look()
    own.look(neighbours, "b")
    assert (own.enter(), other.enter(), own.enter()) == (1, 1, 3)
    other.leave()
    own.leave()
    assert own.enter() == 2


def test_a_worker_that_is_gone_counts_no_more(tmp_path: Path) -> None:
    """Once its file is; one that comes later is found."""
    neighbours = Neighbours(tmp_path / "w-1.mm")
    own = InHand(CountersFile(tmp_path / "w-1.mm", "w-1").route("a"))
    dead = CountersFile(tmp_path / "w-2.mm", "w-2")
    dead.route("a").add(IN_HAND, 3)
    neighbours.look()
    own.look(neighbours, "a")
    assert own.enter() == 4
    (tmp_path / "w-2.mm").unlink()
    CountersFile(tmp_path / "w-4.mm", "w-4").route("a").add(IN_HAND)
    neighbours.look()
    own.look(neighbours, "a")
    assert own.enter() == 3


async def test_an_exchange_tells_how_many_production_had_in_hand(proxy: Proxy, production: Endpoint) -> None:
    """When it was sent, with itself; nobody is left when all have ended, also where production cut them off."""
    release = asyncio.Event()
    production.behaviour = endpoint.after(release, endpoint.answer())
    async with proxy, proxy.wire() as one, proxy.wire() as two, proxy.wire() as three:
        for number, wire in enumerate((one, two, three), 1):
            await wire.send(post())
            await production.wait_for(number)
        assert proxy.counts()["in_hand"] == 3
        release.set()
        for wire in (one, two, three):
            await wire.answer()
        await proxy.settled(3)
        production.behaviour = endpoint.raw(b"")
        await proxy.ask(post())
        await proxy.settled(4)
        found = sorted(each.production.in_flight for each in await proxy.exchanges())
    assert found == [1, 1, 2, 3]


async def test_a_client_that_leaves_takes_its_call_out_of_productions_hand(proxy: Proxy, production: Endpoint) -> None:
    """Its call is cut off, and the next one is alone."""
    production.behaviour = endpoint.hang
    async with proxy:
        async with proxy.wire() as wire:
            await wire.send(post())
            await production.wait_for(1)
        await until(lambda: "in_hand" not in proxy.counts())


async def test_a_call_whose_answer_begins_early_is_in_productions_hand(proxy: Proxy) -> None:
    """Until the answer has ended, however fast its head was: a stream's comes at once."""
    release = asyncio.Event()

    async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await reader.readexactly(4)
        await release.wait()
        writer.write(b"{}")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(stream, "127.0.0.1", 0) as server:
        proxy.endpoint["url"] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with proxy, proxy.wire() as wire:
            await wire.send(b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n{}")
            await wire.head()
            await wire.send(b"{}")
            await until(lambda: proxy.counts().get("in_hand") == 1)
            release.set()
            assert (await wire.reader.readexactly(2)) == b"{}"
            await proxy.settled(1)
            assert "in_hand" not in proxy.counts()
            assert [each.production.in_flight for each in await proxy.exchanges()] == [1]
