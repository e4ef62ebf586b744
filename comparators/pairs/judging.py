"""A batch judged: read, then compared, and which counters that moves. A pair that breaks us is left out.

Recorded bodies are hostile: should one of them find a fault of ours, it is set aside alone, and the rest goes on.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from traceback import format_tb
from typing import NamedTuple, TypeVar

import structlog

from comparators.pairs.batch import NO_SLICES, ComparedBatch, Slicings, compare_batch
from comparators.pairs.comparison import Comparison
from comparators.pairs.reads import LATEST, PairReading, StoredPair, read_batch
from comparators.pairs.summary import Summary
from comparators.plans.known_plans import Plans
from comparators.plans.revisions import RevisionSource
from records.nouns import Pair

SET_ASIDE = "incomparable.set_aside"

log = structlog.get_logger()

Item = TypeVar("Item", StoredPair, PairReading)
Result = TypeVar("Result")


class JudgedPair(NamedTuple):
    entry: str  # the pair's, as StoredPair has it
    pair: Pair
    comparison: Comparison


class JudgedBatch(NamedTuple):
    """What was found in some pairs, one by one and as sums."""

    judged: list[JudgedPair]
    summary: Summary


def read_all(pairs: Sequence[StoredPair], plans: Plans, revisions: RevisionSource = LATEST) -> list[PairReading]:
    """In their order, without those that could not be read for a fault of ours: the caller sets these aside."""
    read = partial(read_batch, revisions=revisions)
    return [each for part in _whatever_works(read, pairs, plans) for each in part]


def judge(reads: Sequence[PairReading], plans: Plans, slicings: Slicings = NO_SLICES) -> JudgedBatch:
    """In their order, likewise without those that could not be compared for a fault of ours."""
    judged: list[JudgedPair] = []
    summary = Summary(basis=plans.settings.basis())
    for part in _whatever_works(partial(_compared, slicings=slicings), reads, plans):
        judged += part[0]
        summary.merge(part[1])
    return JudgedBatch(judged, summary)


def _compared(reads: Sequence[PairReading], plans: Plans, slicings: Slicings) -> JudgedBatch:
    compared: ComparedBatch = compare_batch(reads, plans, slicings)
    return JudgedBatch(
        [JudgedPair(each.entry, each.pair, one) for each, one in zip(reads, compared.comparisons, strict=True)],
        compared.summary,
    )


def _whatever_works(
    work: Callable[[Sequence[Item], Plans], Result], items: Sequence[Item], plans: Plans
) -> Iterable[Result]:
    """The work on all of them at once; where that fails on each half, and so on down to the one that is at fault."""
    try:
        return [work(items, plans)]
    except Exception as error:  # noqa: BLE001 - whatever a hostile body finds
        if len(items) == 1:
            # Not the error's own words: they may hold a value of the body that nobody must see.
            where = "".join(format_tb(error.__traceback__))
            log.error("pair.set_aside", exchange=items[0].pair.exchange.id, error=type(error).__name__, where=where)
            return []
    halves = items[: len(items) // 2], items[len(items) // 2 :]
    return [result for half in halves for result in _whatever_works(work, half, plans)]


def counted(comparisons: Sequence[Comparison]) -> Counter[str]:
    """As coverage counts them: compared, incomparable.<reason>, latency_excluded.<reason>."""
    reasons = Counter([each.incomparable for each in comparisons])
    excluded = Counter([each.timing for each in comparisons if isinstance(each.timing, str)])
    counts = Counter({f"incomparable.{reason}" if reason else "compared": count for reason, count in reasons.items()})
    counts.update({f"latency_excluded.{reason}": count for reason, count in excluded.items()})
    return counts
