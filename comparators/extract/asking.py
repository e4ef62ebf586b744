"""What a request asks where its protocol says no more: by its content type, and by the look of its JSON.

    CSV          a feature for each column: by the names in the first line where it has them, else x0, x1, ...
    JSON Lines   a row a line
    JSON         the layouts that model servers share, by the member that holds the rows; else the leaves of an object

What people and models say to each other is no feature: it is theirs, and hardly ever said twice. Its length is one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from comparators.extract import csv_text, leaves
from comparators.extract.columns import Cells, Columns, flat, gathered, spread, table
from comparators.extract.document import parsed
from comparators.extract.request_body import CSV, JSON_LINES, RequestBody

# Of messages: how many there are of which role, and of which tool, is left.
SAID = frozenset({f"/messages/*/{each}" for each in ("content", "reasoning_content", "refusal", "tool_calls")})

# How long is what is said, in characters, all of it together. It is no pointer, so that nothing in a body is called so.
CHARACTERS = "characters"
SAID_AT = ("/messages/*/content", "/messages/*/content/*/text", "/prompt", "/input", "/text_input")

_Columns = Iterable[tuple[str, Cells]]


def asked(body: RequestBody) -> Columns:
    """Raises Unreadable."""
    if body.content_type == CSV:
        return gathered(of_csv(body.data))
    if body.content_type in JSON_LINES:
        return gathered(rows([parsed(line) for line in body.data.split(b"\n") if line.strip()]))
    return gathered(by_look(body.document()))


def by_look(document: Any) -> _Columns:
    """Empty where the document has no layout that is known."""
    if isinstance(document, list):
        return rows(document)
    if not isinstance(document, dict):
        return ()
    for key, layout in _LAYOUTS:
        if key in document and (found := layout(document[key])) is not None:
            return found
    return leaves.of_document(document, SAID)


def characters(document: dict[str, Any]) -> _Columns:
    """Of a document of which some members are not looked at, as they hold what is said. Nothing where nothing is."""
    texts = list(_texts(document))
    return [(CHARACTERS, [sum(map(len, texts))])] if texts else []


def _texts(document: dict[str, Any]) -> Iterator[str]:
    """Those at SAID_AT."""
    for name in ("prompt", "input", "text_input"):
        yield from _strings(document.get(name))
    for message in _elements(document.get("messages")):
        content = message.get("content") if isinstance(message, dict) else None
        yield from _strings(content)
        yield from _strings([part.get("text") for part in _elements(content) if isinstance(part, dict)])


def _strings(value: Any) -> Iterator[str]:
    return (each for each in (_elements(value) or [value]) if isinstance(each, str))


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def of_csv(data: bytes) -> _Columns:
    """Raises Unreadable."""
    lines = csv_text.lines(data)
    widths = set(map(len, lines))
    names = csv_text.names(lines, *widths) if len(widths) == 1 else []
    return _fields(names, lines[bool(names) :])


def of_named_csv(data: bytes) -> _Columns:
    """Its first line is names, as pandas writes it. Raises Unreadable."""
    names, *lines = csv_text.lines(data) or [[]]
    return _fields(names, lines)


def _fields(names: Sequence[str], lines: list[list[str]]) -> _Columns:
    values = [list(map(csv_text.field_value, line)) for line in lines]
    return table(names, values) if names else rows(values)


def rows(value: list[Any]) -> _Columns:
    """Rows that are objects (features by key), lists (x0, x1, ...) or scalars (x0)."""
    objects = [each for each in value if isinstance(each, dict)]
    if objects:
        return leaves.of_rows(objects)
    return spread(value, "x0", lambda place: f"x{place}") if value else ()


def _rows(value: Any) -> _Columns | None:
    return rows(value) if isinstance(value, list) else None


def _inputs(value: Any) -> _Columns | None:
    """`inputs`: the Open Inference Protocol's tensors; TensorFlow's and MLflow's columns by name, or rows."""
    if isinstance(value, dict):
        return chain.from_iterable(
            spread(each if isinstance(each, list) else [each], name) for name, each in value.items()
        )
    if isinstance(value, list) and value and all(isinstance(each, dict) and "data" in each for each in value):
        return chain.from_iterable(tensor(each.get("name"), each.get("shape"), each["data"]) for each in value)
    return _rows(value)


def tensor(name: Any, shape: Any, data: Any) -> Iterator[tuple[str, Cells]]:
    """One of the Open Inference Protocol, flat or nested. What has more than two dimensions is no table."""
    if not isinstance(name, str) or not isinstance(data, list) or not data:
        return iter(())
    if isinstance(shape, list) and len(shape) > 2:
        return iter(())
    if isinstance(data[0], list):
        return spread(data, name)
    count = shape[0] if isinstance(shape, list) and shape else len(data)
    return flat(len(data), count, data, name) if type(count) is int else iter(())


def _split(value: Any) -> _Columns | None:
    """MLflow's `dataframe_split`: names and rows apart."""
    if not isinstance(value, dict):
        return None
    names, data = value.get("columns"), value.get("data")
    return table(names, data) if isinstance(names, list) and isinstance(data, list) else None


_LAYOUTS: tuple[tuple[str, Callable[[Any], _Columns | None]], ...] = (
    ("inputs", _inputs),
    ("instances", _rows),
    ("dataframe_split", _split),
    ("dataframe_records", _rows),
)
