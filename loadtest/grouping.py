"""What requests have in common: whose they are, by a key of theirs; and which of them a run is about. Pure.

A key is a header that is kept, a JSON pointer into the body, or one of what the source itself tells: `session`, `unit`
(whose a request is by the settings it was recorded under), `sampling_key`.
"""

import hashlib
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import NamedTuple

import orjson

from loadtest.sources.source import SourceRequest
from records.nouns import Request
from records.privacy.pointers import tokens_of

TOLD = ("session", "unit", "sampling_key")
_HEADER = "header:"
_BITS = 63

KeyOf = Callable[[SourceRequest], str]


def key_of(spelled: str) -> KeyOf:
    """`header:NAME`, a pointer such as `/user/id`, or one of TOLD. The function answers "" where a request has none.
    Raises ValueError for anything else.
    """
    if spelled in TOLD:
        return lambda found: str(getattr(found, spelled))
    if spelled.startswith(_HEADER):
        name = spelled.removeprefix(_HEADER).strip().lower().encode("latin-1", "replace")
        return lambda found: _header(found.request, name)
    if spelled.startswith("/"):
        tokens = tokens_of(spelled)
        return lambda found: _in_body(found.request, tokens)
    known = ", ".join(TOLD)
    raise ValueError(f"expected header:NAME, a JSON pointer such as /user/id, or one of {known}; not {spelled!r}")


def number_of(key: str) -> int:
    """The same on every host; 0 is no key's."""
    digest = hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8, person=b"replay").digest()
    return (int.from_bytes(digest) >> (64 - _BITS)) or 1


class RequestShare(NamedTuple):
    """A share of the requests, drawn by a key: whole users, or whole sessions, at a time. Without one by the request's
    own id. The same requests whenever it is drawn.
    """

    share: float = 1.0
    key: KeyOf | None = None

    def has(self, found: SourceRequest) -> bool:
        if self.share >= 1:
            return True
        key = (self.key(found) if self.key else "") or found.id
        return number_of(key) < int(self.share * 2**_BITS)


class Filter(NamedTuple):
    """What a request's method, path or target has to look like, with * for any characters."""

    of: str
    pattern: str

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """`path=/v1/*`. Raises ValueError."""
        of, equals, pattern = text.partition("=")
        if of not in _PARTS or not equals or not pattern:
            raise ValueError(f"expected {' or '.join(f'{name}=PATTERN' for name in _PARTS)}; not {text!r}")
        return cls(of, pattern)

    def has(self, found: SourceRequest) -> bool:
        return fnmatchcase(_PARTS[self.of](found.request), self.pattern)


_PARTS: dict[str, Callable[[Request], str]] = {
    "path": lambda request: request.target.partition("?")[0],
    "method": lambda request: request.method,
    "target": lambda request: request.target,
}


def _header(request: Request, name: bytes) -> str:
    value = next((value for own, value in request.headers if own == name), b"")
    return value.decode("latin-1")


def _in_body(request: Request, tokens: list[str]) -> str:
    """The text or number there; "" for anything else, and where the body is no JSON."""
    try:
        value = orjson.loads(request.body.data)
    except orjson.JSONDecodeError:
        return ""
    for token in tokens:
        if isinstance(value, dict):
            value = value.get(token)
        elif isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            return ""
    return str(value) if isinstance(value, str | int | float) else ""
