"""Answers with numbers of every size: what is said of them is right, or said to be unknown; nothing breaks."""

import json
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparators.evidence.request_metrics import head_metrics
from comparators.metrics.metric import TOO_LARGE
from comparators.pairs.summary import PlanSummary, Summary
from comparators.render.formats import FORMATS
from comparators.statistics import sequences
from records.nouns import Pair
from tests.comparators.made import OIP, answer, judged, oip, pair
from tests.comparators.render.made import report_of

ALPHA = 0.05
PAIRS = 120  # enough for an interval
SIZES = [0.0, 5e-324, 1e-300, 1e-13, 1.0, 1e15, 1e70, 1e72, 1e100, 1e152, 1e154, 1e200, 1e300, 1.7e308]
FINITE = st.floats(allow_nan=False, allow_infinity=False)
BY_SIZE = st.builds(lambda size, sign: size * sign, st.sampled_from(SIZES), st.sampled_from([-1, 1]))
NUMBERS = st.lists(st.tuples(BY_SIZE | FINITE, BY_SIZE | FINITE), min_size=1, max_size=6)
ONE = 2**40


def scored(numbers) -> PlanSummary:
    """PAIRS requests with these (production's, candidate's) scores in turn; their sums have been to the store."""
    turns = [numbers[number % len(numbers)] for number in range(PAIRS)]
    (found,) = Summary.from_bytes(judged([scores(*each) for each in turns]).summary.to_bytes()).plans.values()
    return found


def scores(p: float, c: float) -> Pair:
    own, other = (answer(oip(late=("FP64", [1], [value]))) for value in (p, c))
    return pair(own, other, target=OIP)


def expected(terms: list[Fraction]) -> tuple[Decimal, Decimal, Decimal]:
    """The mean, and its interval: the documented formula over rounded terms, with a thousand digits."""
    n, rounded = len(terms), [Fraction(round(term * ONE), ONE) for term in terms]
    mean = sum(rounded) / n
    variance = sum((each - mean) ** 2 for each in rounded) / n
    g = sequences.best_rho(sequences.T_OPT, sequences.ALPHA_OPT)
    factor = Decimal((g + n) / n) * (Decimal(g + n) / Decimal(g * ALPHA * ALPHA)).ln() / n
    radius = (Decimal(variance.numerator) / variance.denominator * factor).sqrt()
    center = Decimal(mean.numerator) / mean.denominator
    return center, center - radius, center + radius


def is_near(found: float | None, wanted: Decimal, scale: Decimal) -> bool:
    """To twelve digits of the largest number there is; not known where it is beyond all floats."""
    if found is None:
        return abs(wanted) > Decimal("1.797e308")
    return abs(Decimal(found) - wanted) <= Decimal("1e-12") * scale


@given(NUMBERS)
@settings(max_examples=150, deadline=None)
def test_a_mean_and_its_interval_are_right_at_every_magnitude(numbers):
    """The oracle: fractions and decimals. Requests whose differences cannot be squared are left out by name."""
    (sums,) = scored(numbers).heads.values()
    turns = [numbers[number % len(numbers)] for number in range(PAIRS)]
    deltas = [c - p for p, c in turns]
    kept = [delta for delta in deltas if delta * delta < float("inf")]
    assert (sums.n, sums.not_finite.get("too_large", 0)) == (len(kept), PAIRS - len(kept))
    metrics = head_metrics(sums, ALPHA)
    with localcontext() as context:
        context.prec = 1000
        for name, terms in (("score.bias", kept), ("score.mae", [abs(each) for each in kept])):
            found = metrics[name]
            if not terms:
                assert found.value is None
                continue
            center, lo, hi = expected(list(map(Fraction, terms)))
            scale = max(1, *(abs(Decimal(each)) for each in terms))
            assert is_near(found.value, center, scale)
            if found.lo is not None or found.hi is not None:
                assert is_near(found.lo, lo, scale)
                assert is_near(found.hi, hi, scale)


@pytest.mark.parametrize("size", [1e71, 1e72, 1e100, 1e153, 1e154, 1e308, 1.7976931348623157e308])
@pytest.mark.parametrize("form", FORMATS)
def test_one_huge_value_takes_no_report_down(form, size):
    """Every format; JSON without a word that JSON does not have."""
    usual = [scores(number / 1000, number / 1000) for number in range(1, PAIRS)]
    said = FORMATS[form].render(report_of([scores(0.5, -size), *usual]))
    if form == "json":
        head = json.loads(said, parse_constant=pytest.fail)["plans"][0]["heads"][0]
        assert head["metrics"]["score.disagreement"]["value"] == pytest.approx(1 / PAIRS)


def test_what_is_beyond_all_floats_is_unknown_and_says_so():
    """Nine of ten squares are nearly the largest float: their mean is one, the upper end of its interval is none."""
    (sums,) = scored([(0.0, 1.34e154)] * 9 + [(0.0, 0.0)]).heads.values()
    rmse = head_metrics(sums, ALPHA)["score.rmse"]
    assert rmse.value == pytest.approx(1.34e154 * 0.9**0.5)
    assert (rmse.hi, rmse.reason) == (None, TOO_LARGE)
    assert 1e154 < rmse.lo < rmse.value


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
