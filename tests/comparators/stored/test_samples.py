"""What the store's samples are told of a batch: each entry as its own, whatever stands in it. Pure."""

from comparators.pairs.judging import judge, read_all
from comparators.pairs.reads import StoredPair
from comparators.plans.known_plans import Plans
from comparators.settings import CompareSettings
from comparators.stored.samples import told
from records.store.sample import SampledPair
from tests.comparators.made import answer, pair


def test_each_entry_is_told_with_its_own_record():
    """Though two hold one and the same pair, and whatever order they were judged in."""
    plans = Plans(CompareSettings())
    agreeing = pair(answer({"score": 1}), answer({"score": 1}))
    disagreeing = pair(answer({"score": 1}), answer({"score": 2}))
    stored = [StoredPair(agreeing, "1-1"), StoredPair(disagreeing, "1-2"), StoredPair(agreeing, "1-3")]
    read = read_all(stored, plans)
    judgements = {"7:0": judge(read[1:], plans), "8:0": judge(read[:1], plans)}
    told_of = told({"1-1": b"first", "1-2": b"second", "1-3": b"third", "1-4": b"unread"}, judgements)
    exchange = agreeing.exchange.id
    assert sorted(told_of) == [
        SampledPair(7, exchange, "1-2", b"second", True),
        SampledPair(7, exchange, "1-3", b"third", False),
        SampledPair(8, exchange, "1-1", b"first", False),
    ]
