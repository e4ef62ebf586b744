"""Parquet: its rows, times and nested columns, and damage."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from loadtest.errors import SourceError
from loadtest.sources.columns import ColumnSource
from loadtest.sources.formats import format_of
from loadtest.sources.tables import TableRow, rows

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, UTC)
NOON_NS = 1_772_366_400_250_000_000


def _file(path: Path, columns: dict[str, Any]) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


def test_rows_come_in_their_order_over_many_batches(tmp_path: Path) -> None:
    """With their number as a place."""
    path = _file(tmp_path / "a.parquet", {"n": list(range(1_000))})
    found = [row for row in rows(path) if isinstance(row, TableRow)]
    assert [row.cells["n"] for row in found] == list(range(1_000))
    assert found[-1].place == "a.parquet row 1000"


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_a_time_is_read_in_any_unit_and_zone(tmp_path: Path, unit: str, zone: str | None) -> None:
    """One without a zone is in UTC."""
    at = NOON if zone else NOON.replace(tzinfo=None)
    times = pa.array([at], pa.timestamp(unit, zone))
    path = _file(tmp_path / "a.parquet", {"body": ["x"], "at": times})
    (found,) = ColumnSource([path], format_of("request=body,at=at"))
    assert found.at_ns == NOON_NS


def test_nested_columns_are_found_and_written_compactly(tmp_path: Path) -> None:
    """A struct by a dotted path, a map by its key, and a struct as a body."""
    path = _file(
        tmp_path / "a.parquet",
        {
            "call": [{"body": {"x": [1, 2]}, "raw": b"\xff"}],
            "meta": pa.array([[("path", "/score")]], pa.map_(pa.string(), pa.string())),
        },
    )
    (found,) = ColumnSource([path], format_of("request=call.body,answer=call.raw,target=meta.path"))
    assert found.request.target == "/score"
    assert found.request.body.data == b'{"x":[1,2]}'
    assert found.production is not None
    assert found.production.outcome.body.data == b"\xff"  # type: ignore[union-attr]


def test_a_column_that_is_not_there_is_said(tmp_path: Path) -> None:
    """With the nearest that is."""
    path = _file(tmp_path / "a.parquet", {"request": ["x"], "response": ["y"]})
    with pytest.raises(SourceError, match=r"no column 'respnse'; did you mean response\?; there are request, response"):
        list(ColumnSource([path], format_of("request=request,answer=respnse")))


@settings(max_examples=50, deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_damage_is_an_error_or_harmless(tmp_path_factory: pytest.TempPathFactory, at: int, bit: int) -> None:
    """Parquet has checks of its own at some places only; rows are never fewer without a word."""
    path = _file(tmp_path_factory.mktemp("damage") / "a.parquet", {"n": [str(each) for each in range(300)]})
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(bytes(data))
    try:
        found = list(rows(path))
    except SourceError:
        return
    assert len(found) == 300


def test_a_parquet_file_that_ends_early_is_an_error(tmp_path: Path) -> None:
    """It says which file."""
    path = _file(tmp_path / "a.parquet", {"n": list(range(1_000))})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SourceError, match="as Parquet it cannot be read on after row 0"):
        list(rows(path))
