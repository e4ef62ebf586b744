"""Targets of vegeta, in both of its formats: one JSON object a line, or the HTTP format,

    POST http://host/path?query
    Content-Type: application/json
    @body.json

with an empty line between targets, and comments behind `#`. The file's first byte that is not blank tells which it is.

A key that vegeta's schema does not have makes a line unusable: mostly it is a mistyped one (`headers` for `header`),
and a request without its body or headers is another request. `timestamp` alone may stand there: when production was
asked, which vegeta has no word for.
"""

import os
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from loadtest.errors import SourceError
from loadtest.sources.messages import BAD_HEADER, Unusable, kept_headers, ns_of, request_of, target_of
from loadtest.sources.source import Skips, SourceRequest

MAX_LINE_BYTES = 64 * 1024 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024  # of a file of its own
MAX_TARGET_BYTES = 1024 * 1024  # of the HTTP format's lines

BAD_LINE = "a line that is no target by vegeta's schema"
BAD_START = "a first line that is no method and URL"

_BOM = b"\xef\xbb\xbf"
_SHOWN_BYTES = 80
_START = re.compile(rb"([A-Z]+)[ \t]+(\S+)")
_NEXT_START = re.compile(rb"[A-Z]+[ \t]+(?i:https?://)")

NumberedLine = tuple[int, bytes]  # without the blanks around it


class VegetaLine(Struct, frozen=True, forbid_unknown_fields=True):
    """A target in JSON. `body` is base64 there."""

    method: str
    url: str
    body: bytes | None = None
    header: dict[str, list[str] | None] | None = None
    timestamp: str | None = None


_decoder = msgspec.json.Decoder(VegetaLine)


class VegetaTargets:
    """A file of targets. A source: see source.py. An id is `target-` and the number of the line where it begins."""

    def __init__(self, file: BinaryIO, directory: Path | None) -> None:
        """`directory`: below which body files lie; None where no file may be read."""
        self.skips = Skips()
        self._file = file
        self._directory = directory

    def __iter__(self) -> Iterator[SourceRequest]:
        """Raises SourceError for a body that can't be read, and where there is not one target."""
        lines = _lines(self._file)
        first = next((each for each in lines if each[1]), None)
        if first is None:
            raise SourceError(_no_targets("it is empty"))
        given = 0
        for request in self._requests(first, chain([first], lines)):
            given += 1
            yield request
        if not given:
            raise SourceError(_no_targets(f"line {first[0]} is {first[1][:_SHOWN_BYTES]!r}"))

    def _requests(self, first: NumberedLine, lines: Iterable[NumberedLine]) -> Iterator[SourceRequest]:
        blocks = ([each] for each in lines if each[1]) if first[1].startswith(b"{") else _blocks(lines)
        read = _json_target if first[1].startswith(b"{") else self._http_target
        for block in blocks:
            try:
                request = read(block)
            except Unusable as error:
                self.skips.add(error.reason, f"line {block[0][0]}")
            else:
                yield request

    def _http_target(self, block: list[NumberedLine]) -> SourceRequest:
        (number, line), *rest = block
        start = _START.fullmatch(line)
        if start is None:
            raise Unusable(BAD_START)
        headers = kept_headers(_field(line) for _, line in rest if not line.startswith(b"@"))
        target = target_of(start[2].decode("latin-1"))
        body = b"".join(self._body(number, line) for number, line in rest if line.startswith(b"@"))
        return SourceRequest(f"target-{number}", request_of(start[1].decode(), target, headers, body))

    def _body(self, number: int, line: bytes) -> bytes:
        name = os.fsdecode(line[1:])
        if self._directory is None:
            raise SourceError(f"line {number}: the body is in a file, {name!r}, and no directory to read from is given")
        path = self._directory / name
        try:
            # A targets file may be somebody else's: what it names is sent to the target.
            if "\0" in name or path.resolve().is_relative_to(self._directory.resolve()):
                return _content(path)
        except (OSError, ValueError) as error:
            raise SourceError(f"line {number}: the body's file {str(path)!r} can't be read: {error}") from error
        right = f"only files below {str(self._directory)!r}, where the targets are, are read"
        raise SourceError(f"line {number}: the body's file {name!r} lies elsewhere; {right}")


def _json_target(block: list[NumberedLine]) -> SourceRequest:
    ((number, line),) = block
    try:
        told = _decoder.decode(line)
    except (ValueError, RecursionError):
        raise Unusable(BAD_LINE) from None
    fields = ((name.encode(), value.encode()) for name, values in (told.header or {}).items() for value in values or ())
    request = request_of(told.method, target_of(told.url), kept_headers(fields), told.body or b"")
    return SourceRequest(f"target-{number}", request, None if told.timestamp is None else ns_of(told.timestamp))


def _lines(file: BinaryIO) -> Iterator[NumberedLine]:
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise SourceError(f"line {number} has more than {MAX_LINE_BYTES:,} bytes")
        yield number, (line.removeprefix(_BOM) if number == 1 else line).strip()


def _blocks(lines: Iterable[NumberedLine]) -> Iterator[list[NumberedLine]]:
    """The lines of each target. It ends with an empty line, or its body, or where it has none and the next begins."""
    block: list[NumberedLine] = []
    size = 0
    for number, line in lines:
        if line.startswith(b"#"):
            continue
        if block and (not line or (len(block) == 1 and _NEXT_START.match(line))):
            yield block
            block, size = [], 0
        if line:
            block.append((number, line))
            size += len(line)
        if size > MAX_TARGET_BYTES:
            raise SourceError(
                f"line {number}: a target of more than {MAX_TARGET_BYTES:,} bytes; an empty line ends one"
            )
        if line.startswith(b"@"):
            yield block
            block, size = [], 0
    if block:
        yield block


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon:
        raise Unusable(BAD_HEADER)
    return name.strip(), value.strip()


def _content(path: Path) -> bytes:
    """Raises OSError, and ValueError for a path that is none or a file that is too large."""
    if not path.is_file():  # a pipe or a device may have no end
        raise ValueError("there is no such file")
    with path.open("rb") as file:
        data = file.read(MAX_BODY_BYTES + 1)
    if len(data) > MAX_BODY_BYTES:
        raise ValueError(f"it has more than {MAX_BODY_BYTES:,} bytes")
    return data


def _no_targets(found: str) -> str:
    return (
        f"no targets of vegeta's: {found}; a target begins with a line such as 'POST http://host/path', or is one such "
        """as '{"method":"POST","url":"http://host/path","body":"aGk="}'"""
    )
