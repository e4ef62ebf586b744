"""A file's rows: JSON Lines, CSV or Parquet, told by its name or else by how it begins; gzip by its first two bytes.

Rows come one after another, in a bound of memory. Of JSON Lines a damaged line is a flaw, and the next one is read; CSV
whose quotes do not close, gzip that ends early and Parquet that is damaged cannot be read on: SourceError.
"""

import csv
import gzip
import importlib
import zlib
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from msgspec import DecodeError, Raw, json

from loadtest.errors import SourceError
from loadtest.sources.cells import MAX_NAMES, Cells, has, names

MAX_ROW_BYTES = 64 * 1024 * 1024
PARQUET_ROWS = 64  # read at once
HEAD_ROWS = 100  # that are asked which columns there are

_GZIP = b"\x1f\x8b"
_PARQUET = b"PAR1"
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 4_096
_PIECE_BYTES = 1_048_576
_NAMES = (".jsonl", ".ndjson", ".csv", ".parquet")

_objects = json.Decoder(dict[str, Raw])


class TableRow(NamedTuple):
    """`place`: of the file and in it."""

    place: str
    cells: Cells


class TableFlaw(NamedTuple):
    """A row that cannot be read. `reason`: one of a few fixed texts."""

    place: str
    reason: str


Rows = Generator[TableRow | TableFlaw, None, None]


def rows(path: Path, max_row_bytes: int = MAX_ROW_BYTES) -> Rows:
    """Raises SourceError for what is no table, and where it cannot be read on."""
    kind = _kind(path)
    if kind == ".parquet":
        return _parquet_rows(path)
    return _csv_rows(path, max_row_bytes) if kind == ".csv" else _json_rows(path, max_row_bytes)


def absent(path: Path, columns: Iterable[str]) -> tuple[list[str], list[str]]:
    """Which of the columns none of the first rows has, and the names that these rows have instead.

    A file without rows lacks nothing.
    """
    missing, there = list(columns), dict[str, None]()
    with closing(rows(path)) as all_rows:
        for row in (row for row in islice(all_rows, HEAD_ROWS) if isinstance(row, TableRow)):
            missing = [each for each in missing if not has(row.cells, each)]
            there.update(dict.fromkeys(islice(names(row.cells), MAX_NAMES - len(there))))
            if not missing:
                break
    return (missing, list(there)) if there else ([], [])


