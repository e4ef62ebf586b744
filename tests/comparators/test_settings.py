"""What decides a comparison has a name of its own."""

import msgspec
import pytest

from comparators.settings import CompareSettings


@pytest.mark.parametrize("change", [{"atol": 1.0}, {"rtol": 0.5}, {"ignore": ("/id",)}, {"max_decoded_bytes": 2048}])
def test_other_rules_are_another_basis(change):
    """Their evidence must not be pooled."""
    assert CompareSettings(**change).basis() != CompareSettings().basis()


def test_alpha_decides_no_comparison():
    """It is the report's alone: evidence stays what it is."""
    assert CompareSettings(alpha=0.01).basis() == CompareSettings().basis()


@pytest.mark.parametrize("wrong", [{"atol": -1}, {"alpha": 0}, {"alpha": 1}, {"ignore": ["id"]}, {"tolerance": 1}])
def test_a_wrong_setting_is_refused(wrong):
    """Out of its range, or not a setting at all."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, CompareSettings)
