"""The writes of one turn of the loop."""

import asyncio
from typing import Any

from http1.outbox import Outbox


class Transport:
    """What a transport was asked to write, call by call."""

    def __init__(self) -> None:
        self.calls: list[bytes] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def writelines(self, pieces: list[bytes]) -> None:
        self.calls.append(b"".join(pieces))

    def is_closing(self) -> bool:
        return self.closing


async def _turn() -> None:
    await asyncio.sleep(0)  # the loop's next turn: what was due at the end of this one has happened


async def test_what_a_connection_writes_in_one_turn_goes_in_one_call() -> None:
    """A head and its body are one system call, at the turn's end."""
    outbox, transport = Outbox(asyncio.get_running_loop()), Transport()
    outbox.write(_as_transport(transport), b"head ")
    outbox.write(_as_transport(transport), b"body")
    assert transport.calls == []
    await _turn()
    assert transport.calls == [b"head body"]


async def test_a_large_piece_goes_at_once_and_behind_what_waited() -> None:
    """Large pieces meet flow control at once; order is kept."""
    outbox, transport = Outbox(asyncio.get_running_loop()), Transport()
    outbox.write(_as_transport(transport), b"head ")
    outbox.write(_as_transport(transport), bytes(40_000))
    outbox.write(_as_transport(transport), b"tail")
    await _turn()
    assert transport.calls == [b"head ", bytes(40_000), b"tail"]


async def test_pushing_writes_now_and_once() -> None:
    """A connection that is about to close gets what waits for it, and not again at the turn's end."""
    outbox, transport, other = Outbox(asyncio.get_running_loop()), Transport(), Transport()
    outbox.write(_as_transport(transport), b"last words")
    outbox.write(_as_transport(other), b"else")
    outbox.push(_as_transport(transport))
    assert (transport.calls, other.calls) == ([b"last words"], [])
    await _turn()
    assert (transport.calls, other.calls) == ([b"last words"], [b"else"])


async def test_a_connection_that_was_cut_gets_nothing_more() -> None:
    """Bytes behind a cut would let an incomplete answer look complete."""
    outbox, transport = Outbox(asyncio.get_running_loop()), Transport()
    outbox.write(_as_transport(transport), b"half")
    transport.closing = True
    await _turn()
    assert transport.calls == []


class Listening:
    """What a transport had been asked to write when a connection was told that it is with the kernel."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.heard: list[list[bytes]] = []

    def written(self) -> None:
        self.heard.append(list(self._transport.calls))


async def test_who_wants_to_know_is_told_once_its_bytes_are_with_the_kernel() -> None:
    """In a turn of its own, once; also where they were so many that they went at once."""
    for data in (b"request", bytes(40_000)):
        outbox, transport = Outbox(asyncio.get_running_loop()), Transport()
        listening = Listening(transport)
        outbox.write(_as_transport(transport), data)
        outbox.tell(listening)
        await _turn()
        assert listening.heard == []
        await _turn()
        assert listening.heard == [[data]]
        outbox.write(_as_transport(transport), b"next")
        await _turn()
        await _turn()
        assert len(listening.heard) == 1


def _as_transport(double: Transport) -> Any:
    return double
