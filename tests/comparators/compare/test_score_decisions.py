"""Scores in [0, 1] at any threshold: counted over the raw numbers, and only where a threshold may decide them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import score, score_decisions
from comparators.compare.extent import Extent
from comparators.compare.rules import rules_for
from comparators.compare.score_sums import ScoreSums
from comparators.extract.output import Tensor
from comparators.settings import CompareSettings, HeadSettings
from comparators.statistics.exact import ONE
from tests.comparators.compare import laws, one_head

POINTER = "/score"
ALPHA = 0.05
RULES = one_head.ruled(POINTER)


def tensor(*rows: float | None, datatype: str = "FP64") -> Tensor:
    return Tensor(datatype, (len(rows),), list(rows))


def compared(pairs, rules=RULES) -> ScoreSums:
    return score.compare([(tensor(*p), tensor(*c)) for p, c in pairs], rules)[1]


def titles(sums: ScoreSums) -> list[str]:
    return [each.title for each in score_decisions.told(sums, ALPHA, 1.0)]


@pytest.mark.parametrize("most_rows", [1, 5])
def test_the_decisions_of_scores_are_what_numpy_counts(most_rows):
    """At each threshold, in requests of one row and of several; and by how far production was from the one set."""
    random = np.random.default_rng(1)
    requests = [random.beta(0.6, 1.1, random.integers(1, most_rows + 1)) for _ in range(400)]
    pairs = [(p.tolist(), (p + random.normal(0, 0.05, len(p))).tolist()) for p in requests]
    sums = compared(pairs, one_head.ruled(POINTER, threshold=0.42))
    grid, by_margin = score_decisions.told(sums, ALPHA, 1.0)
    for at, change, upward, downward in grid.rows:
        up = np.mean([np.mean((np.array(p) < at) & (np.array(c) >= at)) for p, c in pairs])
        down = np.mean([np.mean((np.array(p) >= at) & (np.array(c) < at)) for p, c in pairs])
        assert (change.value, upward, downward) == pytest.approx((up + down, up, down), abs=1e-11)
    for start, end, share, *_ in by_margin.rows:
        far = [np.abs(p - 0.42) for p in requests]
        within = np.mean([np.mean((each >= start) & (each < (end or math.inf))) for each in far])
        assert share == pytest.approx(within, abs=1e-11)
    assert sum(sums.margins.changed) == sums.thresholds.upward["0.42"] + sums.thresholds.downward["0.42"]


def test_without_a_threshold_there_are_no_margins():
    """From what, nobody said."""
    assert titles(compared([([0.4], [0.6])])) == ["decisions that change, by threshold"]


@pytest.mark.parametrize("other", [1.5, -0.1, 30.0])
def test_numbers_beyond_are_no_decisions(other):
    """One of production's suffices; the candidate's may be anywhere."""
    assert titles(compared([([0.4], [0.6]), ([other], [0.6])])) == []
    assert titles(compared([([0.4], [0.6]), ([0.6], [other])])) == ["decisions that change, by threshold"]


def test_a_plan_that_knows_larger_numbers_spares_the_work():
    """Minutes, say."""
    rules = rules_for(CompareSettings(), POINTER, extent=Extent(scale=5, clip=4))
    assert compared([([0.4], [0.6])], rules).thresholds == ScoreSums().thresholds


def test_rows_of_several_numbers_are_no_decisions():
    """Nor whole numbers, which may be anything."""
    several = (Tensor("FP64", (1, 2), [0.2, 0.7]), Tensor("FP64", (1, 2), [0.6, 0.7]))
    whole = (tensor(0, 1, datatype="INT64"), tensor(1, 1, datatype="INT64"))
    assert titles(score.compare([several, whole], RULES)[1]) == []


def test_what_is_not_finite_decides_nothing():
    """Rows beside it do."""
    sums = compared([([0.4, math.nan], [0.6, 0.2]), ([0.4, 0.4], [math.inf, 0.4]), ([math.nan], [0.1])])
    assert (sums.thresholds.n, sums.n) == (2, 2)
    assert sums.thresholds.upward["0.5"] == ONE


def test_a_threshold_that_is_set_elsewhere_is_among_them():
    """Beside the grid, in its place."""
    rules = rules_for(CompareSettings(heads=(HeadSettings(pointer=POINTER, threshold=0.999),)), POINTER)
    grid, _ = score_decisions.told(compared([([0.4], [0.9995])], rules), ALPHA, 1.0)
    assert grid.rows[-1][0] == 0.999
    assert grid.rows[-1][1].value == 1.0


NUMBERS = st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.95, 1.0, math.nan, math.inf, -1e-9, 2.0])
SIDES = st.integers(1, 3).flatmap(lambda rows: st.tuples(*[st.lists(NUMBERS, min_size=rows, max_size=rows)] * 2))


@given(st.lists(SIDES, max_size=6), st.data())
def test_where_a_batch_is_cut_changes_no_bit(pairs, data):
    """Merged sums are those over all, and are stored as they are."""
    values = [(tensor(*p), tensor(*c)) for p, c in pairs]
    rules = one_head.ruled(POINTER, threshold=0.3)
    laws.a_cut_changes_no_bit(score, values, data.draw(st.integers(0, len(values))), rules)
    laws.are_stored_as_they_are(score.compare(values, rules)[1])


def test_rows_and_what_is_decided_are_counted():
    """Also of numbers that no grid is for: three of four rows disagree, of two requests with a threshold."""
    pairs = [([10.0, 40.0], [40.0, 10.0]), ([50.0, 2.0], [10.0, 3.0])]
    sums = compared(pairs, one_head.ruled(POINTER, threshold=30.0))
    assert (sums.rows, sums.rows_disagreeing, sums.decided) == (4, 3, 2)
    assert compared(pairs).decided == 0
