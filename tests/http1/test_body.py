"""Where a body ends: the same wherever the network cut it, and never by guessing."""

import itertools
import re

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from http1.body import BadFraming, BodyReader, ChunkedBody, LengthBody, LooseChunkedBody, UntilCloseBody, chunk

CHUNKED = b'4\r\nWiki\r\nA;name=v\r\n0123456789\r\n00f ; q="a b"\r\n0123456789abcde\r\n000\r\nX-Sum: 1\r\nY:\r\n\r\n'
PAYLOAD = b"Wiki01234567890123456789abcde"


def read(body: BodyReader, *pieces: bytes) -> tuple[bytes, bytes | None]:
    """The payload of all pieces, and what was behind the body's end."""
    payload = b""
    for at, piece in enumerate(pieces):
        part, rest = body.feed(piece)
        payload += part
        if rest is not None:
            return payload, rest + b"".join(pieces[at + 1 :])
    return payload, None


@pytest.mark.parametrize("at", range(len(CHUNKED) + 1))
def test_chunked_is_read_the_same_wherever_it_is_cut(at: int) -> None:
    """Two packets cut at any byte give the payload and leave what is behind the end alone."""
    assert read(ChunkedBody(), CHUNKED[:at], CHUNKED[at:] + b"GET /") == (PAYLOAD, b"GET /")


def test_chunked_is_read_byte_by_byte() -> None:
    """The slowest sender there is."""
    assert read(ChunkedBody(), *[CHUNKED[at : at + 1] for at in range(len(CHUNKED))]) == (PAYLOAD, b"")


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.lists(st.integers(0, 2500), max_size=8))
def test_what_chunk_writes_chunked_reads(pieces: list[bytes], cuts: list[int]) -> None:
    """The encoder's output, cut anywhere, is its input."""
    coded = b"".join(map(chunk, pieces)) + b"0\r\n\r\n"
    edges = sorted({0, len(coded), *(cut for cut in cuts if cut < len(coded))})
    packets = [coded[a:b] for a, b in itertools.pairwise(edges)]
    assert read(ChunkedBody(), *packets) == (b"".join(pieces), b"")


BAD = {
    "no size": b"\r\nab\r\n0\r\n\r\n",
    "a size that is no number": b"2x\r\nab\r\n0\r\n\r\n",
    "a size with 0x": b"0x2\r\nab\r\n0\r\n\r\n",
    "a signed size": b"+2\r\nab\r\n0\r\n\r\n",
    "a negative size": b"-2\r\nab\r\n0\r\n\r\n",
    "a size with an underscore": b"1_0\r\nab\r\n0\r\n\r\n",
    "space before the size": b" 2\r\nab\r\n0\r\n\r\n",
    "space behind the size": b"2 \r\nab\r\n0\r\n\r\n",
    "a size over 60 bits": b"1000000000000000\r\nab\r\n0\r\n\r\n",
    "a size that overflows to 2": b"10000000000000002\r\nab\r\n0\r\n\r\n",
    "bare LF behind the size": b"2\nab\r\n0\r\n\r\n",
    "bare CR in the size": b"2\rab\r\n0\r\n\r\n",
    "bare LF in an extension": b"2;a\nb\r\nab\r\n0\r\n\r\n",
    "NUL in an extension": b"2;a\0\r\nab\r\n0\r\n\r\n",
    "a chunk longer than its size": b"1\r\nab\r\n0\r\n\r\n",
    "bare LF behind a chunk": b"2\r\nab\n0\r\n\r\n",
    "CR and something behind a chunk": b"2\r\nab\rx0\r\n\r\n",
    "an extension without end": b"2;" + b"a" * 2000,
    "an extension that is too long": b"2;" + b"a" * 2000 + b"\r\nab\r\n0\r\n\r\n",
    "bare LF at the end": b"2\r\nab\r\n0\r\n\n\r\n",
    "a trailer without colon": b"0\r\nX\r\n\r\n",
    "a trailer with a space in its name": b"0\r\nX : a\r\n\r\n",
    "a folded trailer": b"0\r\nX: a\r\n b\r\n\r\n",
    "a trailer with a bare LF": b"0\r\nX: a\nY: b\r\n\r\n",
    "a trailer line without end": b"0\r\nX: " + b"a" * 2000,
    "too many trailers": b"0\r\n" + b"X: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 300 + b"\r\n",
}


