"""What is said of a metric, in every format alike."""

import pytest

from comparators.metrics.document import MetricValue
from comparators.metrics.metric import COUNT, MEAN, RATE
from comparators.render import words


def metric(
    value: float | None = 0.02, lo: float | None = 0.01, hi: float | None = 0.035, **changes: object
) -> MetricValue:
    fields = {"address": "", "label": "disagreement", "n": 1_200, "unit": "share", "method": RATE, "reason": ""}
    return MetricValue(value=value, lo=lo, hi=hi, **{**fields, **changes})


def test_a_value_is_said_with_its_interval_and_its_requests():
    """The unit once, by the value."""
    assert words.said(metric()) == "2 %  [1, 3.5] of 1,200 requests"
    assert words.said(metric(n=1)).endswith("of 1 request")


@pytest.mark.parametrize(("value", "said"), [(0.02, "+2 %"), (0.0, "0 %"), (-0.02, "-2 %"), (None, "—")])
def test_a_difference_is_said_with_its_sign(value, said):
    """So that nobody takes it for a rate."""
    assert words.value(metric(value, signed=True)) == said
    assert "+" not in words.value(metric(value))


def test_an_open_interval_says_why():
    """With what is known of it; without an interval the reason alone."""
    assert words.interval_or_reason(metric(2.0, 1.0, None, unit="ratio", reason="more")) == "[1.00, ∞]  more"
    assert words.interval_or_reason(metric(2.0, None, 3.0, unit="ms", method=MEAN)) == "[-∞, 3.00]"
    assert words.interval_or_reason(metric(None, None, None, reason="no pairs yet")) == "no pairs yet"


def test_what_was_counted_has_no_interval():
    """Of everything there is, nothing is estimated."""
    assert words.interval_or_reason(metric(1.0, 1.0, 1.0, method=COUNT)) == "counted"
