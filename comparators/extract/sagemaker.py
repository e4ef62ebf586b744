"""SageMaker /invocations, as its built-in algorithms answer and as containers of one's own do: JSON, JSON Lines, CSV.

JSON: {"predictions": [{"score": 0.4, "predicted_label": 0}]}; some algorithms call the list otherwise. Its objects are
split by name: "/predictions/*/score". Any other JSON is rows, or an object of outputs. JSON Lines: an object a line,
"/*/score". Formats: docs.aws.amazon.com/sagemaker, "Common data formats for inference" and each algorithm's page.

CSV, a line a row. A column is numbers, or JSON arrays, where all its fields are, an empty one being null; else it is
text. Where all columns are numbers they are one tensor "", rows x columns, or just rows where there is one column;
otherwise each is an output of its own, "/0", "/1". Lines of several lengths, or with text among more than MAX_OUTPUTS
columns, are a Column of lists, each field by itself. Empty lines say nothing. A first line of texts alone, above a
column of numbers, names the columns (Hugging Face's toolkit): "/label", "/score". Bodies have no version.
"""

import contextlib
import csv
import io
import re
from collections.abc import Sequence
from itertools import chain
from typing import Any

from comparators.errors import Unreadable
from comparators.extract.document import parsed
from comparators.extract.output import Column, Reading, Tensor, Value
from comparators.extract.shaping import MAX_OUTPUTS, are_names, by_member, escaped, heads, refuse_error, rows

# What built-in algorithms call their list (PCA: projections; random cut forest: scores; object detection: prediction).
EXPECTED = ("predictions", "projections", "scores", "prediction")
# What Python's float takes, but for 1_000 and digits of other scripts, which nobody else does.
_NUMBER = re.compile(
    r"\s*[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?)\s*", re.IGNORECASE | re.ASCII
)
NUMBERS = ("INT64", "FP64")
EMPTY = "it has no line"


def read_json(data: bytes) -> Reading:
    body = parsed(data)
    refuse_error(body, EXPECTED)
    if type(body) is dict and any(type(body.get(name)) is list for name in EXPECTED) and are_names(body):
        return Reading(by_member(body, records=True))
    return Reading(heads("", body))


def read_jsonlines(data: bytes) -> Reading:
    lines = [parsed(line) for line in data.split(b"\n") if line.strip()]
    if not lines:
        raise Unreadable(EMPTY)
    for line in lines:
        refuse_error(line)
    return Reading(heads("", lines, records=True))


def read_csv(data: bytes) -> Reading:
    lines = [line for line in _lines(data) if len(line) > 1 or line[0].strip()]
    if not lines:
        raise Unreadable(EMPTY)
    widths = set(map(len, lines))
    if len(widths) == 1:
        value = _matrix(lines, min(widths), data.count(b".")) if data.isascii() and b"_" not in data else None
        return Reading({"": value} if value else _table(lines, *widths))
    return Reading({"": Column(_by_field(lines))})


def _lines(data: bytes) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
        if '"' in text:
            return [line or [""] for line in csv.reader(io.StringIO(text, newline=""))]
    except UnicodeDecodeError as error:
        msg = "it is not text in UTF-8"
        raise Unreadable(msg) from error
    except csv.Error as error:
        msg = f"it is not CSV: {error}"
        raise Unreadable(msg) from error
    return [line.split(",") for line in text.split("\n") if line]


def _matrix(lines: list[list[str]], width: int, points: int) -> Tensor | None:
    """At once, where all fields are numbers: what most answers are. `points`: how many decimal points there are."""
    fields = list(chain.from_iterable(lines))
    shape = (len(lines), width) if width > 1 else (len(lines),)
    with contextlib.suppress(ValueError):
        return Tensor("INT64", shape, [*map(int, fields)])
    with contextlib.suppress(ValueError):
        values: list[float] = [*map(float, fields)]
        return Tensor("FP64", shape, values if points == len(fields) else [*map(_number, fields)])
    return None


def _table(lines: list[list[str]], width: int) -> dict[str, Value]:
    if width > MAX_OUTPUTS:
        return {"": rows(_by_field(lines))}
    names = _names(lines, width)
    columns = [_column(fields) for fields in zip(*lines[bool(names) :], strict=True)]
    values = [rows(column) for column in columns]
    if width == 1:
        return {"": values[0]}
    if names:
        return {f"/{escaped(name)}": value for name, value in zip(names, values, strict=True)}
    if all(isinstance(each, Tensor) and each.datatype in NUMBERS and len(each.shape) == 1 for each in values):
        return {"": rows([list(row) for row in zip(*columns, strict=True)])}
    return {f"/{number}": value for number, value in enumerate(values)}


def _names(lines: list[list[str]], width: int) -> list[str]:
    """Of the columns, where the first line has them; of several, since one column may be labels that are numbers."""
    names, rest = [each.strip() for each in lines[0]], lines[1:]
    are_no_names = not all(names) or len(set(names)) < width or any(map(_NUMBER.fullmatch, names))
    if width < 2 or not rest or are_no_names or not are_names(names):
        return []
    return names if any(all(map(_NUMBER.fullmatch, fields)) for fields in zip(*rest, strict=True)) else []


def _column(fields: Sequence[str]) -> list[Any]:
    filled = [each for each in fields if each and not each.isspace()]
    if all(map(_NUMBER.fullmatch, filled)) or all(each.lstrip().startswith("[") for each in filled):
        return [_field(each) for each in fields]
    return [each.strip() for each in fields]


def _by_field(lines: list[list[str]]) -> list[list[Any]]:
    return [[_field(each) for each in line] for line in lines]


def _field(field: str) -> Any:
    """A number, null, a JSON array, or text."""
    if _NUMBER.fullmatch(field):
        return _number(field)
    field = field.strip()
    return _array(field) if field.startswith("[") else field or None


def _number(field: str) -> int | float:
    try:
        return int(field)
    except ValueError:  # it has a point, or thousands of digits
        return float(field)


def _array(field: str) -> Any:
    try:
        return parsed(field.encode())
    except Unreadable:
        return field
