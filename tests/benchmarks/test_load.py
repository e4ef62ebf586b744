"""The open-loop generator: what is counted when the server answers, refuses to, or fails."""

import socket
from contextlib import AbstractContextManager

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load import GRACE_S, Generator, quantile
from benchmarks.traffic import ANSWER_BODY, ANSWER_BYTES, REQUEST_BODY, REQUEST_BYTES
from tests.benchmarks.answering import answering, requests

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(ANSWER_BODY) + ANSWER_BODY
BAD = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


def server(answer: bytes) -> AbstractContextManager[int]:
    """Each request gets this answer, in two pieces; an empty one means none."""

    def in_two_pieces(connection: socket.socket) -> None:
        for _ in requests(connection, REQUEST_BODY):
            connection.sendall(answer[:20])
            connection.sendall(answer[20:])

    return answering(in_two_pieces)


def test_every_planned_request_is_sent_and_answered() -> None:
    """With a server that answers, planned, answered and the connections' work agree."""
    with server(GOOD) as port:
        load = Generator(port, 200, 0.5).run()

    assert (load.planned, load.answered, load.failed, load.unanswered) == (100, 100, 0, 0)
    assert 0 < load.p50_us <= load.p99_us


def test_requests_that_wait_for_a_connection_count_with_their_waiting() -> None:
    """A server that hangs is paid by all planned requests, not just by the 32 that found a connection."""
    with server(b"") as port:
        load = Generator(port, 200, 0.5).run()

    assert load.unanswered == load.planned == 100
    assert load.achieved == 0
    assert load.p50_us >= GRACE_S * 1e6  # even the last one that was due waited this long


def test_an_answer_other_than_200_is_a_failure() -> None:
    """A 502 counts as failed, never as throughput, and its connection is not used again."""
    with server(BAD) as port:
        load = Generator(port, 100, 0.2).run()

    assert (load.answered, load.failed, load.achieved) == (0, 20, 0)


@given(st.lists(st.integers(0, 9), min_size=1), st.sampled_from((0.5, 0.99, 1.0)))
def test_a_quantile_is_the_smallest_value_that_enough_values_do_not_exceed(values: list[int], q: float) -> None:
    """Nearest rank: enough values lie at or below it, and fewer lie below the next smaller one."""
    found = quantile(sorted(values), q)

    assert sum(value <= found for value in values) >= q * len(values)
    assert sum(value < found for value in values) < q * len(values)


def test_request_and_answer_have_the_sizes_of_the_budgets() -> None:
    """The bodies are padded to the sizes that the budgets were set with."""
    assert (len(REQUEST_BODY), len(ANSWER_BODY)) == (REQUEST_BYTES, ANSWER_BYTES) == (622, 207)
