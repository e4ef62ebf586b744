"""Users who send several requests, looked at again and again: how often does an interval ever miss the truth?

At alpha = 0.05 at most 5 % of the streams may, and two standard errors; looks are from 100 to 5,000. What 400 streams
gave (UNDERSTUDY_SIMULATE=full) stands in docs/statistics.md.
"""

import math
import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pytest

from comparators.metrics import ways
from comparators.metrics.way import few_units
from comparators.statistics import quantiles, sequences
from comparators.statistics.clusters import DesignEffect, design_effect, thinned
from comparators.statistics.edges import EdgeHistogram

pytestmark = pytest.mark.slow

ALPHA = 0.05
STREAMS = 400 if os.environ.get("UNDERSTUDY_SIMULATE") == "full" else 200
ALLOWED = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)
LENGTH, BUCKETS = 5_000, 64
LOOKS = sorted({round(100 * 1.085**step) for step in range(49)} | {LENGTH})
LOOKS = [look for look in LOOKS if look <= LENGTH]


class Requests(NamedTuple):
    """Of one stream, in their order."""

    units: np.ndarray
    values: np.ndarray


Draw = Callable[[np.random.Generator], Requests]


def each_of_its_own(p: float) -> Draw:
    return lambda random: Requests(np.arange(LENGTH), (random.random(LENGTH) < p).astype(float))


def users(sizes: Callable[[np.random.Generator], np.ndarray], p: float, icc: float, *, in_turn: bool = True) -> Draw:
    """Whose rates scatter around `p` with this intraclass correlation; 1: all or nothing. `in_turn`: one user after the
    other sends all that he sends, which is the harder case; else all of them send at once.
    """

    def draw(random: np.random.Generator) -> Requests:
        units = np.repeat(np.arange(LENGTH), sizes(random)[:LENGTH].clip(0, LENGTH))[:LENGTH]
        if not in_turn:
            random.shuffle(units)
        rates = (random.random(LENGTH) < p).astype(float)
        if icc < 1:
            rates = random.beta(p * (1 / icc - 1), (1 - p) * (1 / icc - 1), LENGTH)
        return Requests(units, (random.random(LENGTH) < rates[units]).astype(float))

    return draw


def of(size: int) -> Callable[[np.random.Generator], np.ndarray]:
    return lambda _: np.full(LENGTH, size)


def heavy_tailed(random: np.random.Generator) -> np.ndarray:
    """Most users send one request, and a few of them hundreds."""
    return np.ceil(random.pareto(1.2, LENGTH)).clip(1, 400).astype(int)


def few_send_half(random: np.random.Generator) -> np.ndarray:
    """One user in a hundred sends a hundred requests, and all others one: half of the traffic is of few."""
    return np.where(random.random(LENGTH) < 0.01, 100, 1)


def streams(draw: Draw, count: int = STREAMS) -> Iterator[tuple[Requests, np.ndarray]]:
    """With the buckets that their units fall into."""
    random = np.random.default_rng(11)
    for _ in range(count):
        requests = draw(random)
        yield requests, random.integers(0, BUCKETS, LENGTH)[requests.units]


def effect_at(look: int, requests: Requests, buckets: np.ndarray, of_all: int = 0) -> DesignEffect:
    """After so many requests; `of_all` of them where some have no unit."""
    sizes = np.bincount(buckets[:look], minlength=BUCKETS)
    totals = np.bincount(buckets[:look], weights=requests.values[:look], minlength=BUCKETS)
    return design_effect(sizes.tolist(), totals.tolist(), of_all or look)


def excludes(p: float, requests: Requests, buckets: np.ndarray) -> bool:
    """Whether the rate's interval leaves `p` out at some look: by definition, from its martingale."""
    sums = requests.values.cumsum()
    for look in LOOKS:
        d = effect_at(look, requests, buckets).measured
        if few_units(look, d):
            continue
        if sequences.log_martingale(sums[look - 1] / d, look / d, p) >= math.log(1 / ALPHA):
            return True
    return False


