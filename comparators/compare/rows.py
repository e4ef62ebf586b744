"""Values as rows of plain Python, whatever their form, and what can be said of two such rows without any rule.

For kinds of output that look at one row at a time (tree.py, text.py); those that compute on whole columns have no use
for it. Nothing here recurses: how deep a value is was decided by whoever sent it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from comparators.extract.output import Column, Raw, Tensor, Text, Texts, Value, rows_of

_NUMBERS = (int, float)
_CONTAINERS = (list, dict)


def row_count(value: Value) -> int:
    """At least one, so that a value without rows can disagree. A tensor without elements is one row, whatever first
    dimension it claims: that number is the sender's.
    """
    if type(value) is Tensor:
        return value.shape[0] if value.shape and len(value.values) else 1
    return max(1, rows_of(value))


def is_flat(value: Value) -> bool:
    """Of one dimension: single values rather than rows of some."""
    if isinstance(value, Tensor):
        return len(value.shape) < 2
    return isinstance(value, Column) and bool(value.values) and type(value.values[0]) not in _CONTAINERS


def as_rows(value: Value) -> list[Any]:
    """One plain Python value a row: numbers, text, lists, dicts. A document is one row, and so are raw bytes."""
    if isinstance(value, Column):
        return value.values
    if isinstance(value, Tensor):
        return _nested(_listed(value), value.shape)
    if isinstance(value, Texts):
        return [_told(each) for each in value.values]
    return [value.data if isinstance(value, Raw) else value.value]


def _same_number(p: float, c: float) -> bool:
    return p == c or (p != p and c != c)


def same_json(p: Any, c: Any, agree: Callable[[float, float], bool] = _same_number) -> bool:
    """Equal as JSON: in Python True is 1 and NaN is not itself, in an answer True is not 1 and NaN is. 1 is 1.0.
    `agree`: when two numbers do.
    """
    waiting = [(p, c)]
    while waiting:
        left, right = waiting.pop()
        if left is right:
            continue
        if type(left) in _NUMBERS and type(right) in _NUMBERS:
            if not agree(left, right):
                return False
        elif type(left) is not type(right):
            return False
        elif type(left) is dict:
            if left.keys() != right.keys():
                return False
            waiting.extend([(each, right[key]) for key, each in left.items()])
        elif type(left) is list:
            if len(left) != len(right):
                return False
            waiting.extend(zip(left, right, strict=True))
        elif left != right:
            return False
    return True


def mask(disagreeing: list[bool]) -> int:
    """Bit r is set where row r disagrees. In one step: bit by bit would be quadratic in the rows."""
    if True not in disagreeing:
        return 0
    if len(disagreeing) == 1:
        return 1
    return int.from_bytes(np.packbits(np.array(disagreeing, dtype=np.bool_), bitorder="little").tobytes(), "little")


def _listed(tensor: Tensor) -> list[Any]:
    values: Any = tensor.values  # a list or an array
    listed: list[Any] = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return listed


def _nested(values: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """Flat values in row-major order as lists of lists. Without values, one empty row stands for all of them."""
    if not values:
        return [[]] if shape and shape[0] else []
    for size in reversed(shape[1:]):
        values = [values[start : start + size] for start in range(0, len(values), size)]
    return values


def _told(text: Text) -> dict[str, Any]:
    calls = [{"name": each.name, "arguments": each.arguments} for each in text.tool_calls]
    return {"content": text.content, "finish": text.finish, "refusal": text.refusal, "tool_calls": calls}
