"""What hosts have to agree on, and how a mark of the store's clock becomes one of their own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loadtest.hosts import ClockReading, HostHello, RunStart, absent, best, disagreement, named, of_host
from loadtest.outcome import INTERRUPTED, HostTally, ReplayOutcome
from loadtest.results.rows import ResultColumns

NS = 1_000_000_000
HELLO = HostHello(plan_sha256="a" * 64, comparison="c" * 64, processes=2, release="1.0")
TALLY = HostTally(
    planned=0, sent=0, ended=0, scored=0, unscored={}, failures={}, statuses={}, was_full=False, cpu_s=0.0,
    scoring_cpu_s=0.0,
)  # fmt: skip
delays = st.integers(0, 3 * NS)


@given(
    readings=st.lists(st.tuples(st.integers(0, 10**15), delays, delays), min_size=1, max_size=20),
    offset=st.integers(-(10**18), 10**18),
    mark=st.integers(0, 10**18),
)
def test_a_mark_is_off_by_half_of_the_shortest_round_trip_at_most(
    readings: list[tuple[int, int, int]], offset: int, mark: int
) -> None:
    """However the way there and the way back share it."""
    told = [
        ClockReading(asked, (asked + there + offset) // 1_000 * 1_000, asked + there + back)
        for asked, there, back in readings
    ]
    start = best(told).start_at(mark)
    assert abs(start.at_ns - (mark - offset)) <= start.within_ns
    assert start.within_ns <= min(there + back for _, there, back in readings) // 2 + 1_000


trips = st.tuples(st.integers(0, 10**15), delays, delays)


@given(trips, trips, trips, trips, st.integers(-NS, NS), st.integers(-NS, NS), st.integers(-(10**18), 10**18))
def test_clocks_that_moved_are_no_farther_apart_at_the_end_than_is_told(
    start: tuple[int, int, int],
    end: tuple[int, int, int],
    other_start: tuple[int, int, int],
    other_end: tuple[int, int, int],
    moved: int,
    other_moved: int,
    offset: int,
) -> None:
    """Each may have moved either way, and the ways to the store may take what they like."""

    def told(trip: tuple[int, int, int], ahead: int) -> ClockReading:
        asked, there, back = trip
        store = (asked + there) // 1_000 * 1_000
        return ClockReading(asked + ahead, store, asked + there + back + ahead)

    def ended(number: int, first: ClockReading, last: ClockReading) -> tuple[RunStart, HostTally]:
        begun = first.start_at(10**15)
        return begun, replace(TALLY, clock=begun.clock_by(last))

    one, tally = ended(1, told(start, 0), told(end, moved))
    other, other_tally = ended(2, told(other_start, offset), told(other_end, offset + other_moved))
    outcome = ReplayOutcome(0, ResultColumns.of([]), {1: tally, 2: other_tally})
    now = 10**15  # of the store; on each host so long after its start
    since, other_since = now + moved - one.at_ns, now + offset + other_moved - other.at_ns
    assert outcome.end_skew_ms is not None
    assert abs(since - other_since) <= round(outcome.end_skew_ms * 1e6)


def test_hosts_that_are_not_about_to_do_the_same_are_told_apart() -> None:
    """By what, and which of them; the plan's hash in short."""
    assert disagreement({1: HELLO, 2: HELLO, 3: HELLO}) == ""
    other = replace(HELLO, plan_sha256="b" * 64)
    said = disagreement({1: HELLO, 3: HELLO, 2: other})
    assert "plans differ: host 1 has aaaaaaaaaaaa, host 2 has bbbbbbbbbbbb, host 3 has aaaaaaaaaaaa" in said
    assert "--workers differ: host 1 has 2, host 2 has 3" in disagreement({1: HELLO, 2: replace(HELLO, processes=3)})
    assert "releases differ" in disagreement({1: HELLO, 2: replace(other, release="1.1")})
    assert "ways to compare" in disagreement({1: HELLO, 2: replace(HELLO, comparison="d")})


def test_a_hello_is_read_as_it_was_said() -> None:
    """All of it."""
    assert HostHello.from_bytes(HELLO.to_bytes()) == HELLO


def test_hosts_are_named() -> None:
    """One, several, and those that are not there."""
    assert named([2]) == "host 2"
    assert named([3, 1, 2]) == "hosts 1, 2 and 3"
    assert absent(4, [1, 3]) == [2, 4]
    assert of_host(2, INTERRUPTED) == "host 2 was interrupted"
    assert of_host(2, "the target does not answer") == "host 2: the target does not answer"
