"""Whose fault it was. Foreign exceptions are translated into these where they are caught, and nowhere else."""

from typing import Literal

FailureKind = Literal[
    "connect",
    "connect_timeout",
    "pool_timeout",
    "first_byte_timeout",
    "idle_timeout",
    "timeout",
    "protocol",
    "closed_before_answer",
    "closed_midway",
    "cancelled",
]


class Http1Error(Exception):
    """Something about a connection went wrong."""


class BadRequest(Http1Error):
    """The client's fault: what it sent is refused with `status`; `reason` is a short stable token."""

    def __init__(self, status: int, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail


class BadAnswer(Http1Error):
    """The endpoint's fault: what it sent is not HTTP/1.1 as RFC 9112 has it."""


class BadAddress(Http1Error, ValueError):
    """The operator's fault: an endpoint or listening address that cannot be read."""
