"""A false name has probability at most alpha, however often one looks, and a true one comes in time.

UNDERSTUDY_SIMULATE=full: at full size.
"""

import math
import os
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from comparators.evidence.request_slices import LATER
from comparators.features.features import Features
from comparators.pairs.summary import BUCKETS
from comparators.slices.e_values import log_e_values
from comparators.slices.evidence import CORNERS
from comparators.slices.finder import find
from comparators.slices.intervals import ShareSums
from comparators.slices.matching import Matcher
from comparators.slices.octaves import pictures
from comparators.slices.sums import SliceSums
from comparators.statistics.clusters import design_effect
from comparators.statistics.exact import ONE
from comparators.view import of_everything
from tests.comparators.slices.asked import enumerated, row

ALPHA = 0.05
VIEW = of_everything(ALPHA)
FULL = os.environ.get("UNDERSTUDY_SIMULATE") == "full"
STREAMS, PAIRS = (200, 20_000) if FULL else (40, 4_000)
NULLS, NULL_PAIRS = (500, 10_000) if FULL else (60, 3_000)
SEEDS, USERS = 100, 200
CONDITIONS = 100
EVERY = 100
LEARNED = 500

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600 if FULL else 120)]

Rates = NDArray[np.float64]
Flags = NDArray[np.bool_]


def requests(random: np.random.Generator, count: int) -> list[Features]:
    """Numbers, values that are often or seldom missing, and a batch of which a few rows disagree now and then."""
    pressure = np.where(random.random(count) < 0.1, np.nan, random.normal(1013, 5, count))
    temp = np.where(np.isnan(pressure) & (random.random(count) < 0.5), np.nan, random.normal(10, 8, count))
    hour, delay = random.integers(0, 24, count), random.exponential(20, count)
    carrier, dest = random.choice(["UA", "AA", "B6", "DL"], count), random.zipf(1.5, count) % 50
    columns = (pressure.tolist(), temp.tolist(), hour.tolist(), delay.tolist(), carrier.tolist(), dest.tolist())
    return [
        row(pressure=p if p == p else None, temp=t if t == t else None, hour=h, dep_delay=d, carrier=c, dest=f"D{a}")
        for p, t, h, d, c, a in zip(*columns, strict=True)
    ]


