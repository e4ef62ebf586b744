"""Recorded pairs compared again: what a compare worker does on live pairs, as pure functions of pairs, plans, settings.

The work is split into parts, stretches of a partition's stream, which know nothing of each other: a part that begins
with answers that tell no version says so, and `Joining` resolves it from the part before. With the settings of the live
comparison, and all of its pairs, the sums are the live ones to the bit.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import structs

from comparators.batch import NO_SLICES, Slicings
from comparators.comparison import Version
from comparators.epochs import Attribution, Epoch
from comparators.extract.plan import Plans
from comparators.judging import judge, read_all
from comparators.reads import Read, Stored, candidate_version, production_version
from comparators.summary import Summary
from records.held import ms_of
from records.nouns import Pair

BATCH = 1_000

# What the answers before a part said they were. Subtle: longer than whatever an answer may claim, so it is no claim.
BEFORE = Version("before".ljust(1_000))

EpochOf = Callable[[Read], Epoch]


class Recorded(NamedTuple):
    """A pair, and its entry's id in the stream: "<ms>-<number>", the ms by Redis's clock."""

    entry: str
    pair: Pair


class Part(NamedTuple):
    """What some consecutive pairs came to, by epoch; `last` is that of the last one, None where there was no pair."""

    summaries: dict[Epoch, Summary]
    last: Epoch | None


class Comparing:
    """Fed batches of recorded pairs in their order. Where one batch ends and the next begins changes no bit."""

    def __init__(
        self, plans: Plans, epoch_of: EpochOf, generation: int | None = None, slicings: Slicings = NO_SLICES
    ) -> None:
        """`generation`: of the others' pairs only the versions are looked at. `slicings`: the live epoch's, by plan."""
        self._plans = plans
        self._basis = plans.settings.basis()
        self._epoch_of = epoch_of
        self._slicings = slicings
        self._generation = generation
        self._summaries: dict[Epoch, Summary] = {}
        self._last: Epoch | None = None

    def add(self, batch: Sequence[Recorded]) -> None:
        by_epoch: dict[Epoch, list[Read]] = defaultdict(list)
        for each in read_all([Stored(pair, ms_of(entry)) for entry, pair in batch], self._plans):
            self._last = epoch = self._epoch_of(each)
            if self._generation in (None, epoch.generation):
                by_epoch[epoch].append(each)
        for epoch, reads in by_epoch.items():
            merge_into(self._summaries, {epoch: judge(reads, self._plans, self._slicings).summary})

    def part(self) -> Part:
        return Part(self._summaries, self._last)


def recompute(
    recorded: Iterable[Recorded],
    plans: Plans,
    epoch_of: EpochOf,
    generation: int | None = None,
    batch: int = BATCH,
    slicings: Slicings = NO_SLICES,
) -> Part:
    """Consecutive pairs of one partition, `batch` at a time. Every kind of request among them should have its plan."""
    comparing = Comparing(plans, epoch_of, generation, slicings)
    for some in _batches(recorded, batch):
        comparing.add(some)
    return comparing.part()


def as_told(route: str, candidate: str, basis: str) -> EpochOf:
    """Each pair in the epoch that its answers, or those before it in this part, tell. Of one part: it remembers."""
    before = Epoch(
        route=route,
        candidate=candidate,
        production_version=BEFORE,
        candidate_version=BEFORE,
        basis=basis,
        generation=0,
    )
    attribution = Attribution(route, candidate, basis, before)
    return lambda each: attribution.epoch_of(production_version(each), candidate_version(each), each.pair.generation)


def as_known(epoch: Epoch) -> EpochOf:
    """All pairs in one epoch: that of a sample, where the pairs between them are not there to tell."""
    return lambda _: epoch


class Joining:
    """The consecutive parts of one partition as one, as they come."""

    def __init__(self, before: Epoch | None) -> None:
        """`before`: the epoch of the pair before all of them."""
        self.summaries: dict[Epoch, Summary] = {}
        self._before = before

    def add(self, part: Part) -> None:
        for epoch, summary in part.summaries.items():
            merge_into(self.summaries, {_resolved(epoch, self._before): summary})
        if part.last is not None:
            self._before = _resolved(part.last, self._before)


def merge_into(total: dict[Epoch, Summary], more: Mapping[Epoch, Summary]) -> None:
    for epoch, summary in more.items():
        total.setdefault(epoch, Summary(basis=summary.basis)).merge(summary)


def of_epoch(
    summaries: Mapping[Epoch, Summary], live: Epoch | None, known: Collection[Epoch]
) -> tuple[Epoch | None, Summary]:
    """What was found in the pairs of a live epoch, under whatever settings; without one, in those of the latest.

    `known` are all live epochs: a candidate that claimed too many versions has one epoch for the rest of them.
    """
    if live is None:
        latest = max(summaries, key=lambda each: summaries[each].last_ns or 0, default=None)
        return latest, summaries[latest] if latest is not None else Summary()
    wanted, there = _stretch(live), {_stretch(each) for each in known}
    total: dict[Epoch, Summary] = {}
    for epoch, summary in summaries.items():
        if _as_counted(_stretch(epoch), there) == wanted:
            merge_into(total, {live: summary})
    return live, total.get(live, Summary())


def _stretch(epoch: Epoch) -> Epoch:
    """What makes the pairs of an epoch those, whatever they are compared by."""
    return structs.replace(epoch, basis="")


def _as_counted(stretch: Epoch, there: Collection[Epoch]) -> Epoch:
    rest = stretch.without_versions()
    return rest if stretch not in there and rest in there else stretch


def _resolved(epoch: Epoch, before: Epoch | None) -> Epoch:
    """With what the answers before it told, where its own did not."""
    production, candidate = (before.production_version, before.candidate_version) if before else (Version(), Version())
    return structs.replace(
        epoch,
        production_version=production if epoch.production_version == BEFORE else epoch.production_version,
        candidate_version=candidate if epoch.candidate_version == BEFORE else epoch.candidate_version,
    )


def _batches(recorded: Iterable[Recorded], size: int) -> Iterator[list[Recorded]]:
    batch: list[Recorded] = []
    for each in recorded:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
