"""Rankings: which rows have other first items, and what the sums say about how far the lists agree."""

import math
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from comparators.compare import ranking, ranking_sums
from comparators.compare.finding import AGREES, Difference, Finding
from comparators.compare.ranking_sums import MAX_ROWS, RankingSums
from comparators.compare.rules import HeadRules
from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts
from comparators.metrics.definition import derive
from comparators.statistics.exact import ONE, real
from comparators.statistics.rbo import MAX_ITEMS, ranked, rbo
from tests.comparators.compare import laws, one_head

POINTER = "/items"
ALPHA = 0.05


def ruled(**own: Any) -> HeadRules:
    return one_head.ruled(POINTER, **own)


RULES = ruled()
TOP, RANKS = Difference("top", POINTER), Difference("ranks", POINTER)


def ids(*rows) -> Column:
    return Column([list(row) for row in rows])


def scored(*pairs) -> Column:
    return Column([[{"id": name, "score": score} for name, score in pairs]])


def one(production, candidate, rules=RULES) -> Finding:
    return one_head.one(ranking, production, candidate, rules)


def summed(*pairs) -> RankingSums:
    return ranking.compare(pairs, RULES)[1]


def metrics(*pairs):
    return derive(ranking_sums.METRICS, summed(*pairs), ALPHA)


# ---- which rows disagree


def test_any_difference_among_the_first_items_disagrees():
    """Row by row; another first item is told apart from one further down."""
    assert one(ids("abc", "abc", "abc"), ids("abc", "bac", "acb")) == Finding(0b110, (TOP, RANKS))
    assert one(ids("abc"), ids("bac")) == Finding(0b1, (TOP,))
    for other in ("acb", "abx", "ab", "abcd", "abbc", "aabc", "abca"):
        assert one(ids("abc"), ids(other)) == Finding(0b1, (RANKS,)), other


def test_so_many_first_items_count_as_the_settings_say():
    """Ten, unless they say otherwise: what is below does not disagree."""
    long = "abcdefghijklmnop"
    assert one(ids(long), ids(long[:10] + long[:9:-1])) is AGREES
    assert one(ids(long), ids(long[:9] + "x" + long[10:])).disagreeing
    assert one(ids(long), ids(long[:10])) is AGREES
    assert one(ids(long), ids(long[:9])).disagreeing
    assert one(ids("abc"), ids("acb"), ruled(top_k=1)) is AGREES
    assert one(ids("abc"), ids("bac"), ruled(top_k=1)).disagreeing
    assert one(ids(long), ids(long[:11]), ruled(top_k=12)).disagreeing


# At most seven items: the oracle below goes through all orders, 5,040 of seven and 479 million of twelve.
TIES = st.lists(st.integers(1, 3), min_size=1, max_size=4).filter(lambda sizes: sum(sizes) <= 7)


@given(TIES, st.integers(1, 8), st.integers(0, 7), st.integers(0, 7))
def test_ties_may_stand_in_any_order_and_nothing_else_may(sizes, depth, one_place, other_place):
    """The oracle: all orders that production's ties allow, cut at the depth. The candidate swaps two items."""
    score = [len(sizes) - tie for tie, size in enumerate(sizes) for _ in range(size)]
    items = "abcdefg"[: len(score)]
    allowed = {order[:depth] for order in permutations(range(len(items))) if [score[at] for at in order] == score}
    swapped = list(range(len(items)))
    a, b = one_place % len(items), other_place % len(items)
    swapped[a], swapped[b] = swapped[b], swapped[a]
    production = scored(*zip(items, score, strict=True))
    found = one(production, ids([items[at] for at in swapped]), ruled(top_k=depth))
    assert bool(found.disagreeing) is (tuple(swapped[:depth]) not in allowed)


def test_the_first_item_alone_is_a_figure_of_its_own():
    """Of two requests both disagree, and one has another first item."""
    found = metrics((ids("abc"), ids("acb")), (ids("abc"), ids("bac")))
    assert (found["ranking.disagreement"].value, found["ranking.top_1_flips"].value) == (1.0, 0.5)


def test_whole_numbers_are_items_however_they_are_written():
    """3.0 is 3, as JSON has it; 3.5 is no item."""
    written = Tensor("FP64", (1, 2), [3.0, 1.0])
    assert one(Tensor("INT64", (1, 2), [3, 1]), written) is AGREES
    assert one(written, ids([3, 1])) is AGREES
    assert one(ids([2**53]), ids([2**53 + 1])).disagreeing
    assert one(ids([3, 1]), Tensor("FP64", (1, 2), [3.5, 1.0])).disagreeing


