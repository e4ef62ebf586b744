"""Pairs in, comparisons and their summary out: pure functions over a batch, live and again. No store, no clock.

Reading (reads.py) and comparing are two steps, since only what was read tells which epoch a pair belongs to.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from comparators.compare.finding import AGREES, Finding
from comparators.compare.latency import LATENCY_CLIP, Timing, timing
from comparators.compare.outcome import outcome
from comparators.compare.size import Completion, SizeSums
from comparators.extract.output import Reading
from comparators.pairs.comparison import Comparison, Noise
from comparators.pairs.heads import HeadFindings, PlanRules, compare_heads
from comparators.pairs.noise import noise_of
from comparators.pairs.reads import PairReading, StoredPair, read_batch, stored_ms
from comparators.pairs.summary import PlanSummary, Summary
from comparators.plans.known_plans import Plans
from comparators.slices.slicing import SlicedRequest, Slicing, drawn_row
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import share
from records.nouns import Observation, Pair

Slicings = Mapping[str, Sequence[Slicing]]
NO_SLICES: Slicings = {}


class _OutputsApart(NamedTuple):
    """How far apart the outputs of one request are, by pointer, as a comparison has it."""

    distances: dict[str, int]
    sizes: dict[str, float]


_NOT_APART = _OutputsApart({}, {})


class ComparedBatch(NamedTuple):
    """One comparison a pair, in their order, and all of them as sums."""

    comparisons: list[Comparison]
    summary: Summary


def summary_of(pairs: Sequence[Pair], plans: Plans) -> Summary:
    """A batch as a mergeable summary: what a distributed engine would map over partitions of an export."""
    return compare_batch(read_batch(list(map(StoredPair, pairs)), plans), plans).summary


def compare_batch(reads: Sequence[PairReading], plans: Plans, slicings: Slicings = NO_SLICES) -> ComparedBatch:
    """Pairs of one plan are compared together, so that a kind of output sees the batch and may vectorise over it.

    `slicings`: of the plans that have them, by key.
    """
    by_plan: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(reads):
        by_plan[each.key].append(place)
    placed: dict[int, Comparison] = {}
    summary = Summary(basis=plans.settings.basis())
    for key, places in by_plan.items():
        comparisons, own = _compare_plan([reads[place] for place in places], plans, slicings.get(key, ()))
        placed.update(zip(places, comparisons, strict=True))
        summary.add(key, own)
    return ComparedBatch([placed[place] for place in range(len(reads))], summary)


def _compare_plan(
    reads: Sequence[PairReading], plans: Plans, slicings: Sequence[Slicing]
) -> tuple[list[Comparison], PlanSummary]:
    plan = next((each.plan for each in reads if each.plan is not None), None)
    rules = PlanRules.of(plan, plans.settings)
    found, rows, apart, outputs = _compare_outputs(reads, rules)
    noise = noise_of(reads, rules)
    comparisons = list(map(_comparison, reads, found, rows, apart, noise))
    summary = PlanSummary(heads=outputs.sums)
    summary.types.add_all(outputs.types)
    known = plans.of_revision(reads[0].key, reads[0].revision)
    clip = known.latency_clip if known else LATENCY_CLIP
    summary.add(comparisons, [plans.units.of(each.pair.exchange) for each in reads], clip)
    summary.latency.see([each.pair for each in reads])
    _add_sizes(summary.size, reads, comparisons)
    for slicing in slicings:
        summary.add_slices(_sliced(reads, comparisons, slicing))
    return comparisons, summary


def _sliced(reads: Sequence[PairReading], comparisons: Sequence[Comparison], slicing: Slicing) -> dict[str, SliceSums]:
    return slicing.counted(
        [
            sliced(read, each)
            for read, each in zip(reads, comparisons, strict=True)
            if not each.incomparable and slicing.is_about(read.pair.exchange.id, stored_ms(read))
        ]
    )


def sliced(read: PairReading, found: Comparison) -> SlicedRequest:
    """Of a request with several rows one that is drawn by chance stands for it: what it asks, and whether it disagrees.

    Subtle: how many rows there are, and which is drawn, follows from the request alone. By the answer's rows a call
    that failed would be drawn otherwise than one that did not, and innocent slices would have its disagreement.
    """
    rows = read.features.rows()
    if rows == 1:
        return SlicedRequest(read.features, share(found.rows_disagreeing, found.rows), found.distances)
    row = drawn_row(read.pair.exchange.id, rows)
    its_own = found.disagreeing >> row & 1, 1
    of_all = found.rows_disagreeing, found.rows
    return SlicedRequest(
        read.features.of_row(row), share(*(its_own if found.rows == rows else of_all)), found.distances
    )


def _compare_outputs(
    reads: Sequence[PairReading], rules: PlanRules
) -> tuple[list[Finding], list[int], list[_OutputsApart], HeadFindings]:
    found, rows = [each.settled or AGREES for each in reads], [1] * len(reads)
    apart: list[_OutputsApart] = [_NOT_APART] * len(reads)
    places, both = [], []
    for place, each in enumerate(reads):
        if each.production is not None and each.candidate is not None:
            places.append(place)
            both.append((each.production, each.candidate))
    compared = compare_heads(both, rules)
    told = zip(places, compared.found, compared.rows, compared.distances, compared.sizes, strict=True)
    for place, one, count, distances, sizes in told:
        found[place], rows[place], apart[place] = one, count, _OutputsApart(distances, sizes)
    return found, rows, apart, compared


def _comparison(each: PairReading, found: Finding, rows: int, apart: _OutputsApart, noise: Noise | None) -> Comparison:
    production, candidate = each.pair.exchange.production, each.pair.observation
    return Comparison(
        plan=each.key,
        wall_ns=production.wall_ns,
        production=outcome(production),
        candidate=outcome(candidate),
        timing=timing(each.pair),
        incomparable=each.incomparable,
        rows_disagreeing=found.disagreeing.bit_count(),
        disagreeing=found.disagreeing,
        rows=rows,
        differences=found.differences,
        noise=noise,
        distances=apart.distances,
        sizes=apart.sizes,
    )


def _add_sizes(sums: SizeSums, reads: Sequence[PairReading], comparisons: Sequence[Comparison]) -> None:
    """Of pairs that were read on both sides. Times are those of pairs that compare like with like."""
    sized = [(each, isinstance(one.timing, Timing)) for each, one in zip(reads, comparisons, strict=True) if each.sizes]
    sizes = [each.sizes for each in reads if each.sizes]
    timed = [each.pair for each, like in sized if like]
    _add_cut_off(sums, reads, comparisons)
    sums.add(
        ([own for own, _ in sizes], [other for _, other in sizes]),
        (
            _first_bytes([each.exchange.production for each in timed]),
            _first_bytes([each.observation for each in timed]),
        ),
    )
    told = [
        (each, like)
        for each, like in sized
        if (each.production and each.production.usage) or (each.candidate and each.candidate.usage)
    ]
    if told:
        sums.add_completions(
            [_completion(each.pair.exchange.production, each.production, like) for each, like in told],
            [_completion(each.pair.observation, each.candidate, like) for each, like in told],
        )


def _add_cut_off(sums: SizeSums, reads: Sequence[PairReading], comparisons: Sequence[Comparison]) -> None:
    """Times to the first byte of calls that were cut off: where none came, as long as was waited, at least."""
    cut = [
        (each.pair, one.timing.candidate)
        for each, one in zip(reads, comparisons, strict=True)
        if isinstance(one.timing, Timing) and one.timing.censored
    ]
    if cut:
        own = _first_bytes([pair.exchange.production for pair, _ in cut])
        other = _first_bytes([pair.observation for pair, _ in cut])
        sums.first_byte.add_cut_off(own, other, [waited for _, waited in cut])


def _first_bytes(observations: Sequence[Observation]) -> list[int | None]:
    times = [each.timings for each in observations]
    return [None if each.sent is None or each.first_byte is None else each.first_byte - each.sent for each in times]


def _completion(observation: Observation, reading: Reading | None, like: bool) -> Completion:
    usage = reading.usage if reading else None
    if usage is None:
        return Completion()
    first, last = observation.timings.first_byte, observation.timings.last_byte
    streamed = last - first if like and first is not None and last is not None else None
    return Completion(usage.completion, streamed, usage.chunks)
