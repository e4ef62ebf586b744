"""Intervals of quantiles: ranks, coverage, censored values, and from how many pairs there is a bound."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.quantiles import minimum, quantile, quantile_difference, quantile_ratio, ranks
from comparators.statistics.sequences import log_martingale
from comparators.statistics.sketch import RELATIVE_ERROR, Sketch


def sketch_of(values) -> Sketch:
    sketch = Sketch()
    sketch.add_all(np.asarray(values, dtype=float))
    return sketch


def test_the_ranks_of_p99_among_a_thousand():
    """Counts 979 to 997 are believable (derived with confseq's formula), so the upper order statistic is the 998th."""
    assert ranks(0.99, 1000, 0.05) == (979, 998)


@pytest.mark.parametrize(("q", "n"), [(0.5, 1), (0.5, 60), (0.9, 200), (0.99, 700)])
def test_the_ranks_are_those_of_a_search_through_all_counts(q, n):
    """Bisection finds what trying every count finds."""
    believable = [k for k in range(n + 1) if log_martingale(k, n, q) < math.log(20)]
    assert ranks(q, n, 0.05) == (min(believable), max(believable) + 1)


@pytest.mark.parametrize(("q", "n"), [(0.5, 61), (0.9, 205), (0.999, 400)])
def test_the_ranks_close_in_on_the_quantile_when_each_value_stands_for_many(q, n):
    """As they are asked for of more requests like these: no effect is too small, and none opens what was closed."""
    found = [ranks(q, n, 0.05, 1 / times) for times in (1, 4, 100, 10_000, 10**9)]
    assert found[-1] == (math.floor(q * n), math.floor(q * n) + 1)
    for wide, narrow in pairwise(found):
        assert wide.lo <= narrow.lo < narrow.hi <= wide.hi


@pytest.mark.parametrize(("q", "alpha"), [(0.5, 0.05), (0.99, 0.05), (0.99, 0.025)])
def test_the_minimum_is_the_first_size_with_an_upper_bound(q, alpha):
    """One pair fewer, and the interval is open."""
    n = minimum(q, alpha)
    values = np.arange(1, n + 1)
    assert quantile(sketch_of(values), q, alpha).interval.hi is not None
    few = quantile(sketch_of(values[:-1]), q, alpha)
    assert few.interval.hi is None
    assert few.reason == f"needs at least {n} pairs"


def test_the_true_quantile_stays_inside_at_every_look():
    """Lognormal latencies, p99 looked at ten times: at most 5 % of streams (and two standard errors) ever miss it."""
    random, streams = np.random.default_rng(3), 150
    truth = math.exp(14 + 0.5 * 2.3263478740408408)
    missed = 0
    for _ in range(streams):
        values = random.lognormal(14, 0.5, 3000)
        looks = (quantile(sketch_of(values[:n]), 0.99, 0.05).interval for n in range(300, 3001, 300))
        missed += any(look.lo > truth or (look.hi is not None and look.hi < truth) for look in looks)
    assert missed / streams <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / streams)


TIMES = st.lists(st.tuples(st.floats(1, 1e12), st.floats(1, 1e12)), min_size=1, max_size=60)


@given(TIMES)
def test_bounds_of_cut_off_values_hold_for_the_true_ones(times):
    """The oracle knows what each call would have taken; the sketch knows that of the calls within their timeout alone.
    No rank's lower bound is above the truth, nor its upper bound below; and the lower one is as high as can be known.
    """
    sketch = Sketch()
    for true, timeout in times:
        if true <= timeout:
            sketch.add(true)
        else:
            sketch.add_censored(timeout)
    truth, known = sorted(true for true, _ in times), sorted(map(min, times))
    for rank, (true, at_least) in enumerate(zip(truth, known, strict=True), 1):
        lo, hi = sketch.order().at_least(rank), sketch.order().at_most(rank)
        assert at_least * (1 - 2 * RELATIVE_ERROR) <= lo <= true
        assert hi is None or hi >= true


