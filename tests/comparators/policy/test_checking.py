"""The checks of a policy: by which interval each passes and fails, and what it says."""

from functools import partial

import numpy as np
import pytest
from msgspec import UNSET
from msgspec.structs import replace

from comparators.evidence.metric_index import addressed
from comparators.evidence.registry import REGISTRY
from comparators.metrics.address import parse
from comparators.metrics.metric import DESCRIPTIVE
from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from comparators.policy.ranges import greatest_value
from comparators.statistics.sequences import rate
from tests.comparators import rich
from tests.comparators.policy.reports import NOW_S, report
from tests.comparators.policy.streams import Rates, Stream

PAIRS, DIFFERING = 1_200, 60
differs = partial(report, pairs=PAIRS, differing=DIFFERING)
OTHERS = tuple(Check(metric="latency.p50_ratio@candidate=skewed,route=root", max=2.0 + each) for each in range(9))
ALPHA, ALL = 0.05, 10


def check_of(*checks: Check, alpha: float | None = None):
    return judged(differs(), Policy(checks=checks, alpha=alpha), NOW_S).checks[0]


def test_it_passes_by_the_interval_at_alpha():
    """However many checks there are: all of them have to pass."""
    _, hi = rate(DIFFERING, PAIRS, ALPHA)
    for others in ((), OTHERS):
        assert check_of(Check(metric="disagreement.rate", max=hi * 1.0001), *others).verdict == "pass"
        assert check_of(Check(metric="disagreement.rate", max=hi * 0.9999), *others).verdict == "inconclusive"


def test_it_fails_by_the_interval_at_alpha_divided_by_all_checks():
    """One of them is enough to fail; those that only warn fail nobody."""
    (one, _), (of_ten, _) = rate(DIFFERING, PAIRS, ALPHA), rate(DIFFERING, PAIRS, ALPHA / ALL)
    between = Check(metric="disagreement.rate", max=(one + of_ten) / 2)
    assert check_of(between).verdict == "fail"
    assert check_of(between, *OTHERS).verdict == "inconclusive"
    assert check_of(between, *(replace(each, severity="warn") for each in OTHERS)).verdict == "fail"
    assert check_of(Check(metric="disagreement.rate", max=of_ten * 0.9999), *OTHERS).verdict == "fail"


def test_it_says_both_alphas_and_the_interval_that_decided():
    """Whoever reads it can have the interval again."""
    passed = check_of(Check(metric="disagreement.rate", max=0.5), *OTHERS)
    failed = check_of(Check(metric="disagreement.rate", max=0.01), *OTHERS)
    assert (passed.alpha_to_pass, passed.alpha_to_fail) == (ALPHA, ALPHA / ALL)
    assert (passed.lo, passed.hi) == pytest.approx(rate(DIFFERING, PAIRS, ALPHA))
    assert (failed.lo, failed.hi) == pytest.approx(rate(DIFFERING, PAIRS, ALPHA / ALL))


def test_a_policy_may_have_an_alpha_of_its_own():
    """The report's sums say the interval again."""
    check = check_of(Check(metric="disagreement.rate", max=0.5), alpha=0.001)
    assert (check.lo, check.hi) == pytest.approx(rate(DIFFERING, PAIRS, 0.001))


def test_a_slice_is_judged_at_its_own_alpha():
    """It is one of many that the same traffic is searched for."""
    found = rich.report()
    address = next(each for each in addressed(found) if each.slice)
    metric = addressed(found)[address]
    assert metric.alpha < found.alpha
    check = judged(found, Policy(checks=(Check(metric=str(address), max=1.0),)), NOW_S).checks[0]
    assert check.alpha_to_pass == pytest.approx(metric.alpha)
    assert (check.lo, check.hi) == pytest.approx((metric.lo, metric.hi))


def greatest(address: str) -> float:
    return greatest_value(REGISTRY[parse(address).name])


