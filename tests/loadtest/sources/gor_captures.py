"""Captures as GoReplay makes them, for tests."""

import io

from hypothesis import strategies as st

from loadtest.sources.gor import GorFile
from loadtest.sources.gor_records import INNER_RECORD, MARK, SEPARATOR
from loadtest.sources.source import SourceRequest
from tests.loadtest.sources.messages_made_up import data

ASKED = 1_700_000_000_000_000_000
GET = b"GET /v1/models?all=1 HTTP/1.1\r\nHost: models.example\r\n\r\n"
POST = (
    b"POST /v1/score HTTP/1.1\r\nHost: models.example\r\nUser-Agent: curl/8.4\r\nContent-Type: application/json\r\n"
    b'Content-Length: 15\r\n\r\n{"x":[1.5,2.0]}'
)
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"y":[0.1]}'

# What tempts a reader: lines of the separator, and whole records.
tempting = st.sampled_from(
    [SEPARATOR, MARK, b"\n", b"\r\n\r\n", b"1 a 5 5\n" + GET, b"\n1 a 5 5\n" + GET + SEPARATOR, b"x"]
)
bodies = (data | st.lists(tempting, max_size=5).map(b"".join)).filter(
    lambda body: INNER_RECORD.search(b"\n" + body) is None
)


def record(kind: int, name: str, payload: bytes, at: int = ASKED, took: int | None = 0) -> bytes:
    return f"{kind} {name} {at}{'' if took is None else f' {took}'}\n".encode() + payload + SEPARATOR


def read(content: bytes) -> tuple[list[SourceRequest], dict[str, int]]:
    source = GorFile(io.BytesIO(content))
    return list(source), dict(source.skips.counts)


def only(content: bytes) -> SourceRequest:
    """The one request that is in it, with nothing left out."""
    (request,), skips = read(content)
    assert skips == {}
    return request


def lines(*fields: bytes, end: bytes = b"\r\n") -> bytes:
    return end.join([*fields, b"", b""])
