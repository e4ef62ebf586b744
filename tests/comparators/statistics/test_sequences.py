"""Confidence sequences against published numbers, scipy, themselves, and the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from comparators.statistics import sequences

# confseq, test/uniform_boundaries_unittest.cpp: (successes, trials, t_opt, lower, upper) at alpha .05.
CONFSEQ = [
    (700, 1000, 100, 0.651629, 0.745949),
    (15, 50, 50, 0.129556, 0.511896),
    (5, 50, 50, 0.013021, 0.269264),
    (1, 50, 50, 0.0, 0.134891),
    (100, 200, 1, 0.328923, 0.671076),
    (1, 2, 50, 0.0, 1.0),
    (0, 1, 50, 0.0, 1.0),
    (1, 1, 50, 0.0, 1.0),
]
# Derived once from the same formula in another implementation (pure Python, lgamma).
DERIVED = [
    (0, 100, 100, 0.0, 0.039884),
    (0, 1000, 1000, 0.0, 0.004122),
    (5, 1000, 1000, 0.000628, 0.014677),
    (10, 1000, 1000, 0.002917, 0.022371),
    (20, 1000, 1000, 0.009061, 0.036153),
]


@pytest.mark.parametrize(("k", "n", "t_opt", "lo", "hi"), CONFSEQ + DERIVED)
def test_rates_have_the_published_intervals(k, n, t_opt, lo, hi):
    """The Bernoulli sequence gives confseq's own test values."""
    assert sequences.rate(k, n, 0.05, t_opt) == pytest.approx((lo, hi), abs=2e-6)


def test_the_mixture_has_confseqs_value():
    """Beta-binomial g=.2, h=.8, s=10, v=100, v_opt=100 (confseq): with g + h = 1 that is 135 of 625 against .2."""
    assert sequences.log_martingale(135, 625, 0.2, t_opt=625) == pytest.approx(-0.6941012, abs=1e-6)


def test_the_mixtures_width_has_confseqs_value():
    """best_rho(100, .05) of confseq's test."""
    assert sequences.best_rho(100, 0.05) == pytest.approx(12.60056, abs=1e-5)


@pytest.mark.parametrize(("tolerance", "pairs"), [(0.01, 415), (0.02, 208), (0.05, 80)])
def test_without_any_disagreement_so_many_pairs_pass_a_tolerance(tolerance, pairs):
    """The table of minimum pairs, found there on a grid of some 2 %: enough, and 3 % fewer are not."""
    fewer = round(0.97 * pairs)
    assert sequences.rate(0, pairs, 0.05, pairs).hi <= tolerance < sequences.rate(0, fewer, 0.05, fewer).hi


@pytest.mark.parametrize(("k", "n"), [(0, 1000), (3, 1000), (500, 1000), (997, 1000), (1000, 1000)])
def test_a_sequence_is_wider_than_the_interval_for_one_look(k, n):
    """Validity at every n has its price: Clopper-Pearson's interval lies inside."""
    exact = stats.binomtest(k, n).proportion_ci(0.95)
    found = sequences.rate(k, n, 0.05)
    assert found.lo <= exact.low
    assert exact.high <= found.hi


def test_rates_mirror():
    """Agreement and disagreement are the same evidence."""
    lo, hi = sequences.rate(30, 400, 0.05)
    assert sequences.rate(370, 400, 0.05) == pytest.approx((1 - hi, 1 - lo), abs=1e-9)


def test_a_smaller_alpha_gives_an_interval_around_the_larger_ones():
    """All alphas are read from one martingale, so intervals nest."""
    wide, narrow = sequences.rate(7.5, 300, 0.01), sequences.rate(7.5, 300, 0.05)
    assert wide.lo < narrow.lo < narrow.hi < wide.hi


@pytest.mark.parametrize("t_opt", [1, 50, 1000])
@pytest.mark.parametrize("n", [16, 895, 19_027_703])
def test_where_all_differ_the_rate_may_be_one(n, t_opt):
    """As it may be zero where none does."""
    assert sequences.rate(n, n, 0.05, t_opt).hi == 1
    assert sequences.rate(0, n, 0.05, t_opt).lo == 0


@pytest.mark.parametrize("alpha", [0.05, 1e-5])
@pytest.mark.parametrize("n", [1, 7, 100, 5_000, 10**6, 10**8])
def test_the_ends_are_where_the_evidence_reaches_its_bound(n, alpha):
    """An end's evidence suffices to exclude it, and a hair towards the mean it does not."""
    bound = math.log(1 / alpha)
    for k in {0, 1, n / 3, n // 2, n - 1, n, 1e-9 * n}:
        for end, inward in zip(sequences.rate(k, n, alpha), (1, -1), strict=True):
            if 0 < end < 1:
                assert sequences.log_martingale(k, n, end) >= bound - 1e-6
                hair = inward * 1e-6 * abs(end - k / n)
                assert sequences.log_martingale(k, n, end + hair) < bound


def test_nothing_seen_is_nothing_known():
    """Without values the rate may be anything."""
    assert sequences.rate(0, 0, 0.05) == (0.0, 1.0)


def test_the_truth_stays_inside_at_every_look():
    """400 streams of each rate, looked at after every value: at most 5 % (and two standard errors) ever exclude it."""
    random, streams, length = np.random.default_rng(20260801), 400, 400
    allowed = 0.05 + 2 * math.sqrt(0.05 * 0.95 / streams)
    for p in (0.001, 0.01, 0.1, 0.5):
        sums = random.random((streams, length)).__lt__(p).cumsum(axis=1)
        looks = [1, 2, 3, 5, *range(10, length, 10)]
        missed = sum(
            any(sequences.log_martingale(row[n - 1], n, p) >= math.log(1 / 0.05) for n in looks) for row in sums
        )
        assert missed / streams <= allowed, p


def test_a_difference_without_events_is_not_known_to_be_zero():
    """Where no failure was seen on either side, one may still come: the interval has a width."""
    lo, hi = sequences.rate_difference(0, 0, 1000, 0.05)
    assert lo == -hi
    assert hi > 0.003


def test_a_difference_combines_two_sequences_at_half_alpha():
    """[lo_b - hi_c, hi_b - lo_c], each at alpha / 2."""
    b, c = sequences.rate(30, 500, 0.025), sequences.rate(10, 500, 0.025)
    assert sequences.rate_difference(30, 10, 500, 0.05) == (b.lo - c.hi, b.hi - c.lo)
