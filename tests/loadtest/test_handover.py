"""Shares of one plan, sent by one host each and put together again: they come to what one host's run comes to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import zstandard
from msgspec.structs import replace

from comparators.evidence.load import LoadReport
from comparators.evidence.report import Report
from comparators.pairs.examples import MAX_EACH
from loadtest.handover import PIECE_BYTES, HandoverError, HandoverWriter, taken
from loadtest.options import HostPlace, LoadOptions
from loadtest.outcome import INTERRUPTED, HostClock, ReplayOutcome, joined
from loadtest.plan import Outline
from loadtest.reporting import MOST_SKEW_MS, report_of
from loadtest.results.rows import NEVER, ResultColumns, ResultRow
from loadtest.rhythms import RecordedRhythm
from tests.loadtest.staging import MS, Model, Replayed, every

REQUESTS, WARMUP = 400, 40
ROOM = 10_000_000


class Shares(NamedTuple):
    """One host's run, and two hosts' shares of the same plan."""

    whole: Replayed
    first: Replayed
    second: Replayed


def sent(directory: Path, host: HostPlace) -> Replayed:
    """Every seventh answer is wrong, whoever asks."""
    outline = Outline(RecordedRhythm(), warmup=WARMUP)
    with Model(lambda _: 0.2, wrong_of=lambda x: x % 7 == 0).running() as model:
        return Replayed(directory, model, every(MS, REQUESTS), outline, LoadOptions("as recorded", host=host))


@pytest.fixture(scope="module")
def shares(tmp_path_factory: pytest.TempPathFactory) -> Shares:
    places = (HostPlace(), HostPlace(1, 2), HostPlace(2, 2))
    return Shares(*(sent(tmp_path_factory.mktemp("share") / "s", place) for place in places))


def pieces_of(share: Replayed, **changes: Any) -> Sequence[bytes]:
    writer = HandoverWriter(ROOM)
    for start in range(0, len(share.rows), 64):
        writer.add(share.rows[start : start + 64])
    return writer.close(2, share.outcome._replace(**changes), share.judge.found)


def report_on(first: Replayed, outcomes: Sequence[ReplayOutcome]) -> Report:
    return report_of(first.scope, joined(outcomes), first.judge)


@pytest.fixture(scope="module")
def together(shares: Shares, tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, list[ResultRow]]:
    """As host 1 makes it, with a judge of its own; and the rows that it has taken."""
    first = sent(tmp_path_factory.mktemp("share") / "again", HostPlace(1, 2))
    rows: list[ResultRow] = []
    outcome, sums = taken(pieces_of(shares.second), rows.extend)
    first.judge.merge(sums)
    return report_on(first, [first.outcome, outcome]), rows


def test_two_shares_come_to_what_one_host_comes_to(shares: Shares, together: tuple[Report, list[ResultRow]]) -> None:
    """All that does not hang on the moment is the same: counts, disagreement, its interval and slices, coverage."""
    found, whole = together[0], shares.whole.report
    assert found.load is not None
    assert whole.load is not None
    same = ("plan_sha256", "requests", "warmup", "sent", "not_sent", "given_up", "scored", "unscored", "statuses",
            "failures", "copies", "kept_ratio")  # fmt: skip
    assert [getattr(found.load, name) for name in same] == [getattr(whole.load, name) for name in same]
    assert (found.load.hosts, found.load.processes) == (2, 2)
    assert (found.load.sent, found.load.scored) == (REQUESTS, REQUESTS - WARMUP)
    names = [name for name in whole.metrics if name.split(".")[0] in ("disagreement", "coverage", "failures")]
    assert len(names) >= 3
    assert {name: found.metrics[name] for name in names} == {name: whole.metrics[name] for name in names}
    assert {**found.coverage, "latency_excluded": {}} == {**whole.coverage, "latency_excluded": {}}
    assert found.plans[0].heads == whole.plans[0].heads
    assert found.slices == whole.slices
    assert found.metrics["response.p99_ms"].n == REQUESTS - WARMUP


def test_times_of_all_rows_together_make_one_distribution(
    shares: Shares, together: tuple[Report, list[ResultRow]]
) -> None:
    """A percentile is that of all, never a mean of the hosts'."""
    rows = together[1]
    assert sorted(rows, key=lambda each: each.n) == sorted(shares.second.rows, key=lambda each: each.n)
    assert {each.n % 2 for each in rows} == {1}
    whole = joined([shares.first.outcome, shares.second.outcome])
    assert whole.rows.n.tolist() == list(range(REQUESTS))
    assert np.all(np.diff(whole.rows.due) >= 0)
    response = (whole.rows.done - whole.rows.due)[~whole.rows.warmup]
    p50 = report_of(shares.first.scope, whole, shares.first.judge).metrics["response.p50_ms"].value
    assert p50 == pytest.approx(float(np.quantile(response, 0.5, method="inverted_cdf")) / MS, rel=0.02)


