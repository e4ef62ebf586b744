"""What the store's samples are told of a batch that was judged: which pairs, of which epoch, and which disagree. Pure.

All that were judged are told, those that are not comparable too: with other settings they may be.
"""

from collections.abc import Mapping, Sequence

from comparators.pairs.judging import Judgement
from comparators.stored.states import epoch_of
from records.nouns import Pair
from records.store.group import Entry
from records.store.sample import SampledPair


def told(read: Sequence[tuple[Entry, Pair]], judgements: Mapping[str, Judgement]) -> list[SampledPair]:
    """`read`: each pair with the entry it came in. `judgements` are of these very pairs, by the name of their state."""
    entries = {id(pair): entry for entry, pair in read}  # a pair's own id, unlike its exchange's, is one entry's alone
    return [
        _kept(entries[id(pair)], pair, epoch_of(name), comparison.rows_disagreeing > 0)
        for name, judgement in judgements.items()
        for pair, comparison in judgement.judged
    ]


def _kept(entry: Entry, pair: Pair, epoch: int, disagrees: bool) -> SampledPair:
    return SampledPair(epoch, pair.exchange.id, entry.id, entry.data, disagrees)
