"""What a value is written as, in a word or two: for who is told that both sides are of another type. Pure."""

from typing import Any

from comparators.compare.number_tensors import family
from comparators.extract.output import Document, Raw, Tensor, Text, Value

_FAMILIES = {"float": "numbers", "integer": "whole numbers", "BYTES": "text", "BOOL": "true and false"}
_JSON: dict[type, str] = {
    str: "text", bool: "true and false", int: "whole numbers", float: "numbers", list: "lists", dict: "objects",
    type(None): "null", Text: "text",
}  # fmt: skip


def type_of(value: Value) -> str:
    """Of its first row, where its rows may be of several; nothing of the traffic's own words."""
    if isinstance(value, Tensor):
        lists = "lists of " if len(value.shape) > 1 and value.shape[-1] > 1 else ""
        return lists + _FAMILIES.get(family(value.datatype), "values of another type")
    if isinstance(value, Raw):
        return "bytes"
    rows: list[Any] = [value.value] if isinstance(value, Document) else list(value.values[:1])
    return _JSON.get(type(rows[0]), "values of another type") if rows else "nothing"
