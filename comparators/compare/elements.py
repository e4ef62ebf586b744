"""How the elements of two JSON arrays find their partners where not by index: in any order (a set), or by a key.

Elements of a set are the same where their canonical forms are: equal JSON, whatever the order of keys, numbers by value
(1 is 1.0). No tolerance is applied, and nothing is rounded: "close" is no equality (a close to b and b close to c do
not bring a close to c), so which elements are left over would depend on who is matched first, and rounding tears apart
what is close but for an edge. Records with real numbers are matched by a key; their numbers are then compared as any.

tree.py calls this, and walks on into the partners found here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from comparators.compare.finding import Kind
from comparators.compare.rules import HeadRules
from comparators.compare.tolerance import Ignored, below
from comparators.settings import ArraySettings
from records.privacy.pointers import ANY, tokens_of

_CONTAINERS = (dict, list)


class TooDeep(ValueError):
    """A value is nested too deep for a canonical form."""


class ArrayTree:
    """The rules of arrays by the tokens of their pointers; `rule` where one ends. Of two for one array, the first."""

    __slots__ = ("children", "rule")

    def __init__(self) -> None:
        self.children: dict[str, ArrayTree] = {}
        self.rule: ArraySettings | None = None

    def add(self, tokens: list[str], rule: ArraySettings) -> None:
        node = self
        for token in tokens:
            node = node.children.setdefault(token, ArrayTree())
        node.rule = node.rule or rule


class DocumentPlace(NamedTuple):
    """Where a walk stands in a document: what is ignored below, and which arrays below have rules."""

    ignored: Ignored
    arrays: tuple[ArrayTree, ...]

    def inside(self, token: str) -> "DocumentPlace | None":
        """The place below `token`; None where that is ignored."""
        if self is FREE:
            return self
        ignored = below(self.ignored, token)
        if ignored is None:
            return None
        arrays = tuple(node.children[name] for node in self.arrays for name in (token, ANY) if name in node.children)
        return DocumentPlace(ignored, arrays) if ignored or arrays else FREE

    @property
    def rule(self) -> ArraySettings | None:
        return next((node.rule for node in self.arrays if node.rule is not None), None)


FREE = DocumentPlace((), ())  # nothing is ignored, and every array is compared by index: most of most documents


def place_of(rules: HeadRules) -> DocumentPlace:
    """Where a walk through this output starts."""
    tree, above = ArrayTree(), tokens_of(rules.pointer)
    for each in rules.arrays:
        tokens = tokens_of(each.pointer)
        if len(tokens) >= len(above) and all(a in (ANY, b) for a, b in zip(tokens, above, strict=False)):
            tree.add(tokens[len(above) :], each)
    arrays = (tree,) if tree.children or tree.rule else ()
    return DocumentPlace(rules.tolerance.ignored, arrays) if rules.tolerance.ignored or arrays else FREE


class Partners(NamedTuple):
    """Indices (production's, candidate's) to be compared with each other, and what is to be told of the others."""

    pairs: list[tuple[int, int]]
    unmatched: tuple[Kind, ...]


def partners(p: list[Any], c: list[Any], rule: ArraySettings, place: DocumentPlace, depth: int) -> Partners:
    """By the array's rule. `depth` is how deep its elements may be; raises TooDeep."""
    if rule.by == "set":
        return _by_set(p, c, place, depth)
    return _by_key(p, c, tokens_of(rule.key), place, depth)


def same_set(p: list[Any], c: list[Any], place: DocumentPlace, depth: int) -> bool:
    """The same elements, each as often, in whatever order. Raises TooDeep."""
    return Counter(_forms(p, place, depth)) == Counter(_forms(c, place, depth))


def are_flat(values: list[Any]) -> bool:
    """Whether none holds a container in a container."""
    return all(map(_is_flat, values))


def _is_flat(value: Any) -> bool:
    if not isinstance(value, _CONTAINERS):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return not any(isinstance(each, _CONTAINERS) for each in inner)


def canonical(value: Any, place: DocumentPlace, depth: int) -> str:
    """One text for all equal JSON values, without what is ignored. Strings carry their length: no two values share one.

    A text, since Python's hash of text is keyed: tuples and frozensets of numbers can be made to collide on purpose.
    """
    if depth < 0:
        raise TooDeep
    kind = type(value)
    if kind is dict:
        return "{" + ",".join(_members(value, place, depth - 1)) + "}"
    if kind is list:
        forms = _forms(value, place, depth - 1)
        return "[" + ",".join(forms if place is FREE or place.rule is None else sorted(forms)) + "]"
    if kind is str:
        return f"{len(value)}:{value}"
    return _scalar(value)


def _forms(values: Sequence[Any], place: DocumentPlace, depth: int) -> list[str]:
    if place is FREE:
        return [canonical(each, place, depth) for each in values]
    inner = [place.inside(str(index)) for index in range(len(values))]
    return [canonical(each, at, depth) for each, at in zip(values, inner, strict=True) if at is not None]


def _members(value: dict[str, Any], place: DocumentPlace, depth: int) -> list[str]:
    inner = {key: place.inside(key) for key in sorted(value)}
    return [f"{len(key)}:{key}={canonical(value[key], at, depth)}" for key, at in inner.items() if at is not None]


def _scalar(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return repr(value)  # None, True, nan and inf are no number's repr, and no text's form


def _by_set(p: list[Any], c: list[Any], place: DocumentPlace, depth: int) -> Partners:
    own, other = Counter(_forms(p, place, depth)), Counter(_forms(c, place, depth))
    unmatched: list[Kind] = []
    if own - other:
        unmatched.append("missing")
    if other - own:
        unmatched.append("extra")
    return Partners([], tuple(unmatched))


def _by_key(p: list[Any], c: list[Any], key: list[str], place: DocumentPlace, depth: int) -> Partners:
    """Of elements with one key the first meets the first, the second the second. Those without a key share "none"."""
    own, other = _indices(p, key, place, depth), _indices(c, key, place, depth)
    pairs: list[tuple[int, int]] = []
    unmatched: dict[Kind, None] = {}
    for name, indices in own.items():
        theirs = other.get(name, [])
        pairs.extend(zip(indices, theirs, strict=False))
        if len(indices) != len(theirs):
            unmatched["duplicate" if theirs else "missing"] = None
    if other.keys() - own.keys():
        unmatched["extra"] = None
    return Partners(pairs, tuple(unmatched))


def _indices(values: list[Any], key: list[str], place: DocumentPlace, depth: int) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, element in enumerate(values):
        if place is FREE or place.inside(str(index)) is not None:
            found.setdefault(_key_of(element, key, depth), []).append(index)
    return found


def _key_of(element: Any, key: list[str], depth: int) -> str:
    for token in key:
        if isinstance(element, dict) and token in element:
            element = element[token]
        elif isinstance(element, list) and token.isdecimal() and token.isascii() and int(token) < len(element):
            element = element[int(token)]
        else:
            return ""  # no canonical form is empty
    return canonical(element, FREE, depth)
