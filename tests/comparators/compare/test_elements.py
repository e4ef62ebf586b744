"""Canonical forms: one for equal values, another for any two that are not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare.elements import FREE, TooDeep, canonical, place_of
from comparators.compare.rows import same_json
from comparators.compare.rules import rules_for
from comparators.settings import ArraySettings, CompareSettings

SMALL = st.sampled_from(
    [None, True, False, 0, 1, -0.0, 1.0, 0.1, math.nan, math.inf, -math.inf, "", "0", "nan", ",", "1:a"]
)
JSON = st.recursive(
    SMALL,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["", "a", "b", "1:a"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(JSON, JSON)
def test_forms_are_equal_where_the_values_are(p, c):
    """The oracle is the comparison without forms, which walks both."""
    assert (canonical(p, FREE, 50) == canonical(c, FREE, 50)) == same_json(p, c)


@pytest.mark.parametrize(
    ("p", "c"),
    [
        ({"a": 1, "b": [2]}, {"b": [2.0], "a": 1.0}),
        (-0.0, 0),
        (1e300, int(1e300)),
        (math.nan, float("nan")),
    ],
)
def test_one_form_for_equal_values(p, c):
    """Whatever the order of keys, and however a number is written."""
    assert canonical(p, FREE, 5) == canonical(c, FREE, 5)


@pytest.mark.parametrize(
    ("p", "c"),
    [
        (True, 1),
        ("1", 1),
        ("None", None),
        ("nan", math.nan),
        (["a", "b"], ["a,b"]),
        (["a,1:b"], ["a", "b"]),
        ({"a": "b"}, {"a=1:b": ""}),
        ({"a": 1, "b": 2}, {"a=1,b": 2}),
        ([], {}),
        ([[]], []),
        (2**53, 2**53 + 1),
        (0.1, math.nextafter(0.1, 1)),
        ([1, 2], [2, 1]),
    ],
)
def test_different_values_never_share_a_form(p, c):
    """Text carries its length, so nothing that it holds can look like structure."""
    assert canonical(p, FREE, 5) != canonical(c, FREE, 5)


def test_a_form_has_a_depth():
    """Beyond it there is none, and no recursion that the sender chose."""
    value = 1
    for _ in range(6):
        value = [value]
    assert canonical(value, FREE, 6)
    with pytest.raises(TooDeep):
        canonical(value, FREE, 5)


def test_a_place_knows_what_is_below_it():
    """Rules and ignored paths lead down with the tokens; where none can lead further the place is free."""
    settings = CompareSettings(ignore=("/a/*/at",), arrays=(ArraySettings(pointer="/a", by="set"),))
    rules = rules_for(settings, "")
    root = place_of(rules)
    assert root.rule is None
    assert root.inside("a").rule.by == "set"
    assert root.inside("b") is FREE
    assert root.inside("a").inside("7").inside("at") is None
    assert root.inside("a").inside("7").inside("to") is FREE
    assert place_of(rules_for(CompareSettings(), "/x")) is FREE


def test_a_place_starts_at_its_output():
    """The pointers of the settings are absolute; * in them stands for the output's own name too."""
    settings = CompareSettings(
        arrays=(ArraySettings(pointer="/*/late", by="set"), ArraySettings(pointer="/x", by="set"))
    )
    assert place_of(rules_for(settings, "/outputs/late")).rule.by == "set"
    assert place_of(rules_for(settings, "/outputs")).inside("late").rule.by == "set"
    assert place_of(rules_for(settings, "/outputs/early")) is FREE
