"""Names of labels: one for each label, whatever came."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare.label_names import MAX_NAME, name_of, shortened

ANY_LABEL = (
    st.text(max_size=60)
    | st.text(alphabet='"\\\t\n…0123456789-xabtruefalsenullb\ud800', max_size=12)
    | st.integers()
    | st.integers(-3, 3)
    | st.booleans()
    | st.none()
)


@given(ANY_LABEL, ANY_LABEL)
def test_different_labels_have_different_names(a, b):
    """The oracle: two labels are one where their JSON is."""
    assert (name_of(a) == name_of(b)) == (json.dumps(a) == json.dumps(b))


@given(ANY_LABEL, ANY_LABEL)
def test_and_keep_them_when_shortened(a, b):
    """Within the limit, on one line, in any encoding; injective but for a digest of 64 bits."""
    names = [shortened(name_of(each)) for each in (a, b)]
    assert (names[0] == names[1]) == (json.dumps(a) == json.dumps(b))
    for name in names:
        assert 0 < len(name) <= MAX_NAME
        assert name.isprintable()
        assert "\t" not in name
        name.encode()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("cat", "cat"), ("3 stars", "3 stars"), ("-", "-"), ("1", '"1"'), ("-7", '"-7"'), ("true", '"true"'),
        ("null", '"null"'), ("", '""'), (" a", '" a"'), ("a ", '"a "'), ("a\tb", '"a\\tb"'),
        ('"', '"\\""'), ("0x1", '"0x1"'),
        (1, "1"), (-7, "-7"), (2.0, "2"), (True, "true"), (None, "null"), (math.nan, "null"), (b"cat", "cat"),
        (0.5, None), (math.inf, None), ([1], None), ({}, None), (b"\xff", None),
        ("caf\u00e9", "caf\u00e9"), ("cafe\u0301", '"cafe\\u0301"'),
    ],
)  # fmt: skip
def test_a_name_is_read_as_json(value, name):
    """Text stands alone where nothing else reads so."""
    assert name_of(value) == name


def test_a_whole_number_of_any_size_has_a_name():
    """Python refuses to write those of more than 4,300 digits in decimal."""
    huge = 10**5_000
    assert name_of(huge) != name_of(huge + 1)
    assert len(shortened(name_of(-huge))) == MAX_NAME
    assert name_of(1e300) == name_of(int(1e300))
