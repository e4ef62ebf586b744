"""Counts in words."""

import pytest

from ground.plurals import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 requests"), (1, "1 request"), (2, "2 requests"), (1_200, "1,200 requests")]
)
def test_one_is_singular(number: int, words: str) -> None:
    """And thousands are set apart."""
    assert counted(number, "request") == words
