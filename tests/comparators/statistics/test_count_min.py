"""Counts of more names than there is room for."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.count_min import DEPTH, WIDTH, CountMin


def added(counts: dict[str, int]) -> CountMin:
    sketch = CountMin()
    for name, count in counts.items():
        sketch.add(name, count)
    return sketch


def test_a_few_names_are_counted_exactly():
    """Nothing else is in their buckets."""
    sketch = added({"a": 3, "b": 2**70})
    sketch.add("a", 1)
    assert (sketch.at_most("a"), sketch.at_most("b"), sketch.at_most("c")) == (4, 2**70, 0)


def test_no_count_is_too_small_and_few_are_much_too_large():
    """Of 20,000 names at most one in twenty is more than 0.53 % of all too large; the space is bounded."""
    random = np.random.default_rng(1)
    counts = Counter(f"n{n}" for n in random.zipf(1.3, 60_000).tolist())
    sketch, total = added(counts), counts.total()
    over = np.array([sketch.at_most(name) - count for name, count in counts.items()])
    assert over.min() >= 0
    assert (over > np.e / WIDTH * total).mean() <= 0.05
    assert len(sketch.buckets) <= DEPTH * WIDTH


@given(st.lists(st.tuples(st.text(max_size=3), st.integers(0, 9)), max_size=20), st.integers(0, 20))
def test_parts_merge_to_the_whole(counts, cut):
    """To the bit, in any order."""
    whole, parts, rest = CountMin(), CountMin(), CountMin()
    for place, each in enumerate(counts):
        whole.add(*each)
        (parts if place < cut else rest).add(*each)
    rest.merge(parts)
    assert rest == whole
