"""The rows of an answer as vectors of probabilities, with the names of their classes where they have any.

Read are tensors and lists of numbers, maps of labels to numbers, and lists of labels with theirs. probabilities.py
compares what comes out.
"""

import math
from array import array
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.extract.output import Column, Document, Tensor, Value

Numbers = NDArray[np.float64]
Label = str | int


class Vector(NamedTuple):
    """One row. `names` are its classes', in its own order; None where they have none, or one of them twice."""

    names: tuple[Label, ...] | None
    numbers: Numbers


def vectors(value: Value, *, is_decided: bool) -> list[Vector] | None:
    """One a row; None where these are no probabilities, or a single one a row without a threshold to make it two."""
    try:
        rows = _read(value, is_decided)
    except (TypeError, OverflowError):  # something among them is no number
        return None
    if not is_decided and any(row.names is None and row.numbers.size == 1 for row in rows):
        return None
    return rows


def _read(value: Value, is_decided: bool) -> list[Vector]:
    """Raises TypeError for what is no row of numbers or of named numbers."""
    if isinstance(value, Tensor):
        return _of_tensor(value, is_decided)
    if isinstance(value, Document):
        return [_vector(value.value)]
    if not isinstance(value, Column):
        raise TypeError
    if any(type(row) in (list, dict) for row in value.values):
        return [_vector(row) for row in value.values]
    return _of_scalars(_numbers(value.values), is_decided)


def _of_tensor(tensor: Tensor, is_decided: bool) -> list[Vector]:
    if len(tensor.shape) > 2 or not ("INT" in tensor.datatype or tensor.datatype.startswith(("FP", "BF"))):
        raise TypeError
    flat = _numbers(tensor.values)
    if len(tensor.shape) < 2 or not flat.size:
        return _of_scalars(flat, is_decided)
    return [Vector(None, row) for row in flat.reshape(tensor.shape)]


def _of_scalars(flat: Numbers, is_decided: bool) -> list[Vector]:
    """Values of one dimension: with a threshold a probability a row, else one distribution."""
    if not flat.size:
        return []
    return [Vector(None, row) for row in (flat.reshape(-1, 1) if is_decided else flat.reshape(1, -1))]


def _vector(row: Any) -> Vector:
    """Of [p, …], {label: p, …}, [[label, p], …] or [{"label": label, "score": p}, …]."""
    if type(row) is dict:
        return _named(list(row), list(row.values()))
    if type(row) is not list:
        raise TypeError
    if row and all(type(each) is list and len(each) == 2 for each in row):
        return _named([each[0] for each in row], [each[1] for each in row])
    if row and all(type(each) is dict and "label" in each and "score" in each for each in row):
        return _named([each["label"] for each in row], [each["score"] for each in row])
    return Vector(None, _numbers(row))


def _named(names: list[Any], values: list[Any]) -> Vector:
    if not all(type(name) in (str, int) for name in names):
        raise TypeError
    return Vector(tuple(names) if len(set(names)) == len(names) else None, _numbers(values))


def _numbers(values: Any) -> Numbers:
    """null becomes NaN: JSON has no other way to say it. Raises TypeError for what is no number: text, and true."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind not in "fiu":
            raise TypeError
        return np.asarray(values, dtype=np.float64)
    types = set(map(type, values))
    if not types <= {float, int, type(None)}:
        raise TypeError
    if type(None) in types:
        values = [math.nan if each is None else each for each in values]
    return np.array(array("d", values), dtype=np.float64)
