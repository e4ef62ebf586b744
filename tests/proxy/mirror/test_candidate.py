"""Where a candidate's group begins."""

import pytest

from proxy.mirror.candidate import start_of


@pytest.mark.parametrize(
    ("setting", "start"),
    [
        ("now", "now"),
        ("beginning", "beginning"),
        ("2023-11-14T22:13:20Z", "1700000000000"),
        ("2023-11-14T23:13:20.5+01:00", "1700000000500"),
    ],
)
def test_where_to_start_from_is_told_in_the_stores_words(setting: str, start: str) -> None:
    """A time becomes milliseconds since 1970."""
    assert start_of(setting) == start
