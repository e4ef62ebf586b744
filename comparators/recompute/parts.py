"""Recorded pairs compared again: what a compare worker does on live pairs, as pure functions of pairs, plans, settings.

The work is split into parts, stretches of a partition's stream, which know nothing of each other: a part in which a
kind of request begins with answers that tell no version says so, and `Joining` resolves it from the parts before. With
the settings of the live comparison, and all of its pairs, the sums are the live ones to the bit.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

from msgspec import structs

from comparators.evidence.current_epochs import Current, current_of
from comparators.evidence.epochs import NOWHERE, Attribution, Epoch, Run, Standing
from comparators.evidence.gathering import LEFT_OUT, Evidence, gathered, why_left_out
from comparators.extract.version import ModelVersion
from comparators.pairs.batch import NO_SLICES, Slicings
from comparators.pairs.judging import judge, read_all
from comparators.pairs.reads import LATEST, PairReading, StoredPair
from comparators.pairs.summary import Summary
from comparators.pairs.turns import turns
from comparators.plans.known_plans import Plans
from comparators.plans.revisions import RevisionSource

BATCH = 1_000

Key = TypeVar("Key")

# What the answers before a part said they were. Subtle: longer than whatever an answer may claim, so it is no claim.
BEFORE = ModelVersion("before".ljust(1_000))


class EpochSource(Protocol):
    """Tells the epoch of each pair, in their order."""

    @property
    def standing(self) -> Standing: ...

    def epoch_of(self, each: PairReading) -> Epoch: ...


class Part(NamedTuple):
    """What some consecutive pairs came to, by kind of request and epoch; and where that stands after them."""

    summaries: dict[tuple[str, Epoch], Summary]
    standing: Standing


class Comparing:
    """Fed batches of recorded pairs in their order. Where one batch ends and the next begins changes no bit."""

    def __init__(
        self,
        plans: Plans,
        source: EpochSource,
        generation: int | None = None,
        slicings: Slicings = NO_SLICES,
        revisions: RevisionSource = LATEST,
    ) -> None:
        """`generation`: only its pairs count. `slicings`: the live epochs', by plan. `revisions`: as the lane booked
        those of the partition that all of these are from.
        """
        self._plans = plans
        self._source = source
        self._slicings = slicings
        self._generation = generation
        self._revisions = revisions
        self._summaries: dict[tuple[str, Epoch], Summary] = {}

    def add(self, batch: Sequence[StoredPair]) -> None:
        for turn in turns(batch, self._plans.settings.max_decoded_bytes):
            self._add_turn(turn)

    def _add_turn(self, turn: Sequence[StoredPair]) -> None:
        reads: dict[tuple[str, Epoch], list[PairReading]] = defaultdict(list)
        for each in read_all(turn, self._plans, self._revisions):
            if self._generation in (None, each.pair.generation):
                reads[each.key, self._source.epoch_of(each)].append(each)
        for kind, own in reads.items():
            merge_into(self._summaries, {kind: judge(own, self._plans, self._slicings).summary})

    def part(self) -> Part:
        return Part(self._summaries, self._source.standing)


def recompute(
    stored: Iterable[StoredPair],
    plans: Plans,
    source: EpochSource,
    generation: int | None = None,
    batch: int = BATCH,
    slicings: Slicings = NO_SLICES,
    revisions: RevisionSource = LATEST,
) -> Part:
    """Consecutive pairs of one partition, `batch` at a time. Every kind of request among them should have its plan."""
    comparing = Comparing(plans, source, generation, slicings, revisions)
    for some in _batches(stored, batch):
        comparing.add(some)
    return comparing.part()


def as_told(route: str, candidate: str, basis: str) -> EpochSource:
    """Each pair in the epoch that its answers, or those before it in this part, tell. Of one part: it remembers."""
    return Attribution(route, candidate, basis, unheard=BEFORE)


class OneEpoch(NamedTuple):
    """All pairs in one epoch: that of a sample, where the pairs between them are not there to tell."""

    epoch: Epoch
    standing: Standing = NOWHERE

    def epoch_of(self, _: PairReading) -> Epoch:
        return self.epoch


class Joining:
    """The consecutive parts of one partition as one, as they come."""

    def __init__(self, standing: Standing = NOWHERE) -> None:
        """`standing`: where the evidence stood before all of them."""
        self.summaries: dict[Epoch, Summary] = {}
        self._standing = dict(standing)

    def add(self, part: Part) -> None:
        for (plan, epoch), summary in part.summaries.items():
            merge_into(self.summaries, {self._resolved(plan, epoch): summary})
        self._standing.update({run: self._resolved(run.plan, epoch) for run, epoch in part.standing.items()})

    def _resolved(self, plan: str, epoch: Epoch) -> Epoch:
        return _resolved(epoch, self._standing.get(Run(epoch.generation, plan)))


def merge_into(total: dict[Key, Summary], more: Mapping[Key, Summary]) -> None:
    for key, summary in more.items():
        total.setdefault(key, Summary(basis=summary.basis)).merge(summary)


def as_live(summaries: Mapping[Epoch, Summary], live: Evidence, known: Collection[Epoch]) -> Evidence:
    """What was found in the pairs of the live evidence, under whatever settings: of each kind of request in its epoch,
    and of a kind that was not compared live in that of its latest pair.

    `known` are all live epochs: a candidate that claimed too many versions has one epoch for the rest of them.
    """
    basis = live.about.basis if live.about is not None else ""
    found: dict[Epoch, Summary] = {}
    for epoch, summary in summaries.items():
        merge_into(found, {_as_counted(structs.replace(epoch, basis=basis), known): summary})
    current = current_of(found, live.asked)
    for plan, epochs in live.current.items():
        held = tuple(epoch for epoch in epochs if epoch in found and found[epoch].part(plan) is not None)
        if held:
            current[plan] = held
        else:
            current.pop(plan, None)
    return live._replace(
        summary=gathered(found, current), current=current, left_out=_left_out(found, current, live), others="earlier"
    )


def _left_out(found: Mapping[Epoch, Summary], current: Current, live: Evidence) -> dict[str, int]:
    """Of the pairs of the live evidence's generation, by reason. Whatever settings they were compared under live, they
    were compared anew under one.
    """
    left: Counter[str] = Counter()
    for epoch, each in found.items():
        for plan, own in each.parts():
            is_current = epoch in current.get(plan, ())
            left["" if is_current else why_left_out(epoch, current.get(plan, ()), live.asked)] += own.compared
    left["not_recomputed"] = live.compared() - left.total()
    return {reason: left[reason] for reason in LEFT_OUT if left[reason] > 0}


def _as_counted(epoch: Epoch, known: Collection[Epoch]) -> Epoch:
    rest = epoch.without_versions()
    return rest if epoch not in known and rest in known else epoch


def _resolved(epoch: Epoch, before: Epoch | None) -> Epoch:
    """The epoch with the versions that earlier answers told, where its own answers told none, and settings declared the
    same ones.
    """
    production = candidate = None
    if before is not None and before.production_declared == epoch.production_declared:
        production = before.production_version
    if before is not None and before.candidate_declared == epoch.candidate_declared:
        candidate = before.candidate_version
    return structs.replace(
        epoch,
        production_version=production if epoch.production_version == BEFORE else epoch.production_version,
        candidate_version=candidate if epoch.candidate_version == BEFORE else epoch.candidate_version,
    )


def _batches(stored: Iterable[StoredPair], size: int) -> Iterator[list[StoredPair]]:
    batch: list[StoredPair] = []
    for each in stored:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
