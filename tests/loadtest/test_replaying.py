"""A replay on a real target, from requests to a report: what it measures and scores, and when it is no evidence."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from time import monotonic

import msgspec
import orjson
import pytest

from comparators.policy.judging import judged
from comparators.settings import CompareSettings
from loadtest.options import LoadOptions
from loadtest.outcome import INTERRUPTED
from loadtest.plan import Outline
from loadtest.replaying import Progress
from loadtest.results.rows import NEVER
from loadtest.rhythms import ConstantRate, RecordedRhythm
from loadtest.thresholds import policy_of
from records.nouns import Failure, Request, Timings
from tests.loadtest.staging import MS, Model, Replayed, every, recorded, scored


def test_a_stall_of_the_server_is_in_the_response_time_and_not_in_the_service_time(tmp_path: Path) -> None:
    """wrk2's demonstration: 1.4 s of silence, a constant rate, four places. Only four requests are served slowly; a
    hundred and forty wait for them, and a client would have waited as they did.
    """
    began = 0.0

    def stalls(_: int) -> float:
        nonlocal began
        began = began or monotonic()
        passed = monotonic() - began
        return max(0.0, 2.4 - passed) if passed > 1.0 else 0.0

    options = LoadOptions("constant", max_in_flight=4, max_in_flight_is_meant=True)
    with Model(pause_s=stalls).running() as model:
        found = Replayed(tmp_path / "s", model, every(0, 10), Outline(ConstantRate(100), lasts_s=6.0), options)
    assert found.report.load is not None
    assert found.report.load.sent == found.report.load.requests == 600
    assert found.value("response.p99_ms") > 1_000
    assert found.value("service.p99_ms") < 500
    assert model.most_in_hand == 4


def test_each_answer_is_scored_against_what_production_answered(tmp_path: Path) -> None:
    """Every fifth is wrong: the rate says so, and rows say which."""
    with Model(wrong=lambda number: number % 5 == 0).running() as model:
        found = Replayed(tmp_path / "s", model, every(2 * MS, 500), Outline(RecordedRhythm()))
    assert found.value("disagreement.rate") == pytest.approx(0.2)
    assert found.report.metrics["disagreement.rate"].n == 500
    assert sum(each.disagrees == 1.0 for each in found.rows) == 100
    load = found.report.load
    assert load is not None
    assert (load.scored, load.unscored, load.statuses) == (500, {}, {"200": 500})


def test_rows_add_up_whatever_was_recorded(tmp_path: Path) -> None:
    """What production answered is not known of every third: these are sent, and counted as not scored."""
    requests = [recorded(number, number * MS, answer=None if number % 3 == 0 else b"") for number in range(300)]
    with Model().running() as model:
        found = Replayed(tmp_path / "s", model, requests, Outline(RecordedRhythm()))
    load = found.report.load
    assert load is not None
    assert (load.sent, load.scored, sum(load.unscored.values())) == (300, 200, 100)
    assert len(found.rows) == 300


def test_a_failure_of_production_took_it_no_time_to_answer(tmp_path: Path) -> None:
    """What it waited for a connection that was refused stands in no row as the time that production took."""
    answered, failed = every(MS, 2)
    assert failed.production is not None
    refused = msgspec.structs.replace(
        failed.production, timings=Timings(0, 0, 0, failed=9 * MS), outcome=Failure("closed_midway", "")
    )
    with Model().running() as model:
        found = Replayed(
            tmp_path / "s", model, [answered, failed._replace(production=refused)], Outline(RecordedRhythm())
        )
    assert {each.n: each.recorded for each in found.rows} == {0: 2 * MS, 1: NEVER}


def test_warm_up_is_sent_and_compared_and_counts_in_no_number(tmp_path: Path) -> None:
    """The first hundred are wrong, and the rate does not know."""
    told: list[Progress] = []
    with Model(wrong_of=lambda x: x < 100).running() as model:
        found = Replayed(
            tmp_path / "s", model, every(MS, 400), Outline(RecordedRhythm(), warmup=100),
            tell=lambda _, progress: told.append(progress),
        )  # fmt: skip
    assert (told[-1].warmed_up, told[-1].scored, told[-1].standing.ended) == (100, 300, 400)
    assert found.value("disagreement.rate") == 0.0
    assert found.report.metrics["disagreement.rate"].n == 300
    assert sum(each.disagrees == 1.0 and each.warmup for each in found.rows) == 100


def test_requests_that_are_sent_again_tell_as_much_as_one(tmp_path: Path) -> None:
    """Ten requests a hundred times are no thousand: the interval stays wide."""
    with Model().running() as model:
        again = Replayed(tmp_path / "a", model, every(MS, 10), Outline(RecordedRhythm(), passes=100))
        once = Replayed(tmp_path / "b", model, every(MS, 1_000), Outline(RecordedRhythm()))
    wide, narrow = again.report.metrics["disagreement.rate"], once.report.metrics["disagreement.rate"]
    assert (wide.n, narrow.n) == (1_000, 1_000)
    assert narrow.hi is not None
    assert narrow.hi < 0.02
    assert wide.hi is None or wide.hi > 0.2
    assert again.report.load is not None
    assert again.report.load.copies == 100


def test_a_request_of_a_session_waits_for_the_answer_before_it(tmp_path: Path) -> None:
    """Two in hand at most, where two users ask as fast as they can."""
    requests = [recorded(number, number * MS, session=f"s{number % 2}") for number in range(40)]
    with Model(pause_s=lambda _: 0.02).running() as model:
        found = Replayed(
            tmp_path / "s",
            model,
            requests,
            Outline(RecordedRhythm(), in_sessions=True),
            session_of=lambda each: each.session,
        )
    assert model.most_in_hand == 2
    assert found.report.load is not None
    assert found.report.load.sent == 40
    by_user = [[each for each in found.rows if each.n % 2 == user] for user in (0, 1)]
    for rows in by_user:
        rows.sort(key=lambda each: each.n)
        assert all(later.sent >= before.done for before, later in pairwise(rows))


def test_as_many_processes_send_the_plan_once(tmp_path: Path) -> None:
    """Each request is sent, and by one of them."""
    options = LoadOptions("constant", processes=2)
    with Model().running() as model:
        found = Replayed(tmp_path / "s", model, every(MS, 300), Outline(ConstantRate(300)), options)
    assert sorted(each.n for each in found.rows) == list(range(300))
    assert found.report.load is not None
    assert found.report.load.processes == 2


def test_an_interrupted_run_has_a_report_of_what_there_is(tmp_path: Path) -> None:
    """Marked as no evidence, and what was not sent is counted."""
    with Model().running() as model:
        found = Replayed(
            tmp_path / "s", model, every(10 * MS, 2_000), Outline(RecordedRhythm()),
            tell=lambda replaying, told: replaying.interrupt() if told.standing.sent > 20 else None,
        )  # fmt: skip
    load = found.report.load
    assert load is not None
    assert not load.valid
    assert load.ended_because == INTERRUPTED
    assert 0 < load.sent < 2_000
    assert load.sent + sum(load.not_sent.values()) == 2_000
    assert len(found.rows) == load.sent - load.given_up


def test_a_target_that_does_not_answer_ends_the_run(tmp_path: Path) -> None:
    """With the reason, long before the plan's end."""
    with Model().running() as model:
        pass
    began = monotonic()
    told: list[Progress] = []
    found = Replayed(
        tmp_path / "s", model, every(5 * MS, 12_000), Outline(RecordedRhythm()), tell=lambda _, each: told.append(each)
    )
    load = found.report.load
    assert load is not None
    assert {each.p99_ms for each in told} == {None}  # what is refused at once is no quick answer
    assert monotonic() - began < 30
    assert "does not answer" in load.ended_because
    assert not load.valid


