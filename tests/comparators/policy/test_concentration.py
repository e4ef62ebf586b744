"""Where a failed candidate disagrees most is said with its verdict."""

from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from tests.comparators import rich

NOW_S = 1_372_640_400.0


def judgement(*checks: Check):
    return judged(rich.report(), Policy(min_coverage=0.0, checks=checks), NOW_S)


def test_a_failed_disagreement_names_its_slice():
    """The strongest one in the reason, each with its figures in a note."""
    found = judgement(Check(metric="disagreement.rate", max=0.01))
    assert found.reason.endswith("; most where `wind: gust is missing`")
    assert any("38 % disagrees where `wind: gust is missing`, and 1.11 % elsewhere" in note for note in found.notes)


def test_another_failure_names_none():
    """Slices are of disagreement, and say nothing of a latency."""
    found = judgement(Check(metric="latency.over_5ms", max=0.01))
    assert found.verdict == "fail"
    assert "wind" not in found.reason + "".join(found.notes)
