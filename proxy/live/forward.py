"""The heads we send: the request's to production, the answer's to the client. Pure.

Hop-by-hop and framing fields ended in http1/head.py. What is added here: forwarding fields, X-Request-ID,
traceparent. What the store keeps of a request is picked in the same pass, by records/privacy/kept_rules.py's list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from calling.marker import HEADER as SHADOW_HEADER
from calling.marker import valid
from http1.address import Address
from http1.answer import AnswerHead
from http1.head import OwnField, RequestHead
from proxy.settings import RouteSettings
from records.nouns import Headers
from records.privacy.kept_rules import KeptRules

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._~-]{1,128}")
_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")

# What is done with a field on its way to production; those not in the table pass as they came.
KEEP, FORWARDED_FOR, FORWARDED_PROTO, FORWARDED_HOST, SHADOW = range(5)
_SPECIAL = {
    b"x-forwarded-for": FORWARDED_FOR,
    b"x-forwarded-proto": FORWARDED_PROTO,
    b"x-forwarded-host": FORWARDED_HOST,
    SHADOW_HEADER: SHADOW,
}


class ForwardedHead:
    """A request's head as it goes to production, and what was read of it on the way."""

    __slots__ = ("head", "kept", "request_id", "shadowed")

    def __init__(self, head: bytes, kept: Headers, request_id: bytes, shadowed: bool) -> None:
        self.head = head
        self.kept = kept
        self.request_id = request_id
        self.shadowed = shadowed  # a copy that another Understudy sent


class _HeadTemplate:
    """What is the same for all requests with one head: `start` and `end` stand around what is a request's own.
    `forwarding` are the fields for the peer that asked last: a head comes mostly from one.
    """

    __slots__ = ("came", "end", "forwarding", "host", "kept", "peer", "shadowed", "start")

    def __init__(self) -> None:
        self.start = b""
        self.end = b""
        self.host = b""
        self.kept: list[tuple[bytes, bytes]] = []
        self.came: dict[int, bytes] = {}  # forwarding fields, joined
        self.peer: tuple[bytes, bool] | None = None  # its address, and whether by TLS
        self.forwarding = b""
        self.shadowed = False


class Forwarding:
    """One route's rules, compiled."""

    def __init__(self, route: RouteSettings, address: Address, kept: KeptRules, secret: bytes) -> None:
        self._meanings = {**dict.fromkeys(kept.request_names, KEEP), **_SPECIAL}
        self._trust = route.trust_forwarded
        self._base = address.base.encode()
        self._own_host = address.authority.encode() if route.host == "endpoint" else None
        self._secret = secret

    def to_production(
        self, head: RequestHead, *, request_id: bytes, traceparent: bytes, peer: bytes, tls: bool
    ) -> ForwardedHead:
        """`request_id` and `traceparent` are used where the client brought none that may be passed on."""
        known: _HeadTemplate | None = head.memo.get(self)
        if known is None:
            known = head.memo[self] = self._read(head)
        end = known.end
        if head.own:
            own_id, own_trace, tracestate = _ids(head.own)
            request_id = own_id or request_id
            traceparent = own_trace or traceparent
            if own_trace and tracestate:  # W3C Trace Context §3.3: without its traceparent a tracestate means nothing
                end = tracestate + b"\r\n" + end
        if known.peer != (peer, tls):
            known.peer = (peer, tls)
            known.forwarding = self._forwarding_fields(known.came, peer, b"https" if tls else b"http", known.host)
        raw = b"%b\r\nX-Request-ID: %b\r\ntraceparent: %b\r\n%b\r\n%b" % (
            known.start, request_id, traceparent, known.forwarding, end,
        )  # fmt: skip
        kept = (*known.kept, (b"x-request-id", request_id), (b"traceparent", traceparent))
        return ForwardedHead(raw, kept, request_id, known.shadowed)

    def _read(self, head: RequestHead) -> _HeadTemplate:
        known = _HeadTemplate()
        known.host = head.host or b""
        host = known.host if self._own_host is None else self._own_host
        lines = [b"%b %b%b HTTP/1.1\r\nHost: %b" % (head.method, self._base, head.target, host)]
        for field in head.fields:
            meaning = self._meanings.get(field.name)
            if meaning is None:
                lines.append(field.line)
            elif meaning == KEEP:
                lines.append(field.line)
                known.kept.append((field.name, field.value))
            elif meaning == SHADOW:
                if valid(self._secret, field.value):
                    lines.append(field.line)
                    known.shadowed = True
            else:
                before = known.came.get(meaning)
                known.came[meaning] = field.value if before is None else before + b", " + field.value
        known.start = b"\r\n".join(lines)
        known.end = _end_of_head(head)
        return known

    def _forwarding_fields(self, came: dict[int, bytes], peer: bytes, proto: bytes, host: bytes) -> bytes:
        """X-Forwarded-*: appended from the peer; where what came is trusted, it stays as it is."""
        if came:
            path = came.get(FORWARDED_FOR)
            if self._trust:
                peer = path or peer
                proto = came.get(FORWARDED_PROTO, proto)
                host = came.get(FORWARDED_HOST, host)
            elif path:
                peer = path + b", " + peer
        return b"X-Forwarded-For: %b\r\nX-Forwarded-Proto: %b\r\nX-Forwarded-Host: %b" % (peer, proto, host)