def test_too_many_in_flight_make_a_run_no_evidence_unless_that_is_meant(tmp_path: Path) -> None:
    """Waiting for a place is the user's own bound then, and shows in the response time."""
    outline = Outline(ConstantRate(200), lasts_s=1.0)
    with Model(pause_s=lambda _: 0.1).running() as model:
        meant, unmeant = (
            Replayed(tmp_path / name, model, every(0, 10), outline, LoadOptions("constant", 1, 2, meant))
            for name, meant in (("a", True), ("b", False))
        )
    assert meant.report.load is not None
    assert unmeant.report.load is not None
    assert not any("in flight" in each for each in meant.report.load.invalid_because)
    assert any("2 requests were in flight" in each for each in unmeant.report.load.invalid_because)
    assert meant.value("response.p99_ms") > 5 * meant.value("service.p99_ms")


def test_closed_keeps_as_many_in_flight_as_asked_for(tmp_path: Path) -> None:
    """And says that it understates overload."""
    options = LoadOptions("closed", max_in_flight=3, max_in_flight_is_meant=True, closed=True)
    with Model(pause_s=lambda _: 0.005).running() as model:
        found = Replayed(tmp_path / "s", model, every(0, 200), Outline(ConstantRate(1e6)), options)
    assert model.most_in_hand == 3
    assert found.report.load is not None
    assert any("closed loop" in each for each in found.report.load.notes)


