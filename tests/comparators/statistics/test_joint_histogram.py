"""Two series in bins that adapt: what is kept is bounded, is the same in any order, and keeps the order of numbers."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, norm

from comparators.statistics.agreement import tau_b
from comparators.statistics.joint_histogram import MAX_BINS, JointHistogram

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def histogram(p, c) -> JointHistogram:
    found = JointHistogram()
    found.add_all(np.array(p, dtype=float), np.array(c, dtype=float))
    return found


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=300), st.data())
def test_order_and_grouping_change_no_bit(pairs, data):
    """Whether numbers come at once or one by one, and however parts are merged."""
    whole = histogram(*zip(*pairs, strict=True))
    shuffled = data.draw(st.permutations(pairs))
    cut = data.draw(st.integers(0, len(pairs)))
    parts = [histogram(*zip(*part, strict=True)) for part in (shuffled[:cut], shuffled[cut:]) if part]
    merged = JointHistogram()
    for part in reversed(parts):
        before = msgspec.json.encode(part)
        merged.merge(part)
        assert msgspec.json.encode(part) == before
    assert merged == whole
    assert merged.n == len(pairs)


def test_thousands_in_batches_are_thousands_at_once():
    """Where each batch is finer than the whole may be."""
    random = np.random.default_rng(1)
    p, c = random.lognormal(0, 2, (2, 8_000))
    whole, parts = histogram(p, c), JointHistogram()
    for start in range(0, 8_000, 500):
        parts.merge(histogram(p[start : start + 500], c[start : start + 500]))
    assert parts == whole


@pytest.mark.parametrize("values", [[1e300, -1e300], np.linspace(-1, 1, 999), 1.7e9 + np.arange(5_000.0), [0.0, -0.0]])
def test_bins_are_few_and_keep_the_order_of_numbers(values):
    """At most so many are filled, and more than half of them where there are that many values."""
    table = histogram(values, values).table()
    assert len(table) == len(table[0]) <= MAX_BINS
    assert len(table) > MAX_BINS // 2 or len(table) == len(set(values))
    assert (table == np.diag(np.diag(table))).all()
    assert table.sum() == len(values)


def test_few_pairs_have_scipys_tau_to_the_last_digit():
    """As long as no bin is shared, however close two numbers are."""
    random = np.random.default_rng(2)
    p = 1e9 + random.integers(0, 40, 60)
    c = np.where(random.random(60) < 0.7, p, random.permutation(p)) * 1e-300
    assert tau_b(histogram(p, c)) == pytest.approx(kendalltau(p, c).statistic, abs=1e-12)


SHAPES = {
    "normal": lambda z: z,
    "lognormal": np.exp,
    "heavy": lambda z: np.exp(3 * z),
    "probability": lambda z: 1 / (1 + np.exp(-z)),
    "uniform": norm.cdf,
    "narrow": lambda z: 100 + z / 10,
    "time": lambda z: 1.7e9 + np.round(1000 * z),
    "half of them zero": lambda z: np.maximum(z, 0),
    "classes": np.round,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("tau", "within"), [(-0.6, 0.01), (0.0, 0.01), (0.3, 0.01), (0.81, 0.01), (0.95, 0.025), (0.99, 0.025)]
)
def test_tau_of_twenty_thousand_pairs_is_scipys(shape, tau, within):
    """Of scores of any shape, though each side has 64 bins at most."""
    random = np.random.default_rng(3)
    rho = np.sin(tau * np.pi / 2)
    p, c = map(SHAPES[shape], random.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 20_000).T)
    assert tau_b(histogram(p, c)) == pytest.approx(kendalltau(p, c).statistic, abs=within)
