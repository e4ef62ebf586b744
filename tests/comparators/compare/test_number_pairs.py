"""Pairs of numbers that are compared together."""

import numpy as np

from comparators.compare.number_pairs import by_form
from comparators.extract.output import Column, Tensor


def test_pairs_of_one_form_go_together():
    """One group for each shape and each datatype of either side; their places are kept."""
    one, two = Tensor("FP32", (1,), [1.0]), Tensor("FP32", (2,), [1.0, 2.0])
    whole = Tensor("INT32", (1,), [1])
    found, rest = by_form([(one, one), (two, two), (one, one), (whole, whole)])
    assert [each.places for each in found] == [[0, 2], [1], [3]]
    assert [(each.cells, each.rows) for each in found] == [(1, 1), (2, 2), (1, 1)]
    assert [each.whole for each in found] == [False, False, True]
    assert rest == []


def test_what_is_not_compared_as_numbers_keeps_its_place():
    """Another shape, no tensor, text."""
    one, two = Tensor("FP32", (1,), [1.0]), Tensor("FP32", (2,), [1.0, 2.0])
    text = Tensor("BYTES", (1,), ["x"])
    found, rest = by_form([(one, two), (text, text), (one, one), (one, Column([1.0]))])
    assert [each.places for each in found] == [[2]]
    assert sorted(rest) == [0, 1, 3]


def test_only_plain_json_may_have_whole_numbers_among_others():
    """A packed datatype is what it says; another width is told, and 1.0 for 1 is not."""
    packed = Tensor("FP64", (1,), np.array([1.0]))
    plain, whole, narrow = Tensor("FP64", (1,), [1.0]), Tensor("INT64", (1,), [1]), Tensor("FP32", (1,), [1.0])
    found, _ = by_form([(plain, whole)])
    assert [(each.may_be, each.retyped) for each in found] == [(True, False)]
    found, _ = by_form([(packed, packed)])
    assert [(each.may_be, each.retyped) for each in found] == [(False, False)]
    found, _ = by_form([(plain, narrow)])
    assert [(each.may_be, each.retyped) for each in found] == [(False, True)]
