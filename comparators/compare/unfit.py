"""Values that do not fit the kind that a plan froze for their output: compared by plain equality, and counted."""

from typing import Any

from comparators.compare.found import Found, disagrees
from comparators.compare.rows import row_count
from comparators.extract.output import Column, Document, Tensor, Value


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
