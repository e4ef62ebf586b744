"""The section of a replay: what it says of its generator."""

import pytest

from comparators.evidence.document.whole import document_of, summary_of
from comparators.render import text
from tests.comparators.render.made import volatile
from tests.loadtest.results.made_runs import report_on, stall


def said(**changes: object) -> str:
    """All of it, in one line."""
    return " ".join(text.render(document_of(report_on(stall(), **changes)), text.WIDTH).split())


def test_one_host_s_generator_has_no_skew() -> None:
    """Nothing is said of what there is not."""
    assert "the generator: 2 processes, " in said(processes=2)
    assert "host" not in said(processes=2).partition("the generator")[2].partition("plan")[0]


@pytest.mark.parametrize(("skew_ms", "shown"), [(0.25, "0.250 ms"), (61.0, "61.0 ms")])
def test_several_hosts_tell_how_far_apart_they_started(skew_ms: float, shown: str) -> None:
    """By their clocks, and by what they sent first."""
    found = said(hosts=3, processes=6, skew_ms=skew_ms, end_skew_ms=2.5, first_sends_ms=1.5)
    assert "the generator: 6 processes on 3 hosts, " in found
    assert f"the hosts started within {shown} of each other" in found
    assert "their clocks were within 2.50 ms when it ended" in found
    assert "their first requests 1.50 ms farther apart than planned" in found


def test_what_was_sent_is_told_as_a_sum() -> None:
    """Of which some warm up, some are scored, and some not; statuses and failures are of those that count."""
    found = said(
        requests=1_300, sent=1_200, not_sent={"interrupted": 100}, warmup=100, scored=1_060, given_up=5,
        unscored={"production's answer was not recorded": 35}, statuses={"200": 1_080}, failures={"connect": 15},
    )  # fmt: skip
    assert "1,200 of 1,300 requests sent at 2026-11-27 22:56:01 UTC; of the 1,095 that count: 200 1,080" in found
    assert "1,200 sent = 100 to warm up + 1,060 scored + 35 not scored + 5 given up" in found
    assert "failed: connect 15" in found


def test_a_sum_of_one_is_not_told() -> None:
    found = said(requests=300, sent=300, scored=300, statuses={"200": 300})
    assert "300 of 300 requests sent at 2026-11-27 22:56:01 UTC: 200 300" in found
    assert "300 sent =" not in found


def test_in_short_too_it_says_where_answers_differ() -> None:
    """And which line of whose settings leaves out what says nothing of the model."""
    found = " ".join(text.render(summary_of(report_on(stall(), volatile())), text.WIDTH).split())
    assert "answers differ at /trace 100 %" in found
    assert "in the file of replay --config FILE" in found
    assert 'ignore = ["' in found
    assert "understudy report --recompute" not in found


def test_a_replay_is_not_at_equal_concurrency() -> None:
    """What its load does to a latency is the point of it, and nobody recorded or mirrored anything."""
    found = said()
    assert "not at equal concurrency" in found
    assert "at equal concurrency: of requests sent with as many in hand" not in found
    assert "mirrored" not in found
