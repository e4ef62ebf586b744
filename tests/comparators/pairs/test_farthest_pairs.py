"""The pairs that are farthest apart: against a sort of the raw differences, whoever sees which of them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comparators.pairs.farthest_pairs import LEAST_SHARE, MAX_FARTHEST, MAX_OUTPUTS, FarthestChooser
from comparators.statistics.exact import ONE
from tests.comparators.made import OIP, answer, compared, oip, pair

HEAD = "/outputs/late"


def judged(sizes):
    """By id: a pair of scores so far apart each."""
    pairs = [
        pair(*(answer(oip(late=("FP64", [1], [value]))) for value in (1.0, 1.0 + size)), target=OIP, number=at)
        for at, size in enumerate(sizes)
    ]
    return [(each.exchange.id, found) for each, found in zip(pairs, compared(pairs), strict=True)]


def kept(*parts):
    """What a store is left with that keeps the farthest of all that the choosers of these parts give it."""
    given_to = []
    for part in parts:
        chooser = FarthestChooser()
        for exchange, found in part:
            given_to += [(-size, exchange) for _, size in chooser.wants(1, exchange, found)]
    return sorted(set(given_to))[:MAX_FARTHEST]


def test_the_farthest_pairs_are_those_of_a_sort_by_the_raw_difference():
    """Far beyond the clip too, where all distances are the same share."""
    sizes = np.random.default_rng(5).lognormal(0, 6, 300).tolist()
    far = kept(judged(sizes))
    assert [-size for size, _ in far] == pytest.approx(sorted(sizes, reverse=True)[:MAX_FARTHEST])


SEEN = judged([0.0, 0.5, 0.5, 0.5, 0.25, 3.0, 3.0, 100.0, 1e9, 0.125] * 4)


@given(st.permutations(SEEN), st.integers(0, len(SEEN)))
def test_whoever_sees_which_pairs_the_same_ones_are_kept(pairs, cut):
    """Also of many that are equally far apart: then those with the smallest ids."""
    assert kept(pairs[:cut], pairs[cut:]) == kept(pairs) == kept(SEEN)


def test_what_agrees_is_shown_where_it_is_far_apart():
    """A probability that halves changes no decision; float noise is nothing to see."""
    exchange, found = judged([1e-9])[0]
    assert FarthestChooser().wants(1, exchange, found) == []
    far = replace(found, distances={HEAD: LEAST_SHARE})
    assert [size for _, size in FarthestChooser().wants(1, exchange, far)] == pytest.approx([1e-9])


def test_a_pair_that_comes_again_is_not_taken_again():
    """Pairs may be delivered twice; and what is infinitely far is farthest."""
    (exchange, found), (other, far) = judged([1.0, 2.0])
    chooser = FarthestChooser()
    assert chooser.wants(1, exchange, found)
    assert not chooser.wants(1, exchange, found)
    assert [size for _, size in chooser.wants(1, other, replace(far, sizes={HEAD: math.inf}))] == [math.inf]


def test_outputs_are_bounded():
    """Kinds of request and epochs come with traffic."""
    (exchange, found) = judged([1.0])[0]
    chooser = FarthestChooser()
    wanted = [chooser.wants(epoch, exchange, found) for epoch in range(MAX_OUTPUTS + 1)]
    assert wanted[MAX_OUTPUTS - 1]
    assert not wanted[MAX_OUTPUTS]
    assert found.distances[HEAD] <= ONE
