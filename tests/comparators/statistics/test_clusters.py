"""The design effect: about one for independent requests, about the groups' size where a group answers as one."""

import numpy as np
import pytest

from comparators.statistics.clusters import design_effect


def effect(values: np.ndarray, groups: np.ndarray) -> float | None:
    sizes = [int((groups == group).sum()) for group in range(64)]
    totals = [float(values[groups == group].sum()) for group in range(64)]
    return design_effect(sizes, totals, float((values**2).sum()))


def test_independent_requests_have_an_effect_of_about_one():
    """The mean over many samples; one alone scatters by the square root of 2/63."""
    random = np.random.default_rng(5)
    found = [effect((random.random(2000) < 0.1).astype(float), random.integers(0, 64, 2000)) for _ in range(200)]
    assert np.mean([each for each in found if each is not None]) == pytest.approx(1.0, abs=0.05)


def test_groups_that_answer_as_one_have_their_size_as_effect():
    """Thirty requests of a user that are always alike are worth one."""
    random = np.random.default_rng(6)
    groups = np.repeat(np.arange(64), 30)
    values = np.repeat((random.random(64) < 0.5).astype(float), 30)
    assert effect(values, groups) == pytest.approx(30 * 64 / 63, rel=1e-9)


@pytest.mark.parametrize(
    ("sizes", "totals"), [([100] * 9, [10.0] * 9), ([100] * 20, [0.5] * 20), ([], []), ([10] * 20, [10.0] * 20)]
)
def test_too_little_says_nothing(sizes, totals):
    """Few groups, few disagreements, none at all, or nothing that varies."""
    assert design_effect(sizes, totals, sum(totals)) is None
