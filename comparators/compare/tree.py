"""Kind "json": JSON documents, or rows of any form, walked side by side. Any difference not ignored is a disagreement.

A path is a JSON pointer with array indices and ids folded to *. Arrays are compared by index, unless the settings say
otherwise (elements.py); of two arrays with different lengths that alone is told, since every later element would differ
for the same reason. The kinds of difference are those of Diffy (compare/Difference.scala at twitter-archive/diffy), and
null and NaN apart from them.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import field

from comparators.compare import difference_sizes, path_sizes
from comparators.compare.detail import Detail
from comparators.compare.difference_sizes import DifferenceSums, Farthest, farthest_of
from comparators.compare.document_extent import writable
from comparators.compare.elements import FREE, DocumentPlace, TooDeep, are_flat, partners, place_of, same_set
from comparators.compare.finding import AGREES, MAX_DIFFERENCES, Difference, Finding, Kind, difference, disagrees
from comparators.compare.fitting import KindSums
from comparators.compare.path_sizes import PathSizes
from comparators.compare.rows import as_rows, mask, row_count, same_json
from comparators.compare.rules import HeadRules
from comparators.compare.tolerance import pointer
from comparators.compare.unfit import by_equality
from comparators.compare.volatile import BUCKETS, VolatilePaths, rest_of
from comparators.extract.output import Document, Raw, Tensor, Value, rows_of
from comparators.metrics import ways
from comparators.metrics.definition import Definition
from comparators.settings import ArraySettings
from comparators.statistics.exact import share
from comparators.statistics.reports_alone import ReportsAlone
from records.privacy.pointers import ANY

MAX_DEPTH = 100  # what is deeper is compared as one value
_MAX_SORTED = 1_000  # longer arrays are not examined for a mere change of order
_NUMBERS = (int, float)  # by type, which bool is not
_CONTAINERS = (dict, list)

_Object = dict[str, Any]
_Way = tuple["_Way", str] | None  # the path from the root, shared between siblings; spelled out only for a difference
_ByPath = dict[str, Farthest]


class JsonSums(KindSums, tag="json", kw_only=True):
    """Pairs that are `unfit` have one side that is no JSON, or another number of rows."""

    volatile: ReportsAlone[VolatilePaths] = field(default_factory=VolatilePaths)
    # Of some rows with a value in place of another, what production's holds beside it (volatile.rest_of).
    rest: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    differences: ReportsAlone[DifferenceSums] = field(default_factory=DifferenceSums)  # of numbers at the same places
    sizes: ReportsAlone[PathSizes] = field(default_factory=PathSizes)  # of these, by path


class _Batch:
    """Of requests that are compared together: those with a number that differs, by path; and paths below their root,
    spelled once, however many differences lie there.
    """

    __slots__ = ("paths", "sizes")

    def __init__(self) -> None:
        self.sizes: list[_ByPath] = []
        self.paths: dict[str, dict[_Way, str]] = defaultdict(dict)


def compare(pairs: Sequence[tuple[Value, Value]], rules: HeadRules) -> tuple[list[Finding], JsonSums]:
    """One Finding a pair. A document is one row; of anything else each row is compared on its own."""
    sums, place = JsonSums(), place_of(rules)
    batch = _Batch()
    findings = [_compare(production, candidate, rules, place, sums, batch) for production, candidate in pairs]
    sums.differences.add_farthest([farthest_of(each.values()) for each in batch.sizes], sums.n)
    sums.sizes.add_all(batch.sizes)
    return findings, sums


METRICS = (
    Definition(
        "json.disagreement", "share", "lower", "disagreement", ways.RATE, ("disagreement", "n"),
        "The mean over requests of the share of their rows with a difference that is not ignored.",
    ),
)  # fmt: skip


def magnitudes(sums: JsonSums, alpha: float, effect: float) -> list[Detail]:
    """How far apart numbers are that stand at the same places; nothing where none differs."""
    found = sums.differences
    if found.absolute.equal == found.absolute.n:
        return []
    by_path = path_sizes.by_path(sums.sizes)
    return [*by_path, *difference_sizes.magnitudes(found, alpha, effect, is_drawn=not by_path)]


def tables(_sums: JsonSums) -> list[Detail]:
    """None: which paths differ is told for every kind of output alike."""
    return []


def _compare(
    production: Value, candidate: Value, rules: HeadRules, place: DocumentPlace, sums: JsonSums, batch: _Batch
) -> Finding:
    unfit = _unfit(production, candidate, rules)
    if unfit is not None:
        sums.unfit += 1
        return unfit
    sums.n += 1
    if _known_equal(production, candidate):
        return AGREES
    found = _differing(production, candidate, rules, place, sums, batch)
    if found.disagreeing:
        sums.disagreement += share(found.disagreeing.bit_count(), row_count(production))
    return found


def _unfit(production: Value, candidate: Value, rules: HeadRules) -> Finding | None:
    at = rules.pointer
    if isinstance(production, Raw):
        return by_equality(production, candidate, rules) or AGREES
    rows = row_count(production)
    if isinstance(candidate, Raw) or isinstance(production, Document) is not isinstance(candidate, Document):
        return disagrees("type", at, rows)
    if rows == row_count(candidate) and rows_of(production) == rows_of(candidate):
        return None
    both_tensors = isinstance(production, Tensor) and isinstance(candidate, Tensor)
    return disagrees("shape" if both_tensors else "length", at, rows)


def _known_equal(production: Value, candidate: Value) -> bool:
    """Without a walk. Only for documents is it known that they hold no true or false, which in Python are 1 and 0."""
    if production is candidate:
        return True
    if not (isinstance(production, Document) and isinstance(candidate, Document)):
        return False
    return production.plain and candidate.plain and _equal(production.value, candidate.value)


def _equal(p: Any, c: Any) -> bool:
    """Python's own ==, which gives up on documents some hundred levels deep: those are walked."""
    try:
        return bool(p == c)
    except RecursionError:
        return False