def _ids(own: Sequence[OwnField]) -> tuple[bytes, bytes, bytes]:
    """Of a request's own fields, those that may be passed on: id, traceparent, and the line of the tracestate."""
    request_id = traceparent = tracestate = b""
    for name, value, line in own:
        if name == b"x-request-id":
            if _REQUEST_ID.fullmatch(value):
                request_id = value
        elif name == b"traceparent":
            if _TRACEPARENT.fullmatch(value):
                traceparent = value
        else:
            tracestate = line
    return request_id, traceparent, tracestate


def _end_of_head(head: RequestHead) -> bytes:
    if not (head.chunked or head.expects_continue or head.upgrade):
        return b"\r\n"
    lines = []
    if head.chunked:
        lines.append(b"Transfer-Encoding: chunked")
    if head.expects_continue:
        lines.append(b"Expect: 100-continue")
    if head.upgrade:
        lines.append(b"Connection: Upgrade\r\nUpgrade: %b" % head.upgrade)
    return b"".join([line + b"\r\n" for line in lines]) + b"\r\n"


def to_client(
    head: AnswerHead, request_id: bytes, *, minor: int, keep_alive: bool, bodyless: bool
) -> tuple[bytes, bool]:
    """The answer's head for a client of HTTP/1.`minor`, and whether its body is to be chunked.

    `bodyless`: the answer to a HEAD. A body without length goes chunked to HTTP/1.1 and until close to HTTP/1.0.
    """
    key = (minor, keep_alive, bodyless)
    known: tuple[bytes, bytes, bool] | None = head.memo.get(key)
    if known is None:
        known = head.memo[key] = _around_request_id(head, minor, keep_alive, bodyless)
    start, end, chunked = known
    return b"%bX-Request-ID: %b%b" % (start, request_id, end), chunked


def _around_request_id(head: AnswerHead, minor: int, keep_alive: bool, bodyless: bool) -> tuple[bytes, bytes, bool]:
    lines = [b"HTTP/1.1 %d %b" % (head.status, head.reason)]
    lines += [field.line for field in head.fields if field.name != b"x-request-id"]
    chunked = False
    if head.content_length is None and head.status not in (204, 304) and (head.chunked or not bodyless):
        if minor == 1:
            chunked = not bodyless
            lines.append(b"Transfer-Encoding: chunked")
        else:
            keep_alive = False
    end = b""
    if not keep_alive:
        end = b"\r\nConnection: close"
    elif minor == 0:
        end = b"\r\nConnection: keep-alive"
    return b"\r\n".join((*lines, b"")), end + b"\r\n\r\n", chunked


def switching(head: AnswerHead, protocol: bytes, request_id: bytes) -> bytes:
    """The head of a 101."""
    fields = b"".join([field.line + b"\r\n" for field in head.fields])
    return b"HTTP/1.1 101 %b\r\n%bConnection: Upgrade\r\nUpgrade: %b\r\nX-Request-ID: %b\r\n\r\n" % (
        head.reason or b"Switching Protocols", fields, protocol, request_id,
    )  # fmt: skip


def interim(head: AnswerHead) -> bytes:
    """A 1xx answer's head."""
    fields = b"".join([field.line + b"\r\n" for field in head.fields])
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (head.status, head.reason, fields)
