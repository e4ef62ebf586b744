"""The share of a class's rows that change, looked at again and again while requests of several rows come.

At alpha = 0.05 at most 5 % of the streams may ever miss, and two standard errors. With UNDERSTUDY_SIMULATE=full 600
streams of each kind were simulated: 2.3 % of those of one row missed, and none of the others.
"""

import math
import os
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from comparators.metrics import ways
from comparators.metrics.way import few_units
from comparators.metrics.ways import PART_T_OPT
from comparators.statistics import sequences
from tests.comparators.statistics import test_units_looking as units_looking

pytestmark = pytest.mark.slow

ALPHA = 0.05
STREAMS = 600 if os.environ.get("UNDERSTUDY_SIMULATE") == "full" else 150
ALLOWED = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)
LOOKS = sorted({round(10 * 1.1**step) for step in range(66)})  # 10 to some 4,900
LENGTH = LOOKS[-1]


class Requests(NamedTuple):
    """Of each the share of rows of the class, and the share that are of it and change."""

    having: np.ndarray
    moved: np.ndarray


def single_rows(random: np.random.Generator, count: int) -> Requests:
    having = random.random(count) < 0.1
    return Requests(having.astype(float), (having & (random.random(count) < 0.05)).astype(float))


def alike(random: np.random.Generator, count: int) -> Requests:
    """Of one to 30 rows; those of a request change all or none, and more often where it has few of the class."""
    sizes, shares = random.integers(1, 31, count), random.beta(0.3, 1.2, count)
    having = random.binomial(sizes, shares) / sizes
    return Requests(having, having * (random.random(count) < 0.3 * (1 - shares)))


def large_ones_change(random: np.random.Generator, count: int) -> Requests:
    """A request that is all of the class nearly always changes in half of its rows, others never."""
    having = np.where(random.random(count) < 0.02, 1.0, random.random(count) * 0.2)
    return Requests(having, np.where(having == 1.0, 0.5 * (random.random(count) < 0.9), 0.0))


DRAWS: dict[str, Callable[[np.random.Generator, int], Requests]] = {
    "of one row": single_rows,
    "that resemble each other": alike,
    "of which the large ones change": large_ones_change,
}


def excludes(ratio: float, requests: Requests) -> bool:
    """Whether the interval leaves it out at some look: by definition, from its martingale."""
    moved, having = requests.moved.cumsum(), requests.having.cumsum()
    return any(
        sequences.log_martingale(moved[look - 1], having[look - 1], ratio, PART_T_OPT) >= math.log(1 / ALPHA)
        for look in LOOKS
        if having[look - 1]
    )


@pytest.mark.parametrize("name", DRAWS)
def test_a_ratio_holds_at_every_look(name):
    """Whatever rows of one request have to do with each other, and with how many of the class there are."""
    random, draw = np.random.default_rng(1), DRAWS[name]
    having, moved = draw(random, 4_000_000)
    ratio = moved.sum() / having.sum()
    assert sum(excludes(ratio, draw(random, LENGTH)) for _ in range(STREAMS)) / STREAMS <= ALLOWED


@pytest.mark.parametrize("name", DRAWS)
def test_a_ratio_is_known_better_the_more_there_are(name):
    """No interval at all would never miss, either: at the end it is closed, and holds what was found."""
    requests = DRAWS[name](np.random.default_rng(2), LENGTH)
    moved, having = float(requests.moved.sum()), float(requests.having.sum())
    value, interval, reason = ways.share_of_part(moved, having, ALPHA).estimate
    assert (value, reason) == (moved / having, "")
    assert interval.lo < value < interval.hi
    assert interval.hi - interval.lo < 8 * math.sqrt(value * (1 - value) / having)


def test_the_classes_of_a_table_hold_at_once_while_they_are_still_met():
    """Fifty classes, of which the rare ones come late: no rate of any is ever missed, at alpha over twice their number
    so far. Each class loses a share of its own.
    """
    random, classes = np.random.default_rng(3), 50
    weights = 1 / np.arange(1, classes + 1) ** 1.3
    losing = random.permutation(np.linspace(0.002, 0.4, classes))
    missed, looks = 0, LOOKS[::4]
    for _ in range(STREAMS):
        own = random.choice(classes, LENGTH, p=weights / weights.sum())
        moved = random.random(LENGTH) < losing[own]
        missed += any(_any_missed(own[:look], moved[:look], losing) for look in looks)
    assert missed / STREAMS <= ALLOWED


def _any_missed(own: np.ndarray, moved: np.ndarray, losing: np.ndarray) -> bool:
    having = np.bincount(own, minlength=len(losing))
    lost = np.bincount(own[moved], minlength=len(losing))
    least = math.log(2 * np.count_nonzero(having) / ALPHA)
    return any(
        sequences.log_martingale(float(k), float(n), p, PART_T_OPT) >= least
        for k, n, p in zip(lost, having, losing, strict=True)
        if n
    )


@pytest.mark.parametrize("sizes", units_looking.SIZES)
@pytest.mark.parametrize(("share", "moving"), [(0.1, 0.3), (0.5, 0.05)])
def test_a_ratio_holds_for_users_who_send_several_requests(sizes, share, moving):
    """All of one user's requests are of the class, or none; and all of them change, or none. Of 200 streams of
    each, at shares from 0.02 to 0.5, at most 4 % missed.
    """
    random = np.random.default_rng(4)

    def misses(units: np.ndarray, buckets: np.ndarray) -> bool:
        having = (random.random(len(units)) < share)[units]
        moved = having & (random.random(len(units)) < moving)[units]
        requests, sums = units_looking.Requests(units, moved.astype(float)), (having.cumsum(), moved.cumsum())
        for look in units_looking.LOOKS:
            n, k = (int(each[look - 1]) for each in sums)
            d = units_looking.effect_at(look, requests, buckets).greatest
            if (
                n
                and not few_units(n, d)
                and sequences.log_martingale(k / d, n / d, moving, PART_T_OPT) >= math.log(1 / ALPHA)
            ):
                return True
        return False

    users = units_looking.users(units_looking.SIZES[sizes], 0.1, 1e-9)
    found = [misses(requests.units, buckets) for requests, buckets in units_looking.streams(users, STREAMS)]
    assert sum(found) / STREAMS <= ALLOWED
