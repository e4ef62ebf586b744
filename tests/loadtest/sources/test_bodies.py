"""A cell as the bytes of a body, and the content type that they have."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from loadtest.sources.bodies import body_of, content_type, is_csv, is_json
from loadtest.sources.messages import Unusable


@pytest.mark.parametrize(
    ("value", "encoding", "body"),
    [
        ("a,b", "", b"a,b"),
        ("", "", b""),
        (None, "", None),
        (b"\xff\x00", "", b"\xff\x00"),
        ({"a": [1, 2]}, "", b'{"a":[1,2]}'),
        (Raw(b'{ "a": [1, 2.50,\n 1e400] }'), "", b'{"a":[1,2.50,1e400]}'),
        (Raw(b'{ "a": [1, 2.50] }'), "verbatim", b'{ "a": [1, 2.50] }'),
        (Raw(b'"1,2\\n"'), "CSV", b"1,2\n"),
        (Raw(b'"1,2\\n"'), "verbatim", b"1,2\n"),
        (Raw(b"null"), "", None),
        (Raw(b"null"), "verbatim", None),
        (Raw(b'"gAE="'), "BASE64", b"\x80\x01"),
        ("gAE=", "base64", b"\x80\x01"),
    ],
)
def test_a_cell_is_a_body(value: object, encoding: str, body: bytes | None) -> None:
    """Text as it is, JSON without blanks and its numbers as they were written, base64 where that is said."""
    assert body_of(value, encoding) == body


@pytest.mark.parametrize(("value", "encoding"), [("gAE", "BASE64"), ("a b!", "base64"), ("x", "rot13")])
def test_what_cannot_be_decoded_is_refused(value: str, encoding: str) -> None:
    """False base64, and an encoding that nobody knows."""
    with pytest.raises(Unusable):
        body_of(value, encoding)


@given(st.binary())
def test_any_bytes_come_through_base64(data: bytes) -> None:
    """To the byte."""
    assert body_of(base64.b64encode(data).decode(), "base64") == data


@pytest.mark.parametrize(
    ("data", "told", "encoding", "found"),
    [
        (b'{"a":1}', "", "", "application/json"),
        (b"1,2\n3,4\n", "", "", "text/csv"),
        (b"1.5\n2\n", "", "", "text/csv"),
        (b"1,2\n3\n", "", "", "text/plain; charset=utf-8"),
        (b"yes", "", "", "text/plain; charset=utf-8"),
        (b"\xff\xfe", "", "", "application/octet-stream"),
        (b"30.41", "", "CSV", "text/csv"),  # as SageMaker's built-in models answer
        (b"30.41", "", "", "application/json"),
        (b"1,2", "application/json", "JSON", "text/csv"),  # what a capture says, and is not
        (b"[1,2]", "text/csv", "CSV", "application/json"),
        (b'{"a":1}', "application/json; charset=utf-8", "", "application/json; charset=utf-8"),
        (b"6.5,1", "text/csv; charset=utf-8", "CSV", "text/csv; charset=utf-8"),
        (b"\x80\x02", "application/x-npy", "BASE64", "application/x-npy"),
        (b"\x80\x02", "text/csv", "BASE64", "application/octet-stream"),
    ],
)
def test_a_content_type_is_found_by_trying(data: bytes, told: str, encoding: str, found: str) -> None:
    """What a capture says is believed where the body can be it."""
    assert content_type(data, told, encoding, is_trusted=False) == found


def test_a_trusted_type_is_taken_as_it_is() -> None:
    """A map's own column knows better than a trial."""
    assert content_type(b"1,2", "application/json", "", is_trusted=True) == "application/json"


@given(st.binary(max_size=200))
def test_trying_never_breaks(data: bytes) -> None:
    """Whatever the bytes are, there is a type."""
    assert content_type(data, "", "", is_trusted=False)
    is_csv(data)
    is_json(data)


def test_a_deep_body_is_no_json() -> None:
    """It does not break whoever tries it."""
    assert not is_json(b"[" * 100_000 + b"]" * 100_000)


def test_a_long_csv_is_told_by_its_beginning() -> None:
    """A line that is cut off there counts for nothing."""
    assert is_csv(b"1,2,3\n" * 100_000)
    assert not is_csv(b"1,2\n" * 10 + b"1,2,3\n" * 100_000)
