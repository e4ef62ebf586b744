"""Paired classifiers: McNemar's tests, the e-value, kappa. Golden numbers, scipy, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import binomtest, chi2, norm

from comparators.statistics.contingency import (
    anytime_p,
    discordant,
    e_value,
    kappa,
    kappa_of_cells,
    log_e_value,
    mcnemar_chi2,
    mcnemar_exact,
)

ANXIETY = [[0, 4, 1], [0, 8, 0], [0, 1, 5]]  # statsmodels' test_inter_rater.py, printed by SAS
COUNTS = st.integers(0, 5_000)
SHARES = st.floats(0, 1e6)


# ---- McNemar


def test_the_table_of_statsmodels_and_r():
    """statsmodels, stats/tests/test_nonparametric.py: R's mcnemar.test on 101, 121 / 59, 33."""
    b, c = discordant([[101, 121], [59, 33]])
    assert mcnemar_exact(int(b), int(c)) == (59.0, pytest.approx(4.4344492637555101e-06, rel=1e-12))
    corrected, plain = mcnemar_chi2(b, c, corrected=True), mcnemar_chi2(b, c, corrected=False)
    assert corrected == (pytest.approx(20.672222222222221), pytest.approx(5.4500948254271171e-06, rel=1e-12))
    assert plain == (pytest.approx(21.355555555555554), pytest.approx(3.8151358651125936e-06, rel=1e-12))


@pytest.mark.parametrize(
    ("b", "c", "exact", "corrected", "plain"),
    [
        (70, 59, 0.378688, (0.7751938, 0.3786151), (0.9379845, 0.3327967)),
        (80, 59, 0.089452, (2.87769784, 0.08981434), (3.17266187, 0.07488031)),
    ],
)
def test_the_tables_of_vassar(b, c, exact, corrected, plain):
    """statsmodels' test_nonparametric.py, from Vassar's calculator."""
    assert mcnemar_exact(b, c).p == pytest.approx(exact, abs=5e-7)
    assert mcnemar_chi2(b, c, corrected=True) == pytest.approx(corrected, abs=5e-8)
    assert mcnemar_chi2(b, c, corrected=False) == pytest.approx(plain, abs=5e-8)


@pytest.mark.parametrize(("b", "c", "p"), [(30, 60, 0.00206), (10, 30, 0.002221), (10, 10, 1.0)])
def test_the_other_exact_tables(b, c, p):
    """101, b / c, 33: statsmodels and mlxtend (evaluate/tests/test_mcnemar_test.py)."""
    assert mcnemar_exact(b, c).p == pytest.approx(p, abs=5e-7)


@given(COUNTS, COUNTS)
def test_the_exact_test_is_scipys_binomial(b, c):
    """Two-sided at one half, where the distribution is symmetric."""
    expected = binomtest(min(b, c), b + c).pvalue if b + c else 1.0
    assert mcnemar_exact(b, c).p == pytest.approx(expected, rel=1e-9)
    assert mcnemar_exact(b, c) == mcnemar_exact(c, b)


@given(COUNTS, COUNTS)
def test_chi_square_is_scipys(b, c):
    """The statistic from the formula, p from scipy; and the correction never makes it larger."""
    plain, corrected = mcnemar_chi2(b, c, corrected=False), mcnemar_chi2(b, c, corrected=True)
    assert plain.p == pytest.approx(chi2.sf(plain.statistic, 1), rel=1e-9)
    assert corrected.statistic <= plain.statistic
    assert corrected.p >= plain.p


def test_no_discordant_cases_are_no_evidence():
    """Not an error, and never a division by zero; nor does the correction find a difference where there is none."""
    assert mcnemar_exact(0, 0) == (0.0, 1.0)
    assert mcnemar_chi2(0, 0, corrected=True) == mcnemar_chi2(0, 0, corrected=False) == (0.0, 1.0)
    assert mcnemar_chi2(10, 10, corrected=True) == (0.0, 1.0)
    assert (e_value(0, 0), anytime_p(0, 0)) == (1.0, 1.0)


@pytest.mark.parametrize("table", [[[1, 2, 3], [4, 5, 6]], ANXIETY, [[1]], [1, 2], [[[1]]], []])
def test_only_tables_of_two_by_two_have_two_ways(table):
    """statsmodels took the corner of larger tables for the whole (its issue 9485)."""
    with pytest.raises(ValueError, match=r"2 x 2|dimensions"):
        discordant(table)


