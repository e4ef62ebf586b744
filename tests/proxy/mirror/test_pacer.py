"""Catching up at no more than twice the speed of arrival."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from proxy.mirror.pacer import Pacer

GAPS = st.lists(st.floats(0, 10, allow_nan=False), min_size=2, max_size=20)


def test_what_is_not_behind_goes_at_once() -> None:
    """An exchange younger than a second is sent when it comes."""
    pacer = Pacer()
    assert pacer.due(arrived=99.5, now=100.0) == 100.0
    assert pacer.due(arrived=99.6, now=100.1) == 100.1


def test_a_backlog_goes_at_twice_its_speed() -> None:
    """Exchanges that came two seconds apart are sent one second apart."""
    pacer = Pacer()
    assert [pacer.due(arrived, now=100.0) for arrived in (10.0, 12.0, 14.0, 20.0)] == [100.0, 101.0, 102.0, 105.0]


def test_time_lost_is_not_made_up_by_a_burst() -> None:
    """After a candidate was slow the next gap counts from when the last one was really sent."""
    pacer = Pacer()
    pacer.due(10.0, now=100.0)
    assert pacer.due(12.0, now=150.0) == 150.0
    assert pacer.due(14.0, now=150.0) == 151.0


def test_having_caught_up_it_forgets() -> None:
    """The next outage starts at once."""
    pacer = Pacer()
    pacer.due(10.0, now=100.0)
    pacer.due(100.0, now=100.5)
    assert pacer.due(60.0, now=101.0) == 101.0


@given(GAPS, GAPS)
def test_a_backlog_is_never_sent_faster(arrivals: list[float], delays: list[float]) -> None:
    """Whatever the gaps and however late this side is: between two sendings lies half the gap of their arrivals."""
    pacer, arrived, now = Pacer(), 0.0, 1_000.0
    sent: list[tuple[float, float]] = []
    for gap, delay in zip(arrivals, delays, strict=False):
        arrived += gap
        now = max(now + delay, pacer.due(arrived, now + delay))
        sent.append((arrived, now))
    for (came, went), (came_next, went_next) in pairwise(sent):
        assert went_next - went >= (came_next - came) / 2 - 1e-6
