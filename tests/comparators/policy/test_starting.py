"""Policies to start with: what they demand, and that they can be judged as they are."""

import pytest

from comparators.policy.judging import judged
from comparators.policy.starting import PURPOSES, Purpose, starting_policy
from tests.comparators import rich
from tests.comparators.made import answer, pair
from tests.comparators.render.made import report_of
from understudy.settings.policies import parsed

NOW_S = 1_372_640_400.0


@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_is_usable_as_it_is_written(purpose: Purpose) -> None:
    """Of every kind of output: no metric is misspelt, and each is told in the report that it is made of."""
    report = rich.report()
    found = judged(report, parsed("policy.toml", starting_policy(purpose, report).encode()), NOW_S)
    assert found.verdict != "error"
    assert all(each.n for each in found.checks)


def test_a_model_that_answers_at_random_never_passes_for_want_of_a_check() -> None:
    """Where no output is known by its name, how often whole answers differ is judged, and the policy says why."""
    sides = [[{"risk": n % 2 + off, "action": f"a{(n + off) % 7}"} for off in (0, 1)] for n in range(400)]
    report = report_of([pair(*map(answer, both), number=n) for n, both in enumerate(sides)])
    text = starting_policy("new-model", report)
    found = judged(report, parsed("policy.toml", text.encode()), NOW_S)
    assert found.verdict == "fail"
    assert "disagreement.rate" in found.reason
    assert "compare.readings" in text
