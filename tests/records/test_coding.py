"""Content codings undone within a bound."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.coding import decoded


def bare_deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(data) + coder.flush()


@given(st.binary(max_size=500))
def test_every_form_of_gzip_and_deflate_is_undone(data: bytes) -> None:
    """gzip, deflate as the RFC has it, and deflate as some servers send it."""
    for coding, coded in (
        (b"gzip", gzip.compress(data)),
        (b"X-GZip", gzip.compress(data)),
        (b"deflate", zlib.compress(data)),
        (b"deflate", bare_deflate(data)),
        (b"identity", data),
        (b"deflate, gzip", gzip.compress(zlib.compress(data))),
    ):
        assert decoded(coded, ((b"content-encoding", coding),)) == data


def test_a_body_without_a_coding_is_its_own_reading() -> None:
    """No Content-Encoding, no change."""
    assert decoded(b"\x1f\x8bwhatever", ()) == b"\x1f\x8bwhatever"


def test_several_members_are_one_text() -> None:
    """A gzip file may be several, one after the other."""
    assert decoded(gzip.compress(b"one ") + gzip.compress(b"two"), ((b"content-encoding", b"gzip"),)) == b"one two"


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        (b"br", b"\x0b\x02\x80"),
        (b"gzip", b"not gzip"),
        (b"gzip", gzip.compress(b"cut short")[:-9]),
        (b"gzip", gzip.compress(b"x") + b"junk"),
        (b"gzip", gzip.compress(b"") * 10_000),
        (b"gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(b"x")))),
    ],
    ids=["unknown", "false", "cut", "trailing junk", "thousands of members", "three times"],
)
def test_what_cannot_be_undone_has_no_reading(coding: bytes, data: bytes) -> None:
    """Unknown, broken and hostile codings answer None."""
    assert decoded(data, ((b"content-encoding", coding),)) is None


def test_a_bomb_is_not_inflated() -> None:
    """What would grow past the bound has no reading; what just fits has one."""
    gzipped = ((b"content-encoding", b"gzip"),)
    assert decoded(gzip.compress(b"\0" * 1001), gzipped, limit=1000) is None
    assert decoded(gzip.compress(b"\0" * 1000), gzipped, limit=1000) == b"\0" * 1000