def test_equal_lists_agree_without_an_object():
    """The common case."""
    assert one(ids("abc"), ids("abc")) is AGREES


def test_any_first_item_that_production_ties_at_its_top_agrees():
    """Production does not say which of a and b is better; that the candidate ties all of its own excuses nothing."""
    production = scored(("a", 2), ("b", 2), ("c", 1))
    assert one(production, scored(("b", 5), ("a", 4), ("c", 3))) is AGREES
    assert one(production, scored(("c", 5), ("a", 4), ("b", 3))).disagreeing
    assert one(scored(("a", 2), ("b", 1)), scored(("b", 1), ("a", 1))).disagreeing


def test_lists_without_items():
    """Two agree; nothing is another first item than something."""
    assert one(ids("", "abc", ""), ids("", "", "abc")) == Finding(0b110, (TOP,))
    assert one(scored(("a", 1)), ids("")) == Finding(0b1, (TOP,))


def test_an_id_has_a_type():
    """ "1" is not 1: a consumer that looks it up finds another thing, or none."""
    assert one(ids([1, 2]), ids(["1", "2"])).disagreeing


@pytest.mark.parametrize("key", ranking.ID_KEYS)
def test_objects_have_ids_under_several_names(key):
    """Items of objects are those of plain ids."""
    assert one(Column([[{key: 7}, {key: 8}]]), ids([7, 8])) is AGREES


@pytest.mark.parametrize("key", ranking.SCORE_KEYS)
def test_objects_have_scores_under_several_names(key):
    """Equal ones are ties: variant b of the overlap is then 1 in either order."""
    tied = [[{"id": name, key: 0.5} for name in order] for order in ("ab", "ba")]
    sums = summed((Column([tied[0]]), Column([tied[1]])))
    assert (real(sums.rbo), sums.disagreement) == (1.0, 0)


def test_a_tensor_is_read_by_rows():
    """Of whole numbers or text, as a list or as numpy's array."""
    production = Tensor("INT64", (2, 3), [1, 2, 3, 4, 5, 6])
    assert one(production, Tensor("INT64", (2, 3), np.array([1, 3, 2, 5, 4, 6]))) == Finding(0b11, (TOP, RANKS))
    assert one(Tensor("BYTES", (1, 2), ["a", "b"]), ids("ab")) is AGREES


def test_a_value_of_one_dimension_is_one_list():
    """Of any length; where it disagrees, so do all the rows that it claims to be."""
    production = Tensor("BYTES", (3,), ["a", "b", "c"])
    assert one(production, Column([{"id": "a"}, {"id": "b"}, {"id": "c"}])) is AGREES
    assert one(production, Column([{"id": "b"}, {"id": "a"}])) == Finding(0b111, (TOP,))
    assert one(production, Tensor("BYTES", (2,), ["a", "b"])) == Finding(0b111, (RANKS,))
    assert summed((production, Tensor("BYTES", (2,), ["a", "b"]))).length.values.mean() == -1.0


@pytest.mark.parametrize(
    "value",
    [Column([]), Tensor("INT64", (0, 10), []), Tensor("INT64", (10**15, 0), []), Tensor("FP32", (10**15, 0), [])],
)
def test_an_answer_without_rows_is_one_empty_list(value):
    """It agrees with itself, whatever a sender writes into its shape; with another list it does not."""
    assert one(value, value) is AGREES
    assert one(value, ids("abc")).disagreeing == 1
    assert real(summed((value, value)).rbo) == 1.0


@pytest.mark.parametrize(
    "candidate",
    [
        Tensor("FP32", (1, 3), [0.1, 0.2, 0.3]),
        Column([["a", None]]),
        Column([["a", 1.5]]),
        Column([["a", True]]),
        Column([["a", ["b"]]]),
        Column([[{"score": 1}]]),
        Column([[{"id": None, "item": []}]]),
        Column([["a"], "b"]),
        Document({"a": 1}, True),
        Texts([Text("a")]),
        Raw(b"abc"),
    ],
)
def test_a_candidate_of_another_form_disagrees_in_all_rows(candidate):
    """It is counted, and stays out of what describes lists."""
    production = ids("abc", "def")
    (found,), sums = ranking.compare([(production, candidate)], RULES)
    assert found == Finding(0b11, (Difference("type", POINTER),))
    assert sums == RankingSums(unfit=1)


