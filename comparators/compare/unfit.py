"""Values that do not fit the kind that a plan froze for their output: compared by plain equality, and counted."""

from typing import Any

from comparators.compare.found import AGREES, Found, Kind, disagrees
from comparators.compare.rows import row_count
from comparators.extract.output import Column, Document, Tensor, Value


def settled(
    production: Value,
    candidate: Value,
    own: object | None,
    other: object | None,
    pointer: str,
    lengths: Kind = "length",
) -> Found:
    """Of two values of which one does not fit its kind, or which have another number of rows.

    `own` and `other` are what the kind read of them, None where it could not; `lengths` names the last case.
    """
    if own is None:
        return by_equality(production, candidate, pointer) or AGREES
    return disagrees("type" if other is None else lengths, pointer, row_count(production))


def another_length(production: Value, candidate: Value) -> Kind:
    """How another number of rows is told of these two: tensors have a shape."""
    return "shape" if isinstance(production, Tensor) and isinstance(candidate, Tensor) else "length"


def by_equality(production: Value, candidate: Value, pointer: str) -> Found | None:
    """None where they are equal."""
    if type(production) is type(candidate) and _equal(production, candidate):
        return None
    return disagrees("value", pointer, row_count(production))


def _equal(production: Value, candidate: Value) -> bool:
    try:
        return bool(_plain(production) == _plain(candidate))
    except RecursionError:
        return False


def _plain(value: Value) -> Any:
    if isinstance(value, Tensor):
        return (value.datatype, value.shape, list(value.values))
    if isinstance(value, Column | Document):
        return repr(value)  # Python holds True == 1; JSON does not
    return value
