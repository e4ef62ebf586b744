"""Values of a request by name, and how tables and tensors hold them. leaves.py looks into objects.

All of it is the client's. So a request has at most MAX_FEATURES features, and at most MAX_CELLS values of all of them
together: rows beyond are not looked at. That is more than a body of a mebibyte can hold, of which a value takes two
bytes in JSON.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from records.privacy.pointers import ANY

MAX_FEATURES = 500
MAX_CELLS = 1_048_576
MAX_TEXT_CHARS = 64  # of a value: what differs only later counts as equal
MAX_NAME_CHARS = 128  # what has a longer name is no feature: cut names would meet

Scalar = str | int | float | bool | None
Values = Sequence[Scalar]  # of one feature over a request's rows; NaN is None
Columns = dict[str, Values]
Cells = Sequence[Any]  # whatever stands there

_NUMBERS = {int, float, bool, type(None)}
_CONTAINERS = (list, dict)


def gathered(columns: Iterable[tuple[str, Cells]]) -> Columns:
    """Their scalars, as far as there is room. What holds nothing but arrays and objects is left out."""
    found: Columns = {}
    room = MAX_CELLS
    for name, cells in columns:
        if len(name) > MAX_NAME_CHARS:
            continue
        if len(found) >= MAX_FEATURES:
            break
        values = scalars(cells[:room] if len(cells) > room else cells)
        if not values and cells:
            continue
        found[name] = [*found[name], *values] if name in found else values
        room -= len(values)
    return found


def scalars(cells: Cells) -> Values:
    """Objects and lists are left out: not missing, but nothing to tell requests apart by."""
    if len(cells) == 1 and type(cells[0]) in _NUMBERS:  # the usual request has one row
        return cells if cells[0] == cells[0] else (None,)
    kinds = set(map(type, cells))
    if kinds <= _NUMBERS and not (float in kinds and any(each != each for each in cells)):
        return cells
    return [_scalar(each) for each in cells if not isinstance(each, _CONTAINERS)]


def _scalar(value: Any) -> Scalar:
    if isinstance(value, str):
        return value[:MAX_TEXT_CHARS]
    scalar: Scalar = None if value != value else value
    return scalar


def table(names: Sequence[Any], rows: Sequence[Any]) -> Iterator[tuple[str, Cells]]:
    """Rows that are lists, and names for their places."""
    named = [(place, name) for place, name in enumerate(names[:MAX_FEATURES]) if isinstance(name, str)]
    looked_at = rows[: MAX_CELLS // max(1, len(named))]
    return ((name, _column(looked_at, place)) for place, name in named)


def spread(rows: Sequence[Any], name: str, numbered: Callable[[int], str] | None = None) -> Iterator[tuple[str, Cells]]:
    """Rows of one element are a column of this name, rows of several are columns name[0], name[1], ...

    Rows of more than MAX_FEATURES elements are no table, but an image, or an embedding.
    """
    width = max((len(each) for each in rows if isinstance(each, list)), default=0)
    if width <= 1:
        yield name, [(each[0] if each else None) if isinstance(each, list) else each for each in rows]
    elif width <= MAX_FEATURES:
        looked_at = rows[: MAX_CELLS // width]
        for place in range(width):
            yield numbered(place) if numbered else f"{name}[{place}]", _column(looked_at, place)


def _column(rows: Sequence[Any], place: int) -> list[Any]:
    return [each[place] if isinstance(each, list) and len(each) > place else None for each in rows]


def flat(size: int, rows: int, data: Cells, name: str) -> Iterator[tuple[str, Cells]]:
    """`size` elements in row-major order. None where they are no such rows, or rows are too wide for a table."""
    if rows < 1 or size % rows or size // rows > MAX_FEATURES:
        return
    width = size // rows
    for place in range(width):
        column = data[place::width] if width > 1 else data
        yield name if width == 1 else f"{name}[{place}]", column[: MAX_CELLS // width]


def values_at(document: Any, tokens: Sequence[str]) -> Cells:
    """What stands at a JSON pointer, * being any key or index; the elements of an array are a row each."""
    level = [document]
    for token in tokens:
        level = list(islice((below for each in level for below in _below(each, token)), MAX_CELLS))
    cells = (cell for each in level for cell in (each if isinstance(each, list) else (each,)))
    return list(islice(cells, MAX_CELLS))


def _below(value: Any, token: str) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values() if token == ANY else (value[token],) if token in value else ()
    if isinstance(value, list):
        if token == ANY:
            return value
        if token.isdecimal() and len(token) < 10 and int(token) < len(value):
            return (value[int(token)],)
    return ()
