"""Rows of plain Python: forms, counts, equality, masks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare.rows import as_rows, mask, row_count, same_json
from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (Tensor("FP64", (), [1.5]), [1.5]),
        (Tensor("FP64", (2,), [1.5, 2.5]), [1.5, 2.5]),
        (Tensor("FP64", (2, 1, 2), [1.0, 2.0, 3.0, 4.0]), [[[1.0, 2.0]], [[3.0, 4.0]]]),
        (Tensor("INT64", (2, 2), np.arange(4)), [[0, 1], [2, 3]]),
        (Tensor("FP64", (0, 2), []), []),
        (Tensor("FP64", (10**15, 0), []), [[]]),
        (Column([1, "a"]), [1, "a"]),
        (Texts([Text("a", "stop")]), [{"content": "a", "finish": "stop", "refusal": False, "tool_calls": []}]),
        (Document({"a": 1}, True), [{"a": 1}]),
        (Raw(b"a"), [b"a"]),
    ],
)
def test_every_value_has_rows(value, rows):
    """As many as are counted, but for a value without any: that counts as one."""
    assert as_rows(value) == rows
    assert row_count(value) == max(1, len(rows))


def test_an_array_becomes_python_numbers():
    """Whole numbers stay whole: int and float are told apart later on."""
    assert [type(each) for each in as_rows(Tensor("INT64", (2,), np.arange(2)))] == [int, int]


@pytest.mark.parametrize(
    ("p", "c", "equal"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (math.nan, float("nan"), True),
        (math.nan, 1.0, False),
        ([1, [2]], [1, [2]], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
        ({"a": [True]}, {"a": [True]}, True),
        (None, 0, False),
        ("1", 1, False),
        (10**400, math.inf, False),
    ],
)
def test_equality_is_that_of_json(p, c, equal):
    """Not Python's."""
    assert same_json(p, c) is equal
    assert same_json(c, p) is equal


def test_equality_has_no_depth():
    """A hundred thousand levels are compared as any."""
    p, c = 1, 1
    for _ in range(100_000):
        p, c = [p], [c]
    assert same_json(p, c)


@given(st.lists(st.booleans(), max_size=40))
def test_a_mask_has_a_bit_a_row(wrong):
    """The oracle sets them one by one."""
    assert mask(wrong) == sum(1 << row for row, is_so in enumerate(wrong) if is_so)
