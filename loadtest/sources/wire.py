"""HTTP/1.x messages whole, as they pass on a wire: read from captures, and made for them.

Heads of requests are read as http1 reads those of answers: strictly, and where that fails as loosely as nginx or curl
would. What has two readings is refused. Where records of a capture begin and end is not known here.
"""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple

from http1.answer import AnswerHead, body_of, read_loose_head
from http1.body import BadFraming, LooseChunkedBody
from http1.errors import BadAnswer
from http1.fields import HOST, PLAIN
from loadtest.sources.messages import CUT_REQUEST, Unusable, kept_headers, request_of, target_of
from records.errors import RecordError
from records.nouns import Answer, Body, Headers, Request

BAD_CHUNKS = "a body whose chunks are malformed"
EXCESS = "more bytes than the message's length allows"
NO_ANSWER = "no well-formed HTTP/1.x answer"
NO_REQUEST = "no well-formed HTTP/1.x request"

_REQUEST_LINE = re.compile(rb"([^ ]+) ([^ ]+) HTTP/1\.[01][ \t]*")
_STATUS_LINE = b"HTTP/1.1 200 \r\n"
_BLANK = b"\r\n"  # RFC 9112 §2.2: some clients send an empty line behind a body
_WITH_CONTENT = frozenset({"POST", "PUT", "PATCH"})  # RFC 9110 §8.6: these say that there is none
_WITHOUT_BODY = frozenset({204, 304})


class WireHead(NamedTuple):
    """Of a request or an answer. `length`: of the body, in bytes; None where its chunks end it, or its connection."""

    line: bytes
    status: int  # 0 of a request
    headers: Headers
    length: int | None
    chunked: bool

    @property
    def is_interim(self) -> bool:
        return 100 <= self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS


def request_head(raw: bytes) -> WireHead:
    """`raw` from the request line to the empty line, both included. Raises Unusable."""
    line, _, fields = raw.partition(b"\n")
    try:
        head = read_loose_head(_STATUS_LINE + fields)  # fields are fields, whatever line they stand below
    except BadAnswer:
        raise Unusable(NO_REQUEST) from None
    length = None if head.chunked else head.content_length or 0
    return WireHead(line.removesuffix(b"\r"), 0, _end_to_end(head), length, head.chunked)


def answer_head(raw: bytes) -> WireHead:
    """`raw` from the status line to the empty line, both included. Raises Unusable."""
    try:
        head = read_loose_head(raw)
    except BadAnswer:
        raise Unusable(NO_ANSWER) from None
    if body_of(head, to_head_request=False) is None:
        return WireHead(b"", head.status, _end_to_end(head), 0, chunked=False)
    return WireHead(b"", head.status, _end_to_end(head), head.content_length, head.chunked)


def body_behind(head: WireHead, raw: bytes) -> Body:
    """`raw`: all that follows the head. Cut where that is less than the head says. Raises Unusable."""
    if head.chunked:
        return _body_in_chunks(raw)
    length = len(raw) if head.length is None else head.length
    if raw[length:].strip(_BLANK):
        raise Unusable(EXCESS)
    return Body(raw[:length], length, cut=len(raw) < length)


def is_whole(head: WireHead, raw: bytes) -> bool:
    """Whether the head tells that its body is all there. One that ends with its connection never does."""
    try:
        return (head.chunked or head.length is not None) and not body_behind(head, raw).cut
    except Unusable:
        return False


def read_request(head: WireHead, raw: bytes) -> Request:
    """Raises Unusable."""
    found = _REQUEST_LINE.fullmatch(head.line)
    if found is None:
        raise Unusable(NO_REQUEST)
    body = body_behind(head, raw)
    if body.cut:
        raise Unusable(CUT_REQUEST)
    method, target = found[1].decode("latin-1"), found[2].decode("latin-1")
    return request_of(method, _origin_form(target), kept_headers(head.headers), body.data)


def read_answer(head: WireHead, raw: bytes, method: str) -> Answer:
    """`method`: of its request. Raises Unusable."""
    if method == "HEAD":
        head = head._replace(length=0, chunked=False)
    return Answer(head.status, head.headers, body_behind(head, raw))


def raw_request(request: Request) -> bytes:
    """Raises RecordError where it would not make one well-formed request."""
    asked = _checked(request)
    lines = [f"{asked.method} {asked.target} HTTP/1.1".encode("latin-1"), *_lines(asked.headers)]
    if request.body.size or asked.method in _WITH_CONTENT:
        lines.append(_length_line(request.body))
    return b"\r\n".join([*lines, b"", request.body.data])


def raw_answer(answer: Answer) -> bytes:
    """Raises RecordError where it would not make one well-formed answer."""
    reason = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
    lines = [f"HTTP/1.1 {answer.status:03} {reason}".encode("latin-1"), *_lines(answer.headers)]
    if answer.status < 200 or answer.status in _WITHOUT_BODY:
        return b"\r\n".join([*lines, b"", b""])
    return b"\r\n".join([*lines, _length_line(answer.body), b"", answer.body.data])


def _end_to_end(head: AnswerHead) -> Headers:
    return tuple((field.name, field.value) for field in head.fields if field.meaning in (PLAIN, HOST))


def _body_in_chunks(raw: bytes) -> Body:
    try:
        data, rest = LooseChunkedBody().feed(raw)
    except BadFraming:
        raise Unusable(BAD_CHUNKS) from None
    if rest is not None and rest.strip(_BLANK):
        raise Unusable(EXCESS)
    return Body(data, len(data), cut=rest is None)


def _origin_form(target: str) -> str:
    """RFC 9112 §3.2.2: what was asked of a forward proxy names the host as well."""
    return target if target.startswith(("/", "*")) else target_of(target)


def _checked(request: Request) -> Request:
    try:
        return request_of(request.method, request.target, request.headers, request.body.data)
    except Unusable as error:
        raise RecordError(f"the request makes no HTTP/1.1 message: {error}") from error


def _lines(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    try:
        return [b"%b: %b" % field for field in kept_headers(headers)]
    except Unusable as error:
        raise RecordError(f"the headers make no HTTP/1.1 message: {error}") from error


def _length_line(body: Body) -> bytes:
    """Of a body that was cut more than there is, so that who reads it sees that."""
    size = len(body.data)
    return b"Content-Length: %d" % (max(body.size, size + 1) if body.cut else size)
