"""Agreement of two series of scores: against scipy, and at the edges."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from comparators.statistics.agreement import concordance, tau_b
from comparators.statistics.joint_histogram import JointHistogram


def tau(p, c) -> float | None:
    joint = JointHistogram()
    joint.add_all(p, c)
    return tau_b(joint)


def test_tau_b_of_values_that_are_their_own_bins_is_scipys():
    """Powers of two have bins of their own, so that nothing is lost in the histogram; ties and signs included."""
    random = np.random.default_rng(3)
    p = np.sign(random.integers(-1, 2, 400)) * 2.0 ** random.integers(-6, 6, 400)
    c = np.where(random.random(400) < 0.6, p, np.roll(p, 1))
    assert tau(p, c) == pytest.approx(kendalltau(p, c).statistic, abs=1e-12)


def test_the_golden_tau():
    """kendalltau([12,2,1,12,2],[1,4,7,1,0]) = -0.4714 (scipy's docstring), with each value in a bin of its own."""
    p, c = (np.array(side, dtype=float) for side in ([12, 2, 1, 12, 2], [1, 4, 7, 1, 0]))
    assert tau(p, c) == pytest.approx(-0.47140452079103173, abs=1e-12)


@pytest.mark.parametrize("p", [[], [1.0], [1.0, 1.0, 1.0]])
def test_a_constant_has_no_rank(p):
    """Nothing varies, so nothing can agree or not."""
    values = np.array(p)
    assert tau(values, values) is None


def test_order_that_is_turned_round_is_minus_one():
    """And order that is kept is one."""
    values = 2.0 ** np.arange(-4, 5)
    assert tau(values, values) == 1.0
    assert tau(values, -values) == -1.0


def test_concordance_of_equal_series_is_one_and_of_a_constant_none():
    """Lin 1989: location and scale count, not correlation alone."""
    p = [1, 2, 3, 4]
    squares = sum(each * each for each in p)
    assert concordance(4, sum(p), squares, sum(p), squares, squares) == 1.0
    shifted = [each + 10 for each in p]
    product = sum(a * b for a, b in zip(p, shifted, strict=True))
    found = concordance(4, sum(p), squares, sum(shifted), sum(each * each for each in shifted), product)
    assert found == pytest.approx(2 * 1.25 / (1.25 + 1.25 + 100))
    assert concordance(3, 3, 3, 3, 3, 3) is None
    assert concordance(0, 0, 0, 0, 0, 0) is None