CASES = {
    "independent": (each_of_its_own(0.1), 0.1, 1.1),
    "of 5, all or nothing": (users(of(5), 0.1, 1), 0.1, 2.4),
    "of 20, all or nothing": (users(of(20), 0.1, 1), 0.1, 5.2),
    "of 20, all or nothing, seldom": (users(of(20), 0.01, 1), 0.01, 6.1),
    "of 20, all at once": (users(of(20), 0.1, 1, in_turn=False), 0.1, 5.2),
    "of 20, ICC 0.1": (users(of(20), 0.1, 0.1), 0.1, 2.2),
    "of 20, ICC 0.5": (users(of(20), 0.02, 0.5), 0.02, 5.4),
    "heavy-tailed, all or nothing": (users(heavy_tailed, 0.1, 1), 0.1, 14),
    "heavy-tailed, all at once": (users(heavy_tailed, 0.1, 1, in_turn=False), 0.1, 14),
    "heavy-tailed, ICC 0.3": (users(heavy_tailed, 0.1, 0.3), 0.1, 14),
    "few send half, all or nothing": (users(few_send_half, 0.05, 1), 0.05, 14),
    "few send half, all at once": (users(few_send_half, 0.05, 1, in_turn=False), 0.05, 14),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rates_interval_holds_at_every_look(name):
    """Whoever sends the requests, and however much they are alike."""
    draw, p, _ = CASES[name]
    assert sum(excludes(p, *each) for each in streams(draw)) / STREAMS <= ALLOWED


@pytest.mark.parametrize("name", CASES)
def test_the_rates_interval_is_closed_and_no_wider_than_it_must_be(name):
    """At 5,000 requests, against as many independent ones: no interval at all would never miss, either."""
    draw, _, widest = CASES[name]
    widths = []
    for requests, buckets in streams(draw, 20):
        k, d = float(requests.values.sum()), effect_at(LENGTH, requests, buckets).measured
        assert not few_units(LENGTH, d)
        own, independent = sequences.rate(k / d, LENGTH / d, ALPHA), sequences.rate(k, LENGTH, ALPHA)
        widths.append((own.hi - own.lo) / (independent.hi - independent.lo))
    assert np.median(widths) <= widest


def test_what_is_drawn_whatever_its_unit_holds_with_fewer_of_one_unit():
    """As the requests that production is asked twice: a fifth of those of users of twenty, all or nothing."""
    random = np.random.default_rng(15)

    def misses(requests: Requests, buckets: np.ndarray) -> bool:
        drawn = random.random(LENGTH) < 0.2
        n, k = drawn.cumsum(), (requests.values * drawn).cumsum()
        for look in LOOKS:
            some, effect = int(n[look - 1]), effect_at(look, requests, buckets).greatest
            d = thinned(effect, some, look)
            if not few_units(some, d) and sequences.log_martingale(k[look - 1] / d, some / d, 0.1) >= math.log(
                1 / ALPHA
            ):
                return True
        return False

    assert sum(misses(*each) for each in streams(users(of(20), 0.1, 1))) / STREAMS <= ALLOWED


SIZES = {"of 5": of(5), "of 20": of(20), "heavy-tailed": heavy_tailed}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("q", [0.5, 0.9])
def test_the_interval_of_what_is_not_measured_holds(sizes, q):
    """Latencies that are a user's own, on requests that disagree by chance: those of a user count as if all alike."""
    random = np.random.default_rng(12)

    def misses(requests: Requests, buckets: np.ndarray) -> bool:
        below = (random.random(LENGTH)[requests.units] < q).cumsum()
        for look in LOOKS:
            d = effect_at(look, requests, buckets).greatest
            ranks = quantiles.ranks(q, look, ALPHA, d)
            if not few_units(look, d) and not ranks.lo <= below[look - 1] < ranks.hi:
                return True
        return False

    draw = users(SIZES[sizes], 0.1, 1e-9)
    assert sum(misses(*each) for each in streams(draw)) / STREAMS <= ALLOWED


def seldom(random: np.random.Generator, size: int) -> np.ndarray:
    return (random.random(size) < 0.05).astype(float)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(
    ("draw", "top"),
    [(seldom, 0), (lambda random, size: random.lognormal(0, 1.5, size), 3)],
    ids=["seldom", "lognormal"],
)
def test_the_interval_of_a_mean_holds(draw, top, sizes):
    """Sizes of difference that are a user's own, clipped; and there is one at the end."""
    random = np.random.default_rng(16)
    truth = np.minimum(draw(random, 2_000_000), 2.0**top).mean()

    def misses(requests: Requests, buckets: np.ndarray) -> bool:
        values, histogram, before, missed = draw(random, LENGTH)[requests.units], EdgeHistogram(), 0, False
        for look in LOOKS[::-4][::-1]:
            histogram.add_all(values[before:look], top)
            before, d = look, effect_at(look, requests, buckets).greatest
            lo, hi = ways.clipped_mean(histogram, ALPHA, effect=d).estimate.interval
            missed |= lo is not None and hi is not None and not lo <= truth <= hi
        assert lo is not None
        assert hi is not None
        return missed

    some = STREAMS // 4
    allowed = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / some)
    assert sum(misses(*each) for each in streams(users(SIZES[sizes], 0.1, 1e-9), some)) / some <= allowed


