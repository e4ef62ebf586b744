"""Points in time as tables write them."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.sources.instants import UNITS_NS, TimeColumn
from loadtest.sources.messages import Unusable

SECOND_NS = 1_700_158_623_000_000_000  # 2023-11-16T18:17:03Z


@pytest.mark.parametrize(
    ("written", "ns"),
    [
        ("2023-11-16T18:17:03Z", SECOND_NS),
        ("2023-11-16 18:17:03.9799600", SECOND_NS + 979_960_000),  # Azure's trace: seven digits, no zone
        ("2023-11-16T18:17:03.123456789+00:00", SECOND_NS + 123_456_789),
        ("2023-11-16T19:17:03+01:00", SECOND_NS),
        (" 2023-11-16T18:17:03 ", SECOND_NS),
        (datetime(2023, 11, 16, 18, 17, 3, 5, UTC), SECOND_NS + 5_000),
        (datetime(2023, 11, 16, 18, 17, 3), SECOND_NS),  # noqa: DTZ001
        (datetime(2023, 11, 16, 16, 17, 3, tzinfo=timezone(timedelta(hours=-2))), SECOND_NS),
        (1_700_158_623, SECOND_NS),
        ("1700158623.25", SECOND_NS + 250_000_000),
        (1_700_158_623.5, SECOND_NS + 500_000_000),
        (1_700_158_623_001, SECOND_NS + 1_000_000),
        (1_700_158_623_000_001, SECOND_NS + 1_000),
        ("1700158623000000001", SECOND_NS + 1),
    ],
)
def test_a_time_is_read_to_the_ns(written: object, ns: int) -> None:
    """Text with and without a zone, and numbers of each unit."""
    assert TimeColumn().ns(written) == ns


@pytest.mark.parametrize(
    "written", ["", "soon", None, True, [], -1, "1e400", "nan", "inf", 10**40, "2023-13-01T00:00:00Z", float("nan")]
)
def test_what_tells_no_time_is_refused(written: object) -> None:
    """Be it text, a number far out, or something else."""
    with pytest.raises(Unusable):
        TimeColumn().ns(written)


def test_the_unit_is_told_once_by_the_first_number() -> None:
    """A later one of another size is in the same unit, and the unit is said."""
    column = TimeColumn()
    assert column.remark == ""
    column.ns("2023-11-16T18:17:03Z")
    assert column.remark == ""
    assert column.ns(1_700_158_623_000) == SECOND_NS
    assert column.ns(27_000) == 27_000 * 1_000_000
    assert column.remark == "its times are milliseconds since 1970"


def test_a_unit_that_the_map_says_is_taken() -> None:
    """A trace that counts milliseconds from 0 would else be taken for seconds."""
    column = TimeColumn("ms")
    assert column.ns(0) == 0
    assert column.ns(27_000) == 27_000_000_000
    assert column.remark == ""


@given(st.integers(10**9, 4 * 10**9), st.sampled_from(sorted(UNITS_NS)))
def test_any_second_since_2001_is_read_in_any_unit(second: int, unit: str) -> None:
    """By its size alone."""
    written = Decimal(second) * 10**9 / UNITS_NS[unit]
    assert TimeColumn().ns(str(written.to_integral_value())) == second * 10**9
