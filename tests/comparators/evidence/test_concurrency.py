"""Latencies are told at equal concurrency, or not at all."""

import pytest

from comparators.evidence.request_metrics import metrics_of
from comparators.pairs.summary import PlanSummary
from records.nouns import Observation, Timings
from records.reasons import ASKED_UNLIKE
from tests.comparators.made import MS, answer, judged, observation, pair

GOOD, ALPHA = answer({"y": 1}), 0.05
RATIOS = (
    "latency.p50_ratio",
    "latency.p99_ratio",
    "latency.paired_ratio_p50",
    "latency.ttfb_ratio_p50",
    "latency.paired_mean_ms",
)


def answered_in(latency_ns: int, in_flight: int) -> Observation:
    """Its first byte comes after half of the time."""
    times = Timings(received=0, connected=50, sent=100, first_byte=100 + latency_ns // 2, last_byte=100 + latency_ns)
    return observation(GOOD, timings=times, in_flight=in_flight)


def summary_of(
    *counts: tuple[int, str], pace: tuple[int, int] = (0, 0), lag: int = 0, slower: float = 2.0
) -> PlanSummary:
    """So many pairs each, of which the candidate's take `slower` times as long; asked unlike for a reason, or not."""
    pairs = [
        pair(
            answered_in(MS + number % 7, in_flight=3),
            answered_in(round(slower * (MS + number % 7)), in_flight=2 if unlike else 3),
            unlike=unlike,
            pace=pace,
            queue_delay_ns=lag,
        )
        for number, unlike in ((number, unlike) for count, unlike in counts for number in range(count))
    ]
    (summary,) = judged(pairs).summary.plans.values()
    return summary


@pytest.mark.parametrize("unlike", ASKED_UNLIKE)
def test_with_half_of_the_pairs_there_is_a_ratio_and_with_fewer_there_is_none(unlike: str) -> None:
    """Whatever the mirror did otherwise; the reason stands in the ratio's place."""
    told = metrics_of(summary_of((200, ""), (200, unlike)), ALPHA)
    assert [told[name].value for name in RATIOS[:-1]] == pytest.approx([2.0] * 4, rel=0.02)
    assert told["latency.counted"].value == 0.5
    withheld = metrics_of(summary_of((200, ""), (201, unlike)), ALPHA)
    for name in RATIOS:
        metric = withheld[name]
        assert (metric.value, metric.lo, metric.hi) == (None, None, None)
        assert metric.reason
    assert withheld["latency.candidate.p50_ms"].value == pytest.approx(2.0, rel=0.02)


def test_a_candidate_that_does_not_keep_up_is_told_by_both_speeds() -> None:
    """Asked without order one every 8 ms, while production is asked one every 5."""
    summary = summary_of((100, ""), (300, "behind"), pace=(5 * MS, 8 * MS))
    said = metrics_of(summary, ALPHA)["latency.paired_ratio_p50"].reason
    assert said == "the candidate doesn't keep up: at most 125 of the 200 requests a second of all traffic"


@pytest.mark.parametrize(
    ("slower", "who"),
    [(1.0, "a mirror that has too little time"), (2.0, "the candidate, or a mirror that has too little time,")],
)
def test_a_mirror_that_was_late_itself_does_not_lay_it_to_the_candidate_alone(slower: float, who: str) -> None:
    """As on a machine that is full: a program beside itself, A/A, falls behind, too, and is read late."""
    summary = summary_of((100, ""), (40, "late"), (300, "behind"), pace=(5 * MS, 8 * MS), slower=slower)
    said = metrics_of(summary, ALPHA)["latency.paired_ratio_p50"].reason
    assert said == f"{who} doesn't keep up: at most 125 of the 200 requests a second of all traffic"


@pytest.mark.parametrize(("pairs", "slower"), [(10, 2.0), (100, 1.0)])
def test_a_candidate_that_was_not_seen_to_be_slower_is_not_said_to_be(pairs: int, slower: float) -> None:
    """With fewer than 30 pairs that count nobody knows; at production's own speed something else is slow."""
    summary = summary_of((pairs, ""), (300, "behind"), pace=(5 * MS, 8 * MS), slower=slower)
    said = metrics_of(summary, ALPHA)["latency.paired_ratio_p50"].reason
    assert said == (
        "the candidate, or what lies between, doesn't keep up: at most 125 of the 200 requests a second of all traffic"
    )


def test_a_candidate_that_catches_up_is_not_said_to_be_too_slow() -> None:
    """It was behind for most of the time, as after an outage, and answered more than production was asked meanwhile."""
    summary = summary_of((100, ""), (300, "behind"), pace=(8 * MS, 4 * MS))
    said = metrics_of(summary, ALPHA)["latency.paired_ratio_p50"].reason
    assert said == "100 of 400 pairs were asked with as many in hand as production had, and in time"


def test_a_candidate_that_falls_behind_is_told_so_however_many_pairs_count() -> None:
    """All were asked in order, later and later: by more than two seconds, and a twentieth of the time."""
    summary = summary_of((600, ""), pace=(5 * MS, 8 * MS))
    assert metrics_of(summary, ALPHA)["latency.p50_ratio"].value is not None
    summary = summary_of((1_000, ""), pace=(5 * MS, 8 * MS))
    said = metrics_of(summary, ALPHA)["latency.p50_ratio"].reason
    assert said == "the candidate doesn't keep up: at most 125 of the 200 requests a second of all traffic"
    summary = summary_of((1_000, ""), pace=(100 * MS, 103 * MS))
    assert metrics_of(summary, ALPHA)["latency.p50_ratio"].value is not None


def test_where_too_few_were_asked_alike_that_is_said_and_nothing_of_keeping_up() -> None:
    """As where only a sample of the traffic is recorded: the candidate has fewer in hand, and keeps up well."""
    said = metrics_of(summary_of((100, ""), (300, "fewer_in_hand")), ALPHA)["latency.p50_ratio"].reason
    assert said == "100 of 400 pairs were asked with as many in hand as production had, and in time"


def test_how_both_were_asked_is_told_of_all_pairs() -> None:
    """Requests in hand on either side, and the mirror's lag, of those that count and those that do not."""
    told = metrics_of(summary_of((150, ""), (50, "fewer_in_hand"), lag=4 * MS), ALPHA)
    assert told["latency.production.in_hand"].value == 3.0
    assert told["latency.candidate.in_hand"].value == 2.75
    assert told["latency.mirror_lag_p50_ms"].value == pytest.approx(4.0, rel=0.01)
    assert told["latency.mirror_lag_p99_ms"].n == 200


def test_pairs_that_warm_up_say_nothing_of_it() -> None:
    """They are not asked to compare latencies."""
    (summary,) = judged([pair(GOOD, GOOD, warming_up=True, queue_delay_ns=MS)] * 3).summary.plans.values()
    assert (summary.latency.asked, summary.latency.lag.n) == (0, 0)
