"""Whose a request is: by a header that was hashed as it came, by a place in its body, or by what it was sampled by."""

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comparators.features.units import UnitReader
from comparators.settings import CompareSettings
from records.nouns import Body, Exchange
from records.privacy.units import unit_of
from tests.comparators.made import GZIPPED, JSON, answer, pair

KEY = b"k" * 32


def asked(body: bytes, **changes: Any) -> Exchange:
    exchange = pair(answer({}), answer({})).exchange
    request = replace(exchange.request, body=Body(body, len(body)), headers=changes.pop("headers", JSON))
    return replace(exchange, request=request, **changes)


def unit(setting: str, exchange: Exchange, key: bytes | None = KEY) -> str:
    return UnitReader(CompareSettings(unit=setting), key).of(exchange)


def test_without_a_setting_it_is_what_the_request_was_sampled_by():
    """Whole users are sampled together, and are units therefore."""
    assert unit("", asked(b"{}", sampling_key="0123456789abcdef"), None) == "0123456789abcdef"
    assert unit("", asked(b"{}"), None) == ""


def test_a_headers_unit_is_the_one_that_was_recorded():
    """And only where it is of the header that the settings name now."""
    recorded = unit_of("x-user-id", b"jane", KEY)
    exchange = asked(b"{}", unit=recorded, sampling_key="0123456789abcdef")
    assert unit("header:X-User-ID", exchange, None) == recorded
    assert unit("header:X-Tenant", exchange, None) == ""


@pytest.mark.parametrize(
    ("pointer", "body"),
    [
        ("/user/id", b'{"user": {"id": "jane"}}'),
        ("/users/0", b'{"users": ["jane", "joe"]}'),
        ("/users/*/id", b'{"users": [{"id": null}, {"id": "jane"}]}'),
        ("/a~1b", b'{"a/b": "jane"}'),
    ],
)
def test_a_place_in_the_body_says_whose_it_is(pointer, body):
    """The first text or number there, hashed with the installation's key."""
    assert unit(pointer, asked(body)) == unit_of(pointer, b"jane", KEY)


def test_a_body_is_read_behind_its_content_coding():
    """As its features are."""
    packed = asked(gzip.compress(b'{"user": "jane"}'), headers=GZIPPED)
    assert unit("/user", packed) == unit_of("/user", b"jane", KEY)


@pytest.mark.parametrize(
    "body", [b"", b"[", b"{}", b'{"user": null}', b'{"user": ""}', b'{"user": {"id": 1}}', b"\xff"]
)
def test_a_request_that_does_not_say_it_has_no_unit(body):
    """It counts as independent then."""
    assert unit("/user", asked(body)) == ""


def test_numbers_are_units_too():
    """Another number is another unit, and no text is a number's."""
    numbers = [b"1", b"2", b"1.5", b'"1"', b'"\\u00ff1"', b"9" * 30]
    found = [unit("/user", asked(b'{"user": ' + number + b"}")) for number in numbers]
    assert all(found)
    assert len(set(found)) == len(found)


@given(st.binary(max_size=60))
def test_no_body_breaks_it(body):
    """Called for each pair."""
    unit("/user", asked(body))
    unit("/user", asked(b'{"user": ' + b"9" * 5_000 + b"}"))


def test_a_place_in_the_body_needs_a_key():
    """Without one a hash could be tried out."""
    with pytest.raises(ValueError, match="need a key"):
        UnitReader(CompareSettings(unit="/user"), None)
