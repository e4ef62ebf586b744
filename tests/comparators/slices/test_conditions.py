"""Conditions: said in words, and named by their fingerprint."""

import pytest

from comparators.slices.conditions import Condition, in_words, is_hidden
from tests.comparators.slices.asked import equals, missing, of, ranged


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (missing("pressure"), "pressure is missing"),
        (equals("carrier", "UA"), "carrier is 'UA'"),
        (equals("hour", 6), "hour is 6"),
        (equals("rate", 0.125), "rate is 0.125"),
        (equals("late", True), "late is true"),
        (equals("text", "x" * 64), "text is '" + "x" * 64 + "…'"),
        (ranged("dep_delay", 12.5, 40), "dep_delay from 12.5 to 40"),
        (ranged("dep_delay", None, 12.5), "dep_delay below 12.5"),
        (ranged("dep_delay", 1234567.0, None), "dep_delay from 1234567 on"),
        (equals("price", 100000.25), "price is 100000.25"),
        (equals("id", 2**53 - 1), "id is 9007199254740991"),
        (ranged("price", 1234567.5, 1234568.5), "price from 1234567.5 to 1234568.5"),
        (ranged("price", None, 0.0), "price below 0"),
        (equals("price", 1e300), "price is 1e300"),
        (missing("/age"), "age is missing"),
        (missing("/user/age"), "/user/age is missing"),
        (Condition("header", "x-country", "equals", "DE"), "header x-country is 'DE'"),
        (Condition("pointer", "/plan", "missing"), "/plan is missing"),
        (Condition("hour", "/pickup", "range", lo=6.0, hi=9.0), "hour of pickup from 6 to 9"),
        (Condition("hour", "/legs/*/at", "range", lo=0.0, hi=3.0), "hour of /legs/*/at from 0 to 3"),
    ],
)
def test_a_condition_is_said_in_words(condition, said):
    """As the report prints it."""
    assert in_words(condition) == said


def test_other_conditions_have_another_fingerprint():
    """Their order and what is counted together belong to them."""
    made = [
        of(missing("a"), missing("b")),
        of(missing("b"), missing("a")),
        of(missing("a"), missing("b"), together=((0, 1),)),
    ]
    assert len({each.fingerprint() for each in made}) == 3


@pytest.mark.parametrize("condition", [equals("a", 41.0), equals("b", "x"), ranged("c", None, 41)])
def test_a_condition_is_hidden_by_its_name_or_a_value_in_it(condition):
    """Edges of ranges are values that came with the traffic."""
    assert is_hidden(condition, lambda kind, name: (kind, name) in {("value", "41"), ("feature", "b")})
    assert not is_hidden(condition, lambda kind, name: False)


@pytest.mark.parametrize("hiding", [("hour", "at"), ("beginning", "at")])
def test_an_hour_is_hidden_with_its_feature_and_wherever_a_pattern_may_hide_the_time(hiding):
    """It is a part of a value that nobody knows any more."""
    condition = Condition("hour", "at", "range", lo=6.0, hi=9.0)
    assert is_hidden(condition, lambda kind, name: (kind, name) == hiding)
    assert not is_hidden(condition, lambda kind, name: False)


@pytest.mark.parametrize("place", ["characters", "/messages/*/content", "/prompt"])
def test_how_long_is_what_is_hidden_is_hidden_too(place):
    """Wherever a text may stand; other features are not touched by that."""
    hidden = {("feature", place)}
    assert is_hidden(ranged("characters", 10.0, 20.0), lambda kind, name: (kind, name) in hidden)
    assert not is_hidden(ranged("/max_tokens", 10.0, 20.0), lambda kind, name: (kind, name) in hidden)
