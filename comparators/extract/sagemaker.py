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
from collections.abc import Sequence
from itertools import chain
from typing import Any

from comparators.errors import Unreadable
from comparators.extract import csv_text
from comparators.extract.csv_text import NUMBER, as_number, field_value
from comparators.extract.document import parsed
from comparators.extract.output import Column, Reading, Tensor, Value
from comparators.extract.shaping import MAX_OUTPUTS, are_names, by_member, escaped, heads, refuse_error, rows

# What built-in algorithms call their list (PCA: projections; random cut forest: scores; object detection: prediction).
EXPECTED = ("predictions", "projections", "scores", "prediction")
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
    lines = csv_text.lines(data)
    if not lines:
        raise Unreadable(EMPTY)
    widths = set(map(len, lines))
    if len(widths) == 1:
        value = _matrix(lines, min(widths), data.count(b".")) if data.isascii() and b"_" not in data else None
        return Reading({"": value} if value else _table(lines, *widths))
    return Reading({"": Column(_by_field(lines))})


def _matrix(lines: list[list[str]], width: int, points: int) -> Tensor | None:
    """At once, where all fields are numbers: what most answers are. `points`: how many decimal points there are."""
    fields = list(chain.from_iterable(lines))
    shape = (len(lines), width) if width > 1 else (len(lines),)
    with contextlib.suppress(ValueError):
        return Tensor("INT64", shape, [*map(int, fields)])
    with contextlib.suppress(ValueError):
        values: list[float] = [*map(float, fields)]
        return Tensor("FP64", shape, values if points == len(fields) else [*map(as_number, fields)])
    return None


def _table(lines: list[list[str]], width: int) -> dict[str, Value]:
    if width > MAX_OUTPUTS:
        return {"": rows(_by_field(lines))}
    names = csv_text.names(lines, width)
    names = names if are_names(names) else []
    columns = [_column(fields) for fields in zip(*lines[bool(names) :], strict=True)]
    values = [rows(column) for column in columns]
    if width == 1:
        return {"": values[0]}
    if names:
        return {f"/{escaped(name)}": value for name, value in zip(names, values, strict=True)}
    if all(isinstance(each, Tensor) and each.datatype in NUMBERS and len(each.shape) == 1 for each in values):
        return {"": rows([list(row) for row in zip(*columns, strict=True)])}
    return {f"/{number}": value for number, value in enumerate(values)}


def _column(fields: Sequence[str]) -> list[Any]:
    filled = [each for each in fields if each and not each.isspace()]
    if all(map(NUMBER.fullmatch, filled)) or all(each.lstrip().startswith("[") for each in filled):
        return [field_value(each) for each in fields]
    return [each.strip() for each in fields]


def _by_field(lines: list[list[str]]) -> list[list[Any]]:
    return [[field_value(each) for each in line] for line in lines]
