"""Tensors of numbers: which are compared as such, and how they become one matrix."""

import math

import numpy as np
import pytest

from comparators.compare.number_tensors import another_width, are_numbers, matrix
from comparators.extract.output import Column, Tensor


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ("FP32", "FP64", True),
        ("BF16", "FP16", True),
        ("INT32", "UINT8", True),
        ("INT64", "FP64", True),
        ("INT32", "FP32", False),
        ("BOOL", "BOOL", False),
        ("BYTES", "FP32", False),
    ],
)
def test_numbers_of_one_family_are_compared(own, other, expected):
    """And those of plain JSON, which writes 1.0 and 1 for one number."""
    assert are_numbers(own, other) is are_numbers(other, own) is expected


@pytest.mark.parametrize(
    ("own", "other", "expected"), [("INT32", "INT64", True), ("FP32", "FP64", True), ("INT64", "FP64", False)]
)
def test_another_width_is_of_one_family(own, other, expected):
    """The same width is none."""
    one, two = Tensor(own, (1,), [1]), Tensor(other, (1,), [1])
    assert another_width(one, two) is expected
    assert not another_width(one, one)
    assert not another_width(one, Column([1]))


def test_a_matrix_has_a_row_for_each_request():
    """null is not a number; arrays are widened."""
    assert matrix([[1, 2.5], [3, 4]]).tolist() == [[1.0, 2.5], [3.0, 4.0]]
    assert math.isnan(matrix([[None, 1]])[0, 0])
    assert matrix([np.array([0.5], np.float16), np.array([1.5], np.float16)]).tolist() == [[0.5], [1.5]]


@pytest.mark.parametrize("value", ["1", b"1", [1], {}])
def test_what_is_no_number_makes_no_matrix(value):
    """Text is no number, even if it reads so."""
    with pytest.raises((ValueError, TypeError)):
        matrix([[1.0, value, None]])
