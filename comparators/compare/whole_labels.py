"""A number with a point beside a whole one that is a label: within the tolerance they are one label, as 1 and 1.0 are.

Servers that write 1500.0 as 1500 answer whole numbers until the first one is not. label.py asks, where one side alone
is no label.
"""

from collections.abc import Sequence
from typing import Any

from comparators.compare.label_names import name_of
from comparators.compare.number_tensors import are_numbers
from comparators.compare.tolerance import Rules
from comparators.extract.output import Column, Tensor, Value, rows_of

Names = list[str]


def names(production: Value, candidate: Value, tolerance: Rules) -> tuple[Names, Names] | None:
    """Of both sides, one a row; None where something on a side is no label, and near none of the other's."""
    own, other = _cells(production), _cells(candidate)
    if own is None or other is None or len(own) != len(other) or not _are_of_one_type(production, candidate):
        return None
    found: tuple[Names, Names] = [], []
    for p, c in zip(own, other, strict=True):
        both = _names(p, c, tolerance)
        if both is None:
            return None
        found[0].append(both[0])
        found[1].append(both[1])
    return found


def _names(p: Any, c: Any, tolerance: Rules) -> tuple[str, str] | None:
    own, other = name_of(p), name_of(c)
    if type(p) in (int, float) and type(c) in (int, float) and tolerance.agree(p, c):
        own, other = own or other, other or own
    return None if own is None or other is None else (own, other)


def _cells(value: Value) -> Sequence[Any] | None:
    """None where a row has several, or an array says which type its numbers are."""
    if isinstance(value, Column):
        return value.values
    if isinstance(value, Tensor) and isinstance(value.values, list) and len(value.values) == rows_of(value):
        return value.values
    return None


def _are_of_one_type(production: Value, candidate: Value) -> bool:
    """What a datatype says holds; plain JSON writes one number in two."""
    if not (isinstance(production, Tensor) and isinstance(candidate, Tensor)):
        return True
    return are_numbers(production.datatype, candidate.datatype)
