"""Both sides' values as distributions: the picture holds each request once, and a report shows it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp, wasserstein_distance

from comparators.compare import both_sides, probabilities, probability_sums
from comparators.compare.both_sides import COLUMNS, TAIL, BothSides
from comparators.extract.output import Tensor
from tests.comparators.compare import laws, one_head
from tests.comparators.made import OIP, answer, oip, pair
from tests.comparators.render.made import report_of


def of(p, c) -> BothSides:
    found = BothSides()
    found.add_all(np.array(p, dtype=np.float64), np.array(c, dtype=np.float64))
    return found


@pytest.mark.parametrize("outliers", [0, 3])
def test_the_columns_are_numpys_histogram(outliers):
    """Over edges of its own, the same on both sides; a few outliers lie in the outer columns."""
    random = np.random.default_rng(2)
    p, c = random.normal(0, 1, 5_000), random.normal(0.3, 1.2, 5_000)
    p[:outliers] = 1e7
    (told,) = both_sides.told(of(p, c), "values")
    (picture,) = told.pictures
    assert len(picture.edges) <= COLUMNS + 1
    assert np.diff(picture.edges) == pytest.approx(picture.edges[1] - picture.edges[0])
    edges = np.array([-np.inf, *picture.edges[1:-1], np.inf])
    for curve, side in zip(picture.curves, (p, c), strict=True):
        assert curve.shares == pytest.approx(np.histogram(side, edges)[0] / 5_000)
    outside = (p < picture.edges[0]) | (p > picture.edges[-1])
    assert outside.mean() <= 4 * TAIL


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=20), st.data())
def test_whatever_the_values_shares_come_to_one(values, data):
    """One value, equal ones, ones of very unlike sizes."""
    others = data.draw(st.permutations(values))
    (told,) = both_sides.told(of(values, others), "values")
    for picture in told.pictures:
        assert [sum(curve.shares) for curve in picture.curves] == pytest.approx([1.0, 1.0])
        assert len(picture.edges) == len(picture.curves[0].shares) + 1
    assert told.rows[0][1] == pytest.approx(0.0)


def test_a_report_of_texts_shows_how_long_they_are_on_both_sides():
    """In characters, each request once: here exact, since there are few lengths."""
    random = np.random.default_rng(3)
    lengths = random.integers((40, 60), (160, 220), (80, 2))
    plain = ((b"content-type", b"text/plain"),)
    pairs = [
        pair(*(answer(b"word " * (each // 5) + b"x" * (each % 5), headers=plain) for each in both), number=number)
        for number, both in enumerate(lengths.tolist())
    ]
    (head,) = report_of(pairs).plans[0].heads
    told = next(each for each in head.details if each.title == "characters of both sides, as distributions")
    production, candidate = lengths.T
    assert told.rows[0][1] == pytest.approx(wasserstein_distance(production, candidate))
    assert told.rows[1][1] == pytest.approx(ks_2samp(production, candidate).statistic)
    assert [row[2] for row in told.rows] == [0.0, 0.0, 0.0]
    assert len(told.pictures) == 1


def test_a_report_of_scores_shows_both_sides():
    """And none of an output without numbers."""
    sides = [[answer(oip(late=("FP64", [1], [value]))) for value in (i / 60, i / 60 + 0.25)] for i in range(60)]
    (head,) = report_of([pair(*both, target=OIP, number=i) for i, both in enumerate(sides)]).plans[0].heads
    told = head.details[0]
    assert [row[0] for row in told.rows][:1] == ["Wasserstein-1 distance"]
    assert told.rows[0][1] == pytest.approx(0.25, abs=told.rows[0][2])
    assert both_sides.told(BothSides(), "values") == []


def test_of_probabilities_the_largest_of_each_side_is_shown():
    """How sure both models are: of each request the mean over its rows, against numpy and scipy."""
    random = np.random.default_rng(8)
    p, c = (random.dirichlet(np.full(4, alpha), (300, 2)) for alpha in (0.5, 2.0))
    sides = [[Tensor("FP64", (2, 4), each.ravel().tolist()) for each in side] for side in (p, c)]
    pairs = list(zip(*sides, strict=True))
    sums = probabilities.compare(pairs, one_head.ruled("/p"))[1]
    (told,) = probability_sums.magnitudes(sums, 0.05, 1.0)
    truth = wasserstein_distance(*(side.max(axis=2).mean(axis=1) for side in (p, c)))
    assert told.rows[0][1] == pytest.approx(truth, abs=told.rows[0][2])
    laws.a_cut_changes_no_bit(probabilities, pairs, 100, one_head.ruled("/p"))
