"""Clipped means, looked at again and again: how often do bets ever miss the truth, and how wide is what they give?

On streams that the normal approximation fails: what was not seen yet leaves no trace in the data. With
UNDERSTUDY_SIMULATE=full as `research` had it: 600 streams, looked at 48 times from 100 to 5,000.
"""

import math
import os
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import numpy as np
import pytest
from scipy import integrate, stats

from comparators.statistics import bets
from comparators.statistics.edges import EdgeHistogram
from comparators.statistics.estimate import Interval

pytestmark = pytest.mark.slow

ALPHA = 0.05
FULL = os.environ.get("UNDERSTUDY_SIMULATE") == "full"
STREAMS, LOOKS = (600, 48) if FULL else (40, 12)
AT = sorted({round(100 * 50 ** (look / (LOOKS - 1))) for look in range(LOOKS)})
LENGTH = AT[-1]
ALLOWED = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)

Draw = Callable[[np.random.Generator], np.ndarray]
Tail = Callable[[float], float]


class Stream(NamedTuple):
    """Values, the chance that one is larger than x, the clip, and what the interval's width may be at LENGTH, in widths
    of the t interval of as many values.
    """

    draw: Draw
    beyond: Tail
    top: int
    widest: float


def half_normal(random: np.random.Generator) -> np.ndarray:
    return np.abs(random.normal(0, 1, LENGTH))


def some(share: float, random: np.random.Generator) -> np.ndarray:
    return random.random(LENGTH) < share


def float_noise_and_flips(random: np.random.Generator) -> np.ndarray:
    """A ported model: nearly all differ by a millionth, one of 500 by 1."""
    return np.where(some(0.002, random), 1.0, 1e-6 * half_normal(random))


def rarely_a_hundred(random: np.random.Generator) -> np.ndarray:
    return half_normal(random) + 100 * some(0.005, random)


def mostly_zero(share: float) -> Draw:
    return lambda random: np.where(some(share, random), np.abs(random.normal(2, 1, LENGTH)), 0.0)


def beyond_normal(x: float, mean: float = 0.0) -> float:
    return float(stats.norm.sf(x - mean) + stats.norm.cdf(-x - mean))


STREAMS_BY_NAME = {
    "half a normal": Stream(half_normal, beyond_normal, 3, 2.0),
    "float noise and flips": Stream(
        float_noise_and_flips, lambda x: 0.002 * (x < 1) + 0.998 * beyond_normal(1e6 * x), 1, 2.4
    ),
    "rarely a hundred": Stream(
        rarely_a_hundred, lambda x: 0.995 * beyond_normal(x) + 0.005 * beyond_normal(max(0.0, x - 100)), 7, 2.2
    ),
    "2 % not zero": Stream(mostly_zero(0.02), lambda x: 0.02 * beyond_normal(x, 2), 4, 2.5),
    "0.5 % not zero": Stream(mostly_zero(0.005), lambda x: 0.005 * beyond_normal(x, 2), 4, 3.4),
    "squares of t with 3 degrees": Stream(
        lambda random: random.standard_t(3, LENGTH) ** 2, lambda x: 2 * stats.t.sf(math.sqrt(x), 3), 8, 2.4
    ),
    "lognormal": Stream(lambda random: random.lognormal(0, 2, LENGTH), stats.lognorm(2).sf, 9, 2.2),
    "Pareto 1.5": Stream(lambda random: random.pareto(1.5, LENGTH), stats.lomax(1.5).sf, 7, 2.3),
    "Pareto 2.5": Stream(lambda random: random.pareto(2.5, LENGTH), stats.lomax(2.5).sf, 4, 2.1),
}


def mean_of(stream: Stream) -> float:
    """Of the clipped values: the integral of the chance to be larger, octave by octave."""
    ends = [0.0, *(2.0**octave for octave in range(-40, stream.top + 1))]
    return math.fsum(integrate.quad(stream.beyond, lo, hi, limit=200)[0] for lo, hi in pairwise(ends))


def looks(values: np.ndarray, top: int) -> list[Interval]:
    histogram, found, before = EdgeHistogram(), [], 0
    for n in AT:
        histogram.add_all(values[before:n], top)
        found.append(bets.clipped_mean(histogram, ALPHA))
        before = n
    return found


@pytest.mark.timeout(3600 if FULL else 120)
@pytest.mark.parametrize("name", STREAMS_BY_NAME)
def test_the_interval_of_a_clipped_mean_holds_at_every_look(name):
    """In all streams but alpha of them, and two standard errors; it has two ends, and is no wider than it need be."""
    stream, random = STREAMS_BY_NAME[name], np.random.default_rng(6)
    truth, missed, widths = mean_of(stream), 0, []
    for _ in range(STREAMS):
        values = stream.draw(random)
        found = looks(values, stream.top)
        missed += any(not each.lo <= truth <= each.hi for each in found)
        assert 0 < found[-1].lo < found[-1].hi < 2.0**stream.top
        spread = np.minimum(values, 2.0**stream.top).std()
        if spread:
            widths.append((found[-1].hi - found[-1].lo) / (2 * 1.96 * spread / math.sqrt(LENGTH)))
    assert missed / STREAMS <= ALLOWED
    assert 1 < median(widths) <= stream.widest


def signed(random: np.random.Generator) -> np.ndarray:
    return random.normal(0.3, 1, LENGTH)


def seldom_larger(random: np.random.Generator) -> np.ndarray:
    """Float noise of either sign; one in a hundred is larger by some 2."""
    return random.normal(0, 1e-6, LENGTH) + np.where(some(0.01, random), random.normal(2, 0.5, LENGTH), 0.0)


@pytest.mark.timeout(3600 if FULL else 120)
@pytest.mark.parametrize(("draw", "truth"), [(signed, 0.3), (seldom_larger, 0.02)])
def test_the_interval_of_a_clipped_difference_holds_at_every_look(draw, truth):
    """Likewise, for values of either sign, of which none reaches the clip of 8."""
    random, missed = np.random.default_rng(7), 0
    for _ in range(STREAMS):
        values = draw(random)
        histogram, before = EdgeHistogram(), 0
        for n in AT:
            histogram.add_all(values[before:n], 3)
            lo, hi = bets.clipped_difference(histogram, ALPHA)
            if not lo <= truth <= hi:
                missed += 1
                break
            before = n
    assert missed / STREAMS <= ALLOWED