def test_each_metric_of_a_report_can_be_checked():
    """Whatever its kind, and however many more requests are asked about: no interval is beyond computing."""
    found = rich.report()
    metrics = {str(address): each for address, each in addressed(found).items() if each.method != DESCRIPTIVE}
    checks = [
        Check(metric=each, max=min((metric.value or 0.0) * 1.01, greatest(each))) for each, metric in metrics.items()
    ]
    checks += [Check(metric=each, min=(metric.value or 0.0) * 0.99) for each, metric in metrics.items()]
    results = judged(found, Policy(checks=tuple(checks), alpha=0.01), NOW_S).checks
    assert len(results) == 2 * len(metrics) > 800
    for each in results:
        assert (each.pairs_needed is UNSET) or each.verdict == "inconclusive"
        assert "too close" not in each.reason or each.value is not UNSET


def test_it_says_how_many_more_pairs_and_how_long_they_take():
    """At the rate of those that there are: 1,200 in two hours."""
    check = check_of(Check(metric="disagreement.rate", max=0.055))
    assert f"about {check.pairs_needed:,} more pairs (" in check.reason
    assert "at the present rate) will tell" in check.reason
    assert check.pairs_needed > PAIRS


def test_it_says_its_limit_in_the_metrics_unit_before_there_is_a_value():
    """A metric that the report does not have yet is known all the same."""
    check = check_of(Check(metric="score.beyond", max=0.05))
    assert (check.unit, check.value) == ("share", UNSET)
    assert "this report has no score.beyond yet" in check.reason


def test_another_candidate_is_none_that_this_report_is_about():
    """A check on it would wait for ever."""
    found = judged(report(), Policy(checks=(Check(metric="disagreement.rate@candidate=other", max=0.1),)), NOW_S)
    assert (found.verdict, found.reason_code) == ("error", "unusable_policy")
    assert "is about candidate other" in found.reason


def test_where_few_users_send_most_requests_no_number_is_promised():
    """More of theirs tell hardly more."""
    random = np.random.default_rng(3)
    stream = Stream.drawn(random, 3_000, Rates(), of_one_user=600)
    check = judged(stream.report(3_000), Policy(checks=(Check(metric="disagreement.rate", max=0.1),)), NOW_S).checks[0]
    assert check.verdict == "inconclusive"
    assert check.pairs_needed is UNSET
    assert "few users send most of the requests" in check.reason


def test_traffic_that_has_ended_has_no_present_rate():
    """It says how many pairs, not how long they take, and that there are none to wait for."""
    later = judged(differs(), Policy(checks=(Check(metric="disagreement.rate", max=0.055),)), NOW_S + 3_600)
    assert later.checks[0].pairs_needed is not UNSET
    assert "at the present rate" not in later.checks[0].reason
    assert later.seconds_needed == 0
    assert any("no traffic comes to wait for" in note for note in later.notes)


@pytest.mark.parametrize(
    ("metric", "beyond", "bound", "unmissable", "missable"),
    [
        ("score.bias", "score.beyond", "max", 2.0, 0.5),
        ("score.bias", "score.beyond", "min", -2.0, -0.5),
        ("score.mae", "score.beyond", "max", 2.0, 0.5),
        ("score.rmse", "score.beyond", "max", 2.0, 0.5),
        ("boxes.count_change", "boxes.count_change_beyond", "max", 1e6, 0.5),
    ],
)
def test_a_limit_that_no_clipped_mean_can_miss_decides_nothing(metric, beyond, bound, unmissable, missable):
    """However good the mean looks: what is beyond the clip counts as the clip."""

    def verdict(limit):
        checks = (Check(metric=metric, **{bound: limit}), Check(metric=beyond, max=0.1))
        return judged(rich.report(), Policy(checks=checks), NOW_S).checks[0]

    assert verdict(missable).verdict == "pass"
    assert verdict(unmissable).verdict == "inconclusive"
    assert "no mean of theirs can miss this limit" in verdict(unmissable).reason
