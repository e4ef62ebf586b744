"""On which values a kind rests, told without telling a value."""

import math

import pytest

from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts, Value
from comparators.plans.grounds import MAX_VALUES, Grounds, grounds

FORMS = ("list", "object", "true or false", "whole number", "number")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], Grounds()),
        (
            [Tensor("INT64", (1,), [1]), Tensor("FP64", (2,), [0.5, 1.5]), Tensor("FP64", (1,), [0.5])],
            Grounds(answers=3, forms=(("FP64", 2), ("INT64", 1)), different=3),
        ),
        ([Column([]), Column(["a", "b", None])], Grounds(1, 1, (("text", 1), ("null", 1)), 3)),
        ([Column([[1], {"a": 1}, True, 1, 1.5])], Grounds(1, 0, tuple((form, 1) for form in FORMS), 3)),
        ([Texts([Text("hello"), Text("hello")])], Grounds(1, 0, (("text", 1),), 1)),
        ([Document({"a": 1}, True), Document({"a": 2}, True)], Grounds(2, 0, (("JSON", 2),))),
        ([Document({"a": [[], {"b": None}]}, True), Document([], True)], Grounds(empty=2)),
        ([Tensor("FP64", (2,), [None, math.nan]), Tensor("FP64", (0,), [])], Grounds(empty=2)),
        ([Raw(b"\0")], Grounds(1, 0, (("bytes", 1),))),
        ([Tensor("<b>mine</b>", (1,), ["x"])], Grounds(1, 0, (("another type", 1),), 1)),
    ],
)
def test_forms_and_counts_are_told(values: list[Value], expected: Grounds) -> None:
    """Of each answer once, whatever rows it has; a type that traffic made up is not repeated."""
    assert grounds(values) == expected


def test_a_large_value_is_looked_at_in_part() -> None:
    """Deciding a plan takes no time that somebody sends."""
    assert grounds([Tensor("INT64", (10_000_000,), range(10_000_000))]).different == MAX_VALUES
