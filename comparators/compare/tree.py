"""JSON documents, walked side by side. Any difference that is not ignored makes the request disagree.

A path is a JSON pointer with array indices and ids folded to *. Arrays are compared by index; of two arrays with
different lengths that alone is told, since every later element would differ for the same reason.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from comparators.compare.found import AGREES, MAX_DIFFERENCES, Difference, Found, Kind
from comparators.compare.tolerance import Ignored, Rules, below, pointer
from comparators.extract.output import Document

MAX_DEPTH = 100  # what is deeper is compared as one value
_MAX_SORTED = 1_000  # longer arrays are not examined for a mere change of order

_Object = dict[str, Any]
_Way = tuple["_Way", str] | None  # the path from the root, shared between siblings; spelled out only for a difference


def compare(pairs: Sequence[tuple[Document, Document]], rules: Rules) -> list[Found]:
    return [_compare(production, candidate, rules) for production, candidate in pairs]


def _compare(production: Document, candidate: Document, rules: Rules) -> Found:
    if production is candidate:
        return AGREES
    if production.plain and candidate.plain and _equal(production.value, candidate.value):
        return AGREES
    walk = _Walk(rules)
    walk.both(production.value, candidate.value, None, rules.ignored, 0)
    return Found(1, 1, tuple(walk.found)) if walk.found else AGREES


class _Walk:
    """One comparison under way. `found` keeps each (kind, path) once, in the order of the document."""

    def __init__(self, rules: Rules) -> None:
        self.found: dict[Difference, None] = {}
        self._rules = rules

    def both(self, p: Any, c: Any, way: _Way, ignored: Ignored, depth: int) -> None:
        if len(self.found) > MAX_DIFFERENCES:
            return
        if depth > MAX_DEPTH:
            self._unless(_equal(p, c), "value", way)
        elif isinstance(p, dict) and isinstance(c, dict):
            self._objects(p, c, way, ignored, depth + 1)
        elif isinstance(p, list) and isinstance(c, list):
            self._arrays(p, c, way, ignored, depth + 1)
        elif _is_number(p) and _is_number(c):
            self._unless(self._rules.agree(p, c), "nan" if (p != p) != (c != c) else "value", way)
        elif type(p) is not type(c):
            self._tell("null" if p is None or c is None else "type", way)
        else:
            self._unless(p == c, "value", way)

    def _objects(self, p: _Object, c: _Object, way: _Way, ignored: Ignored, depth: int) -> None:
        for key, value in p.items():
            inner = below(ignored, key)
            if inner is None:
                continue
            if key in c:
                self.both(value, c[key], (way, key), inner, depth)
            else:
                self._tell("missing", (way, key))
        for key in c:
            if key not in p and below(ignored, key) is not None:
                self._tell("extra", (way, key))

    def _arrays(self, p: list[Any], c: list[Any], way: _Way, ignored: Ignored, depth: int) -> None:
        if len(p) != len(c):
            self._tell("length", way)
        elif self._reordered(p, c):
            self._tell("order", way)
        else:
            for index, (left, right) in enumerate(zip(p, c, strict=True)):
                inner = below(ignored, str(index))
                if inner is not None:
                    self.both(left, right, (way, "*"), inner, depth)

    def _reordered(self, p: list[Any], c: list[Any]) -> bool:
        """The same scalars, but not at their places."""
        if len(p) > _MAX_SORTED or not (_all_scalars(p) and _all_scalars(c)):
            return False
        return not all(map(self._alike, p, c)) and Counter(map(repr, p)) == Counter(map(repr, c))

    def _alike(self, p: Any, c: Any) -> bool:
        """Of scalars."""
        if _is_number(p) and _is_number(c):
            return self._rules.agree(p, c)
        return type(p) is type(c) and bool(p == c)

    def _unless(self, agrees: bool, kind: Kind, way: _Way) -> None:
        if not agrees:
            self._tell(kind, way)

    def _tell(self, kind: Kind, way: _Way) -> None:
        if len(self.found) < MAX_DIFFERENCES:
            self.found[Difference(kind, pointer(_tokens(way)))] = None
        else:
            self.found[Difference("more", "")] = None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(p: Any, c: Any) -> bool:
    """Python's own ==, which gives up on documents some hundred levels deep; those count as different."""
    try:
        return bool(p == c)
    except RecursionError:
        return False


def _all_scalars(values: list[Any]) -> bool:
    return not any(isinstance(each, dict | list) for each in values)


def _tokens(way: _Way) -> list[str]:
    tokens: list[str] = []
    while way is not None:
        way, token = way
        tokens.append(token)
    return tokens[::-1]
