"""The latency instrument's own test: what a case must find, and its server and clients."""

import socket
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.instrument.cases import LOADS, PROGRAMS, Case, Estimate, Found, Load, Program
from benchmarks.instrument.clients import Answered, Clients, ask, is_whole
from benchmarks.instrument.measuring import ratio_of, serving
from benchmarks.processes import StartError
from benchmarks.traffic import ANSWER_BODY

SERIAL, ONE, EASY = PROGRAMS[0], LOADS[0], LOADS[3]
BEHIND = "the candidate doesn't keep up with this traffic"
ALIKE = Found(
    case=Case(program=SERIAL, load=ONE, slower=False), wanted=5_000, pairs=5_000, counted=0.9,
    ratio=Estimate(1.01, 0.9, 1.2), paired=Estimate(1.0, 0.99, 1.02), production_ms=5.2, candidate_ms=5.25,
    truth=1.0, lag_p99_ms=1.0, said="",
)  # fmt: skip
NONE = Estimate(None, None, None)
WIDE = Estimate(1.0, 0.99, 1.06)
SLOWER = replace(
    ALIKE,
    case=replace(ALIKE.case, slower=True), ratio=Estimate(1.45, 1.3, 1.6), paired=Estimate(1.36, 1.3, 1.4), truth=1.35,
)  # fmt: skip


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        (ALIKE, ""),
        (replace(ALIKE, ratio=Estimate(1.06, 0.9, 1.2)), "the ratio of the medians is not 1"),
        (replace(ALIKE, paired=WIDE), "the interval, pair by pair, is not about 1"),
        (replace(ALIKE, paired=Estimate(1.0, 0.94, 1.0)), "the interval, pair by pair, is not about 1"),
        (replace(ALIKE, paired=WIDE, production_ms=1.0), ""),  # by less than the instrument's floor in milliseconds
        (replace(ALIKE, paired=Estimate(1.0, None, None)), "the interval, pair by pair, is not about 1"),
        (replace(ALIKE, pairs=4_000), "4,000 of 5,000 pairs"),
        (replace(ALIKE, counted=0.4), "40% of the pairs count"),
        (replace(ALIKE, ratio=NONE, said="why"), "no ratio: why"),
        (SLOWER, ""),
        (replace(SLOWER, paired=Estimate(1.5, 1.3, 1.6)), "measured directly: 1.350"),
        (replace(SLOWER, ratio=Estimate(1.5, 1.45, 1.6)), "measured directly: 1.350"),
        (replace(SLOWER, ratio=Estimate(1.2, 1.1, 1.25)), "measured directly: 1.350"),
        (replace(SLOWER, ratio=NONE, said=BEHIND), ""),
        (replace(SLOWER, ratio=NONE, said="few"), "no ratio: few"),
        (replace(ALIKE, ratio=NONE, said=BEHIND), f"no ratio: {BEHIND}"),
        (replace(SLOWER, case=replace(SLOWER.case, load=EASY), ratio=NONE, said=BEHIND), f"no ratio: {BEHIND}"),
    ],
)
def test_a_case_says_what_is_wrong_with_it(found: Found, missed: str) -> None:
    """A ratio that is off, pairs that do not count, or none where the candidate keeps up."""
    assert found.missed() == missed


@pytest.mark.parametrize("program", [SERIAL, PROGRAMS[-1]], ids=["whole", "streaming"])
def test_clients_wait_for_their_answers_or_come_by_chance(program: Program, tmp_path: Path) -> None:
    """And find at a server nothing less than what it takes."""
    quick = replace(program, takes_us=2_000)
    with serving(quick, tmp_path) as port:
        for kind, number in (("closed", 2), ("open", 100.0)):
            found = Clients(port, kind, number, 0.3).run()
            assert len(found.took_ms) > 1
            assert min(took for _, took in found.took_ms) >= 2.0
            assert min(under_way for under_way, _ in found.took_ms) == 1


def _closing_what_is_idle(server: socket.socket) -> None:
    """Answers what it is asked; closes each connection once nothing more came on it for a moment."""
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            connection.settimeout(0.02)
            with suppress(TimeoutError), connection:
                while connection.recv(65_536):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" + ANSWER_BODY)


def test_connections_that_are_closed_while_they_are_idle_are_replaced() -> None:
    """Servers do that, and few requests a second leave many idle."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_closing_what_is_idle, args=(server,), daemon=True).start()
        assert len(Clients(server.getsockname()[1], "open", 10.0, 1.0).run().took_ms) > 3


def test_an_answer_in_pieces_ends_with_its_last_one_whatever_its_head_ends_in() -> None:
    """As in the id of a request that a proxy puts there."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Request-ID: 10\r\n\r\n"
    assert not is_whole(head)
    assert not is_whole(head + b"2\r\n10\r\n")
    assert is_whole(head + b"2\r\n10\r\n0\r\n\r\n")


def test_clients_that_fail_say_why() -> None:
    """Nobody listens at this port."""
    with pytest.raises(StartError, match=r"clients of port 1: (.|\n)*refused"):
        ask(1, "closed", 1, 0.1)


def test_what_is_measured_directly_is_at_as_many_requests_under_way() -> None:
    """A server that queues more since it is slower is as much slower as it is with the same queue."""
    own = Answered(took_ms=[(1, 10.0)] * 90 + [(2, 20.0)] * 10)
    other = Answered(took_ms=[(1, 15.0)] * 10 + [(2, 30.0)] * 90)
    assert ratio_of(own, other) == 1.5


def test_a_load_is_a_share_of_what_the_server_is_full_with() -> None:
    """Clients that wait ask as fast as they are answered."""
    assert Load(kind="open", number=40).of(SERIAL) == 80.0
    assert Load(kind="closed", number=8).per_s(SERIAL) == 200.0
    assert Load(kind="closed", number=1).per_s(PROGRAMS[1]) == 50.0
