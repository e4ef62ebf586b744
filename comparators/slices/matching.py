"""Which conditions the requests of a batch satisfy. Feature by feature over the whole batch, whatever their number.

Values of a feature are looked up: text in a dict, numbers by bisection among values and range edges; so a request costs
the same under ten conditions and under two thousand. Equal is what Python holds equal: 1, 1.0 and true are one value.
"""

from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comparators.extract.columns import Scalar, Values
from comparators.features.features import ABSENT, Features
from comparators.settings import Dimension
from comparators.slices.conditions import Condition, Conditions
from comparators.slices.hours import hour_of

Indices = NDArray[np.intp]
OF_BODY = ("feature", "hour")  # sources whose values are a body's, under the feature's name
_TEXTS = {str, type(None)}


class Hits(NamedTuple):
    """Condition and request, by index, of each time that a request of the batch satisfies a condition; none twice.
    Corners, which take both of their conditions, come behind, as conditions do that are beside the others.
    """

    conditions: Indices
    requests: Indices


class Matcher:
    """Conditions, compiled. The same for every batch of their epoch and plan."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.fingerprint = conditions.fingerprint()
        own: dict[Dimension, list[tuple[int, Condition]]] = {}
        for index, each in enumerate(conditions.matched):
            own.setdefault(each.dimension, []).append((index, each))
        self._none = len(conditions.matched)
        self._corners = _Corners(conditions)
        self._lookups = [
            (dimension, (_HourLookup if dimension.source == "hour" else _Lookup)(several, self._none))
            for dimension, several in own.items()
        ]

    def match(self, batch: Sequence[Features]) -> Hits:
        hits = self._of_conditions(batch)
        return self._corners.added(hits, len(batch)) if self.conditions.corners else hits

    def _of_conditions(self, batch: Sequence[Features]) -> Hits:
        """A request whose body could not be read satisfies no condition on a feature, and none on a pointer."""
        read = np.array([place for place, each in enumerate(batch) if each.body], dtype=np.intp)
        bodies = [each.body for each in batch if each.body]
        one_row = all(each.one_row for each in batch if each.body)
        every = np.arange(len(batch))
        codes: list[Indices] = []
        places: list[Indices] = []
        several = False
        for dimension, lookup in self._lookups:
            if one_row and dimension.source in OF_BODY:
                name = dimension.name
                found, owners = lookup.codes([each.get(name, ABSENT)[0] for each in bodies]), read
            else:
                columns, own = self._columns(dimension, batch), read if dimension.source in OF_BODY else every
                found = lookup.codes(list(chain.from_iterable(columns)))
                owners = np.repeat(own, [len(each) for each in columns])
                several = True
            for each in found:
                some = np.flatnonzero(each < self._none)  # at once, since a batch of many rows has many values
                codes.append(each[some])
                places.append(owners[some])
        if not codes:
            return Hits(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp))
        hits = Hits(np.concatenate(codes), np.concatenate(places))
        return _distinct(hits) if several else hits

    def _columns(self, dimension: Dimension, batch: Sequence[Features]) -> list[Values]:
        if dimension.source in OF_BODY:
            return [each.body.get(dimension.name, ABSENT) for each in batch if each.body]
        return [each.chosen.get(dimension, ()) for each in batch]


class _Lookup:
    """The conditions on one feature. `none`: the code of a value that satisfies none of them."""

    def __init__(self, conditions: Sequence[tuple[int, Condition]], none: int) -> None:
        ranges = [(each, index) for index, each in conditions if each.kind == "range"]
        values = [(each.value, index) for index, each in conditions if each.kind == "equals"]
        self._none = none
        self._missing = next((index for index, each in conditions if each.kind == "missing"), none)
        self._texts: dict[Scalar, int] = {value: index for value, index in values if isinstance(value, str)}
        self._texts |= {None: self._missing, "": self._missing}
        # NaN comes last in every order and equals nothing: so a search ends at an entry that is always there.
        numbers = sorted((_float(value), index) for value, index in values if isinstance(value, int | float))
        self._numbers = np.array([*(value for value, _ in numbers), np.nan], dtype=np.float64)
        self._of_number = np.array([*(index for _, index in numbers), none], dtype=np.intp)
        self._edges, self._of_range = _ranges(ranges, none)

    def codes(self, values: list[Scalar]) -> list[Indices]:
        """One or two arrays of conditions, by value."""
        kinds = set(map(type, values))
        if kinds <= _TEXTS:
            return [self._of_texts(values)]
        if str not in kinds:
            return self._of_numbers(_floats(values))
        texts = [each if isinstance(each, str) else _NO_TEXT for each in values]
        numbers = _floats([np.inf if isinstance(each, str) else each for each in values])
        return [self._of_texts(texts), *self._of_numbers(numbers, np.array([each is _NO_TEXT for each in texts]))]

    def _of_texts(self, values: Sequence[Any]) -> Indices:
        return np.fromiter(map(self._texts.get, values, repeat(self._none)), dtype=np.intp, count=len(values))

    def _of_numbers(self, numbers: NDArray[np.float64], counting: NDArray[np.bool_] | None = None) -> list[Indices]:
        """NaN stands for a value that is missing. Only those `counting` are numbers at all."""
        nearest = self._numbers.searchsorted(numbers)
        found = [np.where(self._numbers[nearest] == numbers, self._of_number[nearest], self._none)]
        found[0][np.isnan(numbers)] = self._missing
        if len(self._edges) > 1:
            found.append(self._of_range[self._edges.searchsorted(numbers, side="right")])
        return found if counting is None else [np.where(counting, each, self._none) for each in found]


class _HourLookup(_Lookup):
    """Of a feature's times their hours."""

    def codes(self, values: list[Scalar]) -> list[Indices]:
        return super().codes(list(map(hour_of, values)))


