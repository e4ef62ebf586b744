"""What the store's samples are told of a batch that was judged: which pairs, of which epoch, and which disagree. Pure.

All that were judged are told, those that are not comparable too: with other settings they may be.
"""

from collections.abc import Mapping

from comparators.pairs.judging import JudgedBatch, JudgedPair
from comparators.stored.states import epoch_of
from records.store.sample import SampledPair


def told(records: Mapping[str, bytes], judgements: Mapping[str, JudgedBatch]) -> list[SampledPair]:
    """`records`: as they stand in the stream, by the entry's id. `judgements`: by the name of their state."""
    return [
        _told(records[each.entry], each, epoch_of(name))
        for name, judgement in judgements.items()
        for each in judgement.judged
    ]


def _told(record: bytes, each: JudgedPair, epoch: int) -> SampledPair:
    return SampledPair(epoch, each.pair.exchange.id, each.entry, record, each.comparison.rows_disagreeing > 0)
