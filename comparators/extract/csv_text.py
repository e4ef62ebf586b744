"""Comma-separated values (RFC 4180) as model servers and their clients write them: lines, the names of columns, fields.

sagemaker.py reads answers with it, asking.py requests.
"""

import csv
import io
import re
from typing import Any

from comparators.errors import Unreadable
from comparators.extract.document import parsed

# What Python's float takes, but for 1_000 and digits of other scripts, which nobody else does.
NUMBER = re.compile(r"\s*[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?)\s*", re.IGNORECASE | re.ASCII)


def lines(data: bytes) -> list[list[str]]:
    """Without empty ones. Raises Unreadable."""
    return [line for line in _lines(data) if len(line) > 1 or line[0].strip()]


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


def names(lines: list[list[str]], width: int) -> list[str]:
    """Of the columns, where the first line has them; of several, since one column may be labels that are numbers. All
    lines have `width` fields.
    """
    found, rest = [each.strip() for each in lines[0]], lines[1:]
    are_names = all(found) and len(set(found)) == width and not any(map(NUMBER.fullmatch, found))
    if width < 2 or not rest or not are_names:
        return []
    return found if any(all(map(NUMBER.fullmatch, fields)) for fields in zip(*rest, strict=True)) else []


def field_value(field: str) -> Any:
    """A number, null, a JSON array, or text."""
    if NUMBER.fullmatch(field):
        return as_number(field)
    field = field.strip()
    return _array(field) if field.startswith("[") else field or None


def as_number(field: str) -> int | float:
    try:
        return int(field)
    except ValueError:  # it has a point, or thousands of digits
        return float(field)


def _array(field: str) -> Any:
    try:
        return parsed(field.encode())
    except Unreadable:
        return field
