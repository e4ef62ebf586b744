"""A false name has probability at most alpha, however often one looks. UNDERSTUDY_SIMULATE=full: at full size."""

import math
import os

import numpy as np
import pytest

from comparators.features.features import Features
from comparators.slices.finder import find
from comparators.slices.matching import Matcher
from comparators.slices.sums import SliceSums
from comparators.statistics.exact import ONE
from comparators.view import of_everything
from tests.comparators.slices.asked import enumerated, row

ALPHA = 0.05
FULL = os.environ.get("UNDERSTUDY_SIMULATE") == "full"
STREAMS, PAIRS = (200, 20_000) if FULL else (40, 4_000)
EVERY = 100
LEARNED = 500


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
        if find(conditions, sums, of_everything(ALPHA)).named:
            return True
    return False


@pytest.mark.slow
@pytest.mark.timeout(3600 if FULL else 120)
def test_without_an_effect_no_slice_is_named_at_any_look():
    """In all streams but alpha of them, and two standard errors."""
    false = sum(names_one(seed) for seed in range(STREAMS))
    assert false / STREAMS <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)