def _differing(
    production: Value, candidate: Value, rules: HeadRules, place: DocumentPlace, sums: JsonSums, batch: _Batch
) -> Finding:
    alone = isinstance(production, Document)
    root = rules.pointer if alone else f"{rules.pointer}/{ANY}"
    disagreeing: list[bool] = []
    differences: dict[Difference, None] = {}
    farthest: _ByPath = {}
    for row, (p, c) in enumerate(zip(as_rows(production), as_rows(candidate), strict=True)):
        inside = place if alone else place.inside(str(row))
        walk = _Walk(rules, root, batch.paths[root])
        if inside is not None:
            walk.both(p, c, None, inside, 0)
        disagreeing.append(bool(walk.found))
        for way, own, other in walk.apart:
            path = walk.path(way)
            known = farthest.get(path)
            if known is None:
                known = farthest[path] = Farthest()
            known.see(own, other)
        _keep(differences, walk.found)
        if walk.values and inside is not None and sums.volatile.see(walk.values):
            sums.rest[rest_of(p, inside, root, walk.values)] += 1
    if farthest:
        batch.sizes.append(farthest)
    return Finding(mask(disagreeing), tuple(differences)) if differences else AGREES


def _keep(found: dict[Difference, None], more: Iterable[Difference]) -> None:
    for each in more:
        if len(found) < MAX_DIFFERENCES or each in found:
            found[each] = None
        else:
            found[difference("more", "")] = None
            return


