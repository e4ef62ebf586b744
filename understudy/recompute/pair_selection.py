"""Which recorded pairs a recomputation is over, never a mixture of these:

    all      every pair of the epochs, while the stream still holds them
    control  the control sample: uniform over the epochs, whatever the stream has dropped
    window   the newest pairs that are all there: complete, but of a shorter time than the epochs

Nothing is compared here, and nothing changed.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import chain, zip_longest
from types import MappingProxyType
from typing import NamedTuple

from comparators.evidence.gathering import Evidence
from records.codec import Codec
from records.entry_id import ms_of
from records.errors import RecordError
from records.store.holdings import Holding, stretches
from records.store.store import Store
from understudy.control.evidence import Over, Subject
from understudy.settings.loading import SettingsError

AT_ONCE = 30  # pairs of one partition, or few more: a stretch ends where a commit does
MARGIN = 0.1  # of the time held, which a window leaves out: the oldest pairs may be dropped while the rest is read


class Pairs(NamedTuple):
    """The pairs in the streams of the partitions, or those in the sample."""

    over: Over
    held: Sequence[Holding] = ()
    sample: Mapping[int, Sequence[tuple[str, bytes]]] = MappingProxyType({})  # by epoch

    @property
    def size(self) -> int:
        return sum(map(len, self.sample.values())) + sum(each.size for each in self.held)

    async def read(self, store: Store, subject: Subject) -> AsyncIterator[tuple[str, bytes]]:
        """(id, record) of all of them, some of each partition and then some more: what the first of them decide all
        partitions have told. Raises StoreError.
        """
        for each in chain.from_iterable(self.sample.values()):
            yield each
        for turn in zip_longest(*(stretches(own, AT_ONCE) for own in self.held)):
            for stretch in filter(None, turn):
                async for each in store.read_pairs(subject.route, subject.candidate, stretch):
                    yield each


async def pairs_over(store: Store, subject: Subject, live: Evidence, over: Over | None) -> Pairs:
    """The pairs asked for, else the most telling ones there are. Raises SettingsError where there are none such."""
    generation = live.about.generation if live.about is not None else subject.generation
    held = await store.held_pairs(subject.route, subject.candidate)
    if over in (None, "all"):
        if all(_has_all(each, generation, store.codec) for each in held):
            return Pairs("all", held)
        if over == "all":
            right = "pairs of this epoch were dropped (recording.max_pairs_bytes, max_age_s): use control or window"
            raise SettingsError("--over", right, over)
    if over in (None, "control"):
        sample = await store.sampled_pairs(subject.route, subject.candidate, "control", live.plans_by_number())
        if any(sample.values()):
            return Pairs("control", sample=sample)
        if over == "control":
            raise SettingsError("--over", "no pairs of this epoch were sampled; use all or window", over)
    since_ms = _complete_since_ms(held, [each for each in held if not _has_all(each, generation, store.codec)])
    return Pairs("window", await store.held_pairs(subject.route, subject.candidate, since_ms))


def _has_all(held: Holding, generation: int | None, codec: Codec) -> bool:
    """Whether the partition holds all pairs of this generation of the candidate: nothing was dropped since it began."""
    if held.is_whole or not held.oldest:
        return held.is_whole
    try:
        oldest = codec.decode_pair(held.oldest_record)
    except RecordError:
        return False
    return generation is not None and oldest.generation < generation


def _complete_since_ms(held: Sequence[Holding], cut: Sequence[Holding]) -> int:
    """From when on nothing was dropped, by Redis's clock; `cut` are the partitions where something was."""
    if not cut:
        return 0
    dropped_ms = max(ms_of(each.oldest or each.newest) for each in cut)
    newest_ms = max(ms_of(each.newest) for each in held)
    return dropped_ms + 1 + int(MARGIN * (newest_ms - dropped_ms))
