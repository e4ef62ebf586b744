"""Moments as text."""

import pytest

from ground.moments import moment


@pytest.mark.parametrize(
    ("wall_ns", "said"),
    [(0, "1970-01-01T00:00:00.000Z"), (1_372_637_100_250_900_000, "2013-07-01T00:05:00.250Z")],
)
def test_a_moment_is_said_in_utc(wall_ns: int, said: str) -> None:
    """To the millisecond, with a Z."""
    assert moment(wall_ns) == said
