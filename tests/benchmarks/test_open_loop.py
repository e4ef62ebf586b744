"""The open-loop generator: what is counted when the server answers, refuses to, or fails."""

import socket
from contextlib import AbstractContextManager
from itertools import islice

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.open_loop import CONNECTIONS, GRACE_S, TICK_S, Load, due_in_ticks, generator, load, quantile
from benchmarks.processes import StartError
from benchmarks.traffic import ANSWER_BODY, ANSWER_BYTES, REQUEST_BODY, REQUEST_BYTES
from tests.benchmarks.answering import answering, requests
from tests.until import until

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER_BODY) + ANSWER_BODY
BAD = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


def server(answer: bytes) -> AbstractContextManager[int]:
    """Each request gets this answer, in two pieces; an empty one means none."""

    def in_two_pieces(connection: socket.socket) -> None:
        for _ in requests(connection, REQUEST_BODY):
            connection.sendall(answer[:20])
            connection.sendall(answer[20:])

    return answering(in_two_pieces)


def offered(port: int, rate: float, seconds: float) -> Load:
    return uvloop.run(load(port, rate, seconds))


def test_every_planned_request_is_sent_and_answered() -> None:
    """With a server that answers, planned, answered and the connections' work agree."""
    with server(GOOD) as port:
        found = offered(port, 200, 0.5)

    assert (found.planned, found.answered, found.failed, found.unanswered) == (100, 100, 0, 0)
    assert 0 < found.p50_us <= found.p99_us


def test_requests_that_wait_for_a_connection_count_with_their_waiting() -> None:
    """A server that hangs is paid by all planned requests, not just by the 32 that found a connection."""
    with server(b"") as port:
        found = offered(port, 200, 0.5)

    assert found.unanswered == found.planned == 100
    assert found.achieved == 0
    assert found.p50_us >= GRACE_S * 1e6  # even the last one that was due waited this long


def test_an_answer_other_than_200_is_a_failure() -> None:
    """A 502 counts as failed, never as throughput, and its connection is not used again."""
    with server(BAD) as port:
        found = offered(port, 100, 0.2)

    assert (found.answered, found.failed, found.achieved) == (0, 20, 0)


def test_a_request_whose_connection_breaks_has_failed_and_is_not_sent_again() -> None:
    """As many arrive as were planned, though each connection had answered before it broke."""
    arrived = []

    def every_other(connection: socket.socket) -> None:
        for number, each in enumerate(requests(connection, REQUEST_BODY)):
            arrived.append(each)
            if number % 2:
                return
            connection.sendall(GOOD)

    with answering(every_other) as port:
        found = offered(port, 200, 0.5)

    assert len(arrived) == found.planned == found.answered + found.failed == 100
    assert found.failed > 0


async def test_connections_are_open_before_the_first_request_is_due() -> None:
    """All of them, and no request among them that was not planned."""
    opened, arrived = [], []

    def counting(connection: socket.socket) -> None:
        opened.append(connection)
        for each in requests(connection, REQUEST_BODY):
            arrived.append(each)
            connection.sendall(GOOD)

    with answering(counting) as port:
        await load(port, 100, 0.1)
        await until(lambda: len(opened) == CONNECTIONS, "all connections")

    assert len(arrived) == 10


def test_one_program_offers_one_load_after_another() -> None:
    """Its start belongs to none of them."""
    with server(GOOD) as port, generator(first=False) as program:
        planned = [program.offer(port, rate, 0.2).planned for rate in (100.0, 200.0)]

    assert planned == [20, 40]


def test_a_program_that_could_not_connect_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody listens at this port."""
    with generator(first=False) as program, pytest.raises(StartError, match="ended"):
        program.offer(1, 100, 0.1)

    assert "ConnectionRefusedError" in capfd.readouterr().err


@given(st.floats(1, 100_000), st.integers(0, 50))
def test_what_falls_due_within_a_tick_is_due_with_it(rate: float, row: int) -> None:
    """Never late, and by less than a tick too early; the plan keeps its rate however long it gets."""
    (found,) = islice(due_in_ticks(rate, TICK_S), row, row + 1)

    assert found.row == row
    assert found.due % round(TICK_S * 1e9) == 0
    assert 0 <= row / rate * 1e9 - found.due < TICK_S * 1e9 + 1


def test_without_a_rate_all_of_it_is_due_at_once() -> None:
    """A closed loop has no times of its own."""
    assert [each.due for each in islice(due_in_ticks(0.0, TICK_S), 3)] == [0, 0, 0]


@given(st.lists(st.integers(0, 9), min_size=1), st.sampled_from((0.5, 0.99, 1.0)))
def test_a_quantile_is_the_smallest_value_that_enough_values_do_not_exceed(values: list[int], q: float) -> None:
    """Nearest rank: enough values lie at or below it, and fewer lie below the next smaller one."""
    found = quantile(sorted(values), q)

    assert sum(value <= found for value in values) >= q * len(values)
    assert sum(value < found for value in values) < q * len(values)


def test_request_and_answer_have_the_sizes_of_the_budgets() -> None:
    """The bodies are padded to the sizes that the budgets were set with."""
    assert (len(REQUEST_BODY), len(ANSWER_BODY)) == (REQUEST_BYTES, ANSWER_BYTES) == (622, 207)
