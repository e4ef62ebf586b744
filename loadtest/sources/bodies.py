"""A cell as the bytes of a body, and the content type that they have. Nothing is read from files here."""

import base64
from typing import Any

from msgspec import DecodeError, Raw, json

from loadtest.sources.cells import plain
from loadtest.sources.messages import Unusable

_TRIED_BYTES = 65_536  # of a body that may be CSV

JSON_TYPE = "application/json"
CSV_TYPE = "text/csv"
_TYPES = {"json": JSON_TYPE, "csv": CSV_TYPE}

# text: text as it is, anything else as compact JSON; json, csv and utf-8 are other words for it. verbatim: JSON of a
# line as it stands there, to the byte. base64: text that is to be decoded.
ENCODINGS = ("text", "json", "csv", "utf-8", "base64", "verbatim")

_documents = json.Decoder(Raw)


def body_of(value: Any, encoding: str) -> bytes | None:
    """None for nothing. `encoding`: one of ENCODINGS in any case, or empty for text. Raises Unusable."""
    named = encoding.lower()
    if named and named not in ENCODINGS:
        raise Unusable("a body in an encoding that is not known")
    if named == "verbatim" and isinstance(value, Raw) and bytes(value)[:1] not in (b'"', b"n"):
        return bytes(value)
    data = _written(value)
    if data is None or named != "base64":
        return data
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise Unusable("a body that is said to be base64 and is not") from error


def content_type(data: bytes, told: str, encoding: str, is_trusted: bool) -> str:
    """`told`: what the source says, if anything; believed where it is trusted, and else where the body can be it.

    `encoding`: a source's word for the body, which stands in where no type is told.
    """
    if told and is_trusted:
        return told
    claim = told or _TYPES.get(encoding.lower(), "")
    return claim if claim and _can_be(data, claim) else _found_type(data)


def is_json(data: bytes) -> bool:
    try:
        _documents.decode(data)
        data.decode()
    except (DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def is_csv(data: bytes) -> bool:
    """Whether its first lines are text with one number of cells, two at least or a number."""
    try:
        text = data[:_TRIED_BYTES].decode("utf-8", "strict" if len(data) <= _TRIED_BYTES else "ignore")
    except UnicodeDecodeError:
        return False
    lines = text.splitlines()[: None if len(data) <= _TRIED_BYTES else -1]
    widths = {line.count(",") for line in lines}
    return len(widths) == 1 and (widths != {0} or all(map(_is_number, lines)))


def _written(value: Any) -> bytes | None:
    if isinstance(value, Raw) and bytes(value)[:1] != b'"':
        return None if bytes(value) == b"null" else json.format(bytes(value), indent=-1)
    value = plain(value)
    if value is None or isinstance(value, bytes):
        return value
    return value.encode() if isinstance(value, str) else json.encode(value)


def _can_be(data: bytes, claim: str) -> bool:
    """Only what is called JSON or CSV can be tried."""
    media = claim.partition(";")[0].strip().lower()
    if media == JSON_TYPE or media.endswith("+json"):
        return is_json(data)
    if media == CSV_TYPE:
        return is_csv(data) and not (data.lstrip()[:1] in (b"{", b"[") and is_json(data))
    return True


def _found_type(data: bytes) -> str:
    if is_json(data):
        return JSON_TYPE
    if is_csv(data):
        return CSV_TYPE
    try:
        data.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain; charset=utf-8"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