def test_closed_begins_with_the_run_and_not_before(tmp_path: Path) -> None:
    """All hosts of a run start on one mark; what came before it could not be told from what can't be."""
    options = LoadOptions("closed", max_in_flight=3, max_in_flight_is_meant=True, closed=True)
    with Model().running() as model:
        found = Replayed(tmp_path / "s", model, every(0, 50), Outline(ConstantRate(1e6)), options)
    assert len(found.rows) == 50
    assert all(each.due >= 0 and each.is_in_order for each in found.rows)


def test_copies_are_marked_and_carry_no_credential(tmp_path: Path) -> None:
    """A proxy in front of the target serves them and records nothing; the client's own credential is not among them."""
    secret = ((b"content-type", b"application/json"), (b"authorization", b"Bearer hidden"), (b"x-api-key", b"hidden"))
    requests = [
        each._replace(request=Request("POST", "/score?token=hidden&a=1", secret, each.request.body))
        for each in every(MS, 5)
    ]
    with Model().running() as model:
        Replayed(tmp_path / "s", model, requests, Outline(RecordedRhythm()))
    assert len(model.heads) == 5
    for head in model.heads:
        assert b"x-understudy-shadow: r" in head.lower()
        assert b"hidden" not in head
        assert b"POST /score?a=1 HTTP/1.1" in head


def test_a_session_that_waits_for_a_slow_target_waits_in_the_response_time(tmp_path: Path) -> None:
    """Forty requests are due within 40 ms and take 20 ms each, one after another: the last one waited for all before,
    and the plan stays the plan.
    """
    requests = [recorded(number, number * MS, session="s") for number in range(40)]
    with Model(pause_s=lambda _: 0.02).running() as model:
        found = Replayed(
            tmp_path / "s", model, requests, Outline(RecordedRhythm(), in_sessions=True),
            session_of=lambda each: each.session,
        )  # fmt: skip
    assert found.value("response.p90_ms") > 500
    assert found.value("service.p90_ms") < 200
    assert found.value("rate.planned") == pytest.approx(1_000.0)
    assert found.value("rate.achieved") < 100
    last = max(found.rows, key=lambda each: each.n)
    assert last.ready - last.due > 400 * MS


def test_what_is_sent_again_is_one_unit_whatever_settings_name(tmp_path: Path) -> None:
    """A unit that the source's requests don't have makes no two answers of one request independent."""
    compare = CompareSettings(unit="header:X-User")
    with Model().running() as model:
        found = Replayed(tmp_path / "s", model, every(MS, 10), Outline(RecordedRhythm(), passes=100), compare=compare)
    rate = found.report.metrics["disagreement.rate"]
    assert rate.n == 1_000
    assert rate.hi is None or rate.hi > 0.2


def test_time_ends_a_closed_loop(tmp_path: Path) -> None:
    """However many that were: what could have been sent besides is in no number, and no request is cut off."""
    options = LoadOptions("closed loop of 4", 1, 4, True, closed=True, closed_for_ns=500 * MS)
    outline = Outline(ConstantRate(1e9), lasts_s=100_000 / 1e9, closed=4, warmup=3)
    with Model(pause_s=lambda _: 0.01).running() as model:
        found = Replayed(tmp_path / "s", model, every(MS, 50), outline, options)
    load = found.report.load
    assert load is not None
    assert 20 <= load.sent == len(model.seen) <= 220
    assert (load.requests, load.not_sent, load.given_up) == (load.sent, {}, 0)
    assert load.scored == load.sent - 3
    assert load.valid, load.invalid_because
    assert max(row.issued for row in found.rows) < 500 * MS
    assert found.value("coverage.ratio") == 1.0
    assert load.copies == load.sent / min(50, load.sent)


