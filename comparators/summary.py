"""The summary: sums over comparisons, by plan. Mergeable, bounded, and nothing in it is about one request.

Every field is an integer sum, an integer extreme or a sketch of counts, so `merge` is associative and commutative to
the bit: live and recomputed, by one worker or many, the numbers are the same. `to_bytes` is what the store keeps.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from operator import mul

import msgspec
import numpy as np
from msgspec import Struct, field

from comparators.bounded import Counts, beyond
from comparators.compare.found import AGREEING
from comparators.compare.latency import Timing
from comparators.comparison import Comparison
from comparators.errors import Unmergeable
from comparators.statistics.exact import share
from comparators.statistics.sketch import Sketch

SCHEMA = 1
MAX_PLANS = 80
MAX_PATHS = 1_000
MAX_OUTCOMES = 256


class LatencySummary(Struct, kw_only=True):
    """Latencies of pairs that compare like with like, in ns; `delta` is candidate minus production."""

    production: Sketch = field(default_factory=Sketch)
    candidate: Sketch = field(default_factory=Sketch)
    ratio: Sketch = field(default_factory=Sketch)  # candidate / production, pair by pair
    delta_total: int = 0  # a censored pair counts with what it is known to be at least
    delta_squares: int = 0
    excluded: dict[str, int] = field(default_factory=dict)

    def add(self, timings: Sequence[Timing | str]) -> None:
        _add_counts(self.excluded, Counter([each for each in timings if isinstance(each, str)]))
        counting = [each for each in timings if isinstance(each, Timing)]
        deltas = [each.candidate - each.production for each in counting]
        self.delta_total += sum(deltas)
        self.delta_squares += sum(map(mul, deltas, deltas))  # in Python's integers: these outgrow 64 bits
        self._add_whole([each for each in counting if not each.censored])
        for each in counting:
            if each.censored:
                self.production.add(each.production)
                self.candidate.add_censored(each.candidate)
                self.ratio.add_censored(each.candidate / max(each.production, 1))

    def _add_whole(self, timings: Sequence[Timing]) -> None:
        if not timings:
            return
        production = np.array([each.production for each in timings], dtype=np.float64)
        candidate = np.array([each.candidate for each in timings], dtype=np.float64)
        self.production.add_all(production)
        self.candidate.add_all(candidate)
        self.ratio.add_all(candidate / np.maximum(production, 1.0))

    def merge(self, other: "LatencySummary") -> None:
        self.production.merge(other.production)
        self.candidate.merge(other.candidate)
        self.ratio.merge(other.ratio)
        self.delta_total += other.delta_total
        self.delta_squares += other.delta_squares
        _add_counts(self.excluded, other.excluded)


class PlanSummary(Struct, kw_only=True):
    """Of one kind of request. `share` is the sum over compared pairs of the share of rows that disagree, in 2^-40."""

    pairs: int = 0
    compared: int = 0
    share: int = 0
    disagreeing: int = 0
    rows: int = 0
    rows_disagreeing: int = 0
    new_failures: int = 0  # production answered, the candidate failed
    fixed_failures: int = 0
    incomparable: dict[str, int] = field(default_factory=dict)
    outcomes: Counts = field(default_factory=Counts)  # "200 504": production's and the candidate's
    differences: Counts = field(default_factory=Counts)  # "kind path": requests with it
    latency: LatencySummary = field(default_factory=LatencySummary)

    def add(self, comparisons: Sequence[Comparison]) -> None:
        self._add_outcomes(comparisons)
        _add_counts(self.incomparable, Counter([each.incomparable for each in comparisons if each.incomparable]))
        self._add_found([each for each in comparisons if not each.incomparable])
        self.latency.add([each.timing for each in comparisons])
        self._trim()

    def merge(self, other: "PlanSummary") -> None:
        self.pairs += other.pairs
        self.compared += other.compared
        self.share += other.share
        self.disagreeing += other.disagreeing
        self.rows += other.rows
        self.rows_disagreeing += other.rows_disagreeing
        self.new_failures += other.new_failures
        self.fixed_failures += other.fixed_failures
        _add_counts(self.incomparable, other.incomparable)
        self.outcomes.merge(other.outcomes, MAX_OUTCOMES)
        self.differences.merge(other.differences, MAX_PATHS)
        self.latency.merge(other.latency)

    def _add_outcomes(self, comparisons: Sequence[Comparison]) -> None:
        self.pairs += len(comparisons)
        matrix = Counter([(each.production, each.candidate) for each in comparisons])
        for (production, candidate), count in matrix.items():
            self.outcomes.add(f"{production} {candidate}", count)
        turned = Counter([each.production_ok - each.candidate_ok for each in comparisons])
        self.new_failures += turned[1]
        self.fixed_failures += turned[-1]

    def _add_found(self, comparable: Sequence[Comparison]) -> None:
        self.compared += len(comparable)
        self.rows += sum([each.rows for each in comparable])
        bad = [each for each in comparable if each.bad]
        self.disagreeing += len(bad)
        self.rows_disagreeing += sum([each.bad for each in bad])
        self.share += sum([share(each.bad, each.rows) for each in bad])
        for (kind, path), count in Counter(chain.from_iterable([each.differences for each in comparable])).items():
            self.differences.add(f"{kind} {path}", count)

    def _trim(self) -> None:
        self.outcomes.trim(MAX_OUTCOMES)
        self.differences.trim(MAX_PATHS)


class Summary(Struct, kw_only=True):
    """By plan. `basis` names the settings the comparisons were made under; `first_ns`, `last_ns` are wall time."""

    schema: int = SCHEMA
    basis: str = ""
    first_ns: int | None = None
    last_ns: int | None = None
    plans: dict[str, PlanSummary] = field(default_factory=dict)
    other: PlanSummary | None = None  # plans beyond MAX_PLANS, together

    def add(self, comparisons: Iterable[Comparison]) -> None:
        by_plan: dict[str, list[Comparison]] = defaultdict(list)
        for each in comparisons:
            by_plan[each.plan].append(each)
        for plan, own in by_plan.items():
            times = [each.wall_ns for each in own]
            self._see(min(times), max(times))
            self.plans.setdefault(plan, PlanSummary()).add(own)
        self._trim()

    def merge(self, other: "Summary") -> None:
        """Adds the other one up into this; the other is left as it was. Raises Unmergeable."""
        if (other.schema, other.basis) != (self.schema, self.basis):
            theirs, ours = (f"schema {each.schema}, settings {each.basis}" for each in (other, self))
            msg = f"a summary of {theirs} cannot join one of {ours}"
            raise Unmergeable(msg)
        if other.first_ns is not None and other.last_ns is not None:
            self._see(other.first_ns, other.last_ns)
        for plan, own in other.plans.items():
            self.plans.setdefault(plan, PlanSummary()).merge(own)
        if other.other is not None:
            self._rest().merge(other.other)
        self._trim()

    def total(self) -> PlanSummary:
        """All plans together."""
        total = PlanSummary()
        for own in (*self.plans.values(), self.other):
            if own is not None:
                total.merge(own)
        return total

    def to_bytes(self) -> bytes:
        """The same bytes for the same sums. JSON, since its integers have no upper bound."""
        return msgspec.json.encode(msgspec.to_builtins(self, str_keys=True), order="deterministic")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Summary":
        """Raises Unmergeable for a form of another version, or none at all."""
        try:
            found = msgspec.json.decode(data, type=_Schema).schema
            if found == SCHEMA:
                return msgspec.json.decode(data, type=cls)
        except msgspec.DecodeError as error:
            msg = f"not a summary ({len(data)} bytes): {error}"
            raise Unmergeable(msg) from error
        msg = f"a summary of schema {found}; known is {SCHEMA}"
        raise Unmergeable(msg)

    def _see(self, first_ns: int, last_ns: int) -> None:
        self.first_ns = first_ns if self.first_ns is None else min(self.first_ns, first_ns)
        self.last_ns = last_ns if self.last_ns is None else max(self.last_ns, last_ns)

    def _rest(self) -> PlanSummary:
        if self.other is None:
            self.other = PlanSummary()
        return self.other

    def _trim(self) -> None:
        for plan in beyond(self.plans, MAX_PLANS):
            self._rest().merge(self.plans.pop(plan))


class _Schema(Struct):
    schema: int


def summarise(comparisons: Iterable[Comparison], basis: str) -> Summary:
    summary = Summary(basis=basis)
    summary.add(comparisons)
    return summary


def merged(summaries: Iterable[Summary], basis: str) -> Summary:
    total = Summary(basis=basis)
    for each in summaries:
        total.merge(each)
    return total


def disagreeing_kinds(differences: Counts) -> list[tuple[str, str, int]]:
    """(kind, path, requests), the most frequent first; without the kinds that agree."""
    named = [(name.partition(" "), count) for name, count in differences.most()]
    return [(kind, path, count) for (kind, _, path), count in named if kind not in AGREEING]


def _add_counts(into: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        into[name] = into.get(name, 0) + count
