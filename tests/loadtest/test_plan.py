"""The plan: the same for whoever is asked, told apart by its hash, and sessions in their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from loadtest.plan import NONE_BEFORE, LoadPlan, Outline, plan_of
from loadtest.rhythms import ConstantRate, GammaRate, RecordedRhythm
from loadtest.sources.source import SourceRequest
from loadtest.stock import Stock
from tests.loadtest.staging import MS, every, recorded, stocked

RECORDED = Outline(RecordedRhythm())


def stock(directory: Path, requests: list[SourceRequest], url: str = "http://127.0.0.1:9", **settings: object) -> Stock:
    return stocked(directory, url, requests, lambda each: each.session, **settings)[0]


def plan(directory: Path, requests: list[SourceRequest], outline: Outline = RECORDED, **settings: object) -> LoadPlan:
    return plan_of(stock(directory, requests, **settings).index, outline)


def test_two_targets_get_the_same_plan(tmp_path: Path) -> None:
    """Wherever they are, and whatever credentials they are given."""
    requests = every(MS, 20)
    own = plan(tmp_path / "a", requests)
    other = plan(tmp_path / "b", requests, url="http://127.0.0.1:8/base", headers={"Authorization": "mine"})
    assert own.sha256 == other.sha256


@pytest.mark.parametrize(
    "changed",
    [
        [*every(MS, 19), recorded(77, 19 * MS)],  # another body
        [*every(MS, 19), recorded(19, 20 * MS)],  # another time
        every(MS, 19),
        [recorded(0, 0, session="s"), *every(MS, 20)[1:19], recorded(19, 19 * MS, session="s")],
    ],
)
def test_another_load_has_another_hash(tmp_path: Path, changed: list[SourceRequest]) -> None:
    """One request more, later, with another body or in another session."""
    outline = Outline(RecordedRhythm(), in_sessions=True)
    assert plan(tmp_path / "a", every(MS, 20), outline).sha256 != plan(tmp_path / "b", changed, outline).sha256


def test_a_seed_makes_a_plan(tmp_path: Path) -> None:
    """The same one again, and another one another."""
    index = stock(tmp_path / "a", every(MS, 50)).index
    hashes = [plan_of(index, Outline(GammaRate(10, seed))).sha256 for seed in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_requests_are_sent_in_the_order_of_their_times(tmp_path: Path) -> None:
    """However a source has them: partitions of a stream, or several files."""
    requests = [recorded(number, at * MS) for number, at in enumerate([5, 1, 3, 1, 0])]
    found = plan(tmp_path / "a", requests)
    assert found.item.tolist() == [4, 1, 3, 2, 0]
    assert found.due_ns.tolist() == [0, MS, MS, 3 * MS, 5 * MS]


def test_a_source_without_times_needs_a_rate(tmp_path: Path) -> None:
    """And says so; at a rate it is sent in its own order."""
    requests = [recorded(number, None) for number in range(3)]
    with pytest.raises(ValueError, match="give a rate"):
        plan(tmp_path / "a", requests)
    assert plan(tmp_path / "b", requests, Outline(ConstantRate(1.0))).item.tolist() == [0, 1, 2]


def test_nothing_to_send_is_an_error(tmp_path: Path) -> None:
    """Not a run of none."""
    with pytest.raises(ValueError, match="no request"):
        plan(tmp_path / "a", [])


def test_a_session_waits_for_its_answers_and_its_client_to_think(tmp_path: Path) -> None:
    """As long as it thought between production's answer and its next request, sped up as all is."""
    requests = [
        recorded(0, 0, latency_ns=2 * MS, session="a"),
        recorded(1, 5 * MS, session="b"),
        recorded(2, 12 * MS, session="a"),
        recorded(3, 13 * MS),
        recorded(4, 13 * MS, session="b"),
    ]
    found = plan(tmp_path / "a", requests, Outline(RecordedRhythm(2.0), in_sessions=True))
    assert found.after.tolist() == [NONE_BEFORE, NONE_BEFORE, 0, NONE_BEFORE, 1]
    assert found.think_ns.tolist() == [0, 0, 5 * MS, 0, 3 * MS]
    short = plan(tmp_path / "c", requests, Outline(RecordedRhythm(2.0, max_gap_ns=4 * MS), in_sessions=True))
    assert short.think_ns.tolist() == [0, 0, 2 * MS, 0, 2 * MS]  # nor does a client think longer than any pause lasts
    assert set(plan(tmp_path / "b", requests).after.tolist()) == {NONE_BEFORE}


