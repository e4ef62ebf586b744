"""Server-sent events: the data of each, in order (WHATWG HTML, "Server-sent events", 9.2.5 and 9.2.6).

Lines end with CR LF, LF or CR; several data lines of an event are joined by LF; comments and other fields say nothing
here. An event that its empty line does not follow was not received whole: a browser drops it, and so it is only said
that there was one. Knows nothing of what the data are; the readers of streamed protocols call this.
"""

from typing import NamedTuple

from comparators.errors import Unreadable

MAX_LINES = 1_000_000

_BOM = b"\xef\xbb\xbf"
_FIELDS = (b"data", b"event", b"id", b"retry", b":")


class Events(NamedTuple):
    """`cut`: after the last whole event came a part of another one."""

    data: list[bytes]
    cut: bool


def is_stream(data: bytes) -> bool:
    """By how it begins: no JSON begins with a field's name or a comment."""
    return data.removeprefix(_BOM).lstrip(b"\r\n").startswith(_FIELDS)


def events(data: bytes) -> Events:
    found: list[bytes] = []
    parts: list[bytes] = []
    *lines, rest = _lines(data.removeprefix(_BOM))  # what no end of line follows is no line
    for line in lines:
        if line.startswith(b"data:"):
            parts.append(line[6:] if line.startswith(b" ", 5) else line[5:])
        elif line == b"data":
            parts.append(b"")
        elif not line and parts:
            found.append(b"\n".join(parts))
            parts = []
    return Events(found, bool(parts) or (bool(rest) and not rest.startswith(b":")))


def ends(data: bytes) -> list[int]:
    """Of each of these events, after how many bytes of `data` it was whole."""
    found: list[int] = []
    at, has_data = len(data) - len(data.removeprefix(_BOM)), False
    for line in data[at:].splitlines(keepends=True):  # of bytes: at CR LF, LF or CR
        at += len(line)
        said = line.rstrip(b"\r\n")
        if not said and has_data:
            found.append(at)
        has_data = bool(said) and (has_data or said == b"data" or said.startswith(b"data:"))
    return found


def _lines(data: bytes) -> list[bytes]:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = data.split(b"\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        msg = f"its events have more than {MAX_LINES:,} lines"
        raise Unreadable(msg)
    return lines
