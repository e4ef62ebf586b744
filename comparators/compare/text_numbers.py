"""Numbers that answers write as text, "0.25": read as numbers where both sides write them so. Pure.

As JSON writes numbers, and nothing else: no blanks, no leading zeros or plus, no NaN. What has neither point nor
exponent is a whole number.
"""

import re
from typing import Any

from comparators.extract.output import Column, Tensor, Value

MAX_CHARS = 40

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_INFINITE = float("inf")


def number_of(text: str) -> float | None:
    """None where it is none, or larger than any float."""
    found = _NUMBER.fullmatch(text) if len(text) <= MAX_CHARS else None
    if found is None:
        return None
    number = int(text) if found.lastindex == 1 else float(text)
    return None if abs(number) == _INFINITE else number


def has_point(text: str) -> bool:
    """Of a number: whether it is written as no whole one."""
    return not text.removeprefix("-").isdecimal()


def as_numbers(value: Value) -> Tensor | None:
    """None where a row is no number as text; null goes with numbers."""
    if not isinstance(value, Column | Tensor) or (isinstance(value, Tensor) and value.datatype != "BYTES"):
        return None
    shape = value.shape if isinstance(value, Tensor) else (len(value.values),)
    cells: list[Any] = [number_of(each) if type(each) is str else None for each in value.values]
    read = all(cell is not None or own is None for cell, own in zip(cells, value.values, strict=True))
    return Tensor("FP64", shape, cells) if read and any(each is not None for each in cells) else None
