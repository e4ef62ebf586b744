"""What a value is written as, in words that hold nothing of the traffic."""

import numpy as np
import pytest

from comparators.compare.value_types import type_of
from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Tensor("FP32", (2,), np.zeros(2, dtype=np.float32)), "numbers"),
        (Tensor("BF16", (1, 1), [0.5]), "numbers"),
        (Tensor("FP64", (1, 3), [0.5, 1, 2]), "lists of numbers"),
        (Tensor("UINT8", (), [3]), "whole numbers"),
        (Tensor("BYTES", (1,), ["cat"]), "text"),
        (Tensor("BOOL", (1,), [True]), "true and false"),
        (Tensor("SECRET", (1,), [1]), "values of another type"),
        (Column([{"a": 1}, 2]), "objects"),
        (Column([None]), "null"),
        (Column([]), "nothing"),
        (Texts([Text("hello")]), "text"),
        (Document([1], plain=True), "lists"),
        (Raw(b"\x00"), "bytes"),
    ],
    ids=str,
)
def test_a_value_has_a_type_in_words(value, words):
    """Of several rows that of the first."""
    assert type_of(value) == words
