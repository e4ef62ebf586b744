"""The measurement of a server that writes head and body apart asks such a server."""

import socket
from pathlib import Path

from benchmarks.apart import DIRECT, KEPT, Apart, _serving, measure, table
from benchmarks.traffic import ANSWER_BODY, request


def test_the_server_answers_and_keeps_the_connection(tmp_path: Path) -> None:
    """As production does."""
    with _serving(tmp_path) as port, socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for _ in range(2):
            connection.sendall(request(port))
            read = b""
            while not read.endswith(ANSWER_BODY):
                read += connection.recv(65_536)
            assert read.startswith(b"HTTP/1.1 200 OK\r\n")


def test_measures_both_ways_without_a_proxy(tmp_path: Path) -> None:
    """Added latency counts from the client that opens a connection a request."""
    direct, kept = measure(tmp_path, [], requests=1)
    assert (direct.name, direct.added_us, kept.name) == (DIRECT, 0, KEPT)
    assert kept.added_us == kept.p50_us - direct.p50_us


def test_shows_milliseconds() -> None:
    """A row each, with what is added."""
    shown = table([Apart(name="a proxy", p50_us=1_234, added_us=567)])
    assert list(shown.rows) == [("a proxy", "1.23", "0.57")]
