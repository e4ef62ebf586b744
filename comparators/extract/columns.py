"""How a request's JSON holds rows and columns: one short function for each layout that model servers speak.

All of it is the client's, so every function here looks at no more than MAX_FEATURES columns, MAX_ROWS rows and
MAX_CELLS of both together.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from records.privacy.pointers import ANY

MAX_FEATURES = 500
MAX_ROWS = 1_000
MAX_CELLS = 50_000  # looked at where rows are objects: they may all have other keys
MAX_TEXT_CHARS = 64  # of a value: what differs only later counts as equal
MAX_NAME_CHARS = 128  # what has a longer name is no feature: cut names would meet

Scalar = str | int | float | bool | None
Values = Sequence[Scalar]  # of one feature over a request's rows; NaN is None
Columns = dict[str, Values]

_Raw = dict[str, Sequence[Any]]  # whatever JSON stands in a cell
_NUMBERS = {int, float, bool, type(None)}
_CONTAINERS = (list, dict)


def columns(document: Any) -> Columns:
    """By name. Empty where the document has no layout that is known."""
    return {name: scalars(column) for name, column in _columns(document).items()}


def scalars(column: Sequence[Any]) -> Values:
    """Objects and lists are left out: not missing, but nothing to tell requests apart by."""
    kinds = set(map(type, column))
    if kinds <= _NUMBERS and not (float in kinds and any(each != each for each in column)):
        return column
    return [_scalar(each) for each in column if not isinstance(each, _CONTAINERS)]


def _scalar(value: Any) -> Scalar:
    if isinstance(value, str):
        return value[:MAX_TEXT_CHARS]
    scalar: Scalar = None if value != value else value
    return scalar


def _columns(document: Any) -> _Raw:
    if isinstance(document, list):
        return _rows(document) or {}
    if not isinstance(document, dict):
        return {}
    for key, layout in _LAYOUTS:
        if key in document and (found := layout(document[key])) is not None:
            return found
    return _leaves(document)


def values_at(document: Any, tokens: Sequence[str]) -> list[Any]:
    """What stands at a JSON pointer, * being any key or index; the elements of an array are a row each."""
    level = [document]
    for token in tokens:
        level = list(islice((below for each in level for below in _below(each, token)), MAX_ROWS))
    cells = (cell for each in level for cell in (each if isinstance(each, list) else (each,)))
    return list(islice(cells, MAX_ROWS))


def _below(value: Any, token: str) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values() if token == ANY else (value[token],) if token in value else ()
    if isinstance(value, list):
        if token == ANY:
            return value
        if token.isdecimal() and len(token) < 10 and int(token) < len(value):
            return (value[int(token)],)
    return ()


def _inputs(value: Any) -> _Raw | None:
    """`inputs`: the Open Inference Protocol's tensors; TensorFlow's and MLflow's columns by name, or rows."""
    if isinstance(value, dict):
        return _bounded(_spread(rows if isinstance(rows, list) else [rows], name) for name, rows in value.items())
    if isinstance(value, list) and value and all(isinstance(each, dict) and "data" in each for each in value):
        return _bounded(_tensor(each) for each in value)
    return _rows(value)


def _rows(value: Any) -> _Raw | None:
    """Rows that are objects (columns by key), lists (x0, x1, ...) or scalars (x0)."""
    if not isinstance(value, list):
        return None
    if not value:
        return {}
    objects = [each for each in value[:MAX_ROWS] if isinstance(each, dict)]
    return _objects(objects) if objects else _bounded([_spread(value, "x0", lambda index: f"x{index}")])


def _objects(rows: Sequence[dict[str, Any]]) -> _Raw:
    names: dict[str, None] = {}
    for row in rows:
        for name in row:
            if len(names) >= MAX_FEATURES:
                break
            if len(name) <= MAX_NAME_CHARS:
                names[name] = None
    looked_at = rows[: MAX_CELLS // max(1, len(names))]
    return {name: [row.get(name) for row in looked_at] for name in names}


def _split(value: Any) -> _Raw | None:
    """MLflow's `dataframe_split`: names and rows apart."""
    if not isinstance(value, dict):
        return None
    names, rows = value.get("columns"), value.get("data")
    if not isinstance(names, list) or not isinstance(rows, list):
        return None
    named = [(index, name) for index, name in enumerate(names[:MAX_FEATURES]) if isinstance(name, str)]
    looked_at = rows[: min(MAX_ROWS, MAX_CELLS // max(1, len(named)))]
    return {name: _column(looked_at, index) for index, name in named if len(name) <= MAX_NAME_CHARS}


def _tensor(tensor: dict[str, Any]) -> _Raw:
    """One of the Open Inference Protocol, flat or nested. What has more than two dimensions is no table."""
    name, shape, data = tensor.get("name"), tensor.get("shape"), tensor["data"]
    if not isinstance(name, str) or not isinstance(data, list) or not data:
        return {}
    if isinstance(shape, list) and len(shape) > 2:
        return {}
    if isinstance(data[0], list):
        return _spread(data, name)
    width = _width(shape, len(data))
    if width == 1:
        return {name: data[:MAX_ROWS]}
    return {f"{name}[{index}]": data[index::width][: MAX_CELLS // width][:MAX_ROWS] for index in range(width)}


def _width(shape: Any, size: int) -> int:
    """_Raw of flat data: 0 where the shape does not fit, or where it is an image rather than a table."""
    rows = shape[0] if isinstance(shape, list) and shape else size
    if type(rows) is not int or rows < 1 or size % rows:
        return 0
    return size // rows if size // rows <= MAX_FEATURES else 0


def _spread(rows: Sequence[Any], name: str, named: Callable[[int], str] | None = None) -> _Raw:
    """Rows of one element are a column of this name, rows of several are columns name[0], name[1], ..."""
    rows = rows[:MAX_ROWS]
    width = max((len(each) for each in rows if isinstance(each, list)), default=0)
    if width <= 1:
        return {name: [each[0] if isinstance(each, list) and each else each for each in rows]}
    if width > MAX_FEATURES:
        return {}
    looked_at = rows[: MAX_CELLS // width]
    return {named(at) if named else f"{name}[{at}]": _column(looked_at, at) for at in range(width)}


def _column(rows: Sequence[Any], index: int) -> list[Any]:
    return [each[index] if isinstance(each, list) and len(each) > index else None for each in rows]


def _bounded(parts: Iterable[_Raw]) -> _Raw:
    found: _Raw = {}
    for part in parts:
        for name, column in part.items():
            if len(found) >= MAX_FEATURES:
                return found
            if len(name) <= MAX_NAME_CHARS:
                found[name] = column
    return found


def _leaves(document: dict[str, Any]) -> _Raw:
    """Any other object: its scalars by JSON pointer, and arrays of scalars where they stand at the top."""
    found: _Raw = {}
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting and len(found) < MAX_FEATURES:
        pointer, value = waiting.pop()
        if isinstance(value, dict):
            below = ((f"{pointer}/{_escaped(key)}", each) for key, each in reversed(value.items()))
            waiting.extend(each for each in below if len(each[0]) <= MAX_NAME_CHARS)
        elif not isinstance(value, list):
            found[pointer] = [value]
        elif pointer.count("/") == 1 and not any(isinstance(each, list | dict) for each in value):
            found[pointer] = value[:MAX_ROWS]
    return found


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")  # RFC 6901 §3


_LAYOUTS: tuple[tuple[str, Callable[[Any], _Raw | None]], ...] = (
    ("inputs", _inputs),
    ("instances", _rows),
    ("dataframe_split", _split),
    ("dataframe_records", _rows),
)
