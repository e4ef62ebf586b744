"""The line of a run under way: its numbers add up, and none is rounded to what is not so."""

from __future__ import annotations

from typing import Any

import pytest

from loadtest.engine.process import Standing
from loadtest.replaying import Progress
from understudy.replay.following import line


def progress(standing: Standing, **told: Any) -> Progress:
    found: dict[str, Any] = {"scored": 0, "disagreeing": 0, "unscored": 0, "warmed_up": 0, "p99_ms": None}
    return Progress(10.0, standing, **(found | told))


def shown(standing: Standing, planned: int = 1_000, **told: Any) -> list[str]:
    return line(progress(standing, **told), standing.sent / planned, 10.0, None).split(" · ")


def test_the_parts_add_up_to_what_was_sent() -> None:
    """Sent = in flight + warmed up + scored + not scored + to score, whatever scoring has come to yet."""
    standing = Standing(sent=900, ended=850, in_flight=50)
    parts = shown(standing, scored=400, disagreeing=100, unscored=20, warmed_up=100)
    assert parts[1:3] == ["900 sent", "50 in flight"]
    assert parts[-4:] == ["100 warmed up", "25 % of 400 disagree", "20 not scored", "330 to score"]
    assert 900 == 50 + 100 + 400 + 20 + 330


def test_what_is_left_to_score_comes_to_nothing_after_a_warm_up_too() -> None:
    standing = Standing(sent=500, ended=500, is_done=True)
    assert shown(standing, scored=380, unscored=20, warmed_up=100)[-1] == "scoring what is left: 0"


def test_nothing_is_scored_while_it_warms_up() -> None:
    parts = shown(Standing(sent=60, ended=50, in_flight=10), warmed_up=50)
    assert parts[-1] == "50 warmed up"


@pytest.mark.parametrize(
    ("disagreeing", "scored", "said"),
    [
        (1, 2_500, "0.04 % of 2,500 disagree"),
        (2_499, 2_500, "99.96 % of 2,500 disagree"),
        (99_999, 100_000, "99.99 % of 100,000 disagree"),
        (7, 7, "100 % of 7 disagree"),
        (0, 7, "0 % of 7 disagree"),
    ],
)
def test_a_share_is_all_or_none_only_where_it_is(disagreeing: int, scored: int, said: str) -> None:
    standing = Standing(sent=scored, ended=scored)
    assert shown(standing, disagreeing=disagreeing, scored=scored)[-1] == said


def test_what_is_slow_or_quick_is_not_told_as_nothing() -> None:
    """Four requests in ten seconds, answered in a quarter of a millisecond each."""
    parts = shown(Standing(sent=4, ended=4), scored=4, p99_ms=0.25)
    assert parts[3:5] == ["0.4/s", "p99 0.250 ms"]


@pytest.mark.parametrize(("sent", "full"), [(0, 0), (999, 11), (1_000, 12)])
def test_the_bar_is_full_only_when_all_is_sent(sent: int, full: int) -> None:
    assert shown(Standing(sent=sent))[0].count("━") == full
