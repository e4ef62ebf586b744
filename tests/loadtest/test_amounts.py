"""Durations, rates, speeds, shares and thresholds, as one writes them."""

import pytest

from comparators.policy.policy import Check
from loadtest import amounts
from loadtest.thresholds import policy_of


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (amounts.seconds, "30s", 30.0),
        (amounts.seconds, "500ms", 0.5),
        (amounts.seconds, "1.5m", 90.0),
        (amounts.seconds, "2h", 7200.0),
        (amounts.per_second, "500/s", 500.0),
        (amounts.per_second, "30/m", 0.5),
        (amounts.per_second, "12.5", 12.5),
        (amounts.speed, "2x", 2.0),
        (amounts.speed, "200%", 2.0),
        (amounts.speed, "150.5%", 1.505),
        (amounts.speed, ".5", 0.5),
        (amounts.share, "10%", 0.1),
        (amounts.share, "1", 1.0),
    ],
)
def test_an_amount_is_what_it_says(read, text, value):
    """In the unit that it has, or the usual one."""
    assert read(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (amounts.seconds, "30"),
        (amounts.seconds, "-1s"),
        (amounts.seconds, "1 day"),
        (amounts.seconds, "0s"),
        (amounts.per_second, "0/s"),
        (amounts.per_second, "fast"),
        (amounts.speed, "0x"),
        (amounts.speed, "nanx"),
        (amounts.share, "0"),
        (amounts.share, "101%"),
        (amounts.share, "half"),
    ],
)
def test_no_amount_is_an_error_with_an_example(read, text):
    """It names what came."""
    with pytest.raises(ValueError, match="such as") as error:
        read(text)
    assert repr(text) in str(error.value)


@pytest.mark.parametrize(
    ("threshold", "check"),
    [
        ("disagreement.rate <= 0.01", Check(metric="disagreement.rate", max=0.01)),
        ("disagreement.rate<1%", Check(metric="disagreement.rate", max=0.01)),
        ("response.p99_ms < 250ms", Check(metric="response.p99_ms", max=250.0)),
        ("response.p99_ms <= 1.5s", Check(metric="response.p99_ms", max=1500.0)),
        ("rate.achieved >= 500/s", Check(metric="rate.achieved", min=500.0)),
        ("goodput>100", Check(metric="goodput", min=100.0)),
        ("latency.p99_ratio <= 1.2x", Check(metric="latency.p99_ratio", max=1.2)),
        (
            "disagreement.rate@request=POST+/score <= 0.02",
            Check(metric="disagreement.rate@request=POST+/score", max=0.02),
        ),
    ],
)
def test_a_threshold_is_a_check(threshold, check):
    """In the metric's own unit."""
    (found,) = policy_of([threshold]).checks
    assert found.metric == check.metric
    assert (found.max, found.min) == (pytest.approx(check.max) if check.max else None, check.min)


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        ("response.p101_ms < 5", "there is no metric response.p101_ms"),
        ("disagreement < 0.1", "did you mean disagreement.rate"),
        ("disagreement.rate = 0.1", "is no threshold"),
        ("disagreement.rate", "is no threshold"),
        ("disagreement.rate <= many", "is no threshold"),
        ("disagreement.rate <= 5ms", "ms is no unit of disagreement.rate"),
        ("rate.achieved >= 5%", "% is no unit of rate.achieved"),
        ("disagreement.rate <= 1.5", "5"),
        ("disagreement.rate >= 0.02", "lower is better; did you mean <=?"),
        ("goodput <= 5", "higher is better; did you mean >=?"),
        ("disagreement <= 2%", "did you mean disagreement.rate"),
    ],
)
def test_a_threshold_that_could_never_be_judged_is_an_error(threshold, words):
    """In words, before anything is sent: a percentile outside 0 to 100, too."""
    with pytest.raises(ValueError, match=words.replace(".", r"\.").replace("?", r"\?")):
        policy_of([threshold])