def test_where_production_gave_no_lists_values_are_compared_as_they_are():
    """Equal or not; nothing is described."""
    other = Column([[1.5], [None]])
    assert one(other, other) is AGREES
    assert one(other, ids("abc", "def")) == Finding(0b11, (Difference("value", POINTER),))
    assert summed((other, other)).unfit == 1


def test_another_number_of_lists_disagrees():
    """In all rows: which belongs to which is not known."""
    assert one(ids("abc", "def"), ids("abc")) == Finding(0b11, (Difference("length", POINTER),))


# ---- what the sums say


def test_a_lists_metrics_are_those_of_its_definitions():
    """abcd against badx: overlap, Jaccard, tau-b on the common items, and a change of length."""
    found = metrics((ids("abcd"), ids("badxy")))
    assert found["ranking.rbo"].value == pytest.approx(
        rbo(ranked("abcd"), ranked("badxy"), 0.9).extrapolated, abs=1e-12
    )
    assert found["ranking.overlap_at_10"].value == pytest.approx(3 / 5)
    assert found["ranking.jaccard"].value == pytest.approx(3 / 6)
    assert found["ranking.tau_b"].value == pytest.approx(kendalltau([0, 1, 3], [1, 0, 2]).statistic)
    assert found["ranking.length_change"].value == 1.0
    assert found["ranking.disagreement"].value == 1.0


def test_a_tied_list_and_its_copy_agree_in_every_metric():
    """What production answers twice alike is alike: no tie may take anything off that."""
    value = scored(("a", 2), ("b", 2), ("c", 1), ("d", 1))
    found = metrics((value, value))
    assert [found[f"ranking.{name}"].value for name in ("rbo", "overlap_at_10", "jaccard", "tau_b")] == [1.0] * 4


def test_a_tie_across_the_depth_of_the_overlap_costs_nothing():
    """Twelve tied items in reverse order: which ten come first says nothing."""
    tied = [(name, 1) for name in "abcdefghijkl"]
    found = metrics((scored(*tied), scored(*reversed(tied))))
    assert found["ranking.overlap_at_10"].value == found["ranking.rbo"].value == 1.0


def test_a_request_counts_once_with_the_mean_over_its_rows():
    """Two requests, of one list and of three: the mean of 1 and 1/3, not 2/4."""
    found = metrics((ids("ab"), ids("ab")), (ids("ab", "ab", "ab"), ids("ab", "xy", "xy")))
    for name in ("rbo", "jaccard", "overlap_at_10"):
        assert found[f"ranking.{name}"].value == pytest.approx((1 + 1 / 3) / 2, abs=1e-12)
    assert found["ranking.disagreement"].value == pytest.approx((0 + 2 / 3) / 2, abs=1e-12)


def test_tau_b_has_its_interval_stretched_from_zero_to_one():
    """300 reversed lists: the value is -1, the interval begins there, and its sums say what they are of."""
    tau = metrics(*[(ids("abc"), ids("cba"))] * 300)["ranking.tau_b"]
    assert (tau.value, tau.lo) == (-1.0, -1.0)
    assert -1 < tau.hi < -0.9
    assert tau.sums == {"of": "(1 + tau_b) / 2", "k": 0.0, "n": 300}


def test_lists_without_an_order_in_common_have_no_tau():
    """One common item, or none, or all tied: left out of the mean, not counted as 0."""
    pairs = [(ids("abc"), ids("axy")), (ids("abc"), ids("xyz")), (scored(("a", 1), ("b", 1)), ids("ab"))]
    pairs += [(ids("a"), ids("a")), (ids(""), ids(""))]
    sums = summed(*pairs, (ids("ab"), ids("ba")))
    assert (sums.n, sums.tau_n) == (6, 1)
    assert derive(ranking_sums.METRICS, sums, ALPHA)["ranking.tau_b"].value == -1.0
    none = metrics(*pairs)["ranking.tau_b"]
    assert (none.value, none.lo, none.hi) == (None, -1.0, 1.0)


def test_repeated_items_are_counted_by_side():
    """A request with one in any of its lists; the list is taken without it."""
    sums = summed((ids("abc", "abb"), ids("abc", "ab")), (ids("abc"), ids("aab")))
    assert (sums.repeating_production, sums.repeating_candidate) == (1, 1)
    assert metrics((ids("aab"), ids("ab")))["ranking.jaccard"].value == 1.0


