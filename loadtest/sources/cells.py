"""The cells of a table's row, found by a column's name or by a dotted path into what a cell holds.

A cell is what its file gives: text of CSV, JSON that is not read yet, a value of Parquet; None for nothing. Nothing is
read from files here.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from msgspec import DecodeError, Raw, json

from loadtest.sources.messages import Unusable

MAX_DEPTH = 8  # of names that an error tells
MAX_NAMES = 2_000

Cells = dict[str, Any]

_objects = json.Decoder(dict[str, Raw])
_lists = json.Decoder(list[Raw])


def cell(cells: Any, path: str) -> Any:
    """What stands there, or None. A column with dots in its own name goes before a path."""
    try:
        return _found(cells, path)
    except LookupError:
        return None


def has(cells: Any, path: str) -> bool:
    """Whether there is such a place, be it with nothing in it."""
    try:
        _found(cells, path)
    except LookupError:
        return False
    return True


def plain(value: Any) -> Any:
    """The value, read where it is JSON that was not read yet."""
    return _read(value) if isinstance(value, Raw) else value


def words(value: Any) -> str:
    """A cell as text: of an id, a name, a path. Empty for nothing."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date) else json.encode(value).decode()


def names(cells: Cells, depth: int = MAX_DEPTH) -> Iterator[str]:
    """Each column and, with dots, each place within it that has a name."""
    for name, value in cells.items():
        yield name
        inner = _inside(value)
        if depth > 1 and isinstance(inner, dict):
            yield from (f"{name}.{each}" for each in names(inner, depth - 1))


def _found(cells: Any, path: str) -> Any:
    inner = _inside(cells)
    if isinstance(inner, dict):
        for name, rest in _splits(path):
            if name in inner:
                return _found(inner[name], rest) if rest else inner[name]
    elif isinstance(inner, list):
        first, _, rest = path.partition(".")
        if first.isdecimal() and first.isascii():
            return _found(inner[int(first)], rest) if rest else inner[int(first)]
    raise KeyError(path)


@lru_cache(256)
def _splits(path: str) -> tuple[tuple[str, str], ...]:
    """The whole as one name first, then what comes before each dot, the longest first."""
    parts = path.split(".")
    return tuple((".".join(parts[:at]), ".".join(parts[at:])) for at in range(len(parts), 0, -1))


def _inside(value: Any) -> Any:
    """A dict or a list, where the value is one, is JSON of one, or is text with one as JSON."""
    if isinstance(value, Raw):
        return _opened(bytes(value))
    return _opened(value.encode("utf-8", "replace")) if isinstance(value, str) else value


def _opened(data: bytes) -> Any:
    """One level of JSON; None where it is neither a dict nor a list."""
    try:
        match data.lstrip()[:1]:
            case b"{":
                return _objects.decode(data)
            case b"[":
                return _lists.decode(data)
            case b'"':
                return _opened(json.decode(data, type=str).encode("utf-8", "replace"))
    except (DecodeError, RecursionError):
        pass
    return None


def _read(value: Raw) -> Any:
    try:
        return json.decode(value)
    except (DecodeError, RecursionError) as error:  # a number out of range, half a surrogate, or nested too deep
        raise Unusable("a cell is JSON that cannot be read") from error
