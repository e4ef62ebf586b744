"""Heads are read strictly: what a smuggler would send is refused, with the status that says why."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from http1 import head as read_again
from http1.errors import BadRequest
from http1.head import RequestHead, read_request_head
from http1.settings import ServerLimits

LIMITS = ServerLimits()


def request_head(raw: bytes, limits: ServerLimits = LIMITS) -> RequestHead:
    return read_request_head(raw + b"\r\n\r\n", limits)


def post(*lines: bytes) -> bytes:
    return b"\r\n".join((b"POST / HTTP/1.1", b"Host: a", *lines))


def line(text: bytes) -> bytes:
    return text + b"\r\nHost: a"


def names(head: RequestHead) -> list[bytes]:
    return [field.name for field in head.fields]


REFUSED = {
    "length and coding": (post(b"Content-Length: 5", b"Transfer-Encoding: chunked"), 400, "bad_request"),
    "coding and length": (post(b"Transfer-Encoding: chunked", b"Content-Length: 5"), 400, "bad_request"),
    "differing lengths": (post(b"Content-Length: 5", b"Content-Length: 6"), 400, "bad_request"),
    "the same length twice": (post(b"Content-Length: 5", b"Content-Length: 5"), 400, "bad_request"),
    "a list of lengths": (post(b"Content-Length: 5, 5"), 400, "bad_request"),
    "a signed length": (post(b"Content-Length: +5"), 400, "bad_request"),
    "a negative length": (post(b"Content-Length: -5"), 400, "bad_request"),
    "a hexadecimal length": (post(b"Content-Length: 0x5"), 400, "bad_request"),
    "an empty length": (post(b"Content-Length:"), 400, "bad_request"),
    "a length over 63 bits": (post(b"Content-Length: 9999999999999999999"), 400, "bad_content_length"),
    "space before the colon": (post(b"Content-Length : 5"), 400, "bad_request"),
    "tab before the colon": (post(b"X\t: a"), 400, "bad_request"),
    "space in a name": (post(b"X Y: a"), 400, "bad_request"),
    "no name": (post(b": a"), 400, "bad_request"),
    "no colon": (post(b"X"), 400, "bad_request"),
    "obs-fold": (post(b"X: a", b" b"), 400, "bad_request"),
    "obs-fold with a tab": (post(b"X: a", b"\tTransfer-Encoding: chunked"), 400, "bad_request"),
    "a folded first line": (b"POST / HTTP/1.1\r\n Host: a", 400, "bad_request"),
    "NUL in a value": (post(b"X: a\0b"), 400, "bad_request"),
    "NUL in a name": (post(b"X\0: a"), 400, "bad_request"),
    "a control character": (post(b"X: \x01"), 400, "bad_request"),
    "bare CR in a value": (post(b"X: a\rb"), 400, "bad_request"),
    "bare LF in a value": (post(b"X: a\nContent-Length: 5"), 400, "bad_request"),
    "bare LF behind an upgrade": (
        post(b"Connection: upgrade", b"Upgrade: h2c", b"X: a\nContent-Length: 5"),
        400,
        "bad_request",
    ),
    "another coding": (post(b"Transfer-Encoding: gzip, chunked"), 501, "unknown_coding"),
    "another coding on its own line": (
        post(b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked"),
        501,
        "unknown_coding",
    ),
    "chunked not last": (post(b"Transfer-Encoding: chunked, gzip"), 400, "bad_request"),
    "chunked twice": (post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"), 400, "bad_request"),
    "identity": (post(b"Transfer-Encoding: identity"), 400, "bad_request"),
    "a coding dressed up": (post(b"Transfer-Encoding: xchunked"), 400, "bad_request"),
    "a coding with a vertical tab": (post(b"Transfer-Encoding: \x0bchunked"), 400, "bad_request"),
    "chunked on 1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked", 400, "coding_on_1_0"),
    "no host": (b"GET / HTTP/1.1", 400, "no_host"),
    "two hosts": (post(b"Host: b"), 400, "two_hosts"),
    "a host with a path": (b"GET / HTTP/1.1\r\nHost: a/b", 400, "bad_host"),
    "a host with a user": (b"GET / HTTP/1.1\r\nHost: u@a", 400, "bad_host"),
    "a host with a space": (b"GET / HTTP/1.1\r\nHost: a b", 400, "bad_host"),
    "a port that is a name": (b"GET / HTTP/1.1\r\nHost: a:b", 400, "bad_host"),
    "an unfinished IPv6 host": (b"GET / HTTP/1.1\r\nHost: [::1", 400, "bad_host"),
    "HTTP/2.0 on a line": (line(b"GET / HTTP/2.0"), 505, "http_version"),
    "the HTTP/2 preface": (b"PRI * HTTP/2.0", 505, "http_version"),
    "HTTP/1.2": (line(b"GET / HTTP/1.2"), 505, "http_version"),
    "HTTP/0.9": (line(b"GET /"), 400, "bad_request_line"),
    "two spaces before the target": (line(b"GET  / HTTP/1.1"), 400, "bad_request_line"),
    "two spaces after the target": (line(b"GET /  HTTP/1.1"), 400, "bad_request_line"),
    "a space at the end of the line": (line(b"GET / HTTP/1.1 "), 400, "bad_request_line"),
    "a space before the method": (line(b" GET / HTTP/1.1"), 400, "bad_request_line"),
    "tabs in the line": (line(b"GET\t/\tHTTP/1.1"), 400, "bad_request_line"),
    "an empty target": (line(b"GET  HTTP/1.1"), 400, "bad_target"),
    "a tab in the target": (line(b"GET /a\tb HTTP/1.1"), 400, "bad_target"),
    "NUL in the target": (line(b"GET /a\0 HTTP/1.1"), 400, "bad_target"),
    "bytes over 127 in the target": (line(b"GET /\xff HTTP/1.1"), 400, "bad_target"),
    "bare CR in the line": (line(b"GET /a\rb HTTP/1.1"), 400, "bad_target"),
    "a field hidden behind a bare LF": (line(b"GET /a\nContent-Length: HTTP/1.1"), 400, "bad_target"),
    "bare LF before the version": (line(b"GET /a \nHTTP/1.1"), 400, "bad_request_line"),
    "bare LF before the method": (line(b"\nGET / HTTP/1.1"), 400, "bad_request_line"),
    "bare CR before the method": (line(b"\rGET / HTTP/1.1"), 400, "bad_request_line"),
    "a relative target": (line(b"GET a HTTP/1.1"), 400, "bad_request"),
    "a fragment": (line(b"GET /a#b HTTP/1.1"), 400, "bad_target"),
    "an asterisk for a GET": (line(b"GET * HTTP/1.1"), 400, "bad_target"),
    "another scheme": (line(b"GET ftp://b/ HTTP/1.1"), 400, "bad_target"),
    "a user in an absolute target": (line(b"GET http://u@b/ HTTP/1.1"), 400, "bad_target"),
    "an absolute target without host": (line(b"GET http:///x HTTP/1.1"), 400, "bad_target"),
    "an absolute target with a bad host": (line(b"GET http://b:x/ HTTP/1.1"), 400, "bad_host"),
    "CONNECT": (line(b"CONNECT b:443 HTTP/1.1"), 405, "connect"),
    "an unknown method": (line(b"FETCH / HTTP/1.1"), 501, "unknown_method"),
    "a method in lower case": (line(b"get / HTTP/1.1"), 501, "unknown_method"),
    "another expectation": (post(b"Expect: a-miracle"), 417, "unknown_expectation"),
    "too many headers": (post(*[b"X: a"] * 128), 431, "too_many_headers"),
    "a target that is too long": (line(b"GET /%b HTTP/1.1" % (b"a" * 16_384)), 414, "target_too_long"),
}


@pytest.mark.parametrize(("raw", "status", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(raw: bytes, status: int, reason: str) -> None:
    """A request that two readers could read differently, or that is over a limit, is refused under its reason."""
    with pytest.raises(BadRequest) as refusal:
        request_head(raw)
    assert (refusal.value.status, refusal.value.reason) == (status, reason)


def test_a_refusal_never_repeats_what_was_sent() -> None:
    """A refusal names the rule; a credential in the request does not come back in it, nor reach a log."""
    with pytest.raises(BadRequest) as refusal:
        request_head(post(b"Authorization: s3cret\0"))
    assert "s3cret" not in refusal.value.detail


def test_refuses_a_length_over_the_limit_before_the_body_comes() -> None:
    """413 needs no byte of the body where its length is told."""
    limits = ServerLimits(max_body_bytes=4)
    assert request_head(post(b"Content-Length: 4"), limits).content_length == 4
    with pytest.raises(BadRequest) as refusal:
        request_head(post(b"Content-Length: 5"), limits)
    assert refusal.value.status == 413


def test_reads_a_request() -> None:
    """Method, target and host are told apart; fields pass on as they came, white space and case included."""
    head = request_head(b"PUT /a%20b?c=%2F HTTP/1.1\r\nHOST: m.test:80\r\nX-Odd:  a  b \t\r\nx-odd:\xff")
    assert (head.method, head.target, head.host, head.minor) == (b"PUT", b"/a%20b?c=%2F", b"m.test:80", 1)
    assert [field.line for field in head.fields] == [b"X-Odd:  a  b \t", b"x-odd:\xff"]
    assert [field.value for field in head.fields] == [b"a  b", b"\xff"]
    assert head.keep_alive
    assert not head.has_body


@pytest.mark.parametrize("target", [b"/", b"//x", b"/a;b=c?d", b'/"<>{}|\\^`', b"/a/../b"])
def test_passes_a_path_as_it_came(target: bytes) -> None:
    """A path is neither decoded nor tidied up: production sees what the client sent."""
    assert request_head(line(b"GET %b HTTP/1.1" % target)).target == target


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        (b"http://b/x?y", b"b", b"/x?y"),
        (b"HTTPS://b:81/x", b"b:81", b"/x"),
        (b"http://b", b"b", b"/"),
        (b"http://b?y", b"b", b"/?y"),
        (b"http://[::1]:8/x", b"[::1]:8", b"/x"),
    ],
)
def test_brings_an_absolute_target_to_its_path(target: bytes, host: bytes, path: bytes) -> None:
    """The host of an absolute target wins over the Host header (RFC 9112 §3.2.2)."""
    head = request_head(line(b"GET %b HTTP/1.1" % target))
    assert (head.host, head.target) == (host, path)


def test_passes_an_asterisk_for_options() -> None:
    """OPTIONS * asks about the server as a whole."""
    assert request_head(line(b"OPTIONS * HTTP/1.1")).target == b"*"


def test_reads_the_framing() -> None:
    """A length stays among the fields, in its place; a coding is the connection's own."""
    by_length = request_head(post(b"Content-Length: 5\t"))
    chunked = request_head(post(b"Transfer-Encoding: Chunked"))
    assert (by_length.content_length, by_length.has_body, names(by_length)) == (5, True, [b"content-length"])
    assert (chunked.chunked, chunked.has_body, names(chunked)) == (True, True, [])
    assert not request_head(post(b"Content-Length: 0")).has_body