class _Walk:
    """One comparison under way. `found` keeps each (kind, path) once, in the order of the document."""

    def __init__(self, rules: HeadRules, root: str, paths: dict[_Way, str]) -> None:
        self.found: dict[Difference, None] = {}
        self.values: list[tuple[str, Any, Any]] = []  # (path, production's, the candidate's) of texts and numbers
        self.apart: list[tuple[_Way, float, float]] = []  # numbers that differ; by way alone in the end: that is dear
        self._tolerance, self._small = rules.tolerance, rules.small
        self._root = root
        self._paths = paths

    def both(self, p: Any, c: Any, way: _Way, place: DocumentPlace, depth: int) -> None:
        left, right = type(p), type(c)
        if left in _NUMBERS and right in _NUMBERS:
            if p != c:
                self._numbers(p, c, way)
        elif left is not right:
            self._tell("null" if p is None or c is None else "type", way)
        elif left not in _CONTAINERS:
            if p != c:
                self._tell("value", way, p, c)
        elif len(self.found) <= MAX_DIFFERENCES:
            self._containers(p, c, way, place, depth + 1)

    def _numbers(self, p: float, c: float, way: _Way) -> None:
        self.apart.append((way, p, c))
        if not self._tolerance.agree(p, c) or (self._small and self._are_far(p, c, way)):
            self._tell("nan" if (p != p) != (c != c) else "value", way, p, c)

    def _are_far(self, p: float, c: float, way: _Way) -> bool:
        """For numbers as small as production's are at this path."""
        atol = self._small.get(self.path(way))
        return atol is not None and not self._tolerance._replace(atol=atol).agree(p, c)

    def _containers(self, p: Any, c: Any, way: _Way, place: DocumentPlace, depth: int) -> None:
        if depth > MAX_DEPTH:
            if not same_json(p, c):
                self._tell("value", way)
        elif type(p) is dict:
            self._objects(p, c, way, place, depth)
        else:
            self._arrays(p, c, way, place, depth)

    def _objects(self, p: _Object, c: _Object, way: _Way, place: DocumentPlace, depth: int) -> None:
        for key, value in p.items():
            inside = place if place is FREE else place.inside(key)
            if inside is None:
                continue
            if key in c:
                self.both(value, c[key], (way, key), inside, depth)
            else:
                self._tell("missing", (way, key))
        if p.keys() != c.keys():
            for key in c:
                if key not in p and place.inside(key) is not None:
                    self._tell("extra", (way, key))

    def _arrays(self, p: list[Any], c: list[Any], way: _Way, place: DocumentPlace, depth: int) -> None:
        rule = None if place is FREE else place.rule
        if rule is not None and self._by_rule(p, c, rule, way, place, depth):
            return
        if len(p) == len(c):
            self._by_index(p, c, way, place, depth)
        else:
            self._tell("length", way)

    def _by_rule(
        self, p: list[Any], c: list[Any], rule: ArraySettings, way: _Way, place: DocumentPlace, depth: int
    ) -> bool:
        """False where the elements are too deep to be told apart by a form."""
        try:
            found = partners(p, c, rule, place, MAX_DEPTH - depth)
        except TooDeep:
            return False
        inside = (way, ANY)
        for kind in found.unmatched:
            self._tell(kind, inside)
        for own, other in found.pairs:
            self.both(p[own], c[other], inside, place.inside(str(own)) or FREE, depth)
        return True

    def _by_index(self, p: list[Any], c: list[Any], way: _Way, place: DocumentPlace, depth: int) -> None:
        """What differs is kept aside until it is known that it is not a mere change of order."""
        before, self.found = self.found, {}
        apart = len(self.apart)
        inside = (way, ANY)
        for index, (left, right) in enumerate(zip(p, c, strict=True)):
            at = place if place is FREE else place.inside(str(index))
            if at is not None:
                self.both(left, right, inside, at, depth)
        within, self.found = self.found, before
        if within and _reordered(p, c, place, MAX_DEPTH - depth):
            self._tell("order", way)
            del self.apart[apart:]  # at one index stand different elements
        else:
            _keep(self.found, within)

    def _tell(self, kind: Kind, way: _Way, p: Any = None, c: Any = None) -> None:
        if len(self.found) <= MAX_DIFFERENCES:
            path = self.path(way)
            _keep(self.found, (difference(kind, path),))
            if p is not None and len(self.values) < MAX_DIFFERENCES:
                self.values.append((path, p, c))

    def path(self, way: _Way) -> str:
        path = self._paths.get(way)
        if path is None:
            path = self._paths[way] = self._root + writable(pointer(_tokens(way)))
        return path


def _reordered(p: list[Any], c: list[Any], place: DocumentPlace, depth: int) -> bool:
    """The same elements, but not at their places. Looked for among scalars and flat containers, so that each value of
    a document is written down twice at most.
    """
    if len(p) > _MAX_SORTED or not (are_flat(p) and are_flat(c)):
        return False
    try:
        return same_set(p, c, place, depth)
    except TooDeep:
        return False


def _tokens(way: _Way) -> list[str]:
    tokens: list[str] = []
    while way is not None:
        way, token = way
        tokens.append(token)
    return tokens[::-1]