def shares(random: np.random.Generator, count: int, rate: float) -> list[int]:
    """Of rows that disagree: all, or some of them."""
    part = random.choice([ONE, ONE // 3, ONE // 2], count)
    return np.where(random.random(count) < rate, part, 0).tolist()


def names_one(seed: int) -> bool:
    """Whether any look at a stream without any effect names a slice."""
    random = np.random.default_rng([seed, 11])
    rate = float(random.choice([0.002, 0.02, 0.2, 0.6]))
    conditions = enumerated(requests(random, LEARNED))
    matcher, sums = Matcher(conditions), SliceSums()
    for _ in range(PAIRS // EVERY):
        batch = requests(random, EVERY)
        sums.add(matcher, matcher.match(batch), shares(random, EVERY, rate))
        if find(conditions, sums, VIEW).named:
            return True
    return False


def test_without_an_effect_no_slice_is_named_at_any_look():
    """In all streams but alpha of them, and two standard errors."""
    false = sum(names_one(seed) for seed in range(STREAMS))
    assert false / STREAMS <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)


def named(hits: Flags, values: Rates, effects: Rates | float = 1.0, part: float = 1.0) -> Flags:
    """Which conditions are named at each look, every hundred requests, as the finder does it. `hits`: which of them
    each request satisfies; `values`: its share of rows that disagree; `effects`: the design effect at each look;
    `part`: of alpha, where distances share it.
    """
    effects = np.broadcast_to(effects, len(values) // EVERY)[:, None]
    n, total_n = (each.cumsum(axis=0)[EVERY - 1 :: EVERY] for each in (hits, np.ones_like(values)[:, None]))
    k, total = (each.cumsum(axis=0)[EVERY - 1 :: EVERY] for each in (hits * values[:, None], values[:, None]))
    own = ShareSums(*((each / effects).ravel() for each in (k, n)))
    complements = ShareSums(*((each / effects).ravel() for each in (total - k, total_n - n)))
    needed = math.log(hits.shape[1] / (ALPHA * (1 - LATER) * (1 - CORNERS) * part))
    return (log_e_values(own, complements, np.full(own.n.size, needed)) >= needed).reshape(n.shape)


def named_by_distance(
    hits: Flags, values: Rates, every: int = EVERY, effects: Rates | float = 1.0, outputs: int = 1
) -> Flags:
    """Likewise, by the mean of the two e-values of distances, as evidence.py does it."""
    effects = np.broadcast_to(effects, len(values) // every)[:, None]
    needed = math.log(hits.shape[1] / (ALPHA * (1 - LATER) * (1 - CORNERS) * 0.5 / outputs))
    both = []
    for told in (values, np.array(pictures(np.rint(values * ONE).astype(np.int64).tolist())) / ONE):
        n, total_n = (each.cumsum(axis=0)[every - 1 :: every] for each in (hits, np.ones_like(told)[:, None]))
        k, total = (each.cumsum(axis=0)[every - 1 :: every] for each in (hits * told[:, None], told[:, None]))
        own = ShareSums(*((each / effects).ravel() for each in (k, n)))
        complements = ShareSums(*((each / effects).ravel() for each in (total - k, total_n - n)))
        both.append(log_e_values(own, complements, np.full(own.n.size, needed)).reshape(n.shape))
    return np.logaddexp(*both) - math.log(2) >= needed


def satisfied(random: np.random.Generator, count: int, first: float | None = None) -> Flags:
    """A hundred conditions, rare ones and common ones, and some that go together. `first`: how common the first is."""
    common = random.uniform(0.005, 0.5, CONDITIONS)
    hits = random.random((count, len(common))) < common
    hits[:, 50:60] |= hits[:, 40:50]
    if first is not None:
        hits[:, 0] = random.random(count) < first
    return hits


def steady(random: np.random.Generator, count: int) -> Rates:
    """Half a per cent to five."""
    return (random.random(count) < random.uniform(0.005, 0.05)).astype(np.float64)


def drifting(random: np.random.Generator, count: int) -> Rates:
    """From one per cent to twenty."""
    return (random.random(count) < np.linspace(0.01, 0.2, count)).astype(np.float64)


def of_rows_alike(random: np.random.Generator, count: int) -> Rates:
    """Eight rows a request, which mostly disagree together."""
    rows = random.random((count, 8)) < random.uniform(0.005, 0.05)
    together = random.random(count) < 0.8
    rows[together] = rows[together, :1]
    return rows.mean(axis=1)


@pytest.mark.parametrize("draw", [steady, drifting, of_rows_alike])
def test_without_an_effect_no_slice_of_a_hundred_is_named_at_any_look(draw: Callable[..., Rates]):
    """Whatever the rate, where it drifts, and where rows of a request resemble each other."""
    false = 0
    for seed in range(NULLS):
        random = np.random.default_rng([seed, 12])
        false += named(satisfied(random, NULL_PAIRS), draw(random, NULL_PAIRS)).any()
    assert false / NULLS <= ALPHA


@pytest.mark.parametrize(("inside", "elsewhere", "by", "share"), [(0.02, 0.005, 10_000, 0.8), (0.10, 0.01, 1_500, 0.9)])
def test_a_slice_of_a_fifth_of_the_traffic_is_named_in_time(inside: float, elsewhere: float, by: int, share: float):
    """Among a hundred conditions, in this share of the streams."""
    found = 0
    for seed in range(SEEDS):
        random = np.random.default_rng([seed, 13])
        hits = satisfied(random, by, first=0.2)
        values = (random.random(by) < np.where(hits[:, 0], inside, elsewhere)).astype(np.float64)
        found += named(hits, values)[:, 0].any()
    assert found >= share * SEEDS


def spread(mean: float, width: float) -> Callable[..., Rates]:
    """Distances in [0, 1], which differ from request to request: the more, the smaller the width."""
    return lambda random, count: random.beta(width * mean, width * (1 - mean), count)


def off_by(shift: float) -> Callable[..., Rates]:
    """Of scores that are 5 off by chance, as a share of their clip."""
    return lambda random, count: np.minimum(np.abs(random.normal(shift, 5, count)), 128) / 128


@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize(
    ("inside", "elsewhere", "by"),
    [
        pytest.param(spread(0.1, 20), spread(0.05, 20), 5_000, id="total variation"),
        pytest.param(off_by(20), off_by(0), 1_000, id="absolute difference"),
        pytest.param(spread(0.4, 4), spread(0.3, 4), 5_000, id="edit distance"),
        pytest.param(spread(0.3, 6), spread(0.2, 6), 4_000, id="rank-biased distance"),
        pytest.param(spread(0.2, 4), spread(0.1, 4), 3_000, id="1 - F1"),
    ],
)
def test_a_slice_that_is_further_apart_is_named_in_time(
    inside: Callable[..., Rates], elsewhere: Callable[..., Rates], by: int, outputs: int
):
    """A fifth of the traffic, by the half of alpha that outputs share, in nine of ten streams."""
    found = 0
    for seed in range(SEEDS):
        random = np.random.default_rng([seed, 16])
        hits = satisfied(random, by, first=0.2)
        values = np.where(hits[:, 0], inside(random, by), elsewhere(random, by))
        found += named_by_distance(hits, values, outputs=outputs)[:, 0].any()
    assert found >= 0.9 * SEEDS


def of_prices(shift: float) -> Callable[..., Rates]:
    """Of a retrained regressor that is about 1 off, as a share of the clip that prices of 104 to 1,640 have."""
    return lambda random, count: np.abs(random.normal(shift, 1, count)) / 2_048


@pytest.mark.parametrize(("carriers", "by"), [(20, 80), (100, 80)])
def test_the_one_carrier_that_is_20_off_is_named_in_time(carriers: int, by: int):
    """By so many pairs of its own, in nine of ten streams."""
    found = 0
    for seed in range(SEEDS if FULL else 20):
        random = np.random.default_rng([seed, 18])
        own = random.integers(0, carriers, by * carriers * 3 // 2)
        hits = own[:, None] == np.arange(carriers)
        values = np.where(hits[:, 0], of_prices(20)(random, len(own)), of_prices(0)(random, len(own)))
        at = np.flatnonzero(named_by_distance(hits, values, every=100)[:, 0])
        found += at.size > 0 and hits[: (at[0] + 1) * 100, 0].sum() <= by
    assert found >= 0.9 * (SEEDS if FULL else 20)


def heavy_tailed(random: np.random.Generator, count: int) -> Rates:
    """Pareto of index 1.5, clipped."""
    return np.minimum(random.pareto(1.5, count) + 1, 2_048) / 2_048


def with_flips(random: np.random.Generator, count: int) -> Rates:
    """Noise of floats, and half a per cent that are far off."""
    return np.where(random.random(count) < 0.005, 1.0, np.abs(random.normal(0, 1e-6, count)))


@pytest.mark.parametrize(
    "draw",
    [spread(0.05, 20), off_by(0), spread(0.3, 4), spread(0.2, 6), of_prices(0), heavy_tailed, with_flips],
)
def test_without_an_effect_no_slice_is_named_by_its_distances(draw: Callable[..., Rates]):
    """However they are spread."""
    false = 0
    for seed in range(USERS):
        random = np.random.default_rng([seed, 17])
        false += named_by_distance(satisfied(random, NULL_PAIRS), draw(random, NULL_PAIRS)).any()
    assert false / USERS <= ALPHA


def effects(units: NDArray[np.int_], values: Rates) -> Rates:
    """At the same looks, by the buckets that the requests' units fall into."""
    buckets = np.random.default_rng(15).integers(0, BUCKETS, units.max() + 1)[units]
    found = []
    for end in range(EVERY, len(values) + 1, EVERY):
        sizes = np.bincount(buckets[:end], minlength=BUCKETS).tolist()
        totals = np.bincount(buckets[:end], weights=values[:end], minlength=BUCKETS).tolist()
        found.append(design_effect(sizes, totals, end).measured)
    return np.array(found)


def greatest_effects(units: NDArray[np.int_]) -> Rates:
    """Likewise, of users all of whose requests are alike."""
    buckets = np.random.default_rng(15).integers(0, BUCKETS, units.max() + 1)[units]
    found = []
    for end in range(EVERY, len(units) + 1, EVERY):
        sizes = np.bincount(buckets[:end], minlength=BUCKETS).tolist()
        found.append(design_effect(sizes, list(map(float, sizes)), end).greatest)
    return np.array(found)


def of_five(random: np.random.Generator, count: int) -> NDArray[np.int_]:
    return random.permutation(np.repeat(np.arange(count // 5), 5))


def of_twenty(random: np.random.Generator, count: int) -> NDArray[np.int_]:
    return random.permutation(np.repeat(np.arange(count // 20), 20))


def one_after_the_other(random: np.random.Generator, count: int) -> NDArray[np.int_]:
    """Of twenty, which come together."""
    return np.repeat(np.arange(count // 20), 20)


def of_heavy_tailed_sizes(random: np.random.Generator, count: int) -> NDArray[np.int_]:
    """A few users send hundreds, most a few."""
    sizes = np.minimum(1 + random.pareto(1.5, count) * 3, 500).astype(np.int64)
    return random.permutation(np.repeat(np.arange(count), sizes)[:count])


@pytest.mark.parametrize("alike", [1.0, 0.5])
@pytest.mark.parametrize("users", [of_five, of_twenty, one_after_the_other, of_heavy_tailed_sizes])
def test_users_whose_requests_are_alike_name_no_slice(users: Callable[..., NDArray[np.int_]], alike: float):
    """They satisfy the same conditions, and disagree as their user does: always, or half of the time."""
    false = 0
    for seed in range(USERS):
        random = np.random.default_rng([seed, 14])
        units = users(random, NULL_PAIRS)
        rate, hits = random.uniform(0.005, 0.1), satisfied(random, units.max() + 1)[units]
        as_their_user = random.random(len(units)) < alike
        values = np.where(
            as_their_user, (random.random(units.max() + 1) < rate)[units], random.random(len(units)) < rate
        )
        false += named(hits, values.astype(np.float64), effects(units, values)).any()
    assert false / USERS <= ALPHA


@pytest.mark.parametrize("users", [of_five, of_heavy_tailed_sizes])
def test_users_whose_answers_are_as_far_apart_name_no_slice(users: Callable[..., NDArray[np.int_]]):
    """By the design effect of requests that do as their user does, and as all of them disagree."""
    false = 0
    for seed in range(USERS if FULL else 60):
        random = np.random.default_rng([seed, 19])
        units = users(random, NULL_PAIRS)
        hits = satisfied(random, units.max() + 1)[units]
        values = np.minimum(random.pareto(1.5, units.max() + 1) + 1, 2_048)[units] / 2_048
        false += named_by_distance(hits, values, effects=greatest_effects(units)).any()
    assert false / (USERS if FULL else 60) <= ALPHA
