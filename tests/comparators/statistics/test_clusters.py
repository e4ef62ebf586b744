"""The design effect: about one for independent requests, about the units' size where a unit answers as one."""

import numpy as np
import pytest

from comparators.statistics.clusters import INDEPENDENT, MIN_BUCKETS, DesignEffect, design_effect

BUCKETS = 64


def effect_of(values: np.ndarray, units: np.ndarray, without_unit: int = 0) -> DesignEffect:
    """Of units that fall into buckets by chance, as their hashes do."""
    buckets = np.random.default_rng(1).integers(0, BUCKETS, int(units.max()) + 1)[units]
    sizes = np.bincount(buckets, minlength=BUCKETS).tolist()
    totals = np.bincount(buckets, weights=values, minlength=BUCKETS).tolist()
    return design_effect(sizes, totals, len(values) + without_unit)


def all_or_nothing(random: np.random.Generator, users: int, size: int, p: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Each user's requests, which disagree together or not at all, and whose they are."""
    return np.repeat((random.random(users) < p).astype(float), size), np.repeat(np.arange(users), size)


def test_independent_requests_count_nearly_whole():
    """The measured effect is an upper bound that 38 % are added to, and never less than one."""
    random = np.random.default_rng(5)
    found = [effect_of((random.random(5_000) < 0.1).astype(float), np.arange(5_000)) for _ in range(100)]
    assert min(each.measured for each in found) == 1.0
    assert np.mean([each.measured for each in found]) < 1.2


def test_units_that_answer_as_one_have_their_size_as_effect():
    """Twenty requests of a user that are always alike are worth one, by their values and by their number."""
    random = np.random.default_rng(6)
    found = [effect_of(*all_or_nothing(random, 1_000, 20)) for _ in range(100)]
    assert np.mean([each.greatest for each in found]) == pytest.approx(20, rel=0.25)
    assert all(15 < each.measured <= each.greatest for each in found)


def test_users_who_are_no_more_alike_than_others_cost_little():
    """What is measured says that requests are independent, though each user sends twenty; what is not measured stays
    as it may be at most.
    """
    random = np.random.default_rng(7)
    found = effect_of((random.random(20_000) < 0.1).astype(float), np.repeat(np.arange(1_000), 20))
    assert found.measured < 2
    assert found.greatest > 15


def test_a_few_disagreements_are_no_measure():
    """All of them one user's, in one bucket: units are taken as all or nothing."""
    values, units = all_or_nothing(np.random.default_rng(8), 1_000, 20, p=0.0)
    values[:20] = 1.0
    found = effect_of(values, units)
    assert found.measured == found.greatest > 15


def test_what_nearly_always_disagrees_is_measured_by_what_agrees():
    """The same with 1 for 0."""
    values, units = all_or_nothing(np.random.default_rng(9), 1_000, 20, p=0.3)
    few, many = effect_of(values, units), effect_of(1 - values, units)
    assert few == pytest.approx(many)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_nothing_varies_units_are_all_or_nothing(value):
    """Nothing was seen of how they resemble each other."""
    units = np.repeat(np.arange(1_000), 20)
    found = effect_of(np.full(20_000, value), units)
    assert found.measured == found.greatest > 15


def test_few_groups_say_nothing():
    """As if all requests were one unit's."""
    sizes = [10] * (MIN_BUCKETS - 1) + [0] * (BUCKETS - MIN_BUCKETS + 1)
    assert design_effect(sizes, [1.0 if size else 0.0 for size in sizes], 90) == (90, 90)


def test_without_a_unit_requests_are_independent():
    """No bucket has any."""
    assert design_effect([], [], 100) == INDEPENDENT
    assert design_effect([0] * BUCKETS, [0.0] * BUCKETS, 100) == INDEPENDENT


def test_requests_without_a_unit_count_as_independent_ones_among_the_others():
    """By their number, where few have a unit: three units of few requests do not widen what the many say. Where a
    twentieth has one, all that disagrees may be theirs.
    """
    values, units = all_or_nothing(np.random.default_rng(10), 1_000, 20)
    alone, among = effect_of(values, units), effect_of(values, units, without_unit=60_000)
    assert among == alone
    rare = effect_of(values, units, without_unit=20_000 * 39)
    assert rare.greatest == pytest.approx((alone.greatest + 39) / 40)
    assert rare.measured == pytest.approx((alone.measured + 39) / 40)
    few = [3] + [0] * (BUCKETS - 1)
    assert design_effect(few, [float(each > 0) for each in few], 9_000).greatest < 1.001
