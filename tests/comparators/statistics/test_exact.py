"""Shares as multiples of 2^-40."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.exact import ONE, real, share


@given(st.integers(1, 10**6).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_a_share_is_rounded_once_to_the_nearest_multiple(of):
    """Within half a step of the true fraction."""
    part, whole = of
    assert abs(Fraction(share(part, whole), ONE) - Fraction(part, whole)) <= Fraction(1, 2 * ONE)


def test_all_and_nothing_are_exact():
    """A thousand whole requests count as a thousand."""
    assert real(1000 * share(7, 7)) == 1000.0
    assert share(0, 3) == 0
