"""The starting policies, asked again and again while evidence grows: how often is a verdict ever wrong, and when is it?

At alpha = 0.05 at most 5 % of the streams may, and two standard errors for the number of streams that were simulated.
UNDERSTUDY_SIMULATE=full simulates 200 streams, and users of 5 requests as well.
"""

import math
import os
from collections.abc import Iterator
from functools import cache
from statistics import median

import numpy as np
import pytest

from comparators.policy.judging import judged
from comparators.policy.policy import Policy
from comparators.policy.starting import Purpose, starting_policy
from tests.comparators.policy.streams import Rates, Stream
from understudy.settings.policies import parsed

pytestmark = pytest.mark.slow

ALPHA = 0.05
FULL = os.environ.get("UNDERSTUDY_SIMULATE") == "full"
STREAMS = 200 if FULL else 40
USERS = [1, 5, 20] if FULL else [1, 20]  # how many requests of one are alike
ALLOWED = ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / STREAMS)
LOOKS = (
    (300, 1_000, 1_500, 2_000, 3_000, 4_000, 5_000, 8_000, 12_000, 16_000, 20_000)
    if FULL
    else (1_500, 3_000, 5_000, 12_000, 20_000)
)
NOW_S = 1_372_640_400.0
# What the policies themselves say (starting.py).
FLIPS = 0.1  # of decisions, by other weights
LIMITS = {"disagreement": 0.005, "failures": 0.005, "slow": 0.02}


@cache
def policy(purpose: Purpose) -> Policy:
    """As it is written of a quiet start, and left as it is."""
    report = Stream.drawn(np.random.default_rng(0), 300, Rates()).report(300)
    return parsed("policy.toml", starting_policy(purpose, report).encode())


def streams(rates: Rates, of_one_user: int, count: int = STREAMS, seed: int = 1) -> Iterator[Stream]:
    random = np.random.default_rng(seed)
    return (Stream.drawn(random, LOOKS[-1], rates, of_one_user) for _ in range(count))


def first(stream: Stream, purpose: Purpose, verdict: str) -> float:
    """After how many pairs it is said for the first time; infinity where it never is."""
    said = (n for n in LOOKS if judged(stream.report(n), policy(purpose), NOW_S).verdict == verdict)
    return next(said, math.inf)


def ever(rates: Rates, of_one_user: int, purpose: Purpose, verdict: str) -> float:
    """The share of streams of which it is ever said."""
    found = [first(stream, purpose, verdict) < math.inf for stream in streams(rates, of_one_user)]
    assert len(found) == STREAMS
    return sum(found) / STREAMS


@pytest.mark.parametrize("of_one_user", USERS)
@pytest.mark.parametrize("what", list(LIMITS))
def test_a_candidate_at_a_limit_hardly_ever_passes(what, of_one_user):
    """The least that is not allowed, in one respect alone; in all others it is perfect."""
    at_limit = Rates(**{what: LIMITS[what] * 1.0001})
    assert ever(at_limit, of_one_user, "same-model", "pass") <= ALLOWED


@pytest.mark.parametrize("of_one_user", USERS)
def test_a_candidate_at_all_limits_hardly_ever_fails(of_one_user):
    """All that is allowed, in every respect at once."""
    allowed = Rates(disagreement=0.0, failures=LIMITS["failures"] * 0.9999, slow=LIMITS["slow"] * 0.9999)
    assert ever(allowed, of_one_user, "same-model", "fail") <= ALLOWED


@pytest.mark.parametrize("of_one_user", USERS)
def test_other_weights_at_a_limit_hardly_ever_pass(of_one_user):
    """Of the decisions that may change, a hair more change."""
    at_limit = Rates(disagreement=FLIPS * 1.0001)
    assert ever(at_limit, of_one_user, "new-model", "pass") <= ALLOWED


@pytest.mark.parametrize("of_one_user", USERS)
def test_other_weights_at_all_limits_hardly_ever_fail(of_one_user):
    """As many decisions change, requests fail and take long as may."""
    allowed = Rates(FLIPS * 0.9999, LIMITS["failures"] * 0.9999, LIMITS["slow"] * 0.9999)
    assert ever(allowed, of_one_user, "new-model", "fail") <= ALLOWED


@pytest.mark.parametrize("purpose", ["same-model", "new-model"])
def test_a_candidate_that_always_agrees_passes_soon(purpose):
    """Within 5,000 pairs, in the median of the streams; a gate that is always inconclusive fails this test."""
    passed = [first(stream, purpose, "pass") for stream in streams(Rates(), 1)]
    assert median(passed) <= 5_000


@pytest.mark.parametrize("what", list(LIMITS))
def test_a_candidate_at_twice_a_limit_fails(what):
    """Within 20,000 pairs, in the median of the streams."""
    failed = [first(stream, "same-model", "fail") for stream in streams(Rates(**{what: 2 * LIMITS[what]}), 1)]
    assert median(failed) <= 20_000


def test_other_weights_that_change_few_decisions_pass():
    """A twentieth of them, in both directions: raw disagreement is information."""
    passed = [first(stream, "new-model", "pass") for stream in streams(Rates(disagreement=0.05), 1, STREAMS // 5)]
    assert median(passed) <= 20_000


def test_other_weights_that_change_many_decisions_fail():
    """Twice as many as are allowed."""
    failed = [first(stream, "new-model", "fail") for stream in streams(Rates(disagreement=0.2), 1, STREAMS // 5)]
    assert median(failed) <= 5_000
