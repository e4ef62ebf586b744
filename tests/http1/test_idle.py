"""For how long an endpoint keeps idle connections: announced, or learned from those it closed."""

from math import inf

import pytest

from http1.idle import IdleTime, announced_s, usable_s


@pytest.mark.parametrize(
    ("value", "announced"),
    [
        (b"timeout=5", 5.0), (b"timeout=5, max=100", 5.0), (b"max=100, timeout=5", 5.0), (b"Timeout = 5", 5.0),
        (b'timeout="5"', 5.0), (b"timeout=0", 0.0), (b"max=100", inf), (b"", inf), (b"timeout=", inf),
        (b"notimeout=5", inf), (b"timeout=-5", inf), (b"300", inf),
    ],
)  # fmt: skip
def test_reads_what_is_announced(value: bytes, announced: float) -> None:
    """As Node, Apache, Gunicorn and others write it; what is no time is none."""
    assert announced_s(value) == announced


@pytest.mark.parametrize(("time_s", "usable"), [(60, 59), (5, 4), (2, 1), (1, 0.5), (0.2, 0.1), (0, 0), (inf, inf)])
def test_leaves_a_connection_alone_before_its_time_is_up(time_s: float, usable: float) -> None:
    """By a second, or by half where there is no second to spare."""
    assert usable_s(time_s) == pytest.approx(usable)


def test_the_longest_time_seen_is_the_endpoints() -> None:
    """A restart closes connections of any age; that must not make all others useless."""
    idle = IdleTime()
    assert idle.usable_s == inf
    for closed_after_s in (0.3, 5.1, 5.0, 0.4):
        idle.closed(closed_after_s)
    assert idle.usable_s == pytest.approx(4.1)


def test_a_shorter_time_is_learned_when_the_longer_ones_are_long_ago() -> None:
    """An endpoint may be configured anew."""
    idle = IdleTime()
    idle.closed(60)
    for _ in range(8):
        idle.closed(5)
    assert idle.usable_s == 4


def test_what_is_closed_at_once_was_not_closed_for_idleness() -> None:
    """An endpoint that ends connections after some number of requests says nothing of a time: each
    of its connections is looked at before it is used again."""
    idle = IdleTime()
    looked_after_s = idle.look_after_s
    idle.closed(0.001)
    assert (idle.usable_s, idle.look_after_s) == (inf, 0)
    idle.outlived()
    assert idle.look_after_s == looked_after_s > 0


def test_a_connection_that_lasts_undoes_what_was_learned() -> None:
    """The endpoint that closed others earlier keeps them now."""
    idle = IdleTime()
    idle.closed(5)
    idle.outlived()
    assert idle.usable_s == inf
