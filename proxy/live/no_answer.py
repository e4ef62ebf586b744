"""Production gave no answer: what the client is told, and what the log.

The client learns the kind of failure and nothing of our inside: no address, no limit, no library's words. Those are the
operator's, who reads them in the log; at most one line a route each `_INTERVAL_S`, however many requests fail.
"""

from __future__ import annotations

import structlog

from http1.errors import FailureKind
from http1.pool import Pool

log = structlog.get_logger()

_INTERVAL_S = 10.0

TOLD: dict[FailureKind, tuple[int, str]] = {
    "connect": (502, "production could not be reached"),
    "connect_timeout": (504, "production could not be reached in time"),
    "pool_timeout": (503, "all connections to production stayed in use"),
    "first_byte_timeout": (504, "production did not begin to answer in time"),
    "idle_timeout": (504, "production stood still for too long"),
    "timeout": (504, "production did not answer in time"),
    "protocol": (502, "what production answered is not HTTP/1.1"),
    "closed_before_answer": (502, "production closed the connection before it answered"),
    "closed_midway": (502, "production closed the connection before the answer's end"),
    "cancelled": (503, "this proxy is stopping"),
}


class FailureLog:
    """One route's."""

    def __init__(self, route: str, pool: Pool) -> None:
        self._route = route
        self._pool = pool
        self._failed = 0  # since the last line
        self._next = 0.0

    def add(self, kind: FailureKind, detail: str) -> None:
        self._failed += 1
        now = self._pool.sweep.now
        if now < self._next:
            return
        log.warning(
            "production.failed",
            route=self._route,
            endpoint=str(self._pool.address),
            kind=kind,
            detail=detail,
            failed=self._failed,
        )
        self._failed = 0
        self._next = now + _INTERVAL_S