@pytest.mark.parametrize(("b", "c"), [(-1, 2), (2, -1), (math.nan, 1), (1, math.inf)])
def test_what_is_no_count_is_refused(b, c):
    """By all of them."""
    for refuses in (mcnemar_exact, log_e_value, e_value, anytime_p):
        with pytest.raises(ValueError, match="finite and not below 0"):
            refuses(b, c)
    with pytest.raises(ValueError, match="finite and not below 0"):
        mcnemar_chi2(b, c, corrected=True)
    with pytest.raises(ValueError, match="whole"):
        mcnemar_exact(1.5, 2)
    with pytest.raises(ValueError, match="not below 0"):
        discordant([[1, 2], [-3, 4]])


# ---- the e-value


@pytest.mark.parametrize(
    ("b", "c", "expected"),
    [
        (121, 59, 4730.990069), (70, 59, 0.174826), (80, 59, 0.51382), (60, 30, 20.209583),
        (30, 10, 31.636906), (10, 10, 0.27026), (5, 0, 5.333333), (10, 0, 93.090909),
    ],
)  # fmt: skip
def test_the_golden_e_values(b, c, expected):
    """Worked out from E = 2^(b+c) B(b+1, c+1), for the tables above and short runs."""
    assert e_value(b, c) == e_value(c, b) == pytest.approx(expected, abs=5e-7 * max(1, expected))


def test_peeking_has_its_price():
    """(60, 30): p is .002 for one look, and at most .049 for any number of them."""
    assert mcnemar_exact(60, 30).p == pytest.approx(0.00206, abs=5e-6)
    assert anytime_p(60, 30) == pytest.approx(1 / 20.209583, rel=1e-6)
    assert anytime_p(70, 59) == 1.0


@pytest.mark.parametrize(("b", "c"), [(0, 0), (3, 1), (0.4, 0.25), (17.5, 30.125), (200, 150)])
def test_the_e_value_is_the_mixture_it_says_it_is(b, c):
    """The oracle integrates the likelihood ratio over the chance of one way, for shares as for counts."""
    mixture, _ = quad(lambda chance: (2 * chance) ** b * (2 - 2 * chance) ** c, 0, 1)
    assert e_value(b, c) == pytest.approx(mixture, rel=1e-6)


@given(SHARES, SHARES)
def test_no_size_overflows(b, c):
    """The log is finite at any size, and so is what is capped."""
    assert math.isfinite(log_e_value(b, c))
    assert 0 <= e_value(b, c) <= math.exp(700)
    assert 0 <= anytime_p(b, c) <= 1


def test_a_billion_on_one_side_is_as_large_as_a_float_can_say():
    """A capped e-value claims less than it could; its log is the whole of it: n log 2 - log(n + 1)."""
    n = 10**9
    assert e_value(n, 0) == math.exp(700)
    assert log_e_value(n, 0) == pytest.approx(n * math.log(2) - math.log(n + 1), rel=1e-12)
    assert anytime_p(n, 0) == 0.0


@pytest.mark.parametrize("rows", [1, 4])
def test_under_a_balance_it_seldom_ever_reaches_twenty(rows):
    """Ville: with a chance of 5 % at most, for single rows and for shares of rows that resemble each other.

    Two standard errors for the number of streams are added.
    """
    random, streams, length = np.random.default_rng(11), 400, 4_000
    reached = 0
    for _ in range(streams):
        ways = random.choice(3, p=[0.8, 0.1, 0.1], size=(length, rows))
        together = random.random(length) < 0.5
        ways[together] = ways[together, :1]
        b, c = ((ways == way).mean(axis=1).cumsum() for way in (1, 2))
        reached += any(e_value(b[at], c[at]) >= 20 for at in range(9, length, 40))
    assert 0 < reached / streams <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / streams)


def test_an_imbalance_is_found():
    """Seven against three, again and again: E outgrows any bound."""
    assert e_value(700, 300) > 1e30


# ---- kappa


def test_the_kappa_that_sas_prints():
    """Kappa .4842, ASE .1380, 95 % limits .2137 and .7547; z 3.2626 with ASE0 .1484, p .0011."""
    found = kappa(ANXIETY)
    half = norm.ppf(0.975) * found.error
    assert (found.value, found.error) == (pytest.approx(0.4842, abs=5e-5), pytest.approx(0.1380, abs=5e-5))
    assert (found.value - half, found.value + half) == pytest.approx((0.2137, 0.7547), abs=5e-5)
    z = found.value / found.error_by_chance
    assert (found.error_by_chance, z) == pytest.approx((0.1484, 3.2626), abs=5e-5)
    assert 2 * norm.sf(z) == pytest.approx(0.0011, abs=5e-5)
    assert found.value == pytest.approx(0.48416, abs=5e-6)


