"""Pairs of numbers of one shape and one datatype a side, so that a batch's requests are compared many at a time.

score.py compares them; here is which go together. Pure.
"""

from collections import defaultdict
from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from comparators.compare.number_tensors import are_numbers, both_json, family, is_numeric
from comparators.compare.text_numbers import as_numbers
from comparators.extract.output import JSON_NUMBERS, Tensor, Value

_Form = tuple[str, str, tuple[int, ...]]  # the datatypes of both sides, and their shape
_Placed = tuple[int, Tensor, Tensor]


class NumberPairs(NamedTuple):
    """By their places in the batch. `datatypes`: of both sides; `cells`: numbers of one pair; `rows`: of it. `retyped`:
    the datatypes differ beyond how plain JSON writes numbers. `whole`: both sides have whole numbers; `may_be`: in
    plain JSON any may be one.
    """

    places: Sequence[int]
    datatypes: tuple[str, str]
    production: list[Any]
    candidate: list[Any]
    cells: int
    rows: int
    retyped: bool
    whole: bool
    may_be: bool


def by_form(pairs: Sequence[tuple[Value, Value]]) -> tuple[list[NumberPairs], list[int]]:
    """Those that can be compared as numbers, as text on both sides among them; and the places of the rest."""
    forms, rest = _forms([_read(*pair) for pair in pairs])
    found = []
    for form, placed in forms.items():
        if are_numbers(form[0], form[1]):
            found.append(_together(form, placed))
        else:
            rest += [place for place, _, _ in placed]
    return found, rest


def _read(p: Value, c: Value) -> tuple[Value, Value]:
    """Both as they came, unless both are numbers as text."""
    if is_numeric(p) or is_numeric(c):
        return p, c
    own, other = as_numbers(p), as_numbers(c)
    return (p, c) if own is None or other is None else (own, other)


def _forms(pairs: Sequence[tuple[Value, Value]]) -> tuple[dict[_Form, list[_Placed]], list[int]]:
    """Tensors of the same shape on both sides by their form; and the places of what is none."""
    forms: dict[_Form, list[_Placed]] = defaultdict(list)
    rest = []
    for place, (p, c) in enumerate(pairs):
        if type(p) is Tensor and type(c) is Tensor and p.shape == c.shape:
            forms[p.datatype, c.datatype, p.shape].append((place, p, c))
        else:
            rest.append(place)
    return forms, rest


def _together(form: _Form, placed: Sequence[_Placed]) -> NumberPairs:
    own, other, shape = form
    return NumberPairs(
        places=[place for place, _, _ in placed],
        datatypes=(own, other),
        production=[p.values for _, p, _ in placed],
        candidate=[c.values for _, _, c in placed],
        cells=prod(shape),
        rows=shape[0] if shape else 1,
        retyped=own != other and not both_json(own, other),
        whole=family(own) == family(other) == "integer",
        may_be=JSON_NUMBERS.issuperset((own, other)) and not _any_packed(placed[0]),
    )


def _any_packed(pair: _Placed) -> bool:
    """Whether either is of the binary extension, where a datatype is what it says."""
    return any(isinstance(each.values, np.ndarray) for each in pair[1:])