class ByteLines:
    """A file's lines, unpacked where it is gzip. Damage is a SourceError that tells how far it could be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.read = 0
        try:
            with path.open("rb") as file:
                is_gzip = file.read(2) == _GZIP
            self._file = gzip.open(path) if is_gzip else path.open("rb")  # noqa: SIM115
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def next(self, most_bytes: int) -> bytes:
        """A line, or its first bytes; empty at the end."""
        try:
            line = self._file.readline(most_bytes)
        except EOFError as error:
            raise SourceError(f"{self._path}: its gzip is cut off after line {self.read}") from error
        except (OSError, zlib.error) as error:
            raise SourceError(f"{self._path}: it is damaged after line {self.read}: {error}") from error
        self.read += line.endswith(b"\n")
        return line

    def pass_over(self) -> None:
        """What is left of a line."""
        while (piece := self.next(_PIECE_BYTES)) and not piece.endswith(b"\n"):
            pass


def _kind(path: Path) -> str:
    with ByteLines(path) as lines:
        head = lines.next(_HEAD_BYTES)
    if head[:2] in _UTF16_MARKS:
        raise SourceError(f"{path} is text in UTF-16; it can be read as UTF-8")
    if head.startswith(_PARQUET):
        return ".parquet"
    named = Path(path.name.removesuffix(".gz")).suffix.lower()
    if named in _NAMES:
        return named
    begin = head.removeprefix(_UTF8_MARK).lstrip()[:1]
    if begin == b"[":
        raise SourceError(f"{path} is one JSON array; it can be read with an object in each line")
    return ".jsonl" if begin == b"{" else ".csv"


def _json_rows(path: Path, max_row_bytes: int) -> Rows:
    number = 0
    with ByteLines(path) as lines:
        while line := lines.next(max_row_bytes):
            number += 1
            place = f"{path.name} line {number}"
            if len(line) == max_row_bytes and not line.endswith(b"\n"):
                lines.pass_over()
                yield TableFlaw(place, f"longer than {max_row_bytes:,} bytes")
            elif not line.isspace():
                yield _json_row(place, line.removeprefix(_UTF8_MARK) if number == 1 else line)


def _json_row(place: str, line: bytes) -> TableRow | TableFlaw:
    try:
        line.decode()
        return TableRow(place, _objects.decode(line))
    except UnicodeDecodeError:
        return TableFlaw(place, "not UTF-8")
    except (DecodeError, RecursionError):
        return TableFlaw(place, "no JSON object")


def _csv_rows(path: Path, max_row_bytes: int) -> Rows:
    with ByteLines(path) as lines:
        text = _CsvText(lines, path, max_row_bytes)
        cells_of = csv.reader(text, strict=True)
        header: list[str] = []
        while (cells := _csv_cells(cells_of, text)) is not None:
            if cells and not header:
                header = _header(cells, path)
            elif cells:
                yield _csv_row(f"{path.name} line {text.row_began}", header, cells)


class _CsvText:
    """The lines of CSV as text. A row that is never ended, be it by a quote, is found out before it fills memory."""

    def __init__(self, lines: ByteLines, path: Path, max_row_bytes: int) -> None:
        self._lines = lines
        self._path = path
        self.max_row_bytes = max_row_bytes
        self._row_bytes = 0
        self.row_began = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.next(self.max_row_bytes)
        self._row_bytes += len(line)
        if self._row_bytes >= self.max_row_bytes:
            raise SourceError(f"{self._path}: the row at line {self.row_began} has over {self.max_row_bytes:,} bytes")
        if not line:
            raise StopIteration
        mark = _UTF8_MARK if self.row_began == 1 else b""
        return line.removeprefix(mark).decode("utf-8", "surrogateescape")

    def begin_row(self) -> None:
        self._row_bytes = 0
        self.row_began = self._lines.read + 1

    def refusal(self, error: csv.Error) -> SourceError:
        return SourceError(f"{self._path}: the row at line {self.row_began} is no CSV, so nothing after it is: {error}")


def _csv_cells(cells_of: Iterator[list[str]], text: _CsvText) -> list[str] | None:
    """None at the end."""
    text.begin_row()
    # The limit is the whole process's, where others read CSV too: ours holds while a row is read.
    others = csv.field_size_limit(text.max_row_bytes)
    try:
        return next(cells_of, None)
    except csv.Error as error:
        raise text.refusal(error) from error
    finally:
        csv.field_size_limit(others)


def _header(cells: list[str], path: Path) -> list[str]:
    (name, times), *_ = Counter(cells).most_common(1)
    if times > 1:
        raise SourceError(f"{path}: there are {times} columns {name!r}")
    return cells


def _csv_row(place: str, header: Sequence[str], cells: Sequence[str]) -> TableRow | TableFlaw:
    if len(cells) != len(header):
        return TableFlaw(place, "more or fewer cells than the header")
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return TableFlaw(place, "not UTF-8")
    return TableRow(place, {name: value or None for name, value in zip(header, cells, strict=True)})


def _parquet_rows(path: Path) -> Rows:
    pyarrow, parquet = _pyarrow("pyarrow"), _pyarrow("pyarrow.parquet")
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=PARQUET_ROWS):
                for cells in _to_the_us(batch, pyarrow).to_pylist(maps_as_pydicts="lossy"):
                    number += 1
                    yield TableRow(f"{path.name} row {number}", cells)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise SourceError(f"{path}: as Parquet it cannot be read on after row {number}: {error}") from error


def _pyarrow(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SourceError("Parquet is read by pyarrow, which is not installed: pip install pyarrow") from error


def _to_the_us(batch: Any, pyarrow: Any) -> Any:
    """Its times without a zone, in UTC: with one or with ns they would want further libraries."""
    for at, field in enumerate(batch.schema):
        if pyarrow.types.is_timestamp(field.type):
            column = batch.column(at).cast(pyarrow.timestamp("us"), safe=False)
            batch = batch.set_column(at, field.name, column)
    return batch
