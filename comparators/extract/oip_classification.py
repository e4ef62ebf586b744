"""Triton's classification extension: an output of texts "<value>:<index>[:<label>]", the best first: scores by class.

A BYTES tensor does not say that it holds classes. It is taken for that where every element has this form, each row is
in descending order, and no row has an index twice: so clock times and the like remain texts, or, where a few of them
pass for classes, are still told apart. oip.py calls this.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from comparators.extract.output import Column

# As C++'s std::to_string writes values (Triton, classification.cc), and indices without leading zeros.
_CLASS = re.compile(r"(-?(?:[0-9]{1,40}(?:\.[0-9]{1,20})?|inf|nan)):(0|[1-9][0-9]{0,9})(?::(.*))?", re.DOTALL)

Parsed = tuple[float, int, str]


def classes(shape: Sequence[int], values: Sequence[Any]) -> Column | None:
    """[[label or index, value], …] a row, of a tensor [batch, count], or [count] without batches; None: it is not."""
    if len(shape) not in (1, 2) or not values or _parsed(values[0]) is None:
        return None
    parsed = [found for found in map(_parsed, values) if found is not None]
    if len(parsed) != len(values):
        return None
    count = shape[-1]
    rows = [parsed[start : start + count] for start in range(0, len(parsed), count)]
    return Column([list(map(_pair, row)) for row in rows]) if all(map(_is_ranked, rows)) else None


def _parsed(value: Any) -> Parsed | None:
    found = _CLASS.fullmatch(value) if type(value) is str else None
    return None if found is None else (float(found[1]), int(found[2]), found[3] or "")


def _is_ranked(row: Sequence[Parsed]) -> bool:
    if len({index for _, index, _ in row}) != len(row):
        return False
    return not any(after[0] > before[0] for before, after in pairwise(row))


def _pair(found: Parsed) -> list[Any]:
    value, index, label = found
    return [label or index, value]
