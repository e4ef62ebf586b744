"""A request's head: its line and fields, read strictly. (An answer's is read by http1/answer.py.)

httptools checks the grammar; what it lets through is checked beside it (RFC 9112 §3, §5, §6). It is fed the head
alone, by a parser made for this head: the body's framing is body.py's, so that upgrades, HEAD and pipelining
cannot confuse it.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import httptools

from http1.errors import BadRequest
from http1.fields import (
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    PLAIN,
    TRANSFER_ENCODING,
    UPGRADE,
    Fields,
    named_by_connection,
    read_field,
    shared_field,
    tokens,
)
from http1.settings import ServerLimits

HEAD_END = b"\r\n\r\n"
VERSIONS = {b"HTTP/1.1": 1, b"HTTP/1.0": 0}
_TARGET = re.compile(rb"[\x21-\x7e]+")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.%A-Za-z]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::[0-9]{0,5})?")
_ABSOLUTE = re.compile(rb"https?://([^/?#@]+)((?:[/?#].*)?)", re.IGNORECASE | re.DOTALL)
MAX_LENGTH_DIGITS = 18  # under 2^63; more is an attack, not a body
NO_NAMES: frozenset[bytes] = frozenset()


# What differs between requests whose heads are the same otherwise: the ids that a gateway gives each of them.
OWN = frozenset({b"x-request-id", b"traceparent", b"tracestate"})
OwnField = tuple[bytes, bytes, bytes]  # name in lower case, value, line: as a Field, for a fraction of the time


class RequestHead:
    """A request as a client began it. `fields` are the end-to-end ones, as they came, without Host, and without those
    of OWN, which are `own`.
    """

    __slots__ = (
        "chunked", "content_length", "expects_continue", "fields", "host", "keep_alive", "line_count", "memo", "method",
        "minor", "names_own", "own", "target", "upgrade",
    )  # fmt: skip

    def __init__(self) -> None:
        self.method = b""
        self.target = b""
        self.minor = 1
        self.host: bytes | None = None
        self.fields: Fields = []
        self.own: list[OwnField] = []
        self.names_own = False  # Connection says that one of OWN ends here
        self.line_count = 0  # of header lines, as they came
        self.content_length: int | None = None
        self.chunked = False
        self.keep_alive = True
        self.expects_continue = False
        self.upgrade = b""  # b"websocket", where it is to be relayed; nothing else is honoured
        self.memo: dict[object, Any] = {}  # what others made of this head, by who they are: nothing of `own` in it

    def with_own(self, own: list[OwnField]) -> RequestHead:
        """The same head, memo and all, of a request with these fields of its own."""
        head = RequestHead.__new__(RequestHead)
        head.method = self.method
        head.target = self.target
        head.minor = self.minor
        head.host = self.host
        head.fields = self.fields
        head.own = own
        head.names_own = self.names_own
        head.line_count = self.line_count - len(self.own) + len(own)
        head.content_length = self.content_length
        head.chunked = self.chunked
        head.keep_alive = self.keep_alive
        head.expects_continue = self.expects_continue
        head.upgrade = self.upgrade
        head.memo = self.memo
        return head

    @property
    def has_body(self) -> bool:
        return self.chunked or bool(self.content_length)


# Clients and endpoints send the same head again and again. One that was read a moment ago is not read again: the same
# bytes are the same head, which nobody changes. `forget_heads` is called each second, so that what a client sent (its
# credentials too) does not stay. Behind a gateway each request has an id of its own: there it is the head without
# these lines that is known.
#
# Danger: what is not read is not checked. A line of _OWN_LINE is a whole, harmless header line between two line ends,
# wherever it stands; so a head is well formed with it if it is without it, and was read and found so.
MAX_REMEMBERED = 1_024
MAX_REMEMBERED_BYTES = 2_048
_requests: dict[bytes, tuple[ServerLimits, RequestHead]] = {}


_OWN_LINE = re.compile(
    rb"\r\n((X-Request-I[Dd]|x-request-id|[Tt]raceparent|[Tt]racestate):"
    rb"[ \t]*([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)[ \t]*)(?=\r\n)"
)
_GROUPS = 4  # of a split: what is before a line, the line, its name, its value


def take_head(pending: bytearray, seen: int) -> tuple[bytes, bytes] | None:
    """The head that `pending` begins with, and what is behind it: then nothing is pending. None where it is not all
    there; `seen` bytes were searched before.
    """
    while pending.startswith(b"\r\n"):  # RFC 9112 §2.2: empty lines before a request line
        del pending[:2]
        seen = 0
    end = pending.find(HEAD_END, seen)
    if end < 0:
        return None
    data = bytes(pending)
    pending.clear()
    return data[: end + 4], data[end + 4 :]


def request_head(raw: bytes, limits: ServerLimits) -> RequestHead:
    """As read_request_head, or one that was read before."""
    if len(raw) > limits.max_head_bytes:
        raise BadRequest(431, "head_too_large", f"the head is over {limits.max_head_bytes} bytes")
    known = _requests.get(raw)
    if known is not None and known[0] is limits:
        return known[1]
    pieces = _OWN_LINE.split(raw)
    if len(pieces) == 1:
        head = read_request_head(raw, limits)
        _remember(raw, limits, head)
        return head
    shared = b"".join(pieces[::_GROUPS])
    known = _requests.get(shared)
    if known is not None and known[0] is limits:
        own = [(pieces[at + 1].lower(), pieces[at + 2], pieces[at]) for at in range(1, len(pieces), _GROUPS)]
        template = known[1]
        if not (template.names_own or template.own) and template.line_count + len(own) <= limits.max_header_count:
            return template.with_own(own)
    head = read_request_head(raw, limits)
    if len(head.own) == len(pieces) // _GROUPS:  # else some are named by Connection, or written otherwise
        _remember(shared, limits, head.with_own([]))
    return head


def _remember(raw: bytes, limits: ServerLimits, head: RequestHead) -> None:
    if len(raw) <= MAX_REMEMBERED_BYTES and len(_requests) < MAX_REMEMBERED:
        _requests[raw] = (limits, head)


def forget_heads() -> None:
    _requests.clear()


NO_CALLBACKS = object()  # httptools checks; what it read is read again below, faster than it can call back


def read_request_head(raw: bytes, limits: ServerLimits) -> RequestHead:
    """`raw` from the request line to the empty line, both included. Raises BadRequest."""
    lines = raw[:-4].split(b"\r\n")
    parts = lines[0].split(b" ")
    if len(parts) != 3 or parts[2] not in VERSIONS:
        raise _bad_request_line(parts)
    if not parts[0].isalpha():  # Subtle: httptools skips a CR or LF before the method
        raise BadRequest(400, "bad_request_line", "the request method is no word")
    if _TARGET.fullmatch(parts[1]) is None:  # Subtle: httptools reads "GET /a\nX: HTTP/1.1" as a line and a field
        raise BadRequest(400, "bad_target", "the request target holds what no target may")
    if len(parts[1]) > limits.max_target_bytes:
        raise BadRequest(414, "target_too_long", f"the request target is over {limits.max_target_bytes} bytes")
    try:
        httptools.HttpRequestParser(NO_CALLBACKS).feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass  # Subtle: raised after the last field; whether to honour it is decided below.
    except httptools.HttpParserInvalidMethodError:
        raise BadRequest(501, "unknown_method", "the request method is not known") from None
    except httptools.HttpParserError as error:
        raise BadRequest(400, "bad_request", f"the request is malformed: {described(error)}") from None
    if len(lines) - 1 > limits.max_header_count:
        raise BadRequest(431, "too_many_headers", f"more than {limits.max_header_count} header lines")
    head = RequestHead()
    head.method = parts[0]
    head.minor = VERSIONS[parts[2]]
    head.keep_alive = head.minor == 1
    head.line_count = len(lines) - 1
    _read_request_fields(head, lines)
    _settle_target(head, parts[1])
    if head.content_length is not None and limits.max_body_bytes is not None:
        check_body_size(head.content_length, limits)
    return head


def check_body_size(size: int, limits: ServerLimits) -> None:
    if limits.max_body_bytes is not None and size > limits.max_body_bytes:
        raise BadRequest(413, "body_too_large", f"the request body is over {limits.max_body_bytes} bytes")


def _bad_request_line(parts: list[bytes]) -> BadRequest:
    if len(parts) == 3 and parts[2].startswith(b"HTTP/"):
        return BadRequest(505, "http_version", "only HTTP/1.1 and HTTP/1.0 are spoken here")
    return BadRequest(400, "bad_request_line", "the request line is not 'METHOD TARGET HTTP/1.1'")


def _read_request_fields(head: RequestHead, lines: list[bytes]) -> None:
    kept: Fields = []
    own: list[OwnField] = []
    named = NO_NAMES
    upgrade = b""
    wants_upgrade = False
    for line in islice(lines, 1, None):
        field = shared_field(line) or read_field(line)
        meaning = field.meaning
        if meaning == PLAIN:
            if field.name in OWN:
                own.append((field.name, field.value, field.line))
            else:
                kept.append(field)
        elif meaning == HOST:
            if head.host is not None:
                raise BadRequest(400, "two_hosts", "the request has more than one Host header")
            head.host = _checked_host(field.value)
        elif meaning == CONTENT_LENGTH:
            head.content_length = _request_length(field.value)
            kept.append(field)  # in its place
        elif meaning == TRANSFER_ENCODING:
            _check_request_coding(head, field.value)
        elif meaning == CONNECTION:
            members = tokens(field.value)
            named |= named_by_connection(members)
            wants_upgrade = wants_upgrade or b"upgrade" in members
            if b"close" in members:
                head.keep_alive = False
            elif head.minor == 0 and b"keep-alive" in members:
                head.keep_alive = True
        elif meaning == EXPECT:
            if field.value.lower() != b"100-continue":
                raise BadRequest(417, "unknown_expectation", "the only known expectation is 100-continue")
            head.expects_continue = head.minor == 1  # RFC 9110 §10.1.1: ignored on HTTP/1.0
        elif meaning == UPGRADE:
            upgrade = field.value.lower()
    if named:
        kept = [field for field in kept if field.name not in named]
        own = [field for field in own if field[0] not in named]
        head.names_own = not named.isdisjoint(OWN)
    if head.host is None and head.minor == 1:
        raise BadRequest(400, "no_host", "an HTTP/1.1 request needs a Host header")
    # RFC 9110 §7.8: not on HTTP/1.0.
    if wants_upgrade and upgrade == b"websocket" and head.method == b"GET" and head.minor == 1 and not head.has_body:
        head.upgrade = upgrade
    head.fields = kept
    head.own = own


def _settle_target(head: RequestHead, target: bytes) -> None:
    """Origin form passes; absolute form is brought to it (RFC 9112 §3.2.2); the others have no place here."""
    if head.method == b"CONNECT":
        raise BadRequest(405, "connect", "CONNECT is for forward proxies")
    if target[:1] != b"/" and not (target == b"*" and head.method == b"OPTIONS"):
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is None:
            raise BadRequest(400, "bad_target", "the request target is neither a path nor an http URL")
        head.host = _checked_host(absolute[1])
        rest = absolute[2]
        target = rest if rest.startswith(b"/") else b"/" + rest
    if b"#" in target:
        raise BadRequest(400, "bad_target", "the request target has a fragment")
    head.target = target


def _checked_host(host: bytes) -> bytes:
    if _HOST.fullmatch(host) is None:
        raise BadRequest(400, "bad_host", "the Host header is not a host and port")
    return host


def _request_length(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > MAX_LENGTH_DIGITS:
        raise BadRequest(400, "bad_content_length", "Content-Length is not a number")
    return int(digits)


def _check_request_coding(head: RequestHead, value: bytes) -> None:
    if head.minor == 0:
        raise BadRequest(400, "coding_on_1_0", "Transfer-Encoding has no meaning on HTTP/1.0")
    if value.lower() != b"chunked":
        raise BadRequest(501, "unknown_coding", "the only known transfer coding is chunked")
    head.chunked = True


def described(error: Exception) -> str:
    """httptools' own words: its messages name the rule, never the peer's bytes."""
    return str(error.args[0]) if error.args else type(error).__name__