def test_examples_are_of_all_hosts_and_no_more_than_of_one(together: tuple[Report, list[ResultRow]]) -> None:
    """Of each kind of difference the first few."""
    assert len(together[0].examples) == MAX_EACH


def test_a_host_whose_results_are_missing_is_named_and_the_run_is_no_evidence(shares: Shares) -> None:
    """What it should have sent is counted, and in no number."""
    lost = shares.first.outcome._replace(lost={2: "it has been silent for 31 s"})
    found = report_on(shares.first, [lost])
    assert found.load is not None
    assert found.load.invalid_because[0] == "nothing that host 2 sent is in a number: it has been silent for 31 s"
    assert found.load.not_sent == {"not known, of host 2": REQUESTS // 2}
    assert found.load.sent + sum(found.load.not_sent.values()) == found.load.requests
    assert found.coverage["requests"] == REQUESTS - WARMUP
    assert found.coverage["skipped"] == {"not_scored": (REQUESTS - WARMUP) // 2}


def test_an_end_before_the_plan_s_on_any_host_is_the_run_s(shares: Shares) -> None:
    """The reason goes with its results."""
    outcome, _ = taken(pieces_of(shares.second, ended_because="host 2 was interrupted"), lambda _: None)
    found = report_on(shares.first, [shares.first.outcome, outcome])
    assert found.load is not None
    assert found.load.ended_because == "host 2 was interrupted"
    assert found.load.invalid_because[0] == "host 2 was interrupted"
    own = report_on(shares.first, [shares.first.outcome._replace(ended_because=INTERRUPTED), outcome])
    assert own.load is not None
    assert own.load.invalid_because[0] == "it was interrupted"


def test_clocks_that_are_far_apart_are_a_note(shares: Shares) -> None:
    """Two hosts may be off in opposite ways, so their errors add up; beyond a bound it is said what that means."""

    def within(ms: float) -> ReplayOutcome:
        own = shares.second.outcome
        return own._replace(tallies={2: replace(own.tallies[2], start_within_ns=int(ms * MS), first_late_ns=9 * MS)})

    ours = shares.first.outcome
    ours = ours._replace(tallies={1: replace(ours.tallies[1], start_within_ns=MS, first_late_ns=2 * MS)})
    near, far = (report_on(shares.first, [ours, within(ms)]).load for ms in (3.0, MOST_SKEW_MS + 10))
    assert near is not None
    assert far is not None
    assert (near.skew_ms, near.first_sends_ms) == (4.0, 7.0)
    assert not any("ms apart" in each for each in near.notes)
    assert any("may have been 61 ms apart at the start: so much" in each for each in far.notes)


def test_clocks_that_moved_during_the_run_are_a_note(shares: Shares) -> None:
    """They were compared with the store's once more at the end; where that could not be, it is said."""

    def at_the_end(ours: HostClock | None, theirs: HostClock | None) -> LoadReport:
        clocks = zip((shares.first.outcome, shares.second.outcome), (1, 2), (ours, theirs), strict=True)
        several = [each if clock is None else each.with_clock(number, clock) for each, number, clock in clocks]
        load = report_on(shares.first, several).load
        assert load is not None
        return load

    near = at_the_end(HostClock(900 * MS, MS), HostClock(902 * MS, 3 * MS))
    assert near.end_skew_ms == 6.0
    assert not any("ms apart" in each for each in near.notes)
    far = at_the_end(HostClock(-30 * MS, MS), HostClock(40 * MS, 2 * MS))
    assert far.end_skew_ms == 73.0
    assert any("may have been 0 ms apart at the start and 73 ms at the end: so much" in each for each in far.notes)
    unknown = at_the_end(HostClock(0, MS), None)
    assert unknown.end_skew_ms is None
    assert any("at the end is not known: host 2 could not ask the store" in each for each in unknown.notes)
    assert shares.whole.report.load is not None
    assert shares.whole.report.load.end_skew_ms == 0.0


def test_of_many_hosts_those_that_know_least_tell_how_far_apart_they_may_have_started(shares: Shares) -> None:
    """The two of them, and no sum of all."""
    own = shares.first.outcome.tallies[1]
    withins = (3 * MS, 40 * MS, MS, 25 * MS)
    several = {number: replace(own, start_within_ns=within) for number, within in enumerate(withins, 1)}
    assert shares.first.outcome._replace(tallies=several).skew_ms == 65.0


def test_when_a_host_sent_first_is_told_by_its_bytes(shares: Shares) -> None:
    """A connection over a long way takes its time first, which another host's may not."""
    own = shares.first
    sent = [each for each in own.rows if each.sent != NEVER]
    first = min(sent, key=lambda each: each.due)
    assert own.outcome.tallies[1].first_late_ns == first.sent - first.due


def test_the_busiest_host_is_judged(shares: Shares) -> None:
    """One generator at its limit is not made good by another one that idles."""
    ours, theirs = shares.first.outcome, shares.second.outcome
    late = ours.rows._replace(done=ours.rows.done + 2_000 * MS)  # of two seconds, so that a share of a core is known
    busy = theirs._replace(tallies={2: replace(theirs.tallies[2], cpu_s=20.0)})
    found = report_on(shares.first, [ours._replace(rows=late), busy])
    assert found.load is not None
    assert any("of its cores" in each for each in found.load.invalid_because)


def test_pieces_are_bounded_and_so_are_all_of_them(shares: Shares) -> None:
    """More than there is room for is refused as soon as it is known."""
    pieces = pieces_of(shares.second)
    assert max(map(len, pieces)) <= PIECE_BYTES + 1
    writer = HandoverWriter(sum(map(len, pieces)) - 1)
    writer.add(shares.second.rows)
    with pytest.raises(HandoverError, match="more than the"):
        writer.close(2, shares.second.outcome, shares.second.judge.found)
    full = HandoverWriter(100)
    with pytest.raises(HandoverError, match="more than the 100 bytes"):
        full.add(shares.second.rows * 200)


@pytest.mark.parametrize("damage", [lambda _: [], lambda pieces: pieces[:-1], lambda pieces: [b"r12", *pieces]])
def test_what_is_damaged_is_said(shares: Shares, damage: Any) -> None:
    """Nothing of it counts."""
    with pytest.raises(HandoverError):
        taken(damage(list(pieces_of(shares.second))), lambda _: None)
    packed = zstandard.compress(b"\x80")
    with pytest.raises(HandoverError, match="no share"):
        taken([b"d" + packed], lambda _: None)


def test_a_share_without_a_request_is_one(shares: Shares) -> None:
    """Sessions that are all another host's leave one with nothing to send."""
    tally = replace(shares.second.outcome.tallies[2], planned=0, sent=0, ended=0, first_late_ns=None)
    nothing = shares.second.outcome._replace(rows=ResultColumns.of([]), tallies={2: tally})
    writer = HandoverWriter(ROOM)
    outcome, _ = taken(writer.close(2, nothing, shares.second.judge.found), lambda _: None)
    assert len(outcome.rows.n) == 0
    assert joined([shares.first.outcome, outcome]).rows.n.tolist() == shares.first.outcome.rows.n.tolist()
