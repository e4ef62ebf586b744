"""Requests as files of other tools tell them: checked, and without what belongs to a connection.

What several readers of such files share lives here: what makes a record unusable, which headers are kept, targets,
moments, and production's observation. No file is read here, and no format known.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from http1.fields import CONNECTION, HOST, PLAIN, named_by_connection, read_field, tokens
from records.nouns import Answer, Body, Failure, Headers, Observation, Request, Timings

MAX_NS = 2**63 - 1  # what a record holds

BAD_HEADER = "a header that no message may have"
BAD_METHOD = "a method that is no word of HTTP"
BAD_MOMENT = "a time that is not RFC 3339 with a zone, since 1970"
BAD_TARGET = "a target that is no path, or holds what no target may"
CUT_REQUEST = "a request whose body is not whole"
NOT_HTTP = "a URL that is not http or https"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_NAME = re.compile(_TOKEN.pattern.encode())
_VALUE = re.compile(rb"[^\0\r\n]*")
_TARGET = re.compile(r"/[\x21-\x7e\xa1-\xff]*|\*")
_URL = re.compile(r"https?://[^/?#]+([^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,]([0-9]+))?"
    r" ?([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unusable(Exception):
    """What stands here gives no request, or no answer to one, for one of a few fixed reasons, in words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def request_of(method: str, target: str, headers: Headers, data: bytes) -> Request:
    """`headers` as kept_headers gives them. Raises Unusable."""
    if _TOKEN.fullmatch(method) is None:
        raise Unusable(BAD_METHOD)
    if _TARGET.fullmatch(target) is None:
        raise Unusable(BAD_TARGET)
    return Request(method, target, headers, Body(data, len(data)))


def kept_headers(fields: Iterable[tuple[bytes, bytes]], dropped: frozenset[bytes] = frozenset()) -> Headers:
    """In their order, with names in lower case: without those that are hop by hop or frame a body, without Expect (the
    body is here already), without HTTP/2's pseudo-headers, and without the `dropped` ones. Raises Unusable.
    """
    kept = []
    named: frozenset[bytes] = frozenset()
    for name, value in fields:
        if name.startswith(b":"):
            continue
        if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
            raise Unusable(BAD_HEADER)
        field = read_field(b"%b:%b" % (name, value))
        if field.meaning == CONNECTION:
            named |= named_by_connection(tokens(field.value))
        elif field.meaning in (PLAIN, HOST):
            kept.append((field.name, field.value))
    return tuple(field for field in kept if field[0] not in named | dropped)


def target_of(url: str) -> str:
    """Its path and query, as they stand there. Raises Unusable for another scheme."""
    found = _URL.fullmatch(url)
    if found is None:
        raise Unusable(NOT_HTTP)
    return found[1] if found[1].startswith("/") else "/" + found[1]


def ns_of(moment: str) -> int:
    """RFC 3339 (and of ISO 8601 what tools write instead) as ns since 1970, exact to the ns. Raises Unusable."""
    found = _MOMENT.fullmatch(moment)
    if found is None:
        raise Unusable(BAD_MOMENT)
    day, clock, fraction, zone = found.groups(default="")
    try:
        since = datetime.fromisoformat(f"{day}T{clock}{zone.upper()}") - _EPOCH
    except (ValueError, OverflowError):
        raise Unusable(BAD_MOMENT) from None
    ns = since // timedelta(seconds=1) * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
    if not 0 <= ns <= MAX_NS:
        raise Unusable(BAD_MOMENT)
    return ns


def moment_of(ns: int) -> str:
    """RFC 3339 in UTC, to the ns: what ns_of reads."""
    seconds, fraction = divmod(ns, 1_000_000_000)
    return f"{(_EPOCH + timedelta(seconds=seconds)).isoformat()[:19]}.{fraction:09}Z"


def production_of(wall_ns: int, timings: Timings, outcome: Answer | Failure) -> Observation:
    """What a file tells of production. `in_flight` is 0, which no call was ever made at: the file does not tell it."""
    return Observation(
        wall_ns=wall_ns, timings=timings, outcome=outcome, in_flight=0, loop_lag_ns=0, reader_paused=False
    )
