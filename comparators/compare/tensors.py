"""Named tensors, vectorised over a batch of requests. The rows of a request are the first dimension of its outputs.

A row disagrees where any output does: a float outside the tolerance, anything else that is not equal. An output that is
missing, or has another type or shape, makes all rows disagree. Another width of the same type (FP32 for FP64) is
told, and agrees: that is what a port does.
"""

from array import array
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from comparators.compare.found import AGREES, MAX_DIFFERENCES, Difference, Found, Kind
from comparators.compare.tolerance import Rules, below, pointer
from comparators.extract.output import Tensor, Tensors


class _Job(Struct, gc=False):
    """Two lists of numbers of one output of one request, to be compared with many others at once."""

    case: "_Case"
    name: str
    production: list[Any]
    candidate: list[Any]


class _Case:
    """One request under comparison: which rows disagree so far, and why."""

    __slots__ = ("bad", "differences", "rows")

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.bad: set[int] = set()
        self.differences: dict[Difference, None] = {}

    def tell(self, kind: Kind, name: str) -> None:
        if len(self.differences) < MAX_DIFFERENCES:
            self.differences[_difference(kind, name)] = None

    def fail(self, kind: Kind, name: str) -> None:
        self.tell(kind, name)
        self.bad.update(range(self.rows))

    def found(self) -> Found:
        if not self.differences and self.rows == 1:
            return AGREES
        return Found(len(self.bad), self.rows, tuple(self.differences))


def compare(pairs: Sequence[tuple[Tensors, Tensors]], rules: Rules) -> list[Found]:
    jobs: dict[tuple[int, int], list[_Job]] = defaultdict(list)  # by rows and values: one array for each
    cases = [_prepared(production, candidate, rules, jobs) for production, candidate in pairs]
    for (rows, _), same in jobs.items():
        _compare_floats(same, rows, rules)
    return [case.found() for case in cases]


def _prepared(production: Tensors, candidate: Tensors, rules: Rules, jobs: dict[tuple[int, int], list[_Job]]) -> _Case:
    """Settles what needs no arithmetic; the rest becomes jobs."""
    outputs = production.outputs
    if rules.ignored:
        outputs = {name: each for name, each in outputs.items() if _looked_at(name, rules)}
    case = _Case(_rows(outputs))
    if production is candidate:
        return case
    for name, own in outputs.items():
        other = candidate.outputs.get(name)
        if other is None:
            case.fail("missing", name)
        elif _same_form(own, other, name, case) and own.values != other.values:
            if _family(own.datatype) == "float":
                jobs[case.rows, len(own.values)].append(_Job(case, name, own.values, other.values))
            else:
                _compare_exactly(case, name, own.values, other.values)
    if candidate.outputs.keys() != production.outputs.keys():
        for name in candidate.outputs:
            if name not in production.outputs and _looked_at(name, rules):
                case.fail("extra", name)
    return case


@lru_cache(maxsize=256)
def _difference(kind: Kind, name: str) -> Difference:
    return Difference(kind, pointer(("outputs", name)))


def _looked_at(name: str, rules: Rules) -> bool:
    inside = below(rules.ignored, "outputs")
    return inside is not None and below(inside, name) is not None


def _rows(outputs: dict[str, Tensor]) -> int:
    """The first dimension, where all outputs share it; else the request is one row."""
    first: int | None = None
    for each in outputs.values():
        size = each.shape[0] if each.shape else 0
        if first not in (None, size):
            return 1
        first = size
    return max(1, first or 1)


def _same_form(own: Tensor, other: Tensor, name: str, case: _Case) -> bool:
    if own.datatype != other.datatype:
        if _family(own.datatype) != _family(other.datatype):
            case.fail("type", name)
            return False
        case.tell("datatype", name)
    if own.shape != other.shape:
        case.fail("shape", name)
        return False
    return True


@lru_cache(maxsize=64)
def _family(datatype: str) -> str:
    if datatype.startswith(("FP", "BF")):
        return "float"
    return "integer" if "INT" in datatype else datatype


def _compare_floats(jobs: Sequence[_Job], rows: int, rules: Rules) -> None:
    try:
        p, c = _array([job.production for job in jobs]), _array([job.candidate for job in jobs])
    except (ValueError, TypeError, OverflowError):  # something among them is not a number
        if len(jobs) > 1:
            for job in jobs:
                _compare_floats([job], rows, rules)
        else:
            _compare_exactly(jobs[0].case, jobs[0].name, jobs[0].production, jobs[0].candidate)
        return
    wrong = rules.disagree(p, c)
    _book(jobs, wrong & (np.isnan(p) != np.isnan(c)), rows, "nan")
    _book(jobs, wrong & (np.isnan(p) == np.isnan(c)), rows, "value")


def _array(lists: list[list[Any]]) -> NDArray[np.float64]:
    """null becomes NaN: JSON has no other way to say it. Text is no number, even where it reads like one."""
    try:
        # Twice as fast as numpy, which looks at all of them once more to find a type; it takes numbers alone.
        return np.frombuffer(array("d", list(chain.from_iterable(lists)))).reshape(len(lists), -1)
    except TypeError:
        cells = np.array(lists)
    if cells.dtype.kind == "U" or (cells.dtype.kind == "O" and any(type(cell) is str for cell in cells.flat)):
        msg = "text among the numbers"
        raise ValueError(msg)
    return cells.astype(np.float64)


def _book(jobs: Sequence[_Job], wrong: NDArray[np.bool_], rows: int, kind: Kind) -> None:
    if not wrong.any():
        return
    by_row = wrong.reshape(len(jobs), rows, -1).any(axis=2)
    for number, row in np.argwhere(by_row).tolist():
        jobs[number].case.tell(kind, jobs[number].name)
        jobs[number].case.bad.add(row)


def _compare_exactly(case: _Case, name: str, production: list[Any], candidate: list[Any]) -> None:
    width = len(production) // case.rows or 1
    for row in range(case.rows):
        cells = slice(row * width, (row + 1) * width)
        if production[cells] != candidate[cells]:
            case.tell("value", name)
            case.bad.add(row)
