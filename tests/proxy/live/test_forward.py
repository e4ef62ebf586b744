"""The heads we send: each rule of the table of headers in docs/design.md, and nothing else."""

import re

import pytest

from calling.marker import sign
from http1.address import parse_endpoint
from http1.answer import AnswerHead, read_answer_head
from http1.head import RequestHead, read_request_head
from http1.settings import ServerLimits
from proxy.live.forward import ForwardedHead, Forwarding, interim, switching, to_client
from proxy.live.ids import Ids
from proxy.settings import RouteSettings
from records.privacy.kept_rules import KeptRules
from records.settings import KeptSettings

SECRET = b"s" * 32
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NEW_TRACE = b"00-11111111111111111111111111111111-2222222222222222-00"


def read(*lines: bytes, start: bytes = b"POST /p?q=1 HTTP/1.1") -> RequestHead:
    return read_request_head(b"\r\n".join((start, b"Host: m.test", *lines, b"", b"")), ServerLimits())


def forward(
    *lines: bytes,
    start: bytes = b"POST /p?q=1 HTTP/1.1",
    url: str = "http://10.0.0.1:9000",
    kept: tuple[str, ...] = (),
    peer: bytes = b"10.1.1.1",
    tls: bool = False,
    **settings: object,
) -> ForwardedHead:
    route = RouteSettings(prefix="/", production=url, **settings)  # type: ignore[arg-type]
    forwarding = Forwarding(route, parse_endpoint(url), KeptRules.create(KeptSettings(headers=kept)), SECRET)
    return forwarding.to_production(
        read(*lines, start=start), request_id=b"new-id", traceparent=NEW_TRACE, peer=peer, tls=tls
    )


def lines_of(forwarded: ForwardedHead) -> list[bytes]:
    assert forwarded.head.endswith(b"\r\n\r\n")
    return forwarded.head[:-4].split(b"\r\n")


def values(forwarded: ForwardedHead, name: bytes) -> list[bytes]:
    found = [line.partition(b": ") for line in lines_of(forwarded)]
    return [value for each, _, value in found if each.lower() == name]


def test_a_request_passes_on_as_it_came() -> None:
    """Line, host and end-to-end fields are the client's to the byte; a handful of fields is added."""
    lines = lines_of(
        forward(b"content-TYPE:  application/json ", b"Content-Length: 2", b"Authorization: s", b"X-A:\xff")
    )
    assert lines == [
        b"POST /p?q=1 HTTP/1.1",
        b"Host: m.test",
        b"content-TYPE:  application/json ",
        b"Content-Length: 2",
        b"Authorization: s",
        b"X-A:\xff",
        b"X-Request-ID: new-id",
        b"traceparent: " + NEW_TRACE,
        b"X-Forwarded-For: 10.1.1.1",
        b"X-Forwarded-Proto: http",
        b"X-Forwarded-Host: m.test",
    ]


def test_hop_by_hop_fields_end_here() -> None:
    """Those of RFC 9110 §7.6.1, and those that Connection names."""
    head = forward(b"Connection: close, X-Hop", b"X-Hop: 1", b"Keep-Alive: 1", b"TE: trailers", b"Proxy-Connection: a")
    assert not re.search(rb"(?i)connection|x-hop|keep-alive|\nte:", head.head)


def test_the_body_is_framed_as_it_was() -> None:
    """By length or chunked, or not at all."""
    assert values(forward(b"Content-Length: 7"), b"content-length") == [b"7"]
    chunked = forward(b"Transfer-Encoding: chunked")
    assert values(chunked, b"transfer-encoding") == [b"chunked"]
    assert values(chunked, b"content-length") == []
    nothing = forward(start=b"GET / HTTP/1.1")
    assert values(nothing, b"content-length") == values(nothing, b"transfer-encoding") == []


def test_an_expectation_passes_on() -> None:
    """Production decides whether it wants the body."""
    assert values(forward(b"Expect: 100-continue", b"Content-Length: 2"), b"expect") == [b"100-continue"]


