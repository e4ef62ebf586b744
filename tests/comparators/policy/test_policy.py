"""What of a policy can never be judged: found before anybody waits, and said with what would be right."""

import pytest

from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy, problems
from tests.comparators.policy.reports import NOW_S, report

RATE = Check(metric="disagreement.rate", max=0.02)
MEAN, SHARE = Check(metric="score.mae", max=1.0), Check(metric="score.beyond", max=0.01)


def wrong(*checks: Check) -> list[tuple[str, str]]:
    return [(each.path, each.right) for each in problems(Policy(checks=checks))]


def test_a_policy_that_can_be_judged_has_no_problem():
    """Of a mean of clipped values too, with its share beside it."""
    assert wrong(RATE, MEAN, SHARE, Check(metric="latency.over_200ms", max=0.01)) == []


@pytest.mark.parametrize(
    ("check", "path", "right"),
    [
        (Check(metric="disagreement.rate"), "checks[1]", "one limit, either max or min"),
        (Check(metric="disagreement.rate", max=1.0, min=0.0), "checks[1]", "one limit, either max or min"),
        (Check(metric="disagreement.rate", min=float("inf")), "checks[1].min", "a finite number"),
        (Check(metric="disagreement.rate", max=float("nan")), "checks[1].max", "a finite number"),
        (Check(metric="disagreement", max=1.0), "checks[1].metric", "did you mean disagreement.rate?"),
        (Check(metric="Label", max=1.0), "checks[1].metric", "a name stands first"),
        (Check(metric="label.kappa", min=0.9), "checks[1].metric", "of label there are label.disagreement"),
        (MEAN, "checks[1].metric", "beside it a check of severity fail on score.beyond"),
    ],
)
def test_what_cannot_be_judged_is_named_with_what_would_be_right(check, path, right):
    """Each by its place in the policy."""
    ((found, told),) = wrong(RATE, check)
    assert found == path
    assert right in told


def test_a_share_that_only_warns_guards_no_mean_that_fails():
    """Nor does one of another output."""
    warns = Check(metric="score.beyond", max=0.01, severity="warn")
    elsewhere = Check(metric="score.beyond@output=/b", max=0.01)
    assert [path for path, _ in wrong(MEAN, warns)] == ["checks[0].metric"]
    assert [path for path, _ in wrong(Check(metric="score.mae@output=/a", max=1.0), elsewhere)] == ["checks[0].metric"]


def test_a_policy_of_warnings_alone_passes_nobody():
    """It would pass any candidate."""
    ((path, right),) = wrong(Check(metric="disagreement.rate", max=0.02, severity="warn"))
    assert path == "checks"
    assert "severity fail" in right


def test_a_verdict_tells_all_problems():
    """The first is the reason, the others are notes: nobody mends one to find the next."""
    checks = (Check(metric="disagreement.rate"), Check(metric="label.agreemnt", max=1.0), MEAN)
    judgement = judged(report(), Policy(checks=checks), NOW_S)
    assert "checks[0]" in judgement.reason
    assert "(and 2 more)" in judgement.reason
    assert [note[1:10] for note in judgement.notes] == ["checks[1]", "checks[2]"]


def test_as_many_checks_as_a_policy_may_have_are_read_in_time():
    """Means with their shares: none is looked for among all others."""
    checks = [MEAN, SHARE] * 5_000
    assert wrong(*checks) == []


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (Check(metric="disagreement.rate", max=5), "no value can miss this limit; 5 % is 0.05"),
        (Check(metric="errors.new_minus_fixed", max=1.5), "5 % is 0.05"),
        (Check(metric="coverage.ratio", min=98), "no value can keep to this limit"),
        (Check(metric="embedding.cosine_distance", max=2.5), "expected at most 2"),
        (Check(metric="latency.over_0ms", max=0.5), "there is no metric latency.over_0ms"),
    ],
)
def test_a_limit_beyond_all_values_is_a_mistake(check, said):
    """Who writes 5 for 5 % would pass any candidate."""
    (problem,) = wrong(check)
    assert said in problem[1]


def test_a_limit_may_be_any_that_a_value_can_have():
    """Also of what is no share."""
    assert wrong(Check(metric="latency.p99_ratio", max=5), Check(metric="embedding.cosine_distance", max=2)) == []


def test_a_decision_may_take_longer_than_it_must():
    """Else it would fail by timeout before anything can pass."""
    policy = Policy(checks=(RATE,), min_duration_s=100, max_duration_s=10)
    ((path, _, right),) = problems(policy)
    assert (path, right[:29]) == ("max_duration_s", "more than min_duration_s, whi")