def test_the_order_of_the_answer_counts_not_that_of_the_scores():
    """A score may be a distance; consumers take the first."""
    near = scored(("a", 0.1), ("b", 0.2))
    assert one(near, scored(("a", 9.0), ("b", 3.0))) is AGREES


def test_no_pairs_have_no_values():
    """And say so."""
    for name, found in derive(ranking_sums.METRICS, RankingSums(), ALPHA).items():
        assert (name, found.value, found.reason) == (name, None, "no pairs yet")


def test_the_table_shows_how_agreement_is_spread():
    """By twentieths, and what was not described."""
    sums = summed((ids("ab"), ids("ab")), (ids("ab"), ids("ab")), (ids("ab"), ids("xy")), (ids("ab"), Raw(b"")))
    spread, left = ranking_sums.tables(sums)
    assert spread.rows == [("0.00 to 0.05", 1), ("0.95 to 1.00", 2)]
    assert left.rows == [("other forms than lists of items, or another number of lists", 1)]
    assert ranking_sums.tables(RankingSums()) == []


# ---- laws

ITEMS = st.sampled_from(["a", "b", "c", 1, 2, "", "é"])
SCORED = st.fixed_dictionaries({"id": ITEMS, "score": st.sampled_from([0, 0.5, 1, math.nan, None, "x", 10**400])})
ROWS = st.lists(ITEMS | SCORED, max_size=6)
VALUES = (
    st.builds(Column, st.lists(ROWS, max_size=3))
    | st.builds(Column, st.lists(ITEMS | st.none() | st.floats() | st.booleans(), max_size=3))
    | st.sampled_from(
        [Tensor("INT64", (2, 2), [1, 2, 2, 1]), Tensor("FP32", (1, 1), [0.5]), Raw(b"x"), Column([[[[]]]])]
    )
)
PAIRS = st.lists(st.tuples(VALUES, VALUES), max_size=8)


@given(PAIRS, st.integers(0, 8))
def test_where_a_batch_is_cut_changes_no_bit(pairs, cut):
    """Sums over two batches, merged, are the sums over both at once; each pair has one finding."""
    laws.a_cut_changes_no_bit(ranking, pairs, cut, RULES)


@given(PAIRS)
def test_sums_are_stored_as_they_are(pairs):
    """As summary.py writes and reads them: whatever came with the traffic can be encoded."""
    laws.are_stored_as_they_are(summed(*pairs))


@given(PAIRS)
def test_every_figure_is_within_its_bounds(pairs):
    """Whatever comes."""
    sums = summed(*pairs)
    assert 0 <= sums.disagreement <= sums.n * ONE
    assert max(sums.rbo, sums.overlap, sums.jaccard) <= sums.n * ONE
    assert 0 <= sums.tau <= sums.tau_n * ONE
    assert sum(sums.rbo_bins) == sums.n == len(pairs) - sums.unfit


@given(VALUES)
def test_a_value_agrees_with_itself(value):
    """In all metrics, but for NaN in a value that is no ranking at all."""
    (found,), sums = ranking.compare([(value, value)], RULES)
    if not sums.unfit:
        assert found is AGREES
        assert (sums.rbo, sums.overlap, sums.jaccard) == (ONE,) * 3
        assert sums.tau in (0, ONE)


# ---- hostile input


def test_huge_lists_are_read_to_a_stated_length():
    """A million items: the first ones are compared, the length is that of all, and the cut is counted."""
    many = list(range(1_000_000))
    sums = summed((Column([many]), Column([many[:MAX_ITEMS] + many[MAX_ITEMS:][::-1] + [0]])))
    assert (real(sums.rbo), sums.length.values.mean(), sums.cut) == (1.0, 1.0, 1)
    assert sums.repeating_candidate == 0


def test_of_very_many_lists_all_first_items_are_compared():
    """The first MAX_ROWS are described."""
    rows = 3 * MAX_ROWS
    production, candidate = ids(*["ab"] * rows), ids(*["ab"] * (rows - 1), "xy")
    (found,), sums = ranking.compare([(production, candidate)], RULES)
    assert found.disagreeing == 1 << (rows - 1)
    assert (real(sums.rbo), sums.cut) == (1.0, 1)


def test_deep_nesting_is_no_item():
    """No recursion follows what a sender has nested."""
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert one(ids("abc"), Column([deep])).disagreeing == 1