def test_ends_hop_by_hop_fields_here() -> None:
    """Hop-by-hop fields and those that Connection names do not pass on."""
    head = request_head(
        post(
            b"Connection: close, X-Named, x-other",
            b"Keep-Alive: 5",
            b"TE: trailers",
            b"Trailer: X",
            b"Proxy-Connection: a",
            b"Proxy-Authorization: b",
            b"X-Named: 1",
            b"X-OTHER: 2",
            b"X-Kept: 3",
        )
    )
    assert names(head) == [b"x-kept"]


def test_a_client_cannot_have_its_credentials_removed() -> None:
    """Connection cannot take away what production must see."""
    head = request_head(post(b"Connection: Authorization, Host, Cookie", b"Authorization: s", b"Cookie: c"))
    assert names(head) == [b"authorization", b"cookie"]
    assert head.host == b"a"


@pytest.mark.parametrize(
    ("version", "connection", "keep_alive"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: CLOSE", False),
        (b"1.1", b"Connection: close\r\nConnection: keep-alive", False),
        (b"1.1", b"Connection: keep-alive, close", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: Keep-Alive", True),
    ],
)
def test_reads_whether_the_connection_stays(version: bytes, connection: bytes, keep_alive: bool) -> None:
    """HTTP/1.1 stays unless told to close, 1.0 closes unless told to stay; close wins."""
    raw = b"GET / HTTP/" + version + b"\r\nHost: a" + (b"\r\n" + connection if connection else b"")
    assert request_head(raw).keep_alive is keep_alive


def test_drops_an_upgrade_to_http2() -> None:
    """curl --http2 asks for h2c with a body: the request is read without it, and its body is its body."""
    head = request_head(
        post(
            b"Connection: Upgrade, HTTP2-Settings",
            b"Upgrade: h2c",
            b"HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
            b"Content-Length: 3",
        )
    )
    assert (head.upgrade, head.content_length, names(head)) == (b"", 3, [b"content-length"])


WEBSOCKET = (b"Connection: keep-alive, Upgrade", b"Upgrade: WebSocket", b"Sec-WebSocket-Key: k")


def test_honours_an_upgrade_to_websocket() -> None:
    """A GET that asks for a WebSocket is the one upgrade that is relayed."""
    head = request_head(b"\r\n".join((b"GET /ws HTTP/1.1", b"Host: a", *WEBSOCKET)))
    assert (head.upgrade, names(head)) == (b"websocket", [b"sec-websocket-key"])


@pytest.mark.parametrize(
    "raw",
    [
        b"\r\n".join((b"POST /ws HTTP/1.1", b"Host: a", *WEBSOCKET)),
        b"\r\n".join((b"GET /ws HTTP/1.0", b"Host: a", *WEBSOCKET)),
        b"\r\n".join((b"GET /ws HTTP/1.1", b"Host: a", b"Content-Length: 1", *WEBSOCKET)),
        b"\r\n".join((b"GET /ws HTTP/1.1", b"Host: a", b"Upgrade: websocket")),
    ],
    ids=["POST", "1.0", "with a body", "not named by Connection"],
)
def test_honours_no_other_upgrade(raw: bytes) -> None:
    """What is not a WebSocket's GET is an ordinary request."""
    assert request_head(raw).upgrade == b""


def test_an_expectation_means_nothing_on_1_0() -> None:
    """RFC 9110 §10.1.1."""
    assert request_head(post(b"Expect: 100-Continue")).expects_continue
    assert not request_head(b"POST / HTTP/1.0\r\nExpect: 100-continue").expects_continue


def test_a_host_is_not_needed_on_1_0() -> None:
    """HTTP/1.0 knew no Host."""
    assert request_head(b"GET / HTTP/1.0").host is None


def test_shared_lines_do_not_leak_between_requests() -> None:
    """A line that was read for one request means the same in the next one, and only there."""
    first, second = request_head(post(b"Accept: a", b"Connection: Accept")), request_head(post(b"Accept: a"))
    assert (names(first), names(second)) == ([], [b"accept"])


SEEDS = (
    b"POST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: y",
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nX: y",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\nConnection: close",
    b"GET / HTTP/1.0\r\nX: y",
)
SPLICES = (
    b"\r", b"\n", b"\r\n", b"\0", b" ", b"\t", b":", b",", b"\x0b", b"\xff", b"\x7f", b"#", b"@", b"Content-Length: 1",
    b"Transfer-Encoding: chunked", b"chunked", b"HTTP/1.1",
)  # fmt: skip
A_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*")
A_REQUEST_LINE = re.compile(rb"[A-Z]+ [\x21-\x7e]+ HTTP/1\.[01]")


@settings(max_examples=500)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 4), st.sampled_from(SPLICES)), min_size=1, max_size=3),
)
def test_what_is_accepted_has_one_reading(seed: bytes, splices: list[tuple[float, int, bytes]]) -> None:
    """Whatever is spliced into a head: if it is accepted, each of its lines is plainly a field, and framed once."""
    raw = seed
    for place, removed, splice in splices:
        at = int(place * len(raw))
        raw = raw[:at] + splice + raw[at + removed :]
    assume(b"\r\n\r\n" not in raw + b"\r\n")
    try:
        head = request_head(raw)
    except BadRequest:
        return
    first, *lines = raw.split(b"\r\n")
    framing = [each for each in lines if each.lower().startswith((b"content-length:", b"transfer-encoding:"))]
    assert A_REQUEST_LINE.fullmatch(first)
    assert all(A_LINE.fullmatch(each) for each in lines)
    assert len(framing) == head.chunked + (head.content_length is not None) <= 1


def test_a_head_that_came_a_moment_ago_is_not_read_again_until_it_is_forgotten() -> None:
    """The same bytes under the same limits are the same head; other limits judge anew; nothing stays."""
    raw = b"GET /a HTTP/1.1\r\nHost: m.test\r\n\r\n"
    limits = ServerLimits()
    first = read_again.request_head(raw, limits)
    assert read_again.request_head(raw, limits) is first
    assert read_again.request_head(raw, ServerLimits()) is not first
    read_again.forget_heads()
    assert read_again.request_head(raw, limits) is not first


def test_a_refused_head_is_refused_again() -> None:
    """What is remembered is what was read, never a refusal that was let through."""
    for _ in range(2):
        with pytest.raises(BadRequest):
            read_again.request_head(b"GET /a HTTP/1.1\r\n\r\n", ServerLimits())
