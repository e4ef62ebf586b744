"""The ways in which sums become a metric, and those made of others: what they change, and what they leave."""

import math

import numpy as np
import pytest

from comparators.metrics import variants, way, ways
from comparators.metrics.definition import Definition
from comparators.metrics.metric import TOO_LARGE, Derivation, Metric
from comparators.statistics import bets, quantiles, sequences
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.estimate import UNKNOWN, Estimate, Interval
from comparators.statistics.exact import ONE
from comparators.statistics.sketch import Sketch

ALPHA = 0.05
RATE = ways.rate(20 * ONE, 100, ALPHA)


def evenly(n: int) -> EdgeHistogram:
    """Values from 0 to 1, clipped at 2."""
    values = EdgeHistogram()
    values.add_all(np.linspace(0, 1, n), 1)
    return values


def test_another_unit_changes_value_and_ends_alone():
    """Requests, sums and reason are those of the way itself."""
    found = variants.in_units(ways.RATE, 1_000).derive(20 * ONE, 100, ALPHA)
    assert found.estimate.value == 0.2 / 1_000
    assert found.estimate.interval == tuple(each / 1_000 for each in RATE.estimate.interval)
    assert (found.n, found.sums) == (100, RATE.sums)


def test_a_stretched_rate_says_of_what_its_sums_are():
    """An interval at another alpha is that of the sums, stretched again."""
    found = variants.stretched(ways.RATE, 2, -1, "(1 + x) / 2").derive(20 * ONE, 100, ALPHA)
    assert found.estimate.value == pytest.approx(-0.6)
    assert found.estimate.interval == pytest.approx(tuple(2 * each - 1 for each in RATE.estimate.interval))
    assert found.sums == {"of": "(1 + x) / 2", "k": 20.0, "n": 100}


def test_what_is_not_known_stays_so_in_every_unit():
    """An open end has no number to be changed."""
    half = way.Way("count", lambda *_sums, **_effect: Derivation(Estimate(5.0, Interval(1.0, None), "open"), 1, {}))
    found = variants.in_units(half, 1_000).derive(ALPHA)
    assert found.estimate == Estimate(0.005, Interval(0.001, None), "open")


def test_a_clipped_mean_says_where_it_was_clipped():
    """With its sums an interval at another alpha can be had: the edges, and how many values each of them has."""
    values = EdgeHistogram()
    values.add_all(np.array([1.0, 3.0, 9.0]), 2)
    found = ways.CLIPPED_MEAN.derive(values, ALPHA)
    assert found.estimate.value == pytest.approx(8 / 3)
    assert found.estimate.interval == bets.clipped_mean(values, ALPHA)
    assert (found.n, found.sums) == (3, {"n": 3, "clip": 4.0, "edges": [(1.0, 1.0), (3.0, 1.0), (4.0, 1.0)]})


def test_without_values_there_is_no_clipped_mean():
    """And it says why."""
    found = ways.CLIPPED_DIFFERENCE.derive(EdgeHistogram(), ALPHA)
    assert found.estimate == Estimate(None, UNKNOWN, way.NO_PAIRS)


def test_a_metric_may_be_absent_until_there_are_requests():
    """Absent is another thing than 0."""
    assert variants.where_any(ways.RATE).derive(0, 0, ALPHA) is None
    assert variants.where_any(ways.RATE).derive(20 * ONE, 100, ALPHA) == RATE


def test_absent_sums_make_an_absent_metric():
    """However a way is made of others."""
    nothing = way.Way("count", lambda *_, **__: None)
    made = variants.stretched(variants.in_units(nothing, 2), 2, 1, "x")
    assert Definition("a.b", "share", "lower", "b", made, ("n",), "B.").metric({"n": 1}, ALPHA) is None


@pytest.mark.parametrize("beyond", [math.inf, -math.inf, math.nan])
def test_no_number_of_a_metric_is_infinite_or_nan(beyond):
    """JSON has no word for either: what is beyond all floats is not known, and says so."""
    found = Metric.of(Derivation(Estimate(beyond, Interval(0.0, beyond), ""), 1, {}), "value", "count", ALPHA)
    assert (found.value, found.lo, found.hi, found.reason) == (None, 0.0, None, TOO_LARGE)


def test_a_definition_gives_its_way_the_sums_that_it_names():
    """In their order, from fields of fields or from a mapping."""
    share = Definition("a.b", "share", "lower", "b", ways.SHARE, ("count", "n"), "B.")
    found = share.metric({"n": 4, "count": 1}, ALPHA)
    assert (found.value, found.n, found.unit, found.method) == (0.25, 4, "share", "beta_binomial_sequence")