def test_a_fifth_of_calls_that_hang_for_a_second_show_in_the_p90():
    """Its lower end is the second that was waited; its upper end is not known."""
    sketch = sketch_of(np.linspace(4e6, 6e6, 800))
    for _ in range(200):
        sketch.add_censored(1e9)
    found = quantile(sketch, 0.9, 0.05)
    assert (found.value, found.interval.hi) == (None, None)
    assert found.interval.lo == pytest.approx(1e9, rel=2 * RELATIVE_ERROR)


def test_ties_keep_the_interval_around_their_value():
    """With one value only, it is every quantile."""
    found = quantile(sketch_of([1000.0] * 5000), 0.99, 0.05)
    assert found.interval.lo <= 1000 <= found.interval.hi
    assert found.value == pytest.approx(1000, rel=RELATIVE_ERROR)


def test_timeouts_leave_the_upper_bound_open_and_say_so():
    """Two of a hundred calls were cut off: p99 lies among them; p50 is known as before."""
    sketch = sketch_of(np.linspace(1e6, 2e6, 4900))
    for _ in range(100):
        sketch.add_censored(5e6)
    tail = quantile(sketch, 0.99, 0.05)
    assert tail.value is None
    assert tail.interval.hi is None
    assert tail.interval.lo >= 1.9e6
    assert tail.reason == "100 timeouts leave it open"
    assert quantile(sketch, 0.5, 0.05).interval.hi < 2e6


def test_an_empty_sketch_has_no_quantile():
    """It says why."""
    assert quantile(Sketch(), 0.5, 0.05) == (None, (None, None), "no pairs yet")


def test_a_ratio_combines_two_intervals_at_half_alpha():
    """Twice the latency: the interval encloses 2, and is the outer combination."""
    values = np.random.default_rng(1).lognormal(14, 0.4, 4000)
    slow, fast = sketch_of(values * 2), sketch_of(values)
    found = quantile_ratio(slow, fast, 0.9, 0.05)
    top, bottom = quantile(slow, 0.9, 0.025).interval, quantile(fast, 0.9, 0.025).interval
    assert found.interval == (top.lo / bottom.hi, top.hi / bottom.lo)
    assert found.interval.lo < 2 < found.interval.hi
    assert found.value == pytest.approx(2, rel=2 * RELATIVE_ERROR)


def test_a_ratio_to_nothing_is_not_known():
    """No production latency, no ratio."""
    found = quantile_ratio(sketch_of([1.0, 2.0]), Sketch(), 0.5, 0.05)
    assert (found.value, found.interval) == (None, (None, None))


def test_a_difference_combines_two_intervals_at_half_alpha():
    """One larger by 3: the interval encloses 3, and is the outer combination."""
    values = np.random.default_rng(1).lognormal(1, 0.4, 4000)
    more, less = sketch_of(values + 3), sketch_of(values)
    found = quantile_difference(more, less, 0.9, 0.05)
    top, bottom = quantile(more, 0.9, 0.025).interval, quantile(less, 0.9, 0.025).interval
    assert found.interval == (top.lo - bottom.hi, top.hi - bottom.lo)
    assert found.interval.lo < 3 < found.interval.hi
    assert found.value == pytest.approx(3, abs=2 * RELATIVE_ERROR * quantile(more, 0.9, 0.05).value)


def test_a_difference_is_open_where_either_quantile_is():
    """Of few values a p99 has no upper end: nobody knows how much larger it is, only how much at least."""
    few = sketch_of(np.ones(100))
    found = quantile_difference(few, sketch_of(np.zeros(1_000)), 0.99, 0.05)
    assert (found.value, found.interval) == (1.0, (1.0, None))
    assert found.reason == f"needs at least {minimum(0.99, 0.025):,} pairs"
    assert quantile_difference(sketch_of([1.0]), Sketch(), 0.5, 0.05).value is None
