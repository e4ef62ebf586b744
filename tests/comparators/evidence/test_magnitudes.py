"""Answers with numbers of every size: what is said of them is right, or said to be unknown; nothing breaks."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparators.compare import score
from comparators.evidence.request_metrics import head_metrics
from comparators.extract.output import Tensor
from comparators.pairs.summary import PlanSummary, Summary
from comparators.render.formats import FORMATS
from records.nouns import Pair
from tests.comparators.made import OIP, answer, judged, oip, pair
from tests.comparators.render.made import report_of

ALPHA = 0.05
PAIRS = 120
SIZES = [0.0, 5e-324, 1e-300, 1e-13, 1.0, 1e15, 1e70, 1e72, 1e100, 1e152, 1e154, 1e200, 1e300, 1.7e308]
FINITE = st.floats(allow_nan=False, allow_infinity=False)
BY_SIZE = st.builds(lambda size, sign: size * sign, st.sampled_from(SIZES), st.sampled_from([-1, 1]))
NUMBERS = st.lists(st.tuples(BY_SIZE | FINITE, BY_SIZE | FINITE), min_size=1, max_size=6)


def scored(numbers) -> PlanSummary:
    """PAIRS requests with these (production's, candidate's) scores in turn; their sums have been to the store."""
    turns = [numbers[number % len(numbers)] for number in range(PAIRS)]
    (found,) = Summary.from_bytes(judged([scores(*each) for each in turns]).summary.to_bytes()).plans.values()
    return found


def scores(p: float, c: float) -> Pair:
    own, other = (answer(oip(late=("FP64", [1], [value]))) for value in (p, c))
    return pair(own, other, target=OIP)


def clipped_mean(terms: list[float], clip: float) -> Fraction:
    return sum((max(-Fraction(clip), min(Fraction(clip), Fraction(each))) for each in terms), Fraction(0)) / len(terms)


def can_be_added_up(p: float, c: float, scale: int) -> bool:
    """Its difference squared, and both numbers in units of the output's scale."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite([(c - p) * (c - p), *np.ldexp([p, c], -scale)]).all())


@given(NUMBERS)
@settings(max_examples=150, deadline=None)
def test_a_mean_and_its_interval_are_right_at_every_magnitude(numbers):
    """The oracle: fractions. Requests whose numbers are too large to be added up are left out by name."""
    (sums,) = scored(numbers).heads.values()
    turns = [numbers[number % len(numbers)] for number in range(PAIRS)]
    scale = score.extent([Tensor("FP64", (1,), [p]) for p, _ in turns]).scale
    kept = [c - p for p, c in turns if can_be_added_up(p, c, scale)]
    assert (sums.n, sums.not_finite.get("too_large", 0)) == (len(kept), PAIRS - len(kept))
    metrics = head_metrics(sums, ALPHA)
    for name, terms in (("score.bias", kept), ("score.mae", [abs(each) for each in kept])):
        found = metrics[name]
        if not terms:
            assert found.value is None
            continue
        clip = found.sums["clip"]
        size = clipped_mean([abs(each) for each in terms], clip)
        assert abs(Fraction(found.value) - clipped_mean(terms, clip)) <= size / 10**12 + Fraction(clip) / 2**160
        assert -clip <= found.lo <= found.value <= found.hi <= clip


@pytest.mark.parametrize("size", [1e71, 1e72, 1e100, 1e153, 1e154, 1e308, 1.7976931348623157e308])
@pytest.mark.parametrize("form", FORMATS)
def test_one_huge_value_takes_no_report_down(form, size):
    """Every format; JSON without a word that JSON does not have."""
    usual = [scores(number / 1000, number / 1000) for number in range(1, PAIRS)]
    said = FORMATS[form].render(report_of([scores(0.5, -size), *usual]))
    if form == "json":
        head = json.loads(said, parse_constant=pytest.fail)["plans"][0]["heads"][0]
        assert head["metrics"]["score.disagreement"]["value"] == pytest.approx(1 / PAIRS)


def test_what_is_far_beyond_the_clip_is_counted():
    """Nine of ten squares are nearly the largest float: each counts as the clip, and their share stands beside."""
    (sums,) = scored([(0.0, 1.34e154)] * 9 + [(0.0, 0.0)]).heads.values()
    metrics = head_metrics(sums, ALPHA)
    rmse, beyond = metrics["score.rmse"], metrics["score.beyond"]
    assert rmse.value == pytest.approx((0.9 * rmse.sums["clip"]) ** 0.5)
    assert rmse.lo < rmse.value < rmse.hi
    assert beyond.value == pytest.approx(0.9)
    assert metrics["score.absolute_p50"].value == pytest.approx(1.34e154, rel=0.01)


@pytest.mark.parametrize("value", [1e72, -1e154, 1.7e308, 5e-324, 10**30, "NaN", "Infinity"])
@pytest.mark.parametrize(
    "body",
    [
        '{"score": %s}',
        '{"predictions": [[0.2, %s, 0.1]]}',
        '{"predictions": [{"a": 0.5, "b": %s}]}',
        '{"items": [{"box": [0, 0, 10, %s], "label": "cat", "score": 0.5}]}',
        '{"items": [{"box": [0, 0, 10, 10], "label": "cat", "score": %s}]}',
        '{"vector": [%s' + ", 0.5" * 80 + "]}",
        '{"items": [{"id": "a", "score": 0.5}, {"id": "b", "score": %s}]}',
    ],
)
def test_no_kind_of_output_breaks_a_report(body, value):
    """Either side may send such a number, in the first answer or later."""
    usual, huge = (answer((body % each).encode()) for each in (0.5, value))
    ways = [(usual, usual), (usual, huge), (huge, usual), (huge, huge)]
    for first in (usual, huge):
        report = report_of([pair(first, first), *(pair(*ways[number % 4]) for number in range(PAIRS))])
        for form in FORMATS.values():
            assert form.render(report)
