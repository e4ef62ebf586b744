"""Two readings of one request, output by output: never averaged away, a row disagrees where any of its outputs does.

Each output of a plan is compared by its kind, for the whole batch at once. An output that the plan does not know is
compared as JSON; it changes the rate, and is not described further.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from comparators.compare import tree
from comparators.compare.finding import AGREES, MAX_DIFFERENCES, Difference, Finding, Kind, difference, disagrees
from comparators.compare.kinds import KINDS, HeadSums, KindOfOutput
from comparators.compare.request_distances import RequestDistances
from comparators.compare.rows import row_count
from comparators.compare.rules import HeadRules, rules_for
from comparators.compare.value_types import type_of
from comparators.extract.output import Document, Raw, Reading, Value
from comparators.plans.plan import Plan
from comparators.settings import CompareSettings, OutputKind

NO_MEMBERS = Document({}, plain=True)


class PlannedHead(NamedTuple):
    pointer: str
    kind: KindOfOutput
    rules: HeadRules | None  # None: it is not looked at
    measured: bool  # how far apart its values are, of each request


class PlanRules(Struct, frozen=True):
    """A plan, compiled: what its outputs are compared by."""

    heads: tuple[PlannedHead, ...]
    known: frozenset[str]
    ignored: frozenset[str]  # of the known ones
    settings: CompareSettings

    @classmethod
    def of(cls, plan: Plan | None, settings: CompareSettings) -> "PlanRules":
        planned = plan.heads if plan else ()
        told_apart = measured({head.pointer: head.kind for head in planned})
        heads = tuple(
            PlannedHead(
                head.pointer,
                KINDS[head.kind],
                rules_for(settings, head.pointer, head.boxes, head.extent),
                head.pointer in told_apart,
            )
            for head in planned
        )
        ignored = frozenset(head.pointer for head in heads if head.rules is None)
        return cls(heads, frozenset(head.pointer for head in planned), ignored, settings)

    def looks_at(self, pointer: str) -> bool:
        if pointer in self.known:
            return pointer not in self.ignored
        return rules_for(self.settings, pointer) is not None


MAX_MEASURED = 2  # outputs of a plan


def measured(kinds: Mapping[str, OutputKind]) -> list[str]:
    """Those of whose values it is told how far apart they are, of all outputs of a plan; by pointer."""
    return sorted(pointer for pointer, kind in kinds.items() if KINDS[kind].distance)[:MAX_MEASURED]


class HeadFindings(NamedTuple):
    """Of each request what was `found`, its rows, `distances` and `sizes`; these two, and `sums`, by pointer. `types`:
    how many requests have an output in two types, by `types_of`.
    """

    found: list[Finding]
    rows: list[int]
    sums: dict[str, HeadSums]
    distances: list[dict[str, int]]  # in 2^-40; of the outputs that have any
    sizes: list[dict[str, float]]  # likewise; in their own units, where they are not zero
    types: Counter[str]


class _RequestTally:
    """Requests under comparison, by place: which rows disagree so far, and why. Most agree, and cost nothing here."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows
        self._disagreeing = [0] * len(rows)
        self._differences: dict[int, tuple[Difference, ...]] = {}

    def add(self, place: int, found: Finding) -> None:
        self._disagreeing[place] |= found.disagreeing if self.rows[place] > 1 else bool(found.disagreeing)
        before = self._differences.get(place, ())
        self._differences[place] = before + found.differences[: MAX_DIFFERENCES - len(before)]

    def fail(self, place: int, kind: Kind, pointer: str) -> None:
        self.add(place, disagrees(kind, pointer, self.rows[place]))

    def found(self) -> list[Finding]:
        found = [AGREES] * len(self.rows)
        for place, differences in self._differences.items():
            found[place] = Finding(self._disagreeing[place], differences)
        return found


def compare_heads(pairs: Sequence[tuple[Reading, Reading]], rules: PlanRules) -> HeadFindings:
    may_be_one = {head.pointer: head for head in rules.heads if head.kind.is_one is not None}
    batch = _RequestTally([_rows(production, rules, may_be_one) for production, _ in pairs])
    sums: dict[str, HeadSums] = {}
    distances: list[dict[str, int]] = [{} for _ in pairs]
    sizes: list[dict[str, float]] = [{} for _ in pairs]
    types: Counter[str] = Counter()
    for head in rules.heads:
        if head.rules is not None:
            types += _compare_head(pairs, head, head.rules, batch, sums, (distances, sizes))
    known = rules.known
    for place, (production, candidate) in enumerate(pairs):
        if production is not candidate and not (
            known.issuperset(production.heads) and known.issuperset(candidate.heads)
        ):
            _compare_unknown(production, candidate, rules, batch, place)
    return HeadFindings(batch.found(), batch.rows, sums, distances, sizes, types)


