"""The clients of a soak count what they sent and check what they got."""

import asyncio
import select
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from benchmarks.processes import free_port
from benchmarks.soak.clients import CONNECTIONS, USES, Clients, Connection
from benchmarks.soak.driving import Driver
from benchmarks.traffic import ANSWER_BODY, REQUEST_BODY, number_of, numbered
from tests.benchmarks.answering import answering, requests
from tests.until import at_rest, until

DEADLINE_S = 30


def echo(number: int) -> bytes:
    body = numbered(ANSWER_BODY, number)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def another(number: int) -> bytes:
    return echo(number + 1)


def refusing(_: int) -> bytes:
    return b"HTTP/1.1 502 Bad Gateway\r\nX-Understudy-Reason: production_connect\r\nContent-Length: 0\r\n\r\n"


def nothing(_: int) -> bytes:
    return b""


def half(number: int) -> bytes:
    return echo(number)[:-1]


def server(answer: Callable[[int], bytes]) -> AbstractContextManager[int]:
    """Each request gets this answer to its number; one that is not whole is followed by the connection's end."""

    def by_number(connection: socket.socket) -> None:
        for request in requests(connection, REQUEST_BODY[-64:]):
            connection.sendall(answer(number_of(request.rpartition(b"\r\n\r\n")[2])))
            if answer in (nothing, half):
                return

    return answering(by_number)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (echo, None),
        (another, "wrong body"),
        (refusing, "502 production_connect"),
        (nothing, "unanswered at once"),
        (half, "cut"),
    ],
)
async def test_each_request_is_counted_once_by_what_became_of_it(answer, kind: str | None) -> None:
    """Right, another's answer, an error of ours, no answer, half of one."""
    with server(answer) as port, Driver(port, 200.0) as driver:

        async def some() -> bool:
            return driver.told.sent > 50

        await until(some, "fifty requests")
        told = driver.end()

    assert told.sent == told.answered + told.unknown + (told.sent - told.answered if answer is half else 0)
    assert told.right == (told.sent if kind is None else 0)
    assert told.unknown == (told.sent if answer is nothing else 0)
    assert {trouble.kind for trouble in driver.troubles} == ({kind} if kind else set())
    assert (len(driver.troubles), told.under_way) == (told.sent - told.right, 0)


async def sent(driver: Driver, count: int) -> None:
    async def so_many() -> bool:
        return driver.told.sent >= count

    await until(so_many, f"{count} requests")


async def test_without_a_rate_each_place_sends_when_it_has_its_answer() -> None:
    """So many at once and no more; nothing is withheld."""
    opened: list[socket.socket] = []

    def counting(connection: socket.socket) -> None:
        opened.append(connection)
        for request in requests(connection, REQUEST_BODY[-64:]):
            connection.sendall(echo(number_of(request.rpartition(b"\r\n\r\n")[2])))

    with answering(counting) as port, Driver(port, 0.0) as driver:
        await sent(driver, 100)
        told = driver.end()

    assert (told.right, told.withheld, told.under_way, driver.troubles) == (told.sent, 0, 0, [])
    assert CONNECTIONS <= len(opened) <= CONNECTIONS + told.sent // USES


async def test_a_connection_that_is_used_up_is_replaced() -> None:
    """Connecting has to work all the time, too."""
    uses: list[int] = []

    def counting(connection: socket.socket) -> None:
        uses.append(0)
        place = len(uses) - 1
        for request in requests(connection, REQUEST_BODY[-64:]):
            uses[place] += 1
            connection.sendall(echo(number_of(request.rpartition(b"\r\n\r\n")[2])))

    with answering(counting) as port, Driver(port, 1_000.0) as driver:
        await until(lambda: max(uses, default=0) >= USES, "a connection to be used up")
        await sent(driver, sum(uses) + USES)
        told = driver.end()

    assert max(uses) == USES
    assert sum(uses) == told.sent == told.right


async def test_what_falls_due_while_nothing_listens_is_withheld() -> None:
    """It is no request, and each attempt to connect is a trouble of its own."""
    with Driver(free_port(), 200.0) as driver:

        async def some() -> bool:
            return driver.told.withheld > 50

        await until(some, "fifty withheld")
        told = driver.end()

    assert (told.sent, told.unknown, told.under_way) == (0, 0, 0)
    assert {trouble.kind for trouble in driver.troubles} == {"refused"}


async def test_a_connection_that_ended_is_known_before_the_loop_hears_of_it() -> None:
    """The kernel is asked: a careful client looks before it sends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        loop, clients = asyncio.get_running_loop(), Clients(port, 1.0)
        transport, connection = await loop.create_connection(lambda: Connection(clients), "127.0.0.1", port)
        peer, _ = server.accept()
        assert not connection.has_ended()
        peer.close()
        select.select([transport.get_extra_info("socket")], [], [], DEADLINE_S)  # and the loop does not run meanwhile

        assert connection.has_ended()
        transport.abort()
        await at_rest()


async def test_a_server_that_hangs_up_behind_each_answer_loses_none() -> None:
    """Without a word in the answer that it would."""

    def once(connection: socket.socket) -> None:
        for request in requests(connection, REQUEST_BODY[-64:]):
            connection.sendall(echo(number_of(request.rpartition(b"\r\n\r\n")[2])))
            return

    with answering(once) as port, Driver(port, 100.0) as driver:
        await sent(driver, 50)
        told = driver.end()

    assert (told.right, driver.troubles) == (told.sent, [])
