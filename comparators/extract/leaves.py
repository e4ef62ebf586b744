"""What stands in JSON objects, by name, however deep: columns of many rows, or the leaves of one document.

A row's own members have their plain names; what lies deeper has a JSON pointer from the row, or from the document, with
* for the elements of an array: `/trip/legs/*/carrier` has the carriers of all legs. Where one of several elements or
rows lacks what others have, None is among the values. Arrays of scalars have the array's own name: their elements are
values of one feature, in a document. In a row a list of numbers is a vector: `dense[0]`, `dense[1]` are features of
their own. Arrays of arrays are images and the like, and no features.

Gathered level by level over all rows at once, so that many rows cost little more than their cells. What is deeper than
MAX_DEPTH is not looked at.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from comparators.extract.columns import MAX_CELLS, MAX_FEATURES, MAX_NAME_CHARS, Cells, spread
from comparators.extract.shaping import escaped

MAX_DEPTH = 16

_Columns = Iterator[tuple[str, Cells]]
_CONTAINERS = frozenset({dict, list})
_NUMBERS = frozenset({int, float, type(None)})


def of_rows(rows: Sequence[dict[str, Any]]) -> _Columns:
    return _LeafWalk(are_rows=True).objects(rows, None, MAX_DEPTH)


def of_document(document: dict[str, Any], without: frozenset[str] = frozenset()) -> _Columns:
    """Of an object. `without` are pointers, as features are named, below which nothing is looked at."""
    return _LeafWalk(are_rows=False, without=without).objects([document], "", MAX_DEPTH)


class _LeafWalk:
    """Through one request, as long as there is room: rows with ever other names may have many more cells than bytes."""

    def __init__(self, are_rows: bool, without: frozenset[str] = frozenset()) -> None:
        self._are_rows = are_rows
        self._without = without
        self._room = MAX_CELLS

    def objects(self, rows: Sequence[dict[str, Any]], above: str | None, depth: int) -> _Columns:
        """`above` is their pointer, and None for rows, whose members have plain names."""
        for name, cells in self._members(rows):
            are_plain = _CONTAINERS.isdisjoint(map(type, cells))
            if are_plain and above is None:
                yield name, cells
                continue
            pointer = f"{above or ''}/{escaped(name)}"
            if len(pointer) > MAX_NAME_CHARS or pointer in self._without:
                continue
            if are_plain:
                yield pointer, cells
            else:
                yield from self._nested(cells, name if above is None else pointer, pointer, depth)

    def _members(self, rows: Sequence[dict[str, Any]]) -> Iterable[tuple[str, list[Any]]]:
        """By name, a cell a row; None where a row has none."""
        if len(rows) == 1:
            self._take(len(rows[0]))
            return [(name, [value]) for name, value in islice(rows[0].items(), MAX_FEATURES)]
        names = list(islice(dict.fromkeys(chain.from_iterable(rows)), MAX_FEATURES))
        looked_at = rows[: self._room // max(1, len(names))]
        self._take(len(names) * len(looked_at))
        return ((name, [row.get(name) for row in looked_at]) for name in names) if looked_at else ()

    def _take(self, cells: int) -> None:
        self._room = max(0, self._room - cells)

    def _nested(self, cells: list[Any], name: str, pointer: str, depth: int) -> _Columns:
        plain = [each for each in cells if type(each) not in _CONTAINERS]
        if any(each is not None for each in plain):
            yield name, plain
        if depth == 0:
            return
        objects = [each for each in cells if type(each) is dict]
        lists = [each if type(each) is list else [] for each in cells]
        if objects:
            yield from _lacking(self.objects(objects, pointer, depth - 1), len(objects) < len(cells))
        if any(lists) or list in map(type, cells):
            yield from self._lists(lists, name, pointer, depth - 1)

    def _lists(self, lists: list[list[Any]], name: str, pointer: str, depth: int) -> _Columns:
        """One a row, or element; an empty one where there is none."""
        elements = list(islice(chain.from_iterable(lists), self._room))
        self._take(len(elements))
        kinds = set(map(type, elements))
        if self._are_rows and (kinds <= _NUMBERS or (dict not in kinds and max(map(len, lists)) == 1)):
            yield from spread(lists, name)  # with None in its place where a row has none
            return
        some_empty = not all(lists)
        if dict in kinds:
            objects = [each for each in elements if type(each) is dict]
            yield from _lacking(self.objects(objects, f"{pointer}/*", depth), some_empty)
        if not kinds <= _CONTAINERS or not kinds:
            yield from _lacking(iter([(name, elements)]), some_empty)


def _lacking(columns: _Columns, is_lacking: bool) -> _Columns:
    """Where some row has nothing of these."""
    return ((name, [*cells, None]) for name, cells in columns) if is_lacking else columns
