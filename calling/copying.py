"""A recorded exchange as a request to another endpoint. Pure, but for the span ids it is given.

The endpoint gets method, target and body as recorded, the headers that may be kept, and what its settings give it:
its own credentials, never a client's. Framing is made anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from calling.marker import HEADER as SHADOW_HEADER
from calling.marker import sign
from calling.settings import CallSettings
from http1.address import Address
from records.errors import RecordError
from records.nouns import Exchange
from records.privacy.kept_rules import KeptRules

_TRACEPARENT = re.compile(rb"([0-9a-f]{2}-[0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})")
_START = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [\x21-\x7e\x80-\xff]+ HTTP/1\.1")
_WITH_CONTENT = frozenset({"POST", "PUT", "PATCH"})  # RFC 9110 §8.6: these say that there is none


class Copying:
    """One endpoint's rules, compiled."""

    def __init__(
        self,
        prefix: str,
        endpoint: CallSettings,
        *,
        address: Address,
        kept: KeptRules,
        secret: bytes,
        span_id: Callable[[], int],
    ) -> None:
        """`prefix`: of the route, which `endpoint` may have rewritten. `span_id`: a new number under 2^64, never 0, at
        each call.
        """
        self._kept = kept
        self._secret = secret
        self._span_id = span_id
        self._base = address.base
        self._prefix = prefix.rstrip("/")
        self._rewritten = self._prefix if endpoint.rewrite_prefix is None else endpoint.rewrite_prefix.rstrip("/")
        own = {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in endpoint.headers.items()}
        removed = {name.lower().encode("latin-1") for name in endpoint.remove_headers}
        self._not_passed = removed | own.keys() | {b"traceparent"}
        host = (endpoint.host or address.authority).encode("latin-1")
        self._own = [(b"host", host), *own.items()]
        self._traced = b"traceparent" not in removed | own.keys()

    def request(self, exchange: Exchange) -> bytes:
        """The whole request. Raises RecordError where the record would not make one well-formed request."""
        try:
            return self._head(exchange) + exchange.request.body.data
        except UnicodeEncodeError as error:
            raise RecordError(f"exchange {exchange.id!r} holds what no request can: {error}") from error

    def target(self, target: str) -> str:
        """`target` at the endpoint: below its base path, with the route's prefix rewritten."""
        rest = target.removeprefix(self._prefix)
        at_boundary = target.startswith(self._prefix) and rest[:1] in ("", "/", ":", "?")
        moved = self._rewritten + rest if at_boundary else target
        return self._base + (moved if moved.startswith(("/", "*")) else "/" + moved)

    def _head(self, exchange: Exchange) -> bytes:
        asked = exchange.request
        lines = [f"{asked.method} {self.target(asked.target)} HTTP/1.1".encode("latin-1")]
        lines += (b"%b: %b" % field for field in self._own)
        # Once more through the list: the settings may have become stricter since this was recorded, or imported.
        kept = self._kept.request_headers(asked.headers)
        lines += (b"%b: %b" % field for field in kept if field[0] not in self._not_passed)
        if self._traced and (parent := dict(kept).get(b"traceparent")) is not None:
            lines.append(b"traceparent: " + self._child_of(parent))
        lines.append(b"%b: %b" % (SHADOW_HEADER, sign(self._secret, exchange.id).encode("latin-1")))
        if asked.body.data or asked.method in _WITH_CONTENT:
            lines.append(b"content-length: %d" % len(asked.body.data))
        head = b"\r\n".join(lines)
        # A recording may have been imported: what holds a line end of its own would be two requests to the endpoint.
        if _START.fullmatch(lines[0]) is None or not head.count(b"\r") == head.count(b"\n") == len(lines) - 1:
            raise RecordError(f"exchange {exchange.id!r} does not make one well-formed request")
        return head + b"\r\n\r\n"

    def _child_of(self, parent: bytes) -> bytes:
        """The same trace, a span of our own (W3C Trace Context §3.2)."""
        trace = _TRACEPARENT.match(parent)
        return parent if trace is None else b"%b-%016x-%b" % (trace[1], self._span_id(), trace[2])
