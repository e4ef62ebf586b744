"""What decides a comparison has a name of its own."""

import msgspec
import pytest

from comparators.settings import CompareSettings


@pytest.mark.parametrize(
    "change", [{"atol": 1.0}, {"rtol": 0.5}, {"ignore": ("/id",)}, {"max_decoded_bytes": 2048}, {"unit": "/id"}]
)
def test_other_rules_are_another_basis(change):
    """Their evidence must not be pooled."""
    assert CompareSettings(**change).basis() != CompareSettings().basis()


def test_alpha_decides_no_comparison():
    """It is the report's alone: evidence stays what it is."""
    assert CompareSettings(alpha=0.01).basis() == CompareSettings().basis()


@pytest.mark.parametrize(
    "wrong",
    [
        {"atol": -1},
        {"alpha": 0},
        {"alpha": 1},
        {"ignore": ["id"]},
        {"tolerance": 1},
        {"unit": "id"},
        {"unit": "header:"},
        {"unit": "header:a b"},
    ],
)
def test_a_wrong_setting_is_refused(wrong):
    """Out of its range, or not a setting at all."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, CompareSettings)


@pytest.mark.parametrize(("unit", "header"), [("", ""), ("/user/id", ""), ("header:X-User-Id", "x-user-id")])
def test_a_unit_is_a_header_or_a_place_in_the_body(unit, header):
    """Headers have no case."""
    assert msgspec.convert({"unit": unit}, CompareSettings).unit_header() == header
