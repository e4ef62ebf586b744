"""Answers' heads: read as nginx and curl read them, where there is one reading; and what passes on is strict."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from http1.answer import AnswerHead, forget_answers, next_answer_head
from http1.errors import BadAnswer

OK = b"HTTP/1.1 200 OK\r\n"


def read(raw: bytes) -> AnswerHead:
    """The head at the beginning of `raw`, which must be there whole and alone."""
    found = next_answer_head(raw)
    assert found is not None
    head, end = found
    assert end == len(raw)
    return head


def answer_head(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> AnswerHead:
    return read(b"\r\n".join((status, *lines)) + b"\r\n\r\n")


def lines_of(head: AnswerHead) -> list[bytes]:
    return [field.line for field in head.fields]


BAD_ANSWERS = {
    "length and coding": (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "coding and length": (b"Transfer-Encoding: chunked", b"Content-Length: 5"),
    "coding and length, loosely": (b"Transfer-Encoding : chunked", b"Content-Length : 5"),
    "two lengths": (b"Content-Length: 5", b"Content-Length: 6"),
    "two lengths in a list": (b"Content-Length: 5, 6",),
    "a bad length": (b"Content-Length: 5x",),
    "a bad length in a list": (b"Content-Length: 5, 5x",),
    "a signed length": (b"Content-Length: +5",),
    "an empty length": (b"Content-Length:",),
    "a length with a vertical tab": (b"Content-Length: \x0b5",),
    "a length over 63 bits": (b"Content-Length: 9999999999999999999",),
    "a folded length": (b"Content-Length:", b" 5"),
    "a length that folds on": (b"Content-Length: 5", b" 6"),
    "a folded coding": (b"Transfer-Encoding:", b" chunked"),
    "another coding": (b"Transfer-Encoding: gzip, chunked",),
    "another coding, loosely": (b"Transfer-Encoding : gzip",),
    "a fold of nothing": (b" X: a", b"Content-Length: 5"),
    "bare CR": (b"X: a\rb",),
    "bare CR in a fold": (b"X: a", b" b\rc"),
    "NUL": (b"X: a\0b",),
    "NUL in a name": (b"X\0: a",),
    "space in a name": (b"X Y: a",),
    "no name": (b": a",),
    "no colon": (b"X",),
}


@pytest.mark.parametrize("lines", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_refuses_an_answer(lines: tuple[bytes, ...]) -> None:
    """An answer that a client could read differently than we do is production's failure, not the client's to guess."""
    with pytest.raises(BadAnswer):
        answer_head(*lines)


@pytest.mark.parametrize(
    "name",
    [
        b"Content-Length\xa0", b"\xa0Content-Length", b"Content-Length\xc2\xa0",
        b"Content-Length\x85", b'"Content-Length"', b"content-length\xe2\x80\x8b",
        b"\xef\xbb\xbfContent-Length", b"Content\xadLength", b"Content\xe2\x80\x93Length",
        b"(Content-Length)", b"Content-Length;", b"Content-Length\x85 ",
        b"Transfer-Encoding\x85", b"Transfer-Encoding\xa0", b'"transfer-encoding"',
        b"<Transfer-Encoding>", b"Transfer-Encoding,", b"Transfer/Encoding",
        b"[Transfer-Encoding]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_refuses_what_reads_as_framing_under_a_name_that_is_none(name: bytes, end: bytes) -> None:
    """A client may take out what no name holds, and would then see a framing beside the true one."""
    for framing in (b"Content-Length: 5", b"Transfer-Encoding: chunked", b"X: a"):
        with pytest.raises(BadAnswer, match="framing"):
            read(end.join((b"HTTP/1.1 200 OK", framing, name + b": 5", b"", b"")))


@pytest.mark.parametrize("name", [b"X\xa0", b'"X"', b"Content-Length-Hint\xa0", b"Content_Length", b"X-Content-Length"])
def test_passes_an_odd_name_on_that_says_nothing_of_framing(name: bytes) -> None:
    """As nginx and curl do; one that is a token names a field of its own."""
    assert lines_of(answer_head(LENGTH, name + b": 3")) == [LENGTH, name + b": 3"]


@pytest.mark.parametrize(
    "status",
    [
        b"HTTP/2.0 200 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 2000 OK", b"HTTP/1.1 099 X", b"HTTP/1.1 200 a\0b", b"ICY 200",
        b"HTTP/1.1\t200 OK", b"HTTP/1.1 200 a\rb", b"RTSP/1.0 200 OK", b"HTTP/1.1 200OK", b"http/1.1 200 OK",
        b" HTTP/1.1 200 OK", b"HTTP/1.1 -20 OK",
    ],
)  # fmt: skip
def test_refuses_a_status_line(status: bytes) -> None:
    """What does not begin as HTTP/1.x with three digits is not an answer."""
    with pytest.raises(BadAnswer):
        answer_head(status=status)


LENGTH = b"Content-Length: 5"
# What was sent, and the lines that go on. nginx 1.22 or curl 7.88, most often both, read each of these in this way.
LOOSE = {
    "bare LF": (b"HTTP/1.1 200 OK\nContent-Length: 5\nX: a\n\n", [LENGTH, b"X: a"]),
    "bare LF at the end": (OK + b"Content-Length: 5\r\n\n", [LENGTH]),
    "bare LF before the end": (OK + b"Content-Length: 5\n\r\n", [LENGTH]),
    "bare LF among others": (OK + b"X: a\nContent-Length: 5\r\n\r\n", [b"X: a", LENGTH]),
    "a fold": (OK + b"X: a \r\n  b\r\n\tc\r\nContent-Length: 5\r\n\r\n", [b"X: a b c", LENGTH]),
    "blanks before a colon": (OK + b"X-Odd \t: v\r\nContent-Length: 5\r\n\r\n", [b"X-Odd: v", LENGTH]),
    "blanks before a length's colon": (OK + b"Content-Length : 5\r\n\r\n", [LENGTH]),
    "blanks before the status": (b"HTTP/1.1   200 OK\r\nContent-Length: 5\r\n\r\n", [LENGTH]),
    "the same length in a list": (OK + b"Content-Length: 5, 5\r\n\r\n", [LENGTH]),
    "the same length twice": (OK + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", [LENGTH]),
    "identity": (OK + b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n", [LENGTH]),
    "a control character": (OK + b"Content-Length: 5\r\nX: a\x01b\x7f\r\n\r\n", [LENGTH, b"X: a\x01b\x7f"]),
    "an odd name": (OK + b"X@Y\xe4: v\r\nContent-Length: 5\r\n\r\n", [b"X@Y\xe4: v", LENGTH]),
}


@pytest.mark.parametrize(("raw", "lines"), LOOSE.values(), ids=LOOSE.keys())
def test_reads_what_nginx_and_curl_read(raw: bytes, lines: list[bytes]) -> None:
    """Where a client that talks to the endpoint itself gets its answer, one behind the proxy does, in strict form."""
    head = read(raw)
    assert (head.status, head.reason, head.content_length, head.chunked) == (200, b"OK", 5, False)
    assert lines_of(head) == lines


@pytest.mark.parametrize("raw", [raw for raw, _ in LOOSE.values()], ids=LOOSE.keys())
def test_a_loose_head_ends_at_its_first_empty_line(raw: bytes) -> None:
    """Wherever the network cuts it, and whatever looks like an end in the body behind it."""
    for cut in range(len(raw)):
        assert next_answer_head(raw[:cut]) is None
    found = next_answer_head(raw + b"body\r\n\r\nX: a\n\n")
    assert found is not None
    assert found[1] == len(raw)


@pytest.mark.parametrize(
    "lines",
    [
        (b"Transfer-Encoding: Chunked ",), (b"Transfer-Encoding: chunked,",), (b"Transfer-Encoding : chunked",),
        (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), (b"Transfer-Encoding: chunked, chunked",),
        (b"Transfer-Encoding: identity, chunked",),
    ],
)  # fmt: skip
def test_chunked_is_chunked_however_it_is_said(lines: tuple[bytes, ...]) -> None:
    """Said twice it is done once, as curl and Envoy have it; and the line ends here."""
    head = answer_head(*lines)
    assert (head.chunked, lines_of(head)) == (True, [])


def test_chunked_in_an_answer_of_1_0_costs_the_connection() -> None:
    """RFC 9112 §6.1: it is read, as by everybody, and nothing is trusted behind it."""
    head = answer_head(
        b"Transfer-Encoding: chunked", b"Connection: keep-alive", status=b"HTTP/1.0 200 OK",
    )  # fmt: skip
    assert (head.chunked, head.keep_alive) == (True, False)


def test_reads_an_answer() -> None:
    """Status, reason, framing and end-to-end fields."""
    head = answer_head(
        b"Content-Length: 5", b"Set-Cookie: a", b"Set-Cookie: b", b"Connection: close, X-Hop", b"X-Hop: 1",
        b"Keep-Alive: 5", status=b"HTTP/1.1 404 Not  Found",
    )  # fmt: skip
    assert (head.status, head.reason, head.content_length, head.keep_alive) == (404, b"Not  Found", 5, False)
    assert lines_of(head) == [b"Content-Length: 5", b"Set-Cookie: a", b"Set-Cookie: b"]


@pytest.mark.parametrize("status", [b"HTTP/1.1 200", b"HTTP/1.1 200 "])
def test_an_answer_needs_no_reason(status: bytes) -> None:
    """RFC 9112 §4: a reason phrase may be empty."""
    assert answer_head(status=status).reason == b""


def test_an_answer_may_speak_of_upgrades() -> None:
    """An Upgrade header beside a 200 is an advertisement; it ends here."""
    head = answer_head(b"Upgrade: h2c", b"Connection: Upgrade", b"Content-Length: 2")
    assert (head.status, head.content_length, lines_of(head)) == (200, 2, [b"Content-Length: 2"])


@pytest.mark.parametrize("line", [b"Content-Length: 0", b"Content-Length: 5", b"Transfer-Encoding: chunked"])
@pytest.mark.parametrize("status", [b"103 Early Hints", b"204 No Content"])
def test_an_answer_without_a_body_tells_the_client_of_none(line: bytes, status: bytes) -> None:
    """RFC 9112 §6.3: it ends with its head; a body it spoke of would shift all answers behind it for some client."""
    head = answer_head(line, b"X: a", status=b"HTTP/1.1 " + status)
    harmless = [line] if status.startswith(b"204") and line.endswith(b" 0") else []
    assert (head.chunked, lines_of(head)) == (False, [*harmless, b"X: a"])


@pytest.mark.parametrize(("connection", "stays"), [(b"X: a", False), (b"Connection: keep-alive", True)])
def test_an_answer_of_1_0_closes_unless_it_says_otherwise(connection: bytes, stays: bool) -> None:
    """The default of HTTP/1.0."""
    assert answer_head(connection, status=b"HTTP/1.0 200 OK").keep_alive is stays


@pytest.mark.parametrize("raw", [OK + b"Content-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"])
def test_a_head_that_came_a_moment_ago_is_not_read_again_until_it_is_forgotten(raw: bytes) -> None:
    """The same bytes are the same head; nothing stays."""
    answer = read(raw)
    assert read(raw) is answer
    forget_answers()
    assert read(raw) is not answer


SPLICES = (
    b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b",", b"\x0b", b"\xff", b"\x7f", b"\n ", b"Content-Length: 1",
    b"Transfer-Encoding: chunked", b"chunked", b"HTTP/1.1", b"\nContent-Length : 5",
)  # fmt: skip
SEEDS = (
    OK + b"Content-Length: 5\r\nX: y",
    OK + b"Transfer-Encoding: chunked\r\nX: y\r\nConnection: close",
    b"HTTP/1.0 200 OK\nContent-Length: 5\nX: y",
)
A_LINE = re.compile(rb"[^\0-\x20:]+:[^\0\r\n]*")


@settings(max_examples=500)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), st.sampled_from(SPLICES)), min_size=1, max_size=3),
)
def test_what_passes_on_has_one_reading(seed: bytes, splices: list[tuple[float, int, bytes]]) -> None:
    """Whatever is spliced into a head: what goes on of it is one field a line, and at most one of them is a length."""
    raw = seed + b"\r\n\r\n"
    for place, removed, splice in splices:
        at = int(place * len(raw))
        raw = raw[:at] + splice + raw[at + removed :]
    try:
        found = next_answer_head(raw)
    except BadAnswer:
        return
    if found is None:
        return
    head, _ = found
    assert all(A_LINE.fullmatch(line) for line in lines_of(head))
    assert not any(name in head.reason for name in (b"\r", b"\n", b"\0"))
    lengths = [field for field in head.fields if field.name == b"content-length"]
    assert not any(field.name == b"transfer-encoding" for field in head.fields)
    assert [field.value for field in lengths] == ([] if head.content_length is None else [lengths[0].value])
    assert all(int(field.value) == head.content_length and not head.chunked for field in lengths)
