"""The sketch: its error against numpy, exact merging, censored values, edges."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.sketch import RELATIVE_ERROR, Sketch, bin_of, edges, middle

VALUES = st.floats(min_value=0, max_value=1e15, allow_subnormal=False)


def sketch_of(*values: float) -> Sketch:
    sketch = Sketch()
    for value in values:
        sketch.add(value)
    return sketch


@given(VALUES)
def test_a_value_is_in_its_bin_and_near_its_middle(value):
    """Within 1/129 of the value itself, and within the bin's edges."""
    lo, hi = edges(bin_of(value))
    assert lo <= value < hi or value == lo == hi
    assert abs(middle(bin_of(value)) - value) <= RELATIVE_ERROR * value * (1 + 1e-12)


@pytest.mark.parametrize("value", [1, 10, 100, 123.456, 0.001])
def test_the_error_is_what_a_ddsketch_of_one_percent_promises(value):
    """DDSketch's own examples at alpha .01: every estimate is within 1 %."""
    assert abs(middle(bin_of(value)) - value) <= 0.01 * value


@given(VALUES, VALUES)
def test_bins_keep_the_order_of_values(a, b):
    """A larger value is never in a smaller bin."""
    assert (bin_of(a) <= bin_of(b)) == (a <= b) or bin_of(a) == bin_of(b)


@pytest.mark.parametrize("q", [0.001, 0.25, 0.5, 0.9, 0.99, 1.0])
@pytest.mark.parametrize("shape", ["lognormal", "uniform", "pareto", "ties"])
def test_quantiles_are_numpys_within_the_error(shape, q):
    """numpy's inverted_cdf takes the same order statistic, ceil(q n)."""
    random = np.random.default_rng(7)
    values = {
        "lognormal": random.lognormal(14, 1, 5000),
        "uniform": random.uniform(1, 1e9, 5000),
        "pareto": random.pareto(1.2, 5000) * 1e6 + 1,
        "ties": random.integers(1, 5, 5000).astype(float),
    }[shape]
    sketch = Sketch()
    sketch.add_all(values)
    assert sketch.quantile(q) == pytest.approx(
        np.quantile(values, q, method="inverted_cdf"), rel=1.001 * RELATIVE_ERROR
    )


@given(st.lists(VALUES, max_size=50))
def test_an_array_is_added_as_its_values_are(values):
    """Vectorised or one by one: the same counts, since no logarithm is rounded."""
    together = Sketch()
    together.add_all(np.array(values))
    assert together == sketch_of(*values)


@given(st.lists(VALUES, max_size=30), st.lists(VALUES, max_size=30), st.lists(VALUES, max_size=9))
def test_merged_halves_equal_the_whole(left, right, cut):
    """To the bit, censored values included."""
    merged, half, whole = sketch_of(*left), sketch_of(*right), sketch_of(*left, *right)
    for value in cut:
        half.add_censored(value)
        whole.add_censored(value)
    merged.merge(half)
    assert merged == whole


def test_a_sketch_that_was_asked_counts_what_comes_afterwards():
    """However it grows; and what it keeps of an answer is no part of it."""
    sketch = sketch_of(1, 2, 3)
    for grow in (
        lambda: sketch.add(9),
        lambda: sketch.add_all(np.array([4.0, 8.0])),
        lambda: sketch.add_censored(2),
        lambda: sketch.merge(sketch_of(7, 7)),
    ):
        assert sketch.order() is sketch.order()
        grow()
        anew = Sketch(counts=dict(sketch.counts), censored=dict(sketch.censored))
        assert (sketch.order(), msgspec.to_builtins(sketch)) == (anew.order(), msgspec.to_builtins(anew))


def test_a_censored_value_ranks_above_all_for_an_upper_bound_and_at_its_cut_for_a_lower_one():
    """Three calls: 1, 3, and one cut off at 2. Its true value is anything from 2 on."""
    sketch = sketch_of(1, 3)
    sketch.add_censored(2)
    assert sketch.n == 3
    assert [sketch.order().at_least(rank) for rank in (1, 2, 3, 4)] == [1.0, 2.0, 3.0, None]
    assert [sketch.order().at_most(rank) is None for rank in (1, 2, 3)] == [False, False, True]
    assert sketch.quantile(1.0) is None
    assert sketch.quantile(0.5) == pytest.approx(3, rel=RELATIVE_ERROR)


def test_an_empty_sketch_knows_nothing():
    """No value, no quantile."""
    assert Sketch().n == 0
    assert Sketch().quantile(0.5) is None
    assert Sketch().order().at_least(1) is None


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, -math.inf])
def test_what_no_latency_can_be_is_refused(value):
    """Negative, infinite and undefined values are a caller's mistake, and say so."""
    with pytest.raises(ValueError, match="0 to 2\\^1000"):
        bin_of(value)


def test_what_is_one_stays_one():
    """As the ratio of two equal values is: with its ends, between those just below it and just above."""
    sketch = sketch_of(1.0, math.nextafter(1.0, 0.0), 1.0, math.nextafter(1.0, 2.0), 1.0)
    assert len(sketch.counts) == 3
    assert (sketch.quantile(0.5), sketch.order().at_least(3), sketch.order().at_most(3)) == (1.0, 1.0, 1.0)
    assert sketch.order().at_most(1) <= 1.0 <= sketch.order().at_least(5)


def test_negative_zero_is_zero():
    """Its bits differ; its bin does not."""
    assert bin_of(-0.0) == bin_of(0.0)