def _rows(reading: Reading, rules: PlanRules, may_be_one: Mapping[str, PlannedHead]) -> int:
    """What all of its outputs share; else the request is one row. So is a vector or a list that is one answer."""
    heads = reading.heads
    if rules.settings.ignore:
        heads = {pointer: value for pointer, value in heads.items() if rules.looks_at(pointer)}
    if may_be_one:
        sizes = {_rows_of(value, may_be_one.get(pointer)) for pointer, value in heads.items()}
    else:
        sizes = set(map(row_count, heads.values()))
    return sizes.pop() if len(sizes) == 1 else 1


def _rows_of(value: Value, head: PlannedHead | None) -> int:
    if head is not None and head.kind.is_one and head.rules and head.kind.is_one(value, head.rules):
        return 1
    return row_count(value)


def _compare_head(
    pairs: Sequence[tuple[Reading, Reading]],
    head: PlannedHead,
    rules: HeadRules,
    batch: _RequestTally,
    sums: dict[str, HeadSums],
    apart: tuple[list[dict[str, int]], list[dict[str, float]]],
) -> Counter[str]:
    """The types of the values that are of two. `apart`: distances and sizes, as HeadFindings has them."""
    places, values = _values(pairs, head.pointer, batch)
    if not values:
        return Counter()
    into = RequestDistances()
    if head.measured:
        found, sums[head.pointer] = head.kind.compare(values, rules, into)
    else:
        found, sums[head.pointer] = head.kind.compare(values, rules)
    for place, share in into.shares.items():
        apart[0][places[place]][head.pointer] = share
    for place, size in into.sizes.items():
        apart[1][places[place]][head.pointer] = size
    other_type = difference("type", head.pointer)
    types: Counter[str] = Counter()
    for place, both, one in zip(places, values, found, strict=True):
        if one is not AGREES:
            batch.add(place, one)
            types.update([types_of(head.pointer, *both)] if other_type in one.differences else [])
    return types


def types_of(pointer: str, production: Value, candidate: Value) -> str:
    """What both sides' values are, and of which output, a line each."""
    return "\n".join((type_of(production), type_of(candidate), pointer))


def _values(
    pairs: Sequence[tuple[Reading, Reading]], pointer: str, batch: _RequestTally
) -> tuple[Sequence[int], list[tuple[Value, Value]]]:
    """The output on both sides, and of which requests; where it is on one side only, the request disagrees."""
    places: list[int] = []
    values: list[tuple[Value, Value]] = []
    for place, (production, candidate) in enumerate(pairs):
        own, other = production.heads.get(pointer), candidate.heads.get(pointer)
        if own is None or other is None:
            if (rests := _rests(own, other)) is not None:
                places.append(place)
                values.append(rests)
            elif own is not other:
                batch.fail(place, "extra" if own is None else "missing", pointer)
        elif type(own) is not type(other) and Raw in (type(own), type(other)):
            batch.fail(place, "kind", pointer)
        else:
            places.append(place)
            values.append((own, other))
    return places, values


def _compare_unknown(
    production: Reading, candidate: Reading, rules: PlanRules, batch: _RequestTally, place: int
) -> None:
    for pointer in sorted((production.heads.keys() | candidate.heads.keys()) - rules.known):
        own = rules_for(rules.settings, pointer)
        if own is None:
            continue
        here, there = production.heads.get(pointer), candidate.heads.get(pointer)
        both = (here, there) if here is not None and there is not None else _rests(here, there)
        if both is None:
            is_raw = Raw in (type(here), type(there))
            batch.fail(place, "kind" if is_raw else "extra" if here is None else "missing", pointer)
        else:
            (found,), _ = tree.compare([both], own)
            batch.add(place, found)


def _rests(own: Value | None, other: Value | None) -> tuple[Value, Value] | None:
    """Of two answers of which one alone has members beside its outputs: by their own paths these are missing, or extra.
    None where that is not so.
    """
    known = other if own is None else own
    if type(known) is not Document or type(known.value) is not dict:
        return None
    return own or NO_MEMBERS, other or NO_MEMBERS