@pytest.mark.parametrize("sizes", SIZES)
def test_the_interval_of_a_difference_holds(sizes):
    """A user's requests all fail anew, or are all mended, or neither."""
    random, draw = np.random.default_rng(13), users(SIZES[sizes], 0.1, 1e-9)
    looks = LOOKS[::6]

    def misses(requests: Requests, buckets: np.ndarray) -> bool:
        which = random.choice(3, p=[0.8, 0.15, 0.05], size=LENGTH)[requests.units]
        new, fixed = (which == 1).cumsum(), (which == 2).cumsum()
        for look in looks:
            d = effect_at(look, requests, buckets).greatest
            lo, hi = ways.paired_difference(
                float(new[look - 1]), float(fixed[look - 1]), look, ALPHA, ("new", "fixed"), effect=d
            ).estimate.interval
            if lo is not None and hi is not None and not lo <= 0.1 <= hi:
                return True
        return False

    some = STREAMS // 4
    allowed = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / some)
    assert sum(misses(*each) for each in streams(draw, some)) / some <= allowed


@pytest.mark.parametrize("icc", [0.1, 0.5, 1])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("new", "fixed"), [(0.15, 0.05), (0.02, 0.0)])
def test_the_interval_of_new_failures_less_fixed_ones_holds(new, fixed, sizes, icc):
    """Each by the effect that is measured of it; users' rates of failing anew, being mended or neither scatter."""
    random, draw = np.random.default_rng(17), users(SIZES[sizes], 0.1, 1e-9)
    shares = np.array([1 - new - fixed, new, max(fixed, 1e-9)])

    def effect(sizes: np.ndarray, buckets: np.ndarray, found: np.ndarray) -> float:
        totals = np.bincount(buckets, weights=found, minlength=BUCKETS)
        return design_effect(sizes.tolist(), totals.tolist(), len(found)).measured

    def misses(requests: Requests, buckets: np.ndarray) -> bool:
        rates = random.dirichlet(shares * (1 / icc - 1) if icc < 1 else shares * 1e-3, LENGTH)[requests.units]
        which = (random.random(LENGTH)[:, None] > rates.cumsum(axis=1)[:, :2]).sum(axis=1)
        for look in LOOKS[::-6][::-1]:
            by, counts = buckets[:look], np.bincount(buckets[:look], minlength=BUCKETS)
            failed = [which[:look] == 1, which[:look] == 2]
            effects = {name: effect(counts, by, each) for name, each in zip(("new", "fixed"), failed, strict=True)}
            found = ways.difference_of_counts(*(int(each.sum()) for each in failed), look, ALPHA, effects)
            lo, hi = found.estimate.interval
            if lo is not None and hi is not None and not lo <= new - fixed <= hi:
                return True
        assert not found.estimate.reason
        return False

    some = STREAMS // 4
    allowed = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / some)
    assert sum(misses(*each) for each in streams(draw, some)) / some <= allowed


def test_requests_without_a_unit_among_others_hold_too():
    """Half of them are nobody's; the others are of users of twenty, all or nothing."""
    draw = users(of(20), 0.1, 1)

    def misses(requests: Requests, buckets: np.ndarray, alone: np.ndarray) -> bool:
        values = np.stack([requests.values, alone], axis=1).reshape(-1)
        sums = values.cumsum()
        for look in LOOKS:
            own = effect_at(look, requests, buckets, 2 * look).measured
            if few_units(2 * look, own):
                continue
            if sequences.log_martingale(sums[2 * look - 1] / own, 2 * look / own, 0.1) >= math.log(1 / ALPHA):
                return True
        return False

    random = np.random.default_rng(14)
    found = [misses(*each, (random.random(LENGTH) < 0.1).astype(float)) for each in streams(draw)]
    assert sum(found) / STREAMS <= ALLOWED


@pytest.mark.parametrize("size", [20, 50])
def test_where_some_have_a_unit_and_they_alone_disagree_it_holds(size):
    """A tenth of all requests: the others, which never disagree, do not make theirs independent."""
    random, p, share = np.random.default_rng(18), 0.2, 0.1

    def misses() -> bool:
        has_unit = random.random(LENGTH) < share
        own = np.repeat(np.arange(LENGTH), size)[: has_unit.sum()]
        random.shuffle(own)
        units, values = np.full(LENGTH, -1), np.zeros(LENGTH)
        units[has_unit], values[has_unit] = own, (random.random(LENGTH) < p)[own]
        buckets, sums = random.integers(0, BUCKETS, LENGTH)[units], values.cumsum()
        for look in LOOKS:
            some = has_unit[:look]
            d = effect_at(int(some.sum()), Requests(own, values[has_unit]), buckets[has_unit], look).measured
            if few_units(look, d):
                continue
            if sequences.log_martingale(sums[look - 1] / d, look / d, p * share) >= math.log(1 / ALPHA):
                return True
        return False

    assert sum(misses() for _ in range(STREAMS)) / STREAMS <= ALLOWED
