"""The clients of a soak count what they sent and check what they got."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from benchmarks.soak.driving import Driver
from benchmarks.traffic import ANSWER_BODY, REQUEST_BODY, number_of, numbered
from tests.benchmarks.answering import answering, requests
from tests.until import until

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
