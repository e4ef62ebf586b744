"""Values that do not fit the kind that a plan froze for their output: compared by equality, numbers within the
tolerance, and counted.
"""

from comparators.compare.finding import AGREES, Finding, Kind, disagrees
from comparators.compare.rows import as_rows, row_count, same_json
from comparators.compare.rules import HeadRules
from comparators.compare.tolerance import Rules
from comparators.extract.output import JSON_NUMBERS, Column, Document, Tensor, Value


def settled(
    production: Value,
    candidate: Value,
    own: object | None,
    other: object | None,
    rules: HeadRules,
    lengths: Kind = "length",
) -> Finding:
    """Of two values of which one does not fit its kind, or which have another number of rows.

    `own` and `other` are what the kind read of them, None where it could not; `lengths` names the last case.
    """
    if own is None:
        return by_equality(production, candidate, rules) or AGREES
    return disagrees("type" if other is None else lengths, rules.pointer, row_count(production))


def another_length(production: Value, candidate: Value) -> Kind:
    """How another number of rows is told of these two: tensors have a shape."""
    return "shape" if isinstance(production, Tensor) and isinstance(candidate, Tensor) else "length"


def by_equality(production: Value, candidate: Value, rules: HeadRules) -> Finding | None:
    """None where they are equal."""
    if type(production) is type(candidate) and _equal(production, candidate, rules.tolerance):
        return None
    return disagrees("value", rules.pointer, row_count(production))


def _equal(production: Value, candidate: Value, tolerance: Rules) -> bool:
    if isinstance(production, Tensor) and isinstance(candidate, Tensor):
        types = {production.datatype, candidate.datatype}
        is_one_type = len(types) == 1 or types == JSON_NUMBERS
        return is_one_type and production.shape == candidate.shape and _same(production, candidate, tolerance)
    if isinstance(production, Column | Document):
        return _same(production, candidate, tolerance)
    try:
        return bool(production == candidate)
    except RecursionError:
        return False


def _same(production: Value, candidate: Value, tolerance: Rules) -> bool:
    return same_json(as_rows(production), as_rows(candidate), tolerance.agree)
