"""A request's body, for those who tell what it asks: without its content coding, and parsed once."""

from typing import Any, Final

from comparators.extract.document import parsed
from records.coding import decoded
from records.nouns import Headers, Request

MAX_BYTES = 8_388_608  # a larger body, unpacked, is not looked into

_UNPARSED: Final = object()


class RequestBody:
    __slots__ = ("_document", "data", "headers")

    def __init__(self, data: bytes, headers: Headers) -> None:
        self.data = data
        self.headers = headers
        self._document: Any = _UNPARSED

    @classmethod
    def of(cls, request: Request) -> "RequestBody | None":
        """None where it cannot be known: it was cut, its coding is unknown or broken, or it is too large."""
        data: bytes | None = request.body.data
        for name, _ in request.headers:
            if name == b"content-encoding":
                data = decoded(request.body.data, request.headers, MAX_BYTES)
                break
        if request.body.cut or data is None or len(data) > MAX_BYTES:
            return None
        return cls(data, request.headers)

    def document(self) -> Any:
        """As JSON. Raises Unreadable."""
        if self._document is _UNPARSED:
            self._document = parsed(self.data)
        return self._document
