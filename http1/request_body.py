"""A request's body as it comes: body.py's readers, and what is refused of one. Pure."""

from __future__ import annotations

from http1.body import BadFraming, BodyReader, ChunkedBody, LengthBody
from http1.errors import BadRequest
from http1.head import RequestHead, check_body_size
from http1.settings import ServerLimits

_WORTH_READING = 65_536  # bytes of an unwanted body


def body_of(head: RequestHead, limits: ServerLimits) -> BodyReader:
    return ChunkedRequestBody(limits) if head.chunked else LengthBody(head.content_length or 0)


def is_worth_reading(body: BodyReader) -> bool:
    """Whether the rest of a request that was answered early is short enough to be read for the connection's sake."""
    return type(body) is LengthBody and body.left <= _WORTH_READING


class ChunkedRequestBody(ChunkedBody):
    """Raises BadRequest. Its size is known only as it comes."""

    __slots__ = ("_limits", "_received")

    def __init__(self, limits: ServerLimits) -> None:
        super().__init__()
        self._limits = limits
        self._received = 0

    def feed(self, data: bytes) -> tuple[bytes, bytes | None]:
        try:
            payload, rest = super().feed(data)
        except BadFraming as error:
            raise BadRequest(400, "bad_framing", str(error)) from None
        self._received += len(payload)
        check_body_size(self._received, self._limits)
        return payload, rest
