"""How many times the evidence decides: the least, against a search through all."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.policy.growth import MOST, times_needed
from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from comparators.statistics.sequences import rate
from tests.comparators.policy.reports import NOW_S, report


@given(st.floats(1.0, MOST))
def test_it_is_the_least_to_one_percent(least):
    """Wherever it lies."""
    found = times_needed(lambda times: times >= least)
    assert least <= found <= 1.01 * least


@pytest.mark.parametrize("beyond", [1.001 * MOST, math.inf])
def test_beyond_what_anybody_waits_for_there_is_none(beyond):
    """At the most it is still looked for."""
    assert times_needed(lambda times: times >= beyond) is None
    assert times_needed(lambda times: times >= MOST) == MOST


def test_it_asks_few_times():
    """Each time an interval is computed."""
    asked = []
    times_needed(lambda times: asked.append(times) or times >= MOST)
    assert len(asked) < 20


@pytest.mark.parametrize(("pairs", "differing", "limit"), [(400, 4, 0.02), (1_200, 24, 0.03), (300, 30, 0.08)])
def test_so_many_more_pairs_like_these_decide_a_rate(pairs, differing, limit):
    """Brute force: one more pair at a time, as many of a hundred of which differ as of those that there are."""
    policy = Policy(checks=(Check(metric="disagreement.rate", max=limit),))
    check = judged(report(pairs=pairs, differing=differing), policy, NOW_S).checks[0]
    assert check.verdict == "inconclusive"
    share = differing / pairs

    def decides(n: int) -> bool:
        lo, hi = rate(share * n, n, check.alpha_to_pass)
        return hi <= limit or lo > limit

    least = next(n for n in range(pairs, 100_000) if decides(n))
    assert least <= pairs + check.pairs_needed <= 1.011 * least + 1
