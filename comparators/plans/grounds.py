"""On which values a kind rests: how many answers had it, in which forms, and how many of the values differ. Pure.

Told in forms and counts, never in the values themselves: a plan outlives the recordings that it was decided from.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

from msgspec import Struct

from comparators.extract.output import Column, Document, Tensor, Text, Texts, Value, rows_of

MAX_VALUES = 1_000  # told apart
MAX_FORMS = 8
_SCALARS = (str, int, float, bool, type(None))

_DATATYPE = re.compile(r"BOOL|BYTES|U?INT\d{1,2}|FP\d\d|BF16")  # what else stands there is the traffic's own word
_JSON_FORMS: dict[type, str] = {
    str: "text", bool: "true or false", int: "whole number", float: "number", list: "list", dict: "object",
    type(None): "null", Text: "text",
}  # fmt: skip


class Grounds(Struct, frozen=True):
    """`answers` said something of it, so many in each of the `forms`, the most frequent first; in `empty` ones it stood
    and said nothing. `different`: words and numbers, as far as they are told apart.
    """

    answers: int = 0
    empty: int = 0
    forms: tuple[tuple[str, int], ...] = ()
    different: int = 0

    @property
    def are_whole(self) -> bool:
        """Whether all of them were whole numbers."""
        return bool(self.forms) and all(form == "whole number" or "INT" in form for form, _ in self.forms)


def grounds(values: Sequence[Value]) -> Grounds:
    """Of one output in several answers."""
    spoke = [each for each in values if says_something(each)]
    forms = Counter(chain.from_iterable(map(_forms, spoke)))
    cells = islice(chain.from_iterable(map(_cells, spoke)), MAX_VALUES)
    return Grounds(
        answers=len(spoke),
        empty=len(values) - len(spoke),
        forms=tuple(forms.most_common(MAX_FORMS)),
        different=len({(type(each), each) for each in cells if isinstance(each, _SCALARS)}),
    )


def says_something(value: Value) -> bool:
    """Whether a word or number stands in it: an empty list or object, null and NaN fit whatever there is."""
    if isinstance(value, Tensor):
        return any(each is not None and each == each for each in _cells(value))
    if isinstance(value, Column):
        return any(map(holds_something, value.values))
    return holds_something(value.value) if isinstance(value, Document) else rows_of(value) > 0


def holds_something(value: Any) -> bool:
    """Whether a word or number stands anywhere in this JSON value."""
    inside = [value]
    while inside:
        value = inside.pop()
        if isinstance(value, dict):
            inside.extend(value.values())
        elif isinstance(value, list):
            inside.extend(value)
        elif value is not None:
            return True
    return False


def _forms(value: Value) -> Iterable[str]:
    """Each once: what an answer has in a hundred rows speaks no louder."""
    if isinstance(value, Tensor):
        return (value.datatype if _DATATYPE.fullmatch(value.datatype) else "another type",)
    if isinstance(value, Column | Texts):
        return dict.fromkeys(_JSON_FORMS.get(type(each), "value") for each in value.values[:MAX_VALUES])
    return ("JSON",) if isinstance(value, Document) else ("bytes",)


def _cells(value: Value) -> Iterable[Any]:
    if isinstance(value, Tensor):
        cells: Any = value.values[:MAX_VALUES]
        plain: Iterable[Any] = cells.tolist() if hasattr(cells, "tolist") else cells
        return plain
    if isinstance(value, Column | Texts):
        return [each.content if isinstance(each, Text) else each for each in value.values[:MAX_VALUES]]
    return ()
