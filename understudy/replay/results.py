"""What a run came to, as a file of its own: JSON Lines, a head, a row for each request, and at its end the report.

{"schema": "understudy.replay/1", …}      what was sent to whom
{"n": 0, "due": 0, "sent": 41210, …}      loadtest/results/rows.py: ns from the start
{"report": {…}, "judgement": {…}}         a run that was killed has none
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
from msgspec import Struct

from comparators.evidence.report import Report
from comparators.policy.judgement import Judgement
from ground.room import NoRoomError, room_for
from loadtest.results.rows import ResultColumns, ResultRow
from understudy.settings.loading import SettingsError

SCHEMA = "understudy.replay/1"
OTHER_PLACE = "what is there is cut; name a file where there is room"


class ResultsHead(Struct, frozen=True, kw_only=True):
    schema: str = SCHEMA
    candidate: str
    target: str
    source: str
    rhythm: str
    plan_sha256: str
    judged_by: str = ""  # a fingerprint of all that decides how an answer is compared


class ResultsEnd(Struct, frozen=True, kw_only=True, omit_defaults=True):
    report: Report
    judgement: Judgement | None = None


class Results(NamedTuple):
    """A file that was read."""

    name: str
    head: ResultsHead
    rows: ResultColumns
    end: ResultsEnd


class ResultsWriter:
    """Without a file it writes nothing. One that finds no room ends no run: what there is can be told without it."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file
        self._encoder = msgspec.json.Encoder()
        self.failure = ""  # why the file is cut

    def write(self, lines: Sequence[Any]) -> None:
        if self._file is None or self.failure:
            return
        try:
            with room_for(f"-o {self._file.name}", Path(self._file.name).parent, OTHER_PLACE):
                self._file.write(self._encoder.encode_lines(lines))
                self._file.flush()
        except NoRoomError as error:
            self.failure = str(error)
            with suppress(OSError):  # what it holds back finds no room either
                self._file.close()


def read_results(option: str, name: str) -> Results:
    """Raises SettingsError."""
    try:
        with Path(name).open("rb") as file:
            return _read(option, name, file)
    except OSError as error:
        raise SettingsError(option, f"can't be read: {error.strerror}", name) from None


def rows_in(results: Results) -> Iterator[ResultRow]:
    """One by one, in the order in which they ended."""
    with Path(results.name).open("rb") as file:
        next(file)
        yield from _rows("FILE", results.name, file, [])


def _read(option: str, name: str, file: BinaryIO) -> Results:
    lines = iter(file)
    try:
        head = msgspec.json.decode(next(lines, b""), type=ResultsHead)
    except msgspec.DecodeError:
        raise SettingsError(
            option, "is no results file; `understudy replay SOURCE … -o FILE` writes one", name
        ) from None
    if head.schema != SCHEMA:
        raise SettingsError(option, f"is of schema {head.schema!r}; this release reads {SCHEMA}", name)
    ends: list[ResultsEnd] = []
    rows = ResultColumns.of(_rows(option, name, lines, ends))
    if not ends:
        raise SettingsError(option, "ends before its report: the run was killed; replay it again", name)
    load = ends[0].report.load
    ended = None if load is None else load.sent - load.given_up
    if len(ends) > 1 or rows.has_twice or ended != len(rows.n):
        told = f"it has {len(rows.n):,} rows, and its report is of {ended or 0:,} requests"
        raise SettingsError(option, f"is not as it was written: {told}", name)
    return Results(name, head, rows, ends[0])


def _rows(option: str, name: str, lines: Iterator[bytes], ends: list[ResultsEnd]) -> Iterator[ResultRow]:
    decode = msgspec.json.Decoder(ResultRow).decode
    for number, line in enumerate(lines, 2):
        try:
            if line.startswith(b'{"n"'):
                row = decode(line)
                if not row.is_in_order:
                    raise SettingsError(option, f"line {number} is damaged: its times are in no order", name)
                yield row
            else:
                ends.append(msgspec.json.decode(line, type=ResultsEnd))
        except msgspec.DecodeError as error:
            raise SettingsError(option, f"line {number} is damaged: {error}", name) from None