@pytest.mark.parametrize(
    ("way", "sums"),
    [
        (ways.RATE, (20 * ONE, 1_000)),
        (ways.SHARE, (20, 1_000)),
        (ways.difference("b", "c"), (30, 10, 1_000)),
        (ways.difference_of_shares("b", "c"), (30 * ONE, 10 * ONE, 1_000)),
        (ways.CLIPPED_MEAN, (evenly(1_000),)),
        (ways.CLIPPED_DIFFERENCE, (evenly(1_000),)),
        (variants.in_units(variants.stretched(variants.where_any(ways.RATE), 2, -1, "x"), 10), (20 * ONE, 1_000)),
    ],
)
def test_requests_that_resemble_each_other_widen_every_interval(way, sums):
    """Value and number of requests stay; the sums say by what they are divided."""
    alike, independent = way.derive(*sums, ALPHA, effect=4.0), way.derive(*sums, ALPHA)
    assert (alike.estimate.value, alike.n) == (independent.estimate.value, independent.n)
    assert alike.sums == {**independent.sums, "design_effect": 4.0}
    (lo, hi), (own_lo, own_hi) = alike.estimate.interval, independent.estimate.interval
    assert lo < own_lo < own_hi < hi


def test_a_rates_interval_is_that_of_the_sums_divided_by_the_effect():
    """So that whoever has the sums has the interval at another alpha."""
    found = ways.RATE.derive(20 * ONE, 1_000, ALPHA, effect=4.0)
    assert found.estimate.interval == sequences.rate(5, 250, ALPHA)


def test_a_quantile_of_requests_that_resemble_each_other_has_a_wider_interval():
    """And needs as many times more of them for an upper bound."""
    sketch = Sketch()
    sketch.add_all(np.arange(1.0, 1_001.0))
    median, p99 = ways.quantile(0.5, "d"), ways.quantile(0.99, "d")
    alike, independent = (median.derive(sketch, ALPHA, effect=effect).estimate.interval for effect in (4.0, 1.0))
    assert alike.lo < independent.lo < independent.hi < alike.hi
    assert p99.derive(sketch, ALPHA).estimate.reason == ""
    reason = p99.derive(sketch, ALPHA, effect=4.0).estimate.reason
    assert reason == f"needs at least {4 * quantiles.minimum(0.99, ALPHA):,} pairs"
    ratio = ways.quantile_ratio(0.5, "a", "b")
    alike, independent = (ratio.derive(sketch, sketch, ALPHA, effect=effect).estimate.interval for effect in (4.0, 1.0))
    assert alike.lo < independent.lo < independent.hi < alike.hi


@pytest.mark.parametrize(
    ("way", "sums"),
    [
        (ways.RATE, (20 * ONE, 99)),
        (ways.difference("b", "c"), (30, 10, 99)),
        (ways.CLIPPED_MEAN, (evenly(99),)),
        (ways.quantile(0.5, "d"), (Sketch(counts={0: 99}),)),
        (ways.quantile_ratio(0.5, "a", "b"), (Sketch(counts={0: 99}), Sketch(counts={0: 99}))),
        (ways.quantile_difference(0.5, "a", "b"), (Sketch(counts={0: 99}), Sketch(counts={0: 99}))),
    ],
)
def test_what_tells_less_than_ten_independent_requests_has_no_interval(way, sums):
    """However many requests there are."""
    found = way.derive(*sums, ALPHA, effect=10.0)
    assert found.estimate.interval == (None, None)
    said = "too few units: these 99 requests tell as much as 9.9 independent ones, and it takes 10"
    assert found.estimate.reason == said


@pytest.mark.parametrize("empty", [EdgeHistogram(), Sketch()])
def test_a_metric_may_be_absent_until_there_are_values(empty):
    """Of a histogram or a sketch, whichever it is made of."""
    assert (
        variants.where_known(ways.CLIPPED_MEAN if isinstance(empty, EdgeHistogram) else ways.quantile(0.5, "d")).derive(
            empty, ALPHA
        )
        is None
    )


def test_a_root_of_a_mean_of_differences_has_their_sign():
    """Of squares that are smaller than others by 0.25 on average, it is -0.5; its ends stand in the same order."""
    values = EdgeHistogram()
    values.add_all(np.array([-0.75, 0.25] * 200), 0)
    found, own = (
        ways.root_of_mean(ways.CLIPPED_DIFFERENCE).derive(values, ALPHA),
        ways.clipped_difference(values, ALPHA),
    )
    assert found.estimate.value == -0.5
    assert found.estimate.interval.lo == -math.sqrt(-own.estimate.interval.lo)
    assert found.estimate.interval.lo < -0.5 < found.estimate.interval.hi < 0
    assert found.sums == {"of": "δ²", **own.sums}


def test_a_descriptive_value_has_no_interval_to_widen():
    """It is of the requests that were compared."""
    way = ways.descriptive(lambda n: ways.described(0.5, n, {}))
    assert way.derive(4, ALPHA, effect=3.0) == way.derive(4, ALPHA)
