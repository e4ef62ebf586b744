"""The candidate in its conditions does what the condition's name says."""

import socket
from pathlib import Path

import pytest

from benchmarks.endpoints import candidate
from benchmarks.traffic import ANSWER_BODY, request


def asked(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(request(port))
    return connection


def read_all(connection: socket.socket, end: bytes) -> bytes:
    read = b""
    while not (end and read.endswith(end)) and (data := connection.recv(65_536)):
        read += data
    return read


def test_a_slow_candidate_answers(tmp_path: Path) -> None:
    """`slow` gives the whole answer, late."""
    with candidate("slow", tmp_path) as port, asked(port) as connection:
        assert read_all(connection, ANSWER_BODY).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_garbage_candidate_answers_no_http_and_closes(tmp_path: Path) -> None:
    """`garbage` gives bytes that are no answer, then the end of the connection."""
    with candidate("garbage", tmp_path) as port, asked(port) as connection:
        answer = read_all(connection, b"")

    assert answer
    assert not answer.startswith(b"HTTP/")


def test_a_hung_candidate_keeps_the_connection_and_says_nothing(tmp_path: Path) -> None:
    """`hung` has read the request, and neither answers nor closes."""
    with candidate("hung", tmp_path) as port, asked(port) as connection:
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_dead_candidate_refuses(tmp_path: Path) -> None:
    """`dead` refuses the connection, even from a caller that would be given its port as its own."""
    with candidate("dead", tmp_path) as port, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