class Closing(Model):
    """Answers one request of a connection, and closes it when the second one comes."""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
            told = scored(orjson.loads(body)["x"])
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(told))
            writer.write(told)
            await reader.read(1)
        writer.close()


def test_what_is_sent_twice_is_told(tmp_path: Path) -> None:
    """A kept connection that the target closes costs another request, which a report does not hide."""
    with Closing().running() as model:
        found = Replayed(tmp_path / "s", model, every(20 * MS, 20), Outline(RecordedRhythm()))
    assert found.report.load is not None
    assert found.report.load.scored == 20
    assert 5 <= found.report.load.resent <= 19
    assert any("sent twice" in note for note in found.report.load.notes)


def test_wrong_answers_in_bursts_are_not_as_many_independent_ones(tmp_path: Path) -> None:
    """A hundred in a row, of every five hundred: the interval says that a few bursts were seen, not a thousand."""
    with Model(wrong=lambda number: number % 500 < 100).running() as model:
        found = Replayed(tmp_path / "s", model, every(MS, 2_000), Outline(RecordedRhythm()))
    rate = found.report.metrics["disagreement.rate"]
    assert rate.value == pytest.approx(0.2)
    assert rate.sums["design_effect"] > 10
    assert rate.hi is None or rate.hi > 0.3


def test_whose_a_request_is_counts_where_a_table_tells_it(tmp_path: Path) -> None:
    """Ten users with sixty requests each, of whom three are answered wrongly: no six hundred that are independent."""
    requests = [recorded(number, number * MS, unit=f"u{number % 10}") for number in range(600)]
    with Model(wrong=lambda number: number % 10 < 3).running() as model:
        found = Replayed(tmp_path / "s", model, requests, Outline(RecordedRhythm()))
    rate = found.report.metrics["disagreement.rate"]
    assert rate.value == pytest.approx(0.3, abs=0.05)
    assert rate.hi is None or rate.hi > 0.5


def test_without_a_recorded_answer_goodput_is_not_known(tmp_path: Path) -> None:
    """And times and failures are judged all the same."""
    requests = [each._replace(production=None) for each in every(MS, 300)]
    with Model(pause_s=lambda _: 0.2).running() as model:
        found = Replayed(tmp_path / "s", model, requests, Outline(RecordedRhythm()))
    assert found.report.metrics["goodput"].value is None
    (check,) = judged(found.report, policy_of(["failures.rate <= 50%"]), 0.0).checks
    assert check.verdict == "pass", check.reason


def test_scoring_leaves_its_process_as_it_was(tmp_path: Path) -> None:
    """It gives way while it scores, and what is started after it is not idle for that."""
    before = os.sched_getscheduler(0)
    with Model().running() as model:
        Replayed(tmp_path / "s", model, every(MS, 5), Outline(RecordedRhythm()))
    assert os.sched_getscheduler(0) == before


def test_nearly_all_of_productions_load_is_not_called_all(tmp_path: Path) -> None:
    with Model().running() as model:
        found = Replayed(tmp_path / "s", model, every(MS, 5, ratio=0.9998), Outline(RecordedRhythm()))
    assert found.report.load is not None
    (note,) = found.report.load.notes
    assert note == "the source has 99.98 % of the requests that production had: this is a part of its load"


def test_a_row_tells_how_large_both_bodies_were(tmp_path: Path) -> None:
    requests = every(MS, 20)
    with Model().running() as model:
        found = Replayed(tmp_path / "s", model, requests, Outline(RecordedRhythm()))
    by_place = sorted(found.rows, key=lambda each: each.n)
    assert [each.bytes_out for each in by_place] == [len(each.request.body.data) for each in requests]
    assert [each.bytes_in for each in by_place] == [len(scored(number)) for number in range(20)]
