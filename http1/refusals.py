"""Refusals: our own answer to a request that is not served, and what is refused before its head is whole. Pure."""

from __future__ import annotations

import orjson

from http1.errors import BadRequest
from http1.settings import ServerLimits

_REASONS = {
    400: b"Bad Request", 404: b"Not Found", 405: b"Method Not Allowed", 408: b"Request Timeout",
    413: b"Content Too Large", 414: b"URI Too Long", 417: b"Expectation Failed",
    431: b"Request Header Fields Too Large", 500: b"Internal Server Error", 501: b"Not Implemented",
    502: b"Bad Gateway", 503: b"Service Unavailable", 504: b"Gateway Timeout", 505: b"HTTP Version Not Supported",
}  # fmt: skip

# Those that httptools knows and that are words; PRI is where HTTP/2 begins, and has a refusal of its own.
METHODS = frozenset(
    b"ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS"
    b" PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK"
    b" UNSUBSCRIBE PRI".split(b" ")
)
_BEGINNINGS = frozenset(method[:size] for method in METHODS for size in range(1, len(method) + 1))
_LONGEST = max(map(len, METHODS))
_TLS_HANDSHAKE = 0x16  # RFC 8446 §5.1: the first byte of a record that holds one


def refusal(status: int, reason: str, detail: str, *, closes: bool) -> tuple[bytes, bytes]:
    """Head and body: a reason header, and a small JSON document."""
    body = orjson.dumps({"error": detail, "reason": reason})
    head = (
        b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\nX-Understudy-Reason: %b\r\n%b\r\n"
    ) % (status, _REASONS[status], len(body), reason.encode(), b"Connection: close\r\n" if closes else b"")
    return head, body


def of_unfinished_head(data: bytes | bytearray, limits: ServerLimits) -> BadRequest | None:
    """Why no head that begins like this will be read, however it goes on; None: it may become one."""
    if len(data) > limits.max_target_bytes and data.find(b"\r\n", 0, limits.max_target_bytes + 64) < 0:
        return BadRequest(414, "target_too_long", "the request line is too long")
    if len(data) > limits.max_head_bytes:
        return BadRequest(431, "head_too_large", f"the head is over {limits.max_head_bytes} bytes")
    method, space, _ = bytes(data[: _LONGEST + 1]).partition(b" ")
    if method in (METHODS if space else _BEGINNINGS) or data == b"" or data == b"\r":
        return None
    if data[0] == _TLS_HANDSHAKE:
        return BadRequest(400, "tls_on_plain_port", "this port speaks HTTP without TLS, and a TLS handshake came")
    if method.isalpha():
        return BadRequest(501, "unknown_method", "the request method is not known")
    return BadRequest(400, "bad_request_line", "the request does not begin with a method")
