"""Heads that were read a moment ago: they are what reading anew gives, whatever stands in the lines that differ."""

from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from http1.errors import BadRequest
from http1.head import HEAD_END, RequestHead, forget_heads, read_request_head, request_head
from http1.settings import ServerLimits

LIMITS = ServerLimits(max_header_count=8)
LINES = st.sampled_from(
    [
        b"Host: models.test",
        b"host: other:80",
        b"Content-Length: 4",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"Connection: X-Request-ID",
        b"Connection: keep-alive, traceparent",
        b"Expect: 100-continue",
        b"Authorization: Bearer abc",
        b"X-Odd:  a ",
        b" folded",
        b"\tX-Request-ID: folded",
        b"No colon",
    ]
)
VALUES = st.one_of(
    st.sampled_from(
        [b"abc", b"a b", b"", b" padded\t", b"\xff", b"a\0b", b"a\rb", b"a\nX-Smuggled: 1", b"a\r\nX-Smuggled: 1"]
    ),
    st.binary(max_size=8),
    st.from_regex(rb"[!-~]{1,12}", fullmatch=True),
)
NAMES = st.sampled_from(
    [
        b"X-Request-ID",
        b"x-request-id",
        b"X-Request-Id",
        b"X-REQUEST-ID",
        b"traceparent",
        b"Tracestate",
        b"X-Request-ID ",
    ]
)
OWN_LINES = st.builds(
    lambda name, blank, value: name + b":" + blank + value, NAMES, st.sampled_from([b"", b" ", b"\t "]), VALUES
)
HEADS = st.lists(st.one_of(LINES, OWN_LINES), max_size=9)
STARTS = st.sampled_from(
    [b"POST /v2/models/m/infer HTTP/1.1", b"GET / HTTP/1.0", b"GET /x HTTP/1.1", b"", b"X-Request-ID: a"]
)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    forget_heads()
    yield
    forget_heads()


def written(start: bytes, lines: list[bytes]) -> bytes:
    return b"\r\n".join([start, *lines, b"", b""])


def seen(head: RequestHead) -> dict[str, object]:
    return {name: getattr(head, name) for name in RequestHead.__slots__ if name != "memo"}


def outcome(read: object, raw: bytes) -> object:
    try:
        return seen(read(raw, LIMITS))  # type: ignore[operator]
    except BadRequest as refusal:
        return (refusal.status, refusal.reason)


@settings(max_examples=1_000, deadline=None)
@given(STARTS, HEADS, HEADS)
def test_a_head_is_what_reading_it_anew_gives(start: bytes, before: list[bytes], after: list[bytes]) -> None:
    """Also where the same head with other ids, or without any, was read before."""
    forget_heads()
    raw = written(start, after)
    assume(raw.index(HEAD_END) == len(raw) - 4)
    own = (b"x-request-id", b"tracep", b"traces")
    for other in (
        written(start, before),
        written(start, [line for line in after if not line.lower().startswith(own)]),
        written(start, [b"X-Request-ID: z" if line.lower().startswith(own) else line for line in after]),
        raw,
    ):
        outcome(request_head, other)
    assert outcome(request_head, raw) == outcome(read_request_head, raw)


def test_requests_that_differ_by_their_ids_share_what_is_known() -> None:
    """Each has its own ids, in the order and the spelling they came in; what was made of the head is made once."""

    def asked(number: bytes) -> RequestHead:
        lines = [b"X-Request-Id: %b" % number, b"Host: m", b"Accept: */*", b"traceparent:%b " % number]
        return request_head(written(b"GET / HTTP/1.1", lines), LIMITS)

    asked(b"one")
    second, third = asked(b"two"), request_head(written(b"GET / HTTP/1.1", [b"Host: m", b"Accept: */*"]), LIMITS)
    assert second.memo is third.memo
    assert [(name, value) for name, value, _ in second.own] == [(b"x-request-id", b"two"), (b"traceparent", b"two")]
    assert [field.name for field in third.fields] == [b"accept"]
    assert third.own == []


def test_a_line_too_many_is_refused_though_the_rest_is_known() -> None:
    """The number of lines counts those that differ."""
    lines = [b"Host: m", *(b"A%d: 1" % n for n in range(6))]
    assert request_head(written(b"GET / HTTP/1.1", [*lines, b"X-Request-ID: a"]), LIMITS).line_count == 8
    with pytest.raises(BadRequest, match="more than 8"):
        request_head(written(b"GET / HTTP/1.1", [*lines, b"X-Request-ID: a", b"traceparent: b"]), LIMITS)
