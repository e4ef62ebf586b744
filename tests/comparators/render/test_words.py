"""What is said of a metric, in every format alike."""

import pytest

from comparators.metrics.document import MetricValue
from comparators.metrics.metric import CLIPPED_MEAN, COUNT, RATE
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
    assert words.interval_or_reason(metric(2.0, None, 3.0, unit="ms", method=CLIPPED_MEAN)) == "[-∞, 3.00]"
    assert words.interval_or_reason(metric(None, None, None, reason="no pairs yet")) == "no pairs yet"


def test_what_was_counted_has_no_interval():
    """Of everything there is, nothing is estimated."""
    assert words.interval_or_reason(metric(1.0, 1.0, 1.0, method=COUNT)) == "counted"


def test_bounds_are_in_the_unit_that_the_value_says():
    """Also where a bound alone would be said in another one."""
    duration = {"unit": "ms", "method": CLIPPED_MEAN}
    assert words.said(metric(10_100, 9_798, 10_300, **duration)) == "10.1 s  [9.80, 10.3] of 1,200 requests"
    assert words.said(metric(9_900, 9_700, 10_200, **duration)) == "9,900 ms  [9,700, 10,200] of 1,200 requests"
    assert words.interval(metric(None, 9_798, 10_300, **duration)) == "[9,798 ms, 10.3 s]"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.0031, "ratio", "0.0031x"),
        (1e-9, "ratio", "<0.0001x"),
        (0.0004, "ms", "<0.001 ms"),
        (-0.0004, "ms", ">-0.001 ms"),
        (-0.0, "ms", "0.000 ms"),
        (1e-9, "share", "<0.0001 %"),
        (8.327e-17, "value", "<1e-12"),
        (-8.327e-17, "value", ">-1e-12"),
    ],
)
def test_what_is_not_nothing_is_not_called_nothing(value, unit, said):
    """It is said to be less than the least that is written out, in the interval as beside it."""
    assert words.number(value, unit) == said
    bare = said.rstrip("xms% ")
    assert words.interval(metric(value, value, value, unit=unit)) == f"[{bare}, {bare}]"


@pytest.mark.parametrize(("value", "said"), [(0.999999, "99.99 %"), (-0.999999, "-99.99 %"), (-1.0, "-100 %")])
def test_what_is_not_all_is_not_called_all(value, said):
    """Of a difference of shares too."""
    assert words.number(value, "share") == said


def test_large_numbers_are_written_as_their_bounds_are():
    """With separators, and without powers of ten as far as a double holds each digit."""
    assert words.said(metric(1e9, 1e8, 2e9, unit="ratio")).startswith("1,000,000,000x  [100,000,000, 2,000,000,000]")
    assert words.number(9_999.6, "value") == "10,000"
    assert words.number(1e300, "value") == "1e+300"
    assert words.number(471_587_473_939, "evidence") == "4.72e+11"
    assert words.number(9_720, "evidence") == "9720"
    assert words.number(9.9e299, "evidence") == "9.9e+299"
    assert words.number(1.7976931348605e308, "evidence") == "over 1e+300"
