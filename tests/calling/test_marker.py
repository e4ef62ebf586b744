"""A copy is known by its mark, and no client can make one."""

import pytest

from calling.marker import sign, valid

SECRET = b"s" * 32


def test_what_was_signed_is_valid() -> None:
    """With the same secret, on any host."""
    assert valid(SECRET, sign(SECRET, "a-1").encode())


@pytest.mark.parametrize(
    "mark",
    [
        b"",
        b".",
        b"a-1",
        b"a-1.",
        b"a-1." + b"0" * 32,
        sign(SECRET, "a-1").replace("a-1", "a-2").encode(),
        sign(SECRET, "a-1")[:-1].encode(),
        sign(SECRET, "a-1").encode() + b"0",
        sign(b"another", "a-1").encode(),
        b"\xff.\xff",
        sign(SECRET, "").encode()[1:],
    ],
)
def test_a_forged_mark_is_not(mark: bytes) -> None:
    """Another id, another secret, another length, or bytes that are no text."""
    assert not valid(SECRET, mark)
