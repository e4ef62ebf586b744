"""The summary: sums over comparisons, by plan. Mergeable, bounded, and nothing in it is about one request.

Every field is an integer sum, an integer extreme or a sketch of counts, so `merge` is associative and commutative to
the bit: live and recomputed, by one worker or many, the numbers are the same. `to_bytes` is what the store keeps.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec
from msgspec import Struct, field

from comparators.compare.finding import AGREEING, Difference
from comparators.compare.kinds import HeadSums
from comparators.compare.latency import LATENCY_CLIP
from comparators.compare.outcome import is_success
from comparators.compare.size import SizeSums
from comparators.errors import Unmergeable
from comparators.pairs.comparison import Comparison
from comparators.pairs.latencies import LatencySummary
from comparators.pairs.noise_sums import NoiseSums
from comparators.pairs.stretches import StretchSums
from comparators.slices.sums import SliceSums
from comparators.statistics import clusters
from comparators.statistics.clusters import DesignEffect
from comparators.statistics.exact import real, share
from comparators.statistics.name_counts import Counts, beyond
from comparators.statistics.reports_alone import ReportsAlone
from comparators.statistics.sums import Sums, add_counts, merge_named
from records import documents
from records.privacy.units import hash_of

SCHEMA = 4
_ENDING = f'"schema":{SCHEMA}}}'.encode()  # of what to_bytes writes: its last name, so that no other has to be read
MAX_PLANS = 80
MAX_PATHS = 1_000
MAX_OUTCOMES = 256
MAX_TYPES = 256
BUCKETS = 64  # of units, for the design effect
MAX_UNITS = 256  # whose own rates are known: those with the smallest hashes, which is a sample by chance


class Span(Struct):
    """Wall time of the first and the last request, and of the last that both sides answered; None: there is none."""

    first_ns: int | None = None
    last_ns: int | None = None
    last_answered_ns: int | None = None

    def see(self, comparisons: Sequence[Comparison]) -> None:
        if comparisons:
            wall_ns = [each.wall_ns for each in comparisons]
            answered = [
                each.wall_ns for each in comparisons if is_success(each.production) and is_success(each.candidate)
            ]
            self.merge(Span(min(wall_ns), max(wall_ns), max(answered, default=None)))

    def merge(self, other: "Span") -> None:
        if other.last_answered_ns is not None:
            self.last_answered_ns = max(self.last_answered_ns or 0, other.last_answered_ns)
        if other.first_ns is not None and other.last_ns is not None:
            self.first_ns = other.first_ns if self.first_ns is None else min(self.first_ns, other.first_ns)
            self.last_ns = other.last_ns if self.last_ns is None else max(self.last_ns, other.last_ns)


class PlanSummary(Sums, kw_only=True):
    """Of one kind of request. `disagreement` is the sum over compared pairs of the share of rows that disagree, in
    2^-40. What the store calls a field stays as it was first called."""

    span: Span = field(default_factory=Span)
    pairs: int = 0
    compared: int = 0
    disagreement: int = field(default=0, name="share")
    requests_disagreeing: int = field(default=0, name="disagreeing")
    rows: int = 0
    rows_disagreeing: int = 0
    new_failures: int = 0  # production answered, the candidate failed
    fixed_failures: int = 0
    incomparable: ReportsAlone[dict[str, int]] = field(default_factory=dict)
    # "200 504": production's, the candidate's
    outcomes: ReportsAlone[Counts] = field(default_factory=lambda: Counts(MAX_OUTCOMES))
    differences: ReportsAlone[Counts] = field(default_factory=lambda: Counts(MAX_PATHS))  # "kind path": requests
    # requests with an output in two (heads.types_of)
    types: ReportsAlone[Counts] = field(default_factory=lambda: Counts(MAX_TYPES))
    latency: LatencySummary = field(default_factory=LatencySummary)
    size: SizeSums = field(default_factory=SizeSums)
    noise: NoiseSums = field(default_factory=NoiseSums)
    heads: dict[str, HeadSums] = field(default_factory=dict)  # by pointer, as the plan has them
    # by slicing.name_of: over one set of conditions, mostly
    slices: ReportsAlone[dict[str, SliceSums]] = field(default_factory=dict)
    bucket_n: list[int] = field(default_factory=list)  # compared pairs and their shares, by hash of their unit
    bucket_disagreement: list[int] = field(default_factory=list, name="bucket_share")
    bucket_pairs: list[int] = field(default_factory=list)  # likewise of all pairs, and of which failures are new, fixed
    bucket_new_failures: list[int] = field(default_factory=list)
    bucket_fixed_failures: list[int] = field(default_factory=list)
    units_n: Counts = field(default_factory=lambda: Counts(MAX_UNITS))  # likewise, by unit; both have the same ones
    units_disagreement: Counts = field(default_factory=lambda: Counts(MAX_UNITS), name="units_share")
    stretches: StretchSums = field(default_factory=StretchSums)  # of a replay's pairs

    def add(
        self, comparisons: Sequence[Comparison], units: Sequence[str] = (), latency_clip: int = LATENCY_CLIP
    ) -> None:
        """Count these. `units` are theirs, in the same order, "" where a request has none; `latency_clip` is the
        plan's.
        """
        self.span.see(comparisons)
        self._add_outcomes(comparisons)
        add_counts(self.incomparable, Counter([each.incomparable for each in comparisons if each.incomparable]))
        comparable = [each for each in comparisons if not each.incomparable]
        self._add_found(comparable)
        if any(units):
            self._add_units(comparisons, units)
            self._add_failures(comparisons, units)
        self.noise.add(comparable)
        self.latency.add([each.timing for each in comparisons], latency_clip)

    def design_effect(self) -> DesignEffect:
        """Of the disagreement, and of all else: by whose the requests are, and in a replay by when they were sent."""
        of_units = self.effect_of_units()
        in_time = self.stretches.effect_of_disagreement()
        return DesignEffect(*(max(each, in_time) for each in of_units))

    def effect_of_units(self) -> DesignEffect:
        return clusters.design_effect(self.bucket_n, list(map(real, self.bucket_disagreement)), self.compared)

    def add_slices(self, sums: Mapping[str, SliceSums]) -> None:
        """By name (slicing.name_of)."""
        merge_named(self.slices, sums)

    def with_slices(self, more: Mapping[str, SliceSums]) -> "PlanSummary":
        """This one, and these counted in its slices; itself it stays as it is."""
        sums = msgspec.structs.replace(self, slices={})
        merge_named(sums.slices, self.slices)
        sums.add_slices(more)
        return sums

    def _add_outcomes(self, comparisons: Sequence[Comparison]) -> None:
        self.pairs += len(comparisons)
        matrix = Counter([(each.production, each.candidate) for each in comparisons])
        self.outcomes.add_all({f"{production} {candidate}": count for (production, candidate), count in matrix.items()})
        for (production, candidate), count in matrix.items():
            worked, works = is_success(production), is_success(candidate)
            self.new_failures += count * (worked and not works)
            self.fixed_failures += count * (works and not worked)

    def _add_found(self, comparable: Sequence[Comparison]) -> None:
        self.compared += len(comparable)
        self.rows += sum([each.rows for each in comparable])
        disagreeing = [each for each in comparable if each.rows_disagreeing]
        shares = [share(each.rows_disagreeing, each.rows) for each in disagreeing]
        self.requests_disagreeing += len(disagreeing)
        self.rows_disagreeing += sum([each.rows_disagreeing for each in disagreeing])
        self.disagreement += sum(shares)
        self.differences.add_all(_named([each.differences for each in comparable if each.differences]))

    def _add_units(self, comparisons: Sequence[Comparison], units: Sequence[str]) -> None:
        n: Counter[str] = Counter()
        disagreement: Counter[str] = Counter()
        for each, unit in zip(comparisons, units, strict=False):
            if unit and not each.incomparable:
                n[unit] += 1
                disagreement[unit] += share(each.rows_disagreeing, each.rows)
        if n:
            self.bucket_n = _in_buckets(self.bucket_n, n)
            self.bucket_disagreement = _in_buckets(self.bucket_disagreement, disagreement)
            self.units_n.add_all({hash_of(unit): count for unit, count in n.items()})
            self.units_disagreement.add_all({hash_of(unit): count for unit, count in disagreement.items()})

    def _add_failures(self, comparisons: Sequence[Comparison], units: Sequence[str]) -> None:
        pairs = Counter([unit for unit in units if unit])
        new: Counter[str] = Counter()
        fixed: Counter[str] = Counter()
        for each, unit in zip(comparisons, units, strict=False):
            if each.production != each.candidate and unit:
                worked, works = is_success(each.production), is_success(each.candidate)
                new[unit] += worked and not works
                fixed[unit] += works and not worked
        if pairs:
            self.bucket_pairs = _in_buckets(self.bucket_pairs, pairs)
            self.bucket_new_failures = _in_buckets(self.bucket_new_failures, new)
            self.bucket_fixed_failures = _in_buckets(self.bucket_fixed_failures, fixed)


class Summary(Struct, kw_only=True):
    """By plan. `basis` names the settings the comparisons were made under."""

    schema: int = SCHEMA
    basis: str = ""
    plans: dict[str, PlanSummary] = field(default_factory=dict)
    other: PlanSummary | None = None  # plans beyond MAX_PLANS, together, without outputs and slices

    def add(self, plan: str | None, more: PlanSummary) -> None:
        """Count what was found in requests of one kind; None are those beyond MAX_PLANS."""
        self._of(plan, type(more)).merge(more)
        self._trim()

    def parts(self) -> Iterator[tuple[str | None, PlanSummary]]:
        """By kind of request; None are those beyond MAX_PLANS."""
        yield from self.plans.items()
        if self.other is not None:
            yield None, self.other

    def part(self, plan: str | None) -> PlanSummary | None:
        return self.other if plan is None else self.plans.get(plan)

    def merge(self, other: "Summary") -> None:
        """Adds the other one up into this; the other is left as it was. Raises Unmergeable."""
        if (other.schema, other.basis) != (self.schema, self.basis):
            theirs, ours = (f"schema {each.schema}, settings {each.basis}" for each in (other, self))
            msg = f"a summary of {theirs} cannot join one of {ours}"
            raise Unmergeable(msg)
        for plan, own in other.parts():
            self._of(plan, type(own)).merge(own)
        self._trim()

    def total(self) -> PlanSummary:
        """All plans together. Their outputs and slices are of different kinds: of these nothing is added up."""
        parts = [own for _, own in self.parts()]
        total = type(parts[0])() if parts else PlanSummary()
        for own in parts:
            total.merge(_of_requests_alone(own))
        return total

    def to_bytes(self) -> bytes:
        """The same bytes for the same sums. JSON, since its integers have no upper bound."""
        return msgspec.json.encode(msgspec.to_builtins(self, str_keys=True), order="deterministic")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Summary":
        """Raises Unmergeable for a form of another version, or none at all."""
        try:
            found = SCHEMA if data.endswith(_ENDING) else documents.read(data, _Schema).schema
            if found == SCHEMA:
                return documents.read(data, cls)
        except msgspec.DecodeError as error:
            msg = f"not a summary ({len(data)} bytes): {error}"
            raise Unmergeable(msg) from error
        msg = f"a summary of schema {found}; known is {SCHEMA}"
        raise Unmergeable(msg)

    def _of(self, plan: str | None, form: type[PlanSummary]) -> PlanSummary:
        """An empty one of this form, where there is none yet."""
        own = self.part(plan)
        if own is not None:
            return own
        if plan is None:
            self.other = form()
            return self.other
        return self.plans.setdefault(plan, form())

    def _trim(self) -> None:
        for plan in beyond(self.plans, MAX_PLANS):
            own = self.plans.pop(plan)
            self._of(None, type(own)).merge(_of_requests_alone(own))


class _Schema(Struct):
    schema: int


def merged(summaries: Iterable[Summary], basis: str) -> Summary:
    total = Summary(basis=basis)
    for each in summaries:
        total.merge(each)
    return total


def disagreeing_kinds(differences: Counts) -> list[tuple[str, str, int]]:
    """(kind, path, requests), the most frequent first; without the kinds that agree."""
    named = [(name.partition(" "), count) for name, count in differences.most()]
    return [(kind, path, count) for (kind, _, path), count in named if kind not in AGREEING]


def _in_buckets(before: Sequence[int], by_unit: Mapping[str, int]) -> list[int]:
    buckets = list(before) or [0] * BUCKETS
    for unit, count in by_unit.items():
        buckets[zlib.crc32(unit.encode()) % BUCKETS] += count
    return buckets


def _of_requests_alone(own: PlanSummary) -> PlanSummary:
    empty = type(own)()  # of the same form, be it with or without what reports alone read
    noise = msgspec.structs.replace(own.noise, outputs=empty.noise.outputs)
    return msgspec.structs.replace(own, heads={}, slices=empty.slices, noise=noise, types=empty.types)


def _named(differences: Sequence[tuple[Difference, ...]]) -> dict[str, int]:
    """By "kind path"."""
    return {f"{kind} {path}": count for (kind, path), count in Counter(chain.from_iterable(differences)).items()}