@pytest.mark.parametrize("coded", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("size", [1, 1 << 20], ids=["byte by byte", "at once"])
def test_refuses_bad_chunks(coded: bytes, size: int) -> None:
    """Framing that could be read in two ways is refused, whether it comes at once or byte by byte."""
    with pytest.raises(BadFraming):
        read(ChunkedBody(), *[coded[at : at + size] for at in range(0, len(coded), size)])


# As nginx 1.22 and curl 7.88 read them; the strict reader, which clients meet, refuses each.
LOOSE = {
    "space behind the size": b"2  \r\nab\r\n0 \r\n\r\n",
    "a tab behind the size": b"2\t\r\nab\r\n0\r\n\r\n",
    "anything behind a blank": b"2 junk\r\nab\r\n0\r\n\r\n",
    "a control character in an extension": b"2;\x01\r\nab\r\n0\r\n\r\n",
    "a long extension": b"2;" + b"a" * 3000 + b"\r\nab\r\n0\r\n\r\n",
    "bare LF behind the size": b"2\nab\r\n0\r\n\r\n",
    "bare LF behind a chunk": b"2\r\nab\n0\r\n\r\n",
    "bare LF everywhere": b"2\nab\n0\nX: a\n\n",
    "bare LF at the end": b"2\r\nab\r\n0\r\n\n",
    "a trailer with a space in its name": b"2\r\nab\r\n0\r\nX : a\r\n\r\n",
    "a trailer without colon": b"2\r\nab\r\n0\r\nX\r\n\r\n",
    "a folded trailer": b"2\r\nab\r\n0\r\nX: a\r\n b\r\n\r\n",
}


@pytest.mark.parametrize("coded", LOOSE.values(), ids=LOOSE.keys())
@pytest.mark.parametrize("size", [1, 2, 1 << 20], ids=["byte by byte", "in twos", "at once"])
def test_an_endpoint_may_chunk_loosely_and_a_client_may_not(coded: bytes, size: int) -> None:
    """What has one reading is read from an endpoint, wherever it is cut; from a client it is an attempt to smuggle."""
    pieces = [coded[at : at + size] for at in range(0, len(coded), size)]
    assert read(LooseChunkedBody(), *pieces, b"HTTP/1.1") == (b"ab", b"HTTP/1.1")
    with pytest.raises(BadFraming):
        read(ChunkedBody(), *pieces, b"\r\n\r\n")


NEVER_READ = {name: BAD[name] for name in (
    "no size", "a size that is no number", "a size with 0x", "a signed size", "a negative size",
    "a size with an underscore", "space before the size", "a size over 60 bits", "a size that overflows to 2",
    "bare CR in the size", "a chunk longer than its size", "CR and something behind a chunk", "too many trailers",
)} | {
    "bare CR in an extension": b"2;a\rb\r\nab\r\n0\r\n\r\n", "a line without end": b"2;" + b"a" * 20_000,
    "a line that is too long": b"2;" + b"a" * 20_000 + b"\nab\n0\n\n",
}  # fmt: skip


@pytest.mark.parametrize("coded", NEVER_READ.values(), ids=NEVER_READ.keys())
@pytest.mark.parametrize("size", [1, 1 << 20], ids=["byte by byte", "at once"])
def test_what_has_two_readings_is_refused_from_an_endpoint_too(coded: bytes, size: int) -> None:
    """Looseness ends where nginx and curl would not read the same."""
    with pytest.raises(BadFraming):
        read(LooseChunkedBody(), *[coded[at : at + size] for at in range(0, len(coded), size)])


@pytest.mark.parametrize("at", range(len(CHUNKED) + 1))
def test_the_loose_reader_reads_what_the_strict_one_reads(at: int) -> None:
    """Well-formed chunks are the same to both, cut anywhere."""
    assert read(LooseChunkedBody(), CHUNKED[:at], CHUNKED[at:] + b"HTTP/") == (PAYLOAD, b"HTTP/")


@pytest.mark.parametrize("size", [b"0000000000000000000", b"f" * 15])
def test_a_size_is_bounded_in_digits(size: bytes) -> None:
    """Fifteen digits are over a petabyte; leading zeros count."""
    body = ChunkedBody()
    if len(size) > 15:
        with pytest.raises(BadFraming):
            body.feed(size + b"\r\n")
    else:
        assert body.feed(size + b"\r\nab") == (b"ab", None)


class _Oracle:
    """What httptools makes of the same bytes."""

    def __init__(self) -> None:
        self.payload = b""
        self.complete = False

    def on_body(self, data: bytes) -> None:
        self.payload += data

    def on_message_complete(self) -> None:
        self.complete = True

    def read(self, coded: bytes) -> bytes | None:
        """The payload; None where it is refused or unfinished."""
        parser = httptools.HttpRequestParser(self)
        try:
            parser.feed_data(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + coded)
        except httptools.HttpParserError:
            return None
        return self.payload if self.complete else None


_EXTENSION = re.compile(rb"[ \t]*;[^\r\n]*")
SPLICES = (b"\r", b"\n", b"\r\n", b"\0", b" ", b"a", b"0", b"1", b"g", b"-", b":", b"\xff", b"0\r\n\r\n")


@given(st.integers(0, len(CHUNKED)), st.integers(0, 3), st.sampled_from(SPLICES))
def test_what_we_accept_httptools_accepts(at: int, removed: int, splice: bytes) -> None:
    """A body that we accept reads the same in the parser that most servers use. It refuses more, but only in
    extensions, which end here: white space that RFC 9112 §7.1.1 lets pass, and what is no token."""
    coded = CHUNKED[:at] + splice + CHUNKED[at + removed :]
    try:
        payload, rest = read(ChunkedBody(), coded)
    except BadFraming:
        return
    if rest is not None:
        whole = coded[: len(coded) - len(rest)]
        assert _Oracle().read(_EXTENSION.sub(b"", whole)) == payload


@given(st.binary(max_size=200), st.integers(0, 250), st.integers(0, 250))
def test_a_length_is_kept_to(data: bytes, length: int, cut: int) -> None:
    """Exactly `length` bytes are the body's; the rest is somebody else's."""
    if length == 0:
        return  # a body without bytes has no reader
    payload, rest = read(LengthBody(length), data[:cut], data[cut:])
    assert payload == data[:length]
    assert rest == (data[length:] if len(data) >= length else None)


def test_a_body_that_stops_early_is_broken() -> None:
    """A close ends a body only where nothing else does."""
    for body in (LengthBody(2), ChunkedBody()):
        body.feed(b"1")
        with pytest.raises(BadFraming):
            body.end_of_stream()
    until_close = UntilCloseBody()
    assert until_close.feed(b"1") == (b"1", None)
    until_close.end_of_stream()
