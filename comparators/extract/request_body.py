"""A request's body, for those who tell what it asks: without its content coding, and parsed once."""

from typing import Any, Final

from comparators.extract.document import parsed
from comparators.extract.oip import JSON_LENGTH
from records.coding import decoded
from records.nouns import Headers, Request
from records.weight import is_too_heavy, parsed_bytes

MAX_BYTES = 8_388_608  # a larger body, unpacked, is not looked into

CSV = b"text/csv"
JSON_LINES = frozenset({
    b"application/jsonlines", b"application/x-jsonlines", b"application/jsonl", b"application/x-ndjson",
    b"application/ndjson",
})  # fmt: skip

_PACKED = 16  # bytes for each of a binary tensor: a number of two becomes one of 32, with its place in a list
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
        if request.body.cut or data is None or len(data) > MAX_BYTES or is_too_heavy(data):
            return None
        return cls(data, request.headers)

    def weight(self) -> int:
        """About how much memory what it holds takes."""
        if any(name == JSON_LENGTH for name, _ in self.headers):
            return _PACKED * len(self.data)
        return parsed_bytes(self.data)

    @property
    def content_type(self) -> bytes:
        """Without its parameters, in lower case."""
        found = next((value for name, value in self.headers if name == b"content-type"), b"")
        return found.partition(b";")[0].strip().lower()

    def document(self) -> Any:
        """As JSON. Raises Unreadable."""
        if self._document is _UNPARSED:
            self._document = parsed(self.data)
        return self._document
