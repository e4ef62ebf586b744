"""Real terms as multiples of 2^-40."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.exact import ONE, moments, product, ratio, real, share, total, totals

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TERMS = st.lists(FINITE | st.floats(-10, 10), max_size=30).map(lambda terms: np.array(terms, dtype=np.float64))


def rounded(term: float) -> int:
    """The oracle: in fractions, ties to even."""
    return round(Fraction(term) * ONE)


@given(st.integers(1, 10**6).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_a_share_is_rounded_once_to_the_nearest_multiple(of):
    """Within half a step of the true fraction."""
    part, whole = of
    assert abs(Fraction(share(part, whole), ONE) - Fraction(part, whole)) <= Fraction(1, 2 * ONE)


def test_all_and_nothing_are_exact():
    """A thousand whole requests count as a thousand."""
    assert real(1000 * share(7, 7)) == 1000.0
    assert share(0, 3) == 0


@given(TERMS)
def test_each_term_is_rounded_once_and_the_sum_is_exact(terms):
    """Of any size, a few large ones among small ones included."""
    whole = [rounded(term) for term in terms.tolist()]
    assert total(terms) == sum(whole)
    assert moments(terms) == (sum(whole), sum(each * each for each in whole))
    assert product(terms, terms[::-1]) == sum(a * b for a, b in zip(whole, whole[::-1], strict=True))


@given(st.integers(1, 4), TERMS)
def test_the_totals_of_columns_are_those_of_each(columns, terms):
    """As if each stood alone, however large some are."""
    table = terms[: len(terms) // columns * columns].reshape(-1, columns)
    assert totals(table) == [total(np.ascontiguousarray(column)) for column in table.T]


@given(TERMS, st.integers(0, 30))
def test_where_a_sum_is_cut_changes_no_bit(terms, cut):
    """Associative, whatever the sizes."""
    assert total(terms[:cut]) + total(terms[cut:]) == total(terms)


@pytest.mark.parametrize("term", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_has_no_place_in_a_sum(term):
    """A caller's mistake: it is told, and not summed to nonsense."""
    for sum_of in (total, moments):
        with pytest.raises((OverflowError, ValueError)):
            sum_of(np.array([1.0, term]))


SUMS = st.integers(0, 4_000).flatmap(lambda bits: st.integers(0, 1 << bits))
LARGEST = Fraction(2**1024 - 2**970)


@given(SUMS, SUMS.filter(bool), st.booleans())
def test_a_ratio_of_integers_of_any_size_is_the_nearest_float(part, whole, is_negative):
    """Or infinite, where it is beyond the largest."""
    part = -part if is_negative else part
    found = ratio(part, whole)
    if math.isinf(found):
        assert abs(Fraction(part, whole)) >= LARGEST
        assert (found > 0) is (part > 0)
    else:
        assert found == float(Fraction(part, whole))