def test_filled_requests_stand_for_those_that_were_not_kept(tmp_path: Path) -> None:
    """Up to production's rate, each before the next one that was kept; the source's own stay where they were."""
    requests = [each._replace(ratio=0.25) for each in every(8 * MS, 100)]
    found = plan(tmp_path / "a", requests, Outline(RecordedRhythm(), fill=True))
    assert found.size == 400
    assert np.count_nonzero(found.filled) == 300
    assert found.due_ns[~found.filled].tolist() == [number * 8 * MS for number in range(100)]
    gaps = found.due_ns - found.item * 8 * MS
    assert np.all((gaps >= 0) & (gaps <= 8 * MS))


def test_ratios_that_are_no_whole_share_add_up(tmp_path: Path) -> None:
    """Of 0.3 come three and a third each."""
    requests = [each._replace(ratio=0.3) for each in every(MS, 300)]
    assert plan(tmp_path / "a", requests, Outline(RecordedRhythm(), fill=True)).size == 1_000


@pytest.mark.parametrize(("outline", "warmup"), [({"warmup": 3}, 3), ({"warmup_s": 0.005}, 5), ({"warmup": 99}, 10)])
def test_warm_up_is_a_time_or_a_number(tmp_path: Path, outline: dict[str, float], warmup: int) -> None:
    """From the beginning."""
    assert plan(tmp_path / "a", every(MS, 10), RECORDED._replace(**outline)).warmup == warmup


def test_what_may_not_be_kept_is_not_in_the_stock(tmp_path: Path) -> None:
    """Neither in what is sent nor in what is scored, whoever recorded it."""
    body = every(MS, 1)[0]
    production = body.production
    assert production is not None
    secrets = ((b"cookie", b"hidden"), (b"content-type", b"application/json"))
    answered = replace(production, outcome=replace(production.outcome, headers=((b"set-cookie", b"hidden"),)))
    request = replace(body.request, headers=secrets, target="/score?api_key=hidden")
    found = stock(tmp_path / "a", [body._replace(request=request, production=answered)])
    assert b"hidden" not in found.request(0)
    assert "hidden" not in repr(found.exchange(0))
    assert b"/score" in found.request(0)


def test_what_makes_no_request_is_left_out_and_counted(tmp_path: Path) -> None:
    """A body that was cut, a target with a line end in it."""
    good, other, cut = every(MS, 3)
    bad = other._replace(request=replace(other.request, target="/score\r\nx: y"))
    short = cut._replace(request=replace(cut.request, body=replace(cut.request.body, cut=True)))
    found, skips = stocked(tmp_path / "a", "http://127.0.0.1:9", [good, bad, short])
    assert found.index.size == 1
    assert skips.counts == {"makes no well-formed request": 1, "its body was recorded cut": 1}
    assert skips.places["makes no well-formed request"] == [bad.id]


def test_what_a_candidate_is_not_given_is_said(tmp_path: Path) -> None:
    """By name and number, before anybody wonders why it refuses: headers beyond the list, credentials in a query."""
    one, other, *_ = every(MS, 3)
    secrets = ((b"Authorization", b"Bearer x"), (b"Host", b"x"), (b"content-type", b"application/json"))
    requests = [
        each._replace(request=replace(each.request, headers=secrets, target="/score?token=x")) for each in (one, other)
    ]
    _, skips = stocked(tmp_path / "a", "http://127.0.0.1:9", requests)
    assert skips.notes == [
        "sent without what a candidate is not given: credentials in its query (2), header authorization (2)"
    ]
    _, skips = stocked(tmp_path / "b", "http://127.0.0.1:9", every(MS, 3))
    assert skips.notes == []
