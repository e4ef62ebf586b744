"""Pairs in, comparisons and their summary out: pure functions over a batch, live and again. No store, no clock.

Reading (reads.py) and comparing are two steps, since only what was read tells which epoch a pair belongs to.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from comparators.compare.found import AGREES, Found
from comparators.compare.heads import PlanRules, compare_heads
from comparators.compare.kinds import HeadSums
from comparators.compare.latency import Timing, timing
from comparators.compare.outcome import outcome
from comparators.compare.size import Side, SizeOf
from comparators.comparison import Comparison, Noise
from comparators.extract.output import Reading
from comparators.extract.plan import Plans
from comparators.reads import Read, Stored, read_batch
from comparators.slices.slicing import Slicing
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import ONE, share
from comparators.summary import PlanSummary, Summary
from records.nouns import Observation, Pair, Timings

Slicings = Mapping[str, Slicing]
NO_SLICES: Slicings = {}
UNTIMED = Timings()


class Compared(NamedTuple):
    """One comparison a pair, in their order, and all of them as sums."""

    comparisons: list[Comparison]
    summary: Summary


def summary_of(pairs: Sequence[Pair], plans: Plans) -> Summary:
    """A batch as a mergeable summary: what a distributed engine would map over partitions of an export."""
    return compare_batch(read_batch(list(map(Stored, pairs)), plans), plans).summary


def compare_batch(reads: Sequence[Read], plans: Plans, slicings: Slicings = NO_SLICES) -> Compared:
    """Those of one plan are compared together, so that a kind of output sees the batch and may vectorise over it.

    `slicings`: of the plans that have them, by key.
    """
    by_plan: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(reads):
        by_plan[each.key].append(place)
    placed: dict[int, Comparison] = {}
    summary = Summary(basis=plans.settings.basis())
    for key, places in by_plan.items():
        comparisons, own = _compare_plan([reads[place] for place in places], plans, slicings.get(key))
        placed.update(zip(places, comparisons, strict=True))
        summary.add(key, own)
    return Compared([placed[place] for place in range(len(reads))], summary)


def _compare_plan(reads: Sequence[Read], plans: Plans, slicing: Slicing | None) -> tuple[list[Comparison], PlanSummary]:
    plan = next((each.plan for each in reads if each.plan is not None), None)
    rules = PlanRules.of(plan, plans.settings)
    found, rows, sums = _compare_outputs(reads, rules)
    noise = _compare_noise(reads, rules)
    comparisons = list(map(_comparison, reads, found, rows, noise))
    summary = PlanSummary(heads=sums)
    summary.add(comparisons, [each.pair.exchange.sampling_key for each in reads])
    summary.size.add([_sizes(*each) for each in zip(reads, comparisons, strict=True) if each[0].sizes])
    if slicing is not None:
        summary.add_slices(_sliced(reads, comparisons, slicing))
    return comparisons, summary


def _sliced(reads: Sequence[Read], comparisons: Sequence[Comparison], slicing: Slicing) -> SliceSums:
    counting = [
        (read.pair.exchange.request, share(each.bad, each.rows))
        for read, each in zip(reads, comparisons, strict=True)
        if not each.incomparable and read.entry_ms > slicing.since_ms
    ]
    return slicing.counted([request for request, _ in counting], [each for _, each in counting])


def _compare_outputs(reads: Sequence[Read], rules: PlanRules) -> tuple[list[Found], list[int], dict[str, HeadSums]]:
    found, rows = [each.settled or AGREES for each in reads], [1] * len(reads)
    places, both = [], []
    for place, each in enumerate(reads):
        if each.production is not None and each.candidate is not None:
            places.append(place)
            both.append((each.production, each.candidate))
    compared = compare_heads(both, rules)
    for place, one, count in zip(places, compared.found, compared.rows, strict=True):
        found[place], rows[place] = one, count
    return found, rows, compared.sums


def _compare_noise(reads: Sequence[Read], rules: PlanRules) -> list[Noise | None]:
    noise: list[Noise | None] = [None] * len(reads)
    places, both = [], []
    for place, each in enumerate(reads):
        if isinstance(each.noise, Found):
            noise[place] = Noise(ONE if each.noise.wrong else 0, each.noise.differences)
        elif each.noise is not None and each.production is not None:
            places.append(place)
            both.append((each.production, each.noise))
    if both:
        compared = compare_heads(both, rules)
        for place, one, count in zip(places, compared.found, compared.rows, strict=True):
            noise[place] = Noise(share(one.wrong.bit_count(), count), one.differences)
    return noise


def _comparison(each: Read, found: Found, rows: int, noise: Noise | None) -> Comparison:
    production, candidate = each.pair.exchange.production, each.pair.observation
    return Comparison(
        plan=each.key,
        wall_ns=production.wall_ns,
        production=outcome(production),
        candidate=outcome(candidate),
        timing=timing(each.pair),
        incomparable=each.incomparable,
        bad=found.wrong.bit_count(),
        rows=rows,
        differences=found.differences,
        noise=noise,
    )


def _sizes(each: Read, comparison: Comparison) -> SizeOf:
    """Times are those of pairs that compare like with like."""
    like = isinstance(comparison.timing, Timing)
    own, other = each.sizes or (0, 0)
    return SizeOf(
        _side(each.pair.exchange.production, each.production, own, like),
        _side(each.pair.observation, each.candidate, other, like),
    )


def _side(observation: Observation, reading: Reading | None, size: int, like: bool) -> Side:
    usage = reading.usage if reading else None
    times = observation.timings if like else UNTIMED
    sent, first_byte = times.sent, times.first_byte
    first_byte_ns = None if sent is None or first_byte is None else first_byte - sent
    if usage is None:
        return Side(size, None, first_byte_ns)
    return Side(size, usage.completion, first_byte_ns, _between(times.first_byte, times.last_byte), usage.chunks)


def _between(start: int | None, end: int | None) -> int | None:
    return None if start is None or end is None else end - start
