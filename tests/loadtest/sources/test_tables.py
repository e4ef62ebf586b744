"""Rows of JSON Lines, CSV and Parquet: every one comes, as a row or as a flaw, or it is said that reading ended."""

import csv
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.errors import SourceError
from loadtest.sources.cells import cell, has, plain
from loadtest.sources.tables import MAX_ROW_BYTES, TableFlaw, TableRow, absent, rows

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


def _file(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def _plain(path: Path, max_row_bytes: int = MAX_ROW_BYTES) -> list[Any]:
    """Each row's cells, or its flaw's reason."""
    return [
        {name: plain(value) for name, value in row.cells.items()} if isinstance(row, TableRow) else row.reason
        for row in rows(path, max_row_bytes)
    ]


def test_lines_are_read_with_their_places(tmp_path: Path) -> None:
    """Blank lines are none, line ends may be CRLF, and a mark of UTF-8 is passed over."""
    path = _file(tmp_path, "a.jsonl", b'\xef\xbb\xbf{"a":1}\r\n\r\n{"a":null}\n{"a":"x"}')
    assert _plain(path) == [{"a": 1}, {"a": None}, {"a": "x"}]
    assert [row.place for row in rows(path)] == ["a.jsonl line 1", "a.jsonl line 3", "a.jsonl line 4"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a":1', "no JSON object"),
        (b"[1]", "no JSON object"),
        (b"nonsense", "no JSON object"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "no JSON object"),
        (b'{"a":"\xff"}', "not UTF-8"),
    ],
)
def test_a_damaged_line_is_a_flaw_and_the_next_is_read(tmp_path: Path, line: bytes, reason: str) -> None:
    """Nothing else is lost."""
    path = _file(tmp_path, "a.jsonl", b'{"a":1}\n' + line + b'\n{"a":2}\n')
    assert _plain(path) == [{"a": 1}, reason, {"a": 2}]
    assert [row.place for row in rows(path) if isinstance(row, TableFlaw)] == ["a.jsonl line 2"]


def test_a_line_over_the_bound_is_a_flaw(tmp_path: Path) -> None:
    """It is passed over in pieces."""
    path = _file(tmp_path, "a.jsonl", b'{"a":1}\n{"a":"' + b"x" * 1_000 + b'"}\n{"a":2}\n')
    assert _plain(path, 32) == [{"a": 1}, "longer than 32 bytes", {"a": 2}]


def test_csv_is_read_with_its_quotes(tmp_path: Path) -> None:
    """A cell may hold commas, quotes and line ends; an empty one holds nothing."""
    path = _file(tmp_path, "a.csv", b'\xef\xbb\xbfid,body\r\n1,"{""a"":\r\n1}"\r\n2,\r\n\r\n"3","x,y"\r\n')
    assert _plain(path) == [
        {"id": "1", "body": '{"a":\r\n1}'},
        {"id": "2", "body": None},
        {"id": "3", "body": "x,y"},
    ]
    assert [row.place for row in rows(path)] == ["a.csv line 2", "a.csv line 4", "a.csv line 6"]


def test_long_cells_are_read_and_other_readers_keep_their_limit(tmp_path: Path) -> None:
    """Whoever else reads CSV in the process, in between and after: a body of an answer is judged as everywhere."""
    before = csv.field_size_limit()
    long = "x" * (2 * before)
    path = _file(tmp_path, "a.csv", f"id,body\n1,{long}\n2,{long}\n".encode())
    found = iter(rows(path))
    next(found)
    assert csv.field_size_limit() == before
    assert len(list(found)) == 1
    assert csv.field_size_limit() == before


def test_csv_of_another_width_or_coding_is_a_flaw(tmp_path: Path) -> None:
    """The rows around it are read."""
    path = _file(tmp_path, "a.csv", b"a,b\n1,2\n3\n4,5,6\n\xff,7\n8,9\n")
    assert _plain(path) == [
        {"a": "1", "b": "2"},
        "more or fewer cells than the header",
        "more or fewer cells than the header",
        "not UTF-8",
        {"a": "8", "b": "9"},
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'a,b\n1,"2\n3,4\n', "a.csv: the row at line 2 is no CSV"),
        (b'a,b\n1,2\n"3"x,4\n5,6\n', "a.csv: the row at line 3 is no CSV"),
        (b"a,b\r1,2\r", "a.csv: the row at line 1 is no CSV"),
        (b"a,b,a\n1,2,3\n", "there are 2 columns 'a'"),
    ],
)
def test_csv_that_cannot_be_read_on_says_where(tmp_path: Path, data: bytes, words: str) -> None:
    """After a quote that does not close nobody knows where a row begins."""
    with pytest.raises(SourceError) as refusal:
        list(rows(_file(tmp_path, "a.csv", data)))
    assert words in str(refusal.value)


def test_a_csv_row_without_an_end_is_found_out(tmp_path: Path) -> None:
    """Before it fills the memory."""
    path = _file(tmp_path, "a.csv", b'a\n1\n"' + b"x\n" * 1_000)
    with pytest.raises(SourceError, match="the row at line 3 has over 64 bytes"):
        list(rows(path, 64))


def test_a_large_cell_of_csv_is_read(tmp_path: Path) -> None:
    """The module's own bound would be 128 KiB."""
    path = _file(tmp_path, "a.csv", b"a,b\n" + b"x" * 1_000_000 + b",1\n")
    assert [len(cells["a"]) for cells in _plain(path)] == [1_000_000]


