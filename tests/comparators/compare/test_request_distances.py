"""How far apart both answers to each request are: what a kind writes down is what it adds up."""

from collections.abc import Callable
from math import inf, nan
from types import ModuleType

import numpy as np
import pytest
from msgspec.structs import replace

from comparators.compare import boxes, embedding, logits, probabilities, ranking, score, text
from comparators.compare.extent import Extent
from comparators.compare.request_distances import RequestDistances
from comparators.extract.output import Column, Tensor, Text, Texts, Value
from comparators.statistics.exact import ONE
from tests.comparators.compare.one_head import ruled

RULES = ruled("/out")


def distributions(random: np.random.Generator) -> Value:
    """Two rows of three classes."""
    return Tensor("FP64", (2, 3), random.dirichlet((1, 1, 1), 2).ravel().tolist())


def texts(random: np.random.Generator) -> Value:
    return Texts([Text("".join(random.choice(list("abc "), 9)), "stop") for _ in range(2)])


def vectors(random: np.random.Generator) -> Value:
    return Tensor("FP64", (2, 4), random.normal(size=8).tolist())


def lists(random: np.random.Generator) -> Value:
    return Column([[f"d{each}" for each in random.permutation(12)[:8]] for _ in range(2)])


def detections(random: np.random.Generator) -> Value:
    """Two images, of some boxes that stay and some that move."""
    return Column(
        [
            [
                {"label": "cat", "score": 0.5, "box": [place, 0, place + 10, 10 + 20 * (random.random() < 0.3)]}
                for place in range(0, 20 * int(random.integers(1, 9)), 20)
            ]
            for _ in range(2)
        ]
    )


@pytest.mark.parametrize(
    ("kind", "draw", "total"),
    [
        (probabilities, distributions, lambda sums: sums.total_variation),
        (logits, vectors, lambda sums: sums.total_variation),
        (text, texts, lambda sums: sums.n * ONE - sums.edit_similarity),
        (embedding, vectors, lambda sums: sums.distance),
        (ranking, lists, lambda sums: sums.n * ONE - sums.rbo),
        (boxes, detections, lambda sums: sums.n * ONE - sums.f1),
    ],
)
def test_the_distances_of_requests_add_up_to_what_is_told_of_all(kind: ModuleType, draw: Callable, total: Callable):
    """By their places; a pair that cannot be compared has none."""
    random = np.random.default_rng(7)
    pairs = [(draw(random), draw(random)) for _ in range(20)]
    pairs[3] = pairs[3][0], Texts([]) if kind is not text else Tensor("FP64", (1,), [1.0])
    into = RequestDistances()
    _, sums = kind.compare(pairs, RULES, into)
    assert sorted(into.shares) == [place for place in range(20) if place != 3]
    assert sum(into.shares.values()) == pytest.approx(total(sums), abs=20)
    assert len(set(into.shares.values())) > 10
    assert all(0 <= each <= ONE for each in into.shares.values())


def test_scores_are_apart_by_their_clipped_mean_difference():
    """As a share of the clip; numbers that are NaN on a side do not count, an infinite one is clipped."""
    rules = replace(RULES, extent=Extent(scale=3, clip=4))
    numbers = [([1, 2], [5, 4]), ([0, 0], [99, 0]), ([nan, 1], [1, 9]), ([nan, 1], [1, nan]), ([1, 1], [inf, 1])]
    pairs = [tuple(Tensor("FP64", (2,), [float(each) for each in side]) for side in both) for both in numbers]
    into = RequestDistances()
    score.compare(pairs, rules, into)
    assert {place: each / ONE for place, each in into.shares.items()} == {0: 3 / 16, 1: 0.5, 2: 0.5, 4: 0.5}


def test_what_rounding_leaves_outside_is_at_the_end():
    """A share is never above 1 or below 0."""
    into = RequestDistances()
    into.put([4, 2], np.array([1 + 1e-15, -1e-15]))
    assert into.shares == {4: ONE, 2: 0}
