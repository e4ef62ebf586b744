"""Production's clock, this process's, and the delay between them."""

from proxy.mirror.timeline import LEAST_DELAY_NS, MOST_DELAY_NS, REMEMBERED, Timeline, Turn, apart_ns

MS, S = 1_000_000, 1_000_000_000
AHEAD = 3_600 * S


def seen(*took_ms: float, ahead: int = AHEAD, commit_ms: float = 0, every: int = 10 * MS, since: int = 0) -> Timeline:
    """By exchanges that took so long each, on a clock that is so much ahead."""
    timeline = Timeline()
    for number, each in enumerate(took_ms):
        see(timeline, since + number * every, each, ahead, commit_ms)
    return timeline


def see(timeline: Timeline, sent: int, took_ms: float, ahead: int, commit_ms: float = 0) -> None:
    ended = sent + int(took_ms * MS)
    timeline.see(Turn(sent=sent, ended=ended, in_hand=1, arrived=ended + int(commit_ms * MS) + ahead))


def test_a_moment_of_production_is_known_on_our_clock() -> None:
    """Whatever the difference is, and whoever is ahead."""
    for ahead in (AHEAD, 0, -AHEAD):
        assert seen(5, 7, ahead=ahead).own(20 * MS) == 20 * MS + ahead


def test_what_takes_long_into_the_store_says_nothing_of_the_clocks() -> None:
    """The quickest of the last minutes does."""
    timeline = seen(5, commit_ms=40)
    see(timeline, 1 * S, 5, AHEAD, commit_ms=2)
    see(timeline, 2 * S, 5, AHEAD, commit_ms=30)
    assert timeline.own(0) == AHEAD + 2 * MS


def test_a_clock_that_is_set_anew_is_followed() -> None:
    """In two minutes at most, forwards or backwards."""
    for step in (-10 * S, 10 * S):
        timeline = seen(5, 5, 5)
        for second in range(125):
            see(timeline, (1 + second) * S, 5, AHEAD + step)
        assert timeline.own(0) == AHEAD + step


def test_the_delay_follows_the_slowest_hundredth() -> None:
    """Twice as long as they take, within bounds: long streams have ended before what followed them is sent."""
    assert seen(*[5.0] * 200).delay == LEAST_DELAY_NS
    assert seen(*[200.0] * 200).delay == 400 * MS
    assert seen(*[5.0] * 190, *[20_000.0] * 10).delay == 40 * S
    assert seen(*[600_000.0] * 10).delay == MOST_DELAY_NS


def test_candidates_are_asked_apart_from_each_other() -> None:
    """At the same moments they would slow each other down on one machine, at every request; whatever the delay is."""
    delays = {name: Timeline(apart_ns(name)).delay for name in ("ported", "skewed", "new")}
    assert len(set(delays.values())) == 3
    assert all(LEAST_DELAY_NS <= each < 2 * LEAST_DELAY_NS for each in delays.values())
    slow = Timeline(apart_ns("ported"))
    for number in range(200):
        see(slow, number * S, 200, AHEAD)
    assert slow.delay == 400 * MS + apart_ns("ported")


def test_it_forgets_what_was_long_ago() -> None:
    """After a slow hour the delay is short again."""
    timeline = seen(*[9_000.0] * 10)
    for number in range(2 * REMEMBERED):
        see(timeline, (20 + number) * S, 5, AHEAD)
    assert timeline.delay == LEAST_DELAY_NS