def test_the_weighted_kappa_that_sas_prints():
    """Weights 0, 1, 2: kappa .4701, ASE .1457, 95 % limits .1845 and .7558."""
    found = kappa(ANXIETY, [0, 1, 2])
    half = norm.ppf(0.975) * found.error
    assert (found.value, found.error) == (pytest.approx(0.4701, abs=5e-5), pytest.approx(0.1457, abs=5e-5))
    assert (found.value - half, found.value + half) == pytest.approx((0.1845, 0.7558), abs=5e-5)


TABLES = st.integers(2, 5).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 50), min_size=size, max_size=size), min_size=size, max_size=size
    )
)  # fmt: skip


@given(TABLES)
def test_the_errors_are_those_of_the_papers_sums(table):
    """The oracle writes the sums of Fleiss, Cohen and Everitt over all cells, one by one."""
    found, cells = kappa(table), np.array(table, dtype=float)
    n = cells.sum()
    if n == 0 or (found is None and (cells.sum(axis=0) * cells.sum(axis=1)).sum() == n * n):
        assert found is None
        return
    shares = cells / n
    p, q = shares.sum(axis=1), shares.sum(axis=0)
    expected = sum(p * q)
    value = (shares.trace() - expected) / (1 - expected)
    spread = chance = 0.0
    for i in range(len(cells)):
        for j in range(len(cells)):
            weight = float(i == j)
            spread += shares[i, j] * (weight - (q[i] + p[j]) * (1 - value)) ** 2
            chance += p[i] * q[j] * (weight - (q[i] + p[j])) ** 2
    spread, chance = spread - (value - expected * (1 - value)) ** 2, chance - expected**2
    assert found.value == pytest.approx(value, abs=1e-9)
    assert found.error**2 == pytest.approx(spread / n / (1 - expected) ** 2, abs=1e-9)
    assert found.error_by_chance**2 == pytest.approx(chance / n / (1 - expected) ** 2, abs=1e-9)


@given(TABLES)
def test_two_classes_weigh_alike_however_they_are_scored(table):
    """Of two classes, linear weights are those of the plain kappa."""
    corner = [row[:2] for row in table[:2]]
    plain, weighted = kappa(corner), kappa(corner, [3, 7])
    assert (plain is None) == (weighted is None)
    if plain is not None:
        assert tuple(plain) == pytest.approx(tuple(weighted), abs=1e-7)


def test_the_error_is_the_spread_of_kappa_over_samples():
    """Drawn again and again from one table; and for requests of several rows it is too large, never too small."""
    random, shares, n, rows = np.random.default_rng(5), np.array([[0.5, 0.05], [0.1, 0.35]]), 400, 3
    counts = random.multinomial(n, shares.ravel(), size=2_000).reshape(-1, 2, 2)
    values = np.array([kappa(each).value for each in counts])
    assert kappa(n * shares).error == pytest.approx(values.std(), rel=0.06)
    clustered = random.multinomial(n * rows, shares.ravel(), size=2_000).reshape(-1, 2, 2) / rows
    found = [kappa(each) for each in clustered]
    assert np.std([each.value for each in found]) < np.mean([each.error for each in found])


def test_cells_alone_are_the_table():
    """Empty ones left out, in any order."""
    rows, columns, counts = np.array([2, 0, 1, 2, 0]), np.array([2, 1, 1, 1, 2]), np.array([5.0, 4.0, 8.0, 1.0, 1.0])
    assert tuple(kappa_of_cells(rows, columns, counts)) == pytest.approx(tuple(kappa(ANXIETY)))


@pytest.mark.parametrize("table", [[[0, 0], [0, 0]], [[7, 0], [0, 0]], [[3]], np.zeros((0, 0))])
def test_where_nothing_varies_there_is_no_kappa(table):
    """0 / 0 is neither agreement nor the lack of it."""
    assert kappa(table) is None


def test_perfect_agreement_is_one_without_error_and_its_reverse_is_less_than_chance():
    """The edges of the range."""
    assert kappa([[5, 0], [0, 7]])[:2] == (1.0, 0.0)
    assert kappa([[0, 5], [5, 0]]).value == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("table", "scores", "match"),
    [
        ([[1, 2, 3], [4, 5, 6]], (), "square"),
        ([[1, -2], [3, 4]], (), "counts"),
        ([[1, math.nan], [3, 4]], (), "counts"),
        ([[1, math.inf], [3, 4]], (), "counts"),
        ([[1, 2], [3, 4]], (1, 2, 3), "scores"),
        ([[1, 2], [3, 4]], (1, 1), "scores"),
        ([[1, 2], [3, 4]], (1, math.inf), "scores"),
    ],
)
def test_what_is_no_table_is_refused(table, scores, match):
    """With the reason."""
    with pytest.raises(ValueError, match=match):
        kappa(table, scores)
