"""A pair that finds a fault of ours is set aside alone."""

from comparators.pairs.judging import counted, judge, read_all
from comparators.pairs.reads import StoredPair
from comparators.settings import CompareSettings
from tests.comparators.made import answer, failure, pair, planned

GOOD = answer({"score": 1})


class TrappedBody(bytes):
    """A body that breaks whoever looks into it, as no real one can be known to."""

    def __contains__(self, part: object) -> bool:
        raise RuntimeError("a fault of ours")


def test_the_others_are_judged():
    """Whatever the fault was, and wherever in the batch."""
    plans = planned([pair(GOOD, GOOD)], CompareSettings())
    trap = pair(answer(TrappedBody(b'{"score":2,"id":3}')), GOOD, number=99)
    pairs = [*(pair(GOOD, GOOD, number=i) for i in range(5)), trap, *(pair(GOOD, GOOD, number=i) for i in range(5, 8))]
    judgement = judge(read_all([StoredPair(each) for each in pairs], plans), plans)
    assert [each.pair.exchange.id for each in judgement.judged] == [f"x{i}" for i in range(8)]
    assert judgement.summary.total().compared == 8


def test_each_pair_moves_one_counter_of_coverage():
    """Compared or incomparable, and beside it why its latency does not count."""
    pairs = [pair(GOOD, GOOD), pair(failure(), GOOD), pair(GOOD, GOOD, warming_up=True)]
    plans = planned(pairs, CompareSettings())
    assert counted(
        [each.comparison for each in judge(read_all([StoredPair(each) for each in pairs], plans), plans).judged]
    ) == {
        "compared": 2,
        "incomparable.production_unreadable": 1,
        "latency_excluded.failed": 1,
        "latency_excluded.warm_up": 1,
    }