def test_a_websocket_passes_on() -> None:
    """With a Connection of our own; other upgrades do not."""
    asked = (b"Connection: Upgrade, X-Hop", b"Upgrade: websocket", b"Sec-WebSocket-Key: k")
    head = forward(*asked, start=b"GET /ws HTTP/1.1")
    assert (values(head, b"connection"), values(head, b"upgrade")) == ([b"Upgrade"], [b"websocket"])
    assert values(head, b"sec-websocket-key") == [b"k"]
    assert values(forward(b"Connection: Upgrade", b"Upgrade: h2c"), b"upgrade") == []


def test_the_endpoints_base_is_put_before_the_target() -> None:
    """As its URL says."""
    assert lines_of(forward(url="http://m:9000/base/"))[0] == b"POST /base/p?q=1 HTTP/1.1"


def test_the_host_is_the_clients_unless_the_route_says_otherwise() -> None:
    """host = "endpoint" is for production behind a name of its own; the client's is forwarded all the same."""
    head = forward(url="https://models.test:8443", host="endpoint", tls=True)
    assert values(head, b"host") == [b"models.test:8443"]
    assert values(head, b"x-forwarded-host") == [b"m.test"]


def test_a_request_of_1_0_without_host_gets_an_empty_one() -> None:
    """HTTP/1.1, which we speak to production, needs one."""
    head = read_request_head(b"GET / HTTP/1.0\r\n\r\n", ServerLimits())
    forwarding = Forwarding(
        RouteSettings(prefix="/", production="http://m"),
        parse_endpoint("http://m"),
        KeptRules.create(KeptSettings()),
        SECRET,
    )
    sent = forwarding.to_production(head, request_id=b"i", traceparent=NEW_TRACE, peer=b"p", tls=False)
    assert sent.head.startswith(b"GET / HTTP/1.1\r\nHost: \r\n")


# ---- ids and traces


@pytest.mark.parametrize("id_", [b"a", b"A-z.0_9~", b"x" * 128])
def test_a_sound_request_id_is_kept(id_: bytes) -> None:
    """And is what the client gets back."""
    forwarded = forward(b"x-REQUEST-id: " + id_)
    assert values(forwarded, b"x-request-id") == [id_]
    assert forwarded.request_id == id_
    assert (b"x-request-id", id_) in forwarded.kept


@pytest.mark.parametrize("id_", [b"", b"x" * 129, b"a b", b"a/b", b"<script>", b"\xff", b"a,b"])
def test_another_request_id_is_replaced(id_: bytes) -> None:
    """Not passed on, not returned, not kept."""
    forwarded = forward(b"X-Request-ID: " + id_)
    assert values(forwarded, b"x-request-id") == [b"new-id"]
    assert forwarded.request_id == b"new-id"


def test_a_trace_goes_on() -> None:
    """With its state."""
    forwarded = forward(b"tracestate: a=1", b"traceparent: " + TRACE)
    assert (values(forwarded, b"traceparent"), values(forwarded, b"tracestate")) == ([TRACE], [b"a=1"])
    assert (b"traceparent", TRACE) in forwarded.kept


@pytest.mark.parametrize(
    "trace",
    [
        b"",
        b"00-" + b"0" * 32 + TRACE[35:],
        b"ff" + TRACE[2:],
        TRACE.upper(),
        TRACE[:-1],
        TRACE[:36] + b"0" * 16 + b"-01",
    ],
)
def test_a_broken_trace_is_begun_anew(trace: bytes) -> None:
    """And its state, which means nothing without it, ends (W3C Trace Context §3.3)."""
    forwarded = forward(b"tracestate: a=1", b"traceparent: " + trace)
    assert (values(forwarded, b"traceparent"), values(forwarded, b"tracestate")) == ([NEW_TRACE], [])


def test_ids_are_unique_and_traces_valid() -> None:
    """Two workers never make the same id, and a new trace is one that we would keep."""
    one, other = Ids(), Ids()
    made = [ids.next() for ids in (one, other) for _ in range(1000)]
    assert len(set(made)) == 2000
    assert all(forward(b"X-Request-ID: " + id_.encode()).request_id == id_.encode() for id_ in made[:3])
    trace = one.traceparent()
    assert values(forward(b"traceparent: " + trace), b"traceparent") == [trace]
    assert trace != one.traceparent()


