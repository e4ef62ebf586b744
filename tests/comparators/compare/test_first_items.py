"""Agreement of the first items: NDCG against scikit-learn's, overlap against sets, and at the edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from comparators.compare import first_items, ranking, ranking_sums
from comparators.compare.first_items import DEPTHS
from comparators.compare.ranking_sums import RankingSums
from comparators.extract.output import Column
from comparators.statistics import sequences
from comparators.statistics.exact import real
from tests.comparators.compare import laws, one_head

ALPHA = 0.05
TOP_K = 7
RULES = one_head.ruled("/ranking", top_k=TOP_K)
ITEMS = st.lists(st.sampled_from("abcdefghijklmnop"), max_size=14, unique=True)


def scored(items, scores) -> Column:
    return Column([[{"id": item, "score": score} for item, score in zip(items, scores, strict=True)]])


def told(*pairs) -> dict[int, tuple[float, float]]:
    """By k: overlap and NDCG."""
    sums = ranking.compare(list(pairs), RULES)[1]
    return {int(k): (real(each.overlap) / sums.n, real(each.ndcg) / sums.n) for k, each in sums.depths.items()}


def by_scikit(gains, candidate, k: int) -> float:
    """What the candidate lacks comes after k items that are worth nothing."""
    order = [*candidate, *range(k), *sorted(gains.keys() - {*candidate})]
    worth = [gains.get(item, 0.0) for item in order]
    return ndcg_score([worth], [[-place for place in range(len(order))]], k=k, ignore_ties=True)


@pytest.mark.parametrize("seed", range(20))
def test_by_productions_scores_ndcg_is_scikits(seed):
    """Where scores fall and are not negative, each item is worth its own."""
    random = np.random.default_rng(seed)
    items = [f"i{n}" for n in range(20)]
    scores = sorted(random.random(20).tolist(), reverse=True)
    candidate = random.permutation(items).tolist()
    found = told((scored(items, scores), Column([candidate])))
    for k, (_, ndcg) in found.items():
        assert ndcg == pytest.approx(by_scikit(dict(zip(items, scores, strict=True)), candidate, k))


@given(ITEMS.filter(bool), ITEMS)
def test_by_productions_order_ndcg_is_scikits_and_overlap_that_of_sets(production, candidate):
    """Without scores the first item is worth k, the next one less by one; whatever the lists' lengths."""
    for k, (overlap, ndcg) in told((Column([production]), Column([candidate]))).items():
        gains = {item: float(k - place) for place, item in enumerate(production[:k])}
        assert ndcg == pytest.approx(by_scikit(gains, candidate, k))
        longer = max(len(production), len(candidate))
        assert overlap == pytest.approx(len({*production[:k]} & {*candidate[:k]}) / min(k, longer))


def test_the_depths_are_told_with_intervals_for_all_of_them_at_once():
    """1, 5, 10 and what the settings say, each share with the sequence of its own part of alpha."""
    pairs = [(Column([list("abcdefgh")]), Column([list(other)])) for other in ("abcdefgh", "bacdefgh", "hgfedcba")]
    sums = ranking.compare(pairs * 20, RULES)[1]
    (table,) = ranking_sums.magnitudes(sums, ALPHA, 1.0)
    assert [row[0] for row in table.rows] == sorted({*DEPTHS, TOP_K})
    k, overlap, ndcg = table.rows[0]
    assert (k, overlap.value, overlap.n) == (1, pytest.approx(1 / 3), 60)
    assert (ndcg.lo, ndcg.hi) == sequences.rate(ndcg.value * 60, 60, ALPHA / 8)
    assert ranking_sums.magnitudes(RankingSums(), ALPHA, 1.0) == []


def test_scores_that_are_no_gains_leave_the_order_to_say_it():
    """Distances that rise, negative ones, missing ones, NaN, ones too large."""
    for scores in ((1.0, 2.0), (1.0, -1.0), (1.0, None), (math.nan, 1.0), (1e308, 1.0), (0.0, 0.0), ()):
        assert first_items.gains_of("ab"[: max(1, len(scores))], scores) is None
    assert first_items.gains_of("aba", (4.0, 2.0, 1.0)) == {"a": 1.0, "b": 0.5}


def test_tied_items_may_change_places():
    """Equal scores are worth the same; where scores rise, so are tied ranks."""
    for scores in ((2.0, 1.0, 1.0), (1.0, 2.0, 2.0)):
        found = told((scored("abc", scores), Column([list("acb")])))
        assert found[5] == found[10] == (1.0, 1.0)


def test_an_empty_list_has_nothing_in_common_with_a_full_one():
    """Whichever side it is on; two empty ones agree."""
    full, empty = Column([["a"]]), Column([[]])
    assert set(told((full, empty)).values()) == set(told((empty, full)).values()) == {(0.0, 0.0)}
    assert set(told((empty, empty)).values()) == {(1.0, 1.0)}


@given(st.lists(st.tuples(ITEMS, ITEMS), max_size=6), st.integers(0, 6))
def test_no_bit_depends_on_where_a_batch_is_cut(lists, cut):
    """Also of several lists a request."""
    pairs = [(Column([a, b]), Column([b, a])) for a, b in lists]
    laws.a_cut_changes_no_bit(ranking, pairs, cut, RULES)
