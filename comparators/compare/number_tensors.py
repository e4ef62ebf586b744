"""Tensors of numbers: which are compared as such, and many of one shape as a matrix."""

import math
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeGuard

import numpy as np

from comparators.compare.row_stack import Numbers
from comparators.extract.output import JSON_NUMBERS, Tensor, Value

NUMERIC = frozenset({"float", "integer"})


def is_numeric(value: Value) -> TypeGuard[Tensor]:
    return type(value) is Tensor and family(value.datatype) in NUMERIC


def are_numbers(own: str, other: str) -> bool:
    """Whether values of these two types are compared as numbers."""
    families = {family(own), family(other)}
    return families <= NUMERIC and (len(families) == 1 or both_json(own, other))


def both_json(own: str, other: str) -> bool:
    """Plain JSON writes 1.0 and 1 for one number, so there these two types are one."""
    return {own, other} == JSON_NUMBERS


@lru_cache(maxsize=64)
def family(datatype: str) -> str:
    if datatype.startswith(("FP", "BF")):
        return "float"
    return "integer" if "INT" in datatype else datatype


def another_width(production: Value, candidate: Value) -> bool:
    """Tensors of numbers that differ in their width alone: INT32 and INT64, FP32 and FP64, but not INT64 and FP64."""
    if not (is_numeric(production) and is_numeric(candidate)):
        return False
    own, other = production.datatype, candidate.datatype
    return own != other and family(own) == family(other)


def matrix(values: Sequence[Sequence[Any]]) -> Numbers:
    """One row a request. null becomes NaN: JSON has no other way to say it. Text is no number, even if it reads so."""
    if hasattr(values[0], "dtype"):  # the binary extension hands arrays over as they are
        return np.concatenate(values).astype(np.float64).reshape(len(values), -1)
    try:
        # Twice as fast as numpy, which looks at all of them once more to find a type; it takes numbers alone.
        return np.frombuffer(array("d", list(chain.from_iterable(values)))).reshape(len(values), -1)
    except TypeError:
        cells = [math.nan if cell is None else cell for each in values for cell in each]
    if any(isinstance(cell, str | bytes | list | dict) for cell in cells):
        msg = "text among the numbers"
        raise ValueError(msg)
    return np.array(cells, dtype=np.float64).reshape(len(values), -1)