# ---- who asked


def test_the_peer_is_appended() -> None:
    """To what came, several fields as one list; the other two are ours to say."""
    forwarded = forward(
        b"X-Forwarded-For: 1.1.1.1, 2.2.2.2", b"x-forwarded-for: 3.3.3.3", b"X-Forwarded-Proto: gopher",
        b"X-Forwarded-Host: evil.test", tls=True,
    )  # fmt: skip
    assert values(forwarded, b"x-forwarded-for") == [b"1.1.1.1, 2.2.2.2, 3.3.3.3, 10.1.1.1"]
    assert values(forwarded, b"x-forwarded-proto") == [b"https"]
    assert values(forwarded, b"x-forwarded-host") == [b"m.test"]


def test_each_request_names_its_own_peer() -> None:
    """Also where requests have the same head, and take turns."""
    url, head = "http://m", read(b"X-Forwarded-For: 1.1.1.1")
    forwarding = Forwarding(
        RouteSettings(prefix="/", production=url), parse_endpoint(url), KeptRules.create(KeptSettings()), SECRET
    )
    for peer, tls in ((b"10.1.1.1", False), (b"10.1.1.2", False), (b"10.1.1.2", True), (b"10.1.1.1", False)):
        sent = forwarding.to_production(head, request_id=b"i", traceparent=NEW_TRACE, peer=peer, tls=tls)
        assert values(sent, b"x-forwarded-for") == [b"1.1.1.1, " + peer]
        assert values(sent, b"x-forwarded-proto") == [b"https" if tls else b"http"]


def test_trusted_forwarding_passes() -> None:
    """Behind a balancer that sets them; what it did not set, we say."""
    forwarded = forward(b"X-Forwarded-For: 1.1.1.1", b"X-Forwarded-Proto: https", trust_forwarded=True)
    assert values(forwarded, b"x-forwarded-for") == [b"1.1.1.1"]
    assert values(forwarded, b"x-forwarded-proto") == [b"https"]
    assert values(forwarded, b"x-forwarded-host") == [b"m.test"]


def test_a_client_cannot_hide_the_peer() -> None:
    """By naming the field in Connection."""
    forwarded = forward(b"Connection: X-Forwarded-For", b"X-Forwarded-For: 1.1.1.1")
    assert values(forwarded, b"x-forwarded-for") == [b"10.1.1.1"]


# ---- shadow marks, and what is kept


def test_a_copy_is_known_and_its_mark_passes_on() -> None:
    """So that a chain of proxies knows it too."""
    mark = sign(SECRET, "a-1").encode()
    forwarded = forward(b"X-Understudy-Shadow: " + mark)
    assert forwarded.shadowed
    assert values(forwarded, b"x-understudy-shadow") == [mark]


def test_a_forged_mark_ends_here() -> None:
    """The request is like any other: no client exempts itself."""
    forwarded = forward(b"X-Understudy-Shadow: " + sign(b"guess", "a-1").encode())
    assert not forwarded.shadowed
    assert values(forwarded, b"x-understudy-shadow") == []


def test_only_the_allow_list_is_kept() -> None:
    """Credentials and headers that nobody thought of go to production alone."""
    forwarded = forward(
        b"Content-Type: application/json", b"User-Agent:  u ", b"Authorization: s", b"Cookie: c", b"X-API-Key: k",
        b"X-Tenant: t", b"X-Forwarded-For: 1.1.1.1", b"Content-Length: 2", kept=("X-Tenant",),
    )  # fmt: skip
    assert forwarded.kept == (
        (b"content-type", b"application/json"),
        (b"user-agent", b"u"),
        (b"x-tenant", b"t"),
        (b"x-request-id", b"new-id"),
        (b"traceparent", NEW_TRACE),
    )
    assert values(forwarded, b"x-api-key") == [b"k"]


# ---- to the client


def answered(*lines: bytes, start: bytes = b"HTTP/1.1 200 OK") -> AnswerHead:
    return read_answer_head(b"\r\n".join((start, *lines, b"", b"")))