def test_gzip_is_told_by_its_first_bytes(tmp_path: Path) -> None:
    """Whatever the file is called."""
    data = b'{"a":1}\n'
    assert _plain(_file(tmp_path, "a.jsonl", gzip.compress(data))) == [{"a": 1}]
    assert _plain(_file(tmp_path, "b.jsonl.gz", gzip.compress(data) + gzip.compress(data))) == [{"a": 1}, {"a": 1}]
    assert _plain(_file(tmp_path, "c.jsonl.gz", data)) == [{"a": 1}]
    assert _plain(_file(tmp_path, "d.csv.gz", gzip.compress(b"a\n1\n"))) == [{"a": "1"}]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
@pytest.mark.parametrize("cut", [1, 8, 100])
def test_gzip_that_ends_early_is_an_error(tmp_path: Path, name: str, cut: int) -> None:
    """What could be read comes first, and then it is said."""
    lines = [json.dumps({"a": number}).replace('"', "'" if "csv" in name else '"') for number in range(5_000)]
    path = _file(tmp_path, name, gzip.compress("\n".join(lines).encode())[:-cut])
    with pytest.raises(SourceError, match="its gzip is cut off after line"):
        list(rows(path))


@given(at=st.integers(11, 2_000), bit=st.integers(0, 7))
def test_damaged_gzip_is_an_error_or_harmless(tmp_path_factory: pytest.TempPathFactory, at: int, bit: int) -> None:
    """A flipped bit is never fewer rows without a word."""
    data = "".join(json.dumps({"a": number, "b": str(number) * 5}) + "\n" for number in range(2_000)).encode()
    packed = bytearray(gzip.compress(data, mtime=0))
    packed[at % len(packed)] ^= 1 << bit
    path = _file(tmp_path_factory.mktemp("gz"), "a.jsonl", bytes(packed))
    try:
        found = _plain(path)
    except SourceError:
        return
    assert len(found) == 2_000


def test_what_is_no_table_says_what_would_be(tmp_path: Path) -> None:
    """A file that is not there, a directory, UTF-16, and an array."""
    for path, words in [
        (tmp_path / "none.csv", "cannot be read: No such file"),
        (tmp_path, "cannot be read: Is a directory"),
        (_file(tmp_path, "a.csv", "a,b\n1,2\n".encode("utf-16")), "UTF-16"),
        (_file(tmp_path, "b.json", b'[{"a":1}]'), "one JSON array"),
    ]:
        with pytest.raises(SourceError, match=words):
            list(rows(path))


def test_a_file_of_any_name_is_told_by_its_beginning(tmp_path: Path) -> None:
    """An object begins JSON Lines, anything else is CSV; an empty one has no rows."""
    assert _plain(_file(tmp_path, "a.log", b'{"a":1}\n')) == [{"a": 1}]
    assert _plain(_file(tmp_path, "b.txt", b"a\n1\n")) == [{"a": "1"}]
    assert _plain(_file(tmp_path, "c.csv", b"")) == []
    assert _plain(_file(tmp_path, "d.jsonl", b"")) == []


@given(st.lists(st.dictionaries(_TEXTS, _TEXTS | st.integers(-(2**60), 2**60) | st.none(), max_size=4), max_size=5))
def test_any_objects_survive_json_lines(
    tmp_path_factory: pytest.TempPathFactory, objects: list[dict[str, Any]]
) -> None:
    """As the json module writes them."""
    data = "".join(json.dumps(each) + "\n" for each in objects).encode()
    assert _plain(_file(tmp_path_factory.mktemp("lines"), "a.jsonl", data)) == objects


@given(st.lists(st.tuples(_TEXTS, _TEXTS), max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_any_cells_survive_csv(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]], end: str
) -> None:
    """As the csv module writes them; an empty cell is nothing."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("one", "two"), *cells])
    path = _file(tmp_path_factory.mktemp("csv"), "a.csv", written.getvalue().encode())
    assert _plain(path) == [{"one": one or None, "two": two or None} for one, two in cells]


def test_a_cell_is_found_by_name_or_by_path(tmp_path: Path) -> None:
    """A column's own dots go first; a path goes into lists, and into JSON that stands as text."""
    line = {"a": {"b": [1, {"c": "x"}]}, "own": {"d": 1}, "own.d": 3, "text": '{"d": {"e": 2}}', "n": None}
    (row,) = rows(_file(tmp_path, "a.jsonl", json.dumps(line).encode()))
    assert isinstance(row, TableRow)
    there = {"own.d": 3, "a.b.0": 1, "a.b.1.c": "x", "text.d.e": 2, "n": None}
    nowhere = dict.fromkeys(["n.x", "a.z", "a.b.7", "a.b.-1", "text.z", "z"])
    assert {path: plain(cell(row.cells, path)) for path in there | nowhere} == there | nowhere
    assert all(has(row.cells, path) for path in there)
    assert not any(has(row.cells, path) for path in nowhere)


def test_absent_columns_are_told_by_the_first_rows(tmp_path: Path) -> None:
    """A column that only a later one of them has is there; a file without rows lacks nothing."""
    path = _file(tmp_path, "a.jsonl", b'{"a":{"b":1}}\n{"c":null}\n')
    assert absent(path, ["a.b", "c"]) == ([], ["a", "a.b", "c"])
    assert absent(path, ["c", "d", "a.x"]) == (["d", "a.x"], ["a", "a.b", "c"])
    assert absent(_file(tmp_path, "b.csv", b"a,b\n"), ["z"]) == ([], [])


def test_parquet_without_pyarrow_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In words."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SourceError, match="pip install pyarrow"):
        list(rows(_file(tmp_path, "a.parquet", b"PAR1")))
