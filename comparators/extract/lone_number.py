"""A number and nothing else: {"price": 12.3}, or a list of these. It is what the model says, whatever its name is.

Ids, times, counts and versions are not: they are data about the answer, or tell answers apart. detect.py asks whether
an answer has one, which takes a point among its numbers, since whole ones may count; reading.py reads by it.
"""

from functools import lru_cache
from typing import Any

from comparators.extract import json_outputs
from comparators.extract.document import parsed
from comparators.extract.names import ERROR_NAMES, NO_AMOUNT_ENDS, NO_AMOUNTS
from comparators.extract.output import Reading
from comparators.extract.shaping import are_names, escaped, rows, value_of

_NUMBERS = frozenset({int, float, type(None)})


def read(data: bytes) -> Reading:
    """Any other answer as json_outputs reads it."""
    body = parsed(data)
    name = _name_of(body)
    if name is None:
        return json_outputs.read(data)
    if type(body) is list:
        return Reading({f"/*/{escaped(name)}": rows([each[name] for each in body])})
    return Reading({f"/{escaped(name)}": value_of(body[name])})


def is_alone(body: Any) -> bool:
    """Whether a number with a point is all that it has."""
    name = _name_of(body)
    return name is not None and any(type(each[name]) is float for each in _objects(body))


def _name_of(body: Any) -> str | None:
    """Of the one member of an object, or of each of a list of objects, where it is a number and no name excludes it."""
    objects = _objects(body)
    first = objects[0] if objects else None
    if type(first) is not dict or len(first) != 1:
        return None
    (name,) = first
    if _is_no_amount(name) or any(type(each) is not dict or each.keys() != first.keys() for each in objects):
        return None
    return name if all(type(each[name]) in _NUMBERS for each in objects) else None


def _objects(body: Any) -> list[Any]:
    return body if type(body) is list else [body]


@lru_cache(maxsize=1024)
def _is_no_amount(name: str) -> bool:
    """What tells requests apart, when, how many; errors; and what is data rather than a name."""
    lower = name.lower()
    return lower in NO_AMOUNTS or lower.endswith(NO_AMOUNT_ENDS) or name in ERROR_NAMES or not are_names([name])