def back(
    *lines: bytes,
    start: bytes = b"HTTP/1.1 200 OK",
    minor: int = 1,
    keep_alive: bool = True,
    bodyless: bool = False,
) -> tuple[list[bytes], bool]:
    head, chunked = to_client(
        answered(*lines, start=start), b"id", minor=minor, keep_alive=keep_alive, bodyless=bodyless
    )
    assert head.endswith(b"\r\n\r\n")
    return head[:-4].split(b"\r\n"), chunked


def test_an_answer_passes_on_as_it_came() -> None:
    """Status, reason and fields in their order and to the byte; hop-by-hop ones end, X-Request-ID is the client's."""
    lines, chunked = back(
        b"server:  x ", b"Content-Length: 5", b"Set-Cookie: a", b"X-Request-ID: productions", b"Set-Cookie: b",
        b"Connection: close", b"Keep-Alive: 1", start=b"HTTP/1.1 418 I'm a  teapot",
    )  # fmt: skip
    assert lines == [
        b"HTTP/1.1 418 I'm a  teapot", b"server:  x ", b"Content-Length: 5", b"Set-Cookie: a", b"Set-Cookie: b",
        b"X-Request-ID: id",
    ]  # fmt: skip
    assert not chunked


@pytest.mark.parametrize("lines", [(b"Transfer-Encoding: chunked",), ()], ids=["chunked", "until close"])
def test_an_answer_without_length_goes_chunked(lines: tuple[bytes, ...]) -> None:
    """To HTTP/1.1; to HTTP/1.0 until close."""
    assert back(*lines) == ([b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", b"X-Request-ID: id"], True)
    assert back(*lines, minor=0) == ([b"HTTP/1.1 200 OK", b"X-Request-ID: id", b"Connection: close"], False)


@pytest.mark.parametrize(
    ("lines", "status", "bodyless", "expected"),
    [
        ((b"Content-Length: 5",), b"200 OK", True, [b"Content-Length: 5"]),
        ((b"Transfer-Encoding: chunked",), b"200 OK", True, [b"Transfer-Encoding: chunked"]),
        ((), b"200 OK", True, []),
        ((b"Content-Length: 5",), b"304 Not Modified", False, [b"Content-Length: 5"]),
        ((), b"304 Not Modified", False, []),
        ((), b"204 No Content", False, []),
    ],
)
def test_an_answer_without_body(lines: tuple[bytes, ...], status: bytes, bodyless: bool, expected: list[bytes]) -> None:
    """To a HEAD, a 204, a 304: framing is told as production told it, and no chunk follows."""
    got, chunked = back(*lines, start=b"HTTP/1.1 " + status, bodyless=bodyless)
    assert got[1:-1] == expected
    assert not chunked


@pytest.mark.parametrize(
    ("minor", "keep_alive", "connection"),
    [
        (1, True, []),
        (1, False, [b"Connection: close"]),
        (0, True, [b"Connection: keep-alive"]),
        (0, False, [b"Connection: close"]),
    ],
)
def test_the_connection_is_told_where_it_is_not_the_default(
    minor: int, keep_alive: bool, connection: list[bytes]
) -> None:
    """Each version has its own."""
    lines, _ = back(b"Content-Length: 0", minor=minor, keep_alive=keep_alive)
    assert lines[3:] == connection


def test_switching_and_interim_heads() -> None:
    """A 101 with a Connection of our own, a 1xx with its fields."""
    head = answered(
        b"Connection: upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Accept: a",
        start=b"HTTP/1.1 101 Switching Protocols",
    )  # fmt: skip
    assert switching(head, b"websocket", b"id").split(b"\r\n") == [
        b"HTTP/1.1 101 Switching Protocols", b"Sec-WebSocket-Accept: a", b"Connection: Upgrade", b"Upgrade: websocket",
        b"X-Request-ID: id", b"", b"",
    ]  # fmt: skip
    hints = answered(b"Link: </a>", start=b"HTTP/1.1 103 Early Hints")
    assert interim(hints) == b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
