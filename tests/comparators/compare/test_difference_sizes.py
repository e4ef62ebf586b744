"""How far apart numbers are: quantiles, the largest, shares outside tolerances, against numpy over raw pairs."""

import json
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import difference_sizes, score, score_sums
from comparators.compare.detail import Detail, RateCell
from comparators.compare.difference_sizes import TOLERANCES, DifferenceSums
from comparators.extract.output import Tensor
from comparators.statistics import sequences
from comparators.statistics.sketch import RELATIVE_ERROR
from tests.comparators.compare import laws, one_head
from tests.comparators.made import OIP, answer, oip, pair
from tests.comparators.render.made import report_of

ALPHA = 0.05
RULES = one_head.ruled("/x")
ODD = st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 1e-320, 1e308, -1e308, 1.0])


def fp64(values) -> Tensor:
    return Tensor("FP64", (len(values),), list(values))


def told(p, c) -> DifferenceSums:
    return score.compare([(fp64(a), fp64(b)) for a, b in zip(p, c, strict=True)], RULES)[1].differences


def retrained(n: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(9)
    p = random.lognormal(0, 2, (n, width))
    return p, p * (1 + random.normal(0, 1, p.shape) * 10.0 ** random.uniform(-9, 0, p.shape))


@pytest.mark.parametrize("width", [1, 7])
def test_quantiles_and_the_largest_are_numpys(width):
    """Of each request its number that differs most, absolutely and as a share of production's."""
    p, c = retrained(5000, width)
    sums = told(p, c)
    truth = {"absolute": np.abs(c - p).max(axis=1), "relative": (np.abs(c - p) / np.abs(p)).max(axis=1)}
    spread, _ = difference_sizes.magnitudes(sums, ALPHA, 1.0)
    for name, *quantiles, largest, equal in spread.rows:
        wanted = np.quantile(truth[name], [0.5, 0.9, 0.99], method="inverted_cdf")
        assert quantiles == pytest.approx(wanted, rel=RELATIVE_ERROR)
        assert (largest, equal) == (truth[name].max(), 0.0)


@pytest.mark.parametrize("width", [1, 7])
def test_shares_outside_a_tolerance_are_those_that_numpys_allclose_refuses(width):
    """With this tolerance as atol alone, and as rtol alone, request by request; intervals hold for all at once."""
    p, c = retrained(2000, width)
    _, outside = difference_sizes.magnitudes(told(p, c), ALPHA, 1.0)
    for tolerance, absolute, relative in outside.rows:
        for cell, rule in ((absolute, {"atol": tolerance, "rtol": 0.0}), (relative, {"atol": 0.0, "rtol": tolerance})):
            refused = sum(not np.allclose(b, a, **rule) for a, b in zip(p, c, strict=True))
            assert isinstance(cell, RateCell)
            assert (cell.value, cell.n) == (refused / 2000, 2000)
            assert (cell.lo, cell.hi) == sequences.rate(refused, 2000, ALPHA / 12)


@given(st.lists(st.tuples(ODD, ODD), min_size=1, max_size=6))
def test_what_is_not_finite_on_one_side_is_outside_every_tolerance(numbers):
    """The oracle: allclose with NaN equal to itself. Nothing is infinitely far from itself, and nothing breaks."""
    p, c = ([[each[side]] for each in numbers] for side in (0, 1))
    sums = told(p, c)
    for name, rule in (("absolute", "atol"), ("relative", "rtol")):
        found = getattr(sums, name)
        for at, tolerance in enumerate(TOLERANCES):
            rules = {"atol": 0.0, "rtol": 0.0, rule: tolerance}
            with np.errstate(all="ignore"):
                close = [np.allclose(b, a, equal_nan=True, **rules) for a, b in zip(p, c, strict=True)]
            assert found.outside[at] == close.count(False)
        assert found.n == len(numbers)
    json.dumps(msgspec.to_builtins(difference_sizes.magnitudes(sums, ALPHA, 1.0)))


@given(st.lists(st.lists(ODD | st.floats(-10, 10), min_size=2, max_size=2), min_size=2, max_size=9), st.data())
def test_no_bit_depends_on_where_a_batch_is_cut(numbers, data):
    """Sums merge, and are stored as they are."""
    pairs = [(fp64(each), fp64([each[0], each[0]])) for each in numbers]
    laws.a_cut_changes_no_bit(score, pairs, data.draw(st.integers(0, len(pairs))), RULES)
    laws.are_stored_as_they_are(score.compare(pairs, RULES)[1])


def test_half_precision_is_told_by_one_look():
    """FP32 in FP16: within 1e-3 of each number and not within 1e-4; a number too large for it is infinitely far."""
    random = np.random.default_rng(4)
    p = random.uniform(0.1, 10, (4000, 1))
    p[7] = 70_000.0
    with np.errstate(over="ignore"):
        sums = told(p, p.astype(np.float16).astype(np.float64))
    spread, outside = score_sums.magnitudes(score_sums.ScoreSums(differences=sums), ALPHA, 1.0)
    shares = {row[0]: row[2].value for row in outside.rows}
    assert (shares[1e-3], shares[1e-2], shares[1e-1]) == (1 / 4000, 1 / 4000, 1 / 4000)
    assert shares[1e-4] > 0.5
    assert spread.rows[1][-2] is None
    assert spread.note == "infinitely far: 1 in absolute terms, 1 in relative terms"


def test_a_picture_has_each_request_that_differs_once():
    """Columns a fixed part of a decade wide, the smallest differences in the first one."""
    p = np.ones((400, 1))
    c = p + np.array([0.0, 1e-15, 1e-3, 0.1] * 100)[:, None]
    spread: Detail = difference_sizes.magnitudes(told(p, c), ALPHA, 1.0)[0]
    absolute, relative = spread.pictures
    assert absolute.curves == relative.curves
    assert math.fsum(absolute.curves[0].shares) == pytest.approx(0.75)
    held = [(low, share) for low, share in zip(absolute.edges, absolute.curves[0].shares, strict=False) if share]
    assert [share for _, share in held] == [0.25, 0.25, 0.25]
    assert [low for low, _ in held] == pytest.approx([1e-12, 1e-3, 0.1], rel=0.5)


def test_a_report_shows_how_large_differences_are():
    """In the report of an output with numbers, and nothing of it in one whose requests have none."""
    pairs = [
        pair(*(answer(oip(late=("FP64", [1], [value]))) for value in (1.0, 1.0 + 1e-4 * (i % 2))), target=OIP, number=i)
        for i in range(60)
    ]
    (head,) = report_of(pairs).plans[0].heads
    (at,) = (at for at, each in enumerate(head.details) if each.title.startswith("how far apart"))
    spread, outside = head.details[at : at + 2]
    assert [row[0] for row in outside.rows] == list(TOLERANCES)
    assert spread.rows[0][1:5] == pytest.approx((0.0, 1e-4, 1e-4, 1e-4), rel=0.01)
    assert difference_sizes.magnitudes(DifferenceSums(), ALPHA, 1.0) == []