_NO_TEXT = object()  # stands for a number among texts


def _ranges(ranges: Sequence[tuple[Condition, int]], none: int) -> tuple[NDArray[np.float64], Indices]:
    """All edges in order and NaN; the condition of the stretch below each of them, NaN being in none."""
    edges = sorted({each for own, _ in ranges for each in (own.lo, own.hi) if each is not None})
    of_range = np.full(len(edges) + 2, none, dtype=np.intp)
    for own, index in ranges:
        first = 0 if own.lo is None else edges.index(own.lo) + 1
        last = len(edges) if own.hi is None else edges.index(own.hi)
        of_range[first : last + 1] = index
    return np.array([*edges, np.nan], dtype=np.float64), of_range


def _floats(values: Sequence[Scalar]) -> NDArray[np.float64]:
    """None as NaN."""
    try:
        return np.array(values, dtype=np.float64)
    except OverflowError:
        return np.array([_float(each) for each in values], dtype=np.float64)


def _float(value: Scalar) -> float:
    """JSON has whole numbers of any size."""
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.inf if isinstance(value, int) and value > 0 else -np.inf


class _Corners:
    """Both conditions of each, looked up among the conditions that meet in corners: they are fewer."""

    def __init__(self, conditions: Conditions) -> None:
        first, second = np.array(conditions.corners, dtype=np.intp).reshape(-1, 2).T
        meeting = np.unique(np.concatenate([first, second]))
        self._behind = len(conditions.conditions)
        self._rows = np.full(self._behind, len(meeting), dtype=np.intp)  # the last row: what meets in no corner
        self._rows[meeting] = np.arange(len(meeting))
        self._first, self._second = self._rows[first], self._rows[second]
        self._size = len(meeting) + 1

    def added(self, hits: Hits, requests: int) -> Hits:
        satisfied = np.zeros((self._size, requests), dtype=np.bool_)
        satisfied[self._rows[hits.conditions], hits.requests] = True
        corners, places = np.nonzero(satisfied[self._first] & satisfied[self._second])
        return Hits(np.concatenate([hits.conditions, corners + self._behind]), np.concatenate([hits.requests, places]))


def _distinct(hits: Hits) -> Hits:
    """Several rows of a request may satisfy the same condition: it counts once."""
    if not hits.conditions.size:
        return hits
    width = int(hits.requests.max()) + 1
    once = np.unique(hits.conditions * width + hits.requests)
    return Hits(once // width, once % width)
