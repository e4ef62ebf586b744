"""JSON documents: kinds of difference, tolerance, ignored paths, folded paths, bounds."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import tree
from comparators.compare.found import MAX_DIFFERENCES
from comparators.compare.tolerance import Rules
from comparators.extract.output import Document
from comparators.settings import CompareSettings

RULES = Rules.of(CompareSettings())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_infinity=True) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)


def found(p: object, c: object, rules: Rules = RULES, plain: bool = False) -> set[tuple[str, str]]:
    (result,) = tree.compare([(Document(p, plain), Document(c, plain))], rules)
    assert result.bad == bool(result.differences)
    return {(each.kind, each.path) for each in result.differences}


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, set()),
        ({"a": 1.0}, {"a": 1.00001}, set()),
        ({"a": 1.0}, {"a": 1.1}, {("value", "/a")}),
        ({"a": 100_000}, {"a": 100_001}, {("value", "/a")}),
        ({"a": 1}, {}, {("missing", "/a")}),
        ({}, {"a": 1}, {("extra", "/a")}),
        ({"a": 1}, {"a": "1"}, {("type", "/a")}),
        ({"a": 1}, {"a": True}, {("type", "/a")}),
        ({"a": None}, {"a": 1}, {("null", "/a")}),
        ({"a": math.nan}, {"a": math.nan}, set()),
        ({"a": math.nan}, {"a": 1.0}, {("nan", "/a")}),
        ({"a": math.inf}, {"a": -math.inf}, {("value", "/a")}),
        ({"a": math.inf}, {"a": 1e300}, {("value", "/a")}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {("order", "/a")}),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, {("length", "/a")}),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 5}, {"b": 6}]}, {("value", "/a/*/b")}),
        ({"users": {"123": 1}}, {"users": {"123": 2}}, {("value", "/users/*")}),
        ({"a/b~c": 1}, {"a/b~c": 2}, {("value", "/a~1b~0c")}),
        (1, 2, {("value", "")}),
        ([1], {"0": 1}, {("type", "")}),
        ("a", "b", {("value", "")}),
    ],
)
def test_each_difference_has_its_kind_and_its_folded_path(p, c, expected):
    """The table of kinds, one by one."""
    assert found(p, c) == expected


@given(JSON)
def test_a_document_equals_itself(value):
    """NaN included: it is the same answer."""
    assert found(value, value) == set()


@given(JSON, JSON)
def test_a_difference_is_seen_from_both_sides(p, c):
    """Whether two documents differ does not depend on which is production's, without a tolerance."""
    exact = Rules.of(CompareSettings(atol=0, rtol=0))
    assert bool(found(p, c, exact)) == bool(found(c, p, exact))


def test_within_the_tolerance_order_is_no_difference():
    """Two numbers that agree may stand in either place."""
    assert found([1.0, 1.000001], [1.000001, 1.0]) == set()


def test_true_is_not_one():
    """Python says True == 1; the shortcut over equal values must not."""
    assert found({"a": True}, {"a": 1}, plain=False) == {("type", "/a")}


@pytest.mark.parametrize("ignore", ["/meta", "/meta/id", "/*/id", "/items/*/at", "/items/0/at"])
def test_ignored_paths_are_not_compared(ignore):
    """With all below them; * stands for any key or index, an index for itself."""
    p = {"meta": {"id": 1}, "items": [{"at": 1}]}
    c = {"meta": {"id": 2}, "items": [{"at": 2}]}
    both = {("value", "/meta/id"), ("value", "/items/*/at")}
    gone = "/meta/id" if "id" in ignore or ignore == "/meta" else "/items/*/at"
    assert found(p, c, Rules.of(CompareSettings(ignore=(ignore,)))) == both - {("value", gone)}


def test_an_ignored_key_may_come_and_go():
    """Missing and extra are differences too, and ignored alike."""
    rules = Rules.of(CompareSettings(ignore=("/at",)))
    assert found({"at": 1}, {}, rules) == set()
    assert found({}, {"at": 1}, rules) == set()


def test_many_differences_are_bounded():
    """A hundred are listed, the rest is one more."""
    p = {f"k{chr(97 + i % 26)}{chr(97 + i // 26)}": 1 for i in range(300)}
    differences = found(p, {})
    assert len(differences) == MAX_DIFFERENCES + 1
    assert ("more", "") in differences


def test_deep_documents_are_compared_as_one_value_below_a_depth():
    """A thousand levels neither overflow the stack nor hide a difference."""
    p, c = 1, 2
    for _ in range(900):
        p, c = [p], [c]
    assert {kind for kind, _ in found(p, c)} == {"value"}
    assert {kind for kind, _ in found(p, c, plain=True)} == {"value"}
