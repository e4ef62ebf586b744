"""What an operator writes of slices."""

import msgspec
import pytest

from comparators.settings import Dimension, SliceSettings


@pytest.mark.parametrize(
    ("written", "dimension"),
    [
        ({"header": "X-Country"}, Dimension("header", "x-country")),
        ({"feature": "carrier"}, Dimension("feature", "carrier")),
        ({"pointer": "/user/plan"}, Dimension("pointer", "/user/plan")),
    ],
)
def test_a_slice_is_a_header_a_feature_or_a_pointer(written, dimension):
    """Header names in any case are one."""
    assert msgspec.convert(written, SliceSettings).dimension == dimension


@pytest.mark.parametrize(
    "written", [{}, {"header": "a", "feature": "b"}, {"pointer": "a"}, {"column": "a"}, {"header": ""}]
)
def test_anything_else_is_refused(written):
    """At start, not when the first request comes."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(written, SliceSettings)
