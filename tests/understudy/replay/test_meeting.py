"""Hosts of a run as coroutines on one clock, with a real Redis between them: how they begin, follow each other, hand
over and take.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import combinations
from time import monotonic_ns

import pytest

from comparators.settings import CompareSettings
from comparators.view import View
from loadtest.handover import HandoverWriter
from loadtest.hosts import HostHello, RunStart
from loadtest.options import HostPlace
from loadtest.outcome import HostTally, ReplayOutcome, joined
from loadtest.pair_judge import JudgedSums, PairJudge
from loadtest.results.rows import ResultColumns, ResultRow
from records.errors import StoreError
from records.privacy.redaction import Redaction
from records.settings import KeptSettings
from records.store.store import Store
from tests.redis_server import RedisServer
from tests.stores import opened
from tests.until import until
from understudy.errors import HostsError
from understudy.replay.handing import RESULTS_S, Gathering, hand_over
from understudy.replay.host_line import HostLine
from understudy.replay.meeting import HostMeeting
from understudy.replay.store_clock import clocked
from understudy.settings.loading import SettingsError

HELLO = HostHello(plan_sha256="a" * 64, comparison="c" * 64, processes=1, release="1.0")
LEASE_S = 10.0
BRIEF_S = 0.3  # a lease, and as long for one command: a test can wait until somebody is lost
JOIN_S = 60.0
SLACK_MS = 1_000.0  # of a machine that does other work, too


class ScriptedReplay:
    """What a line asks of a replay under way."""

    def __init__(self, ended_because: str = "") -> None:
        self.ended_because = ended_because

    def halt(self, why: str) -> None:
        self.ended_because = self.ended_because or why


@asynccontextmanager
async def lines(store: Store, of: int, lease_s: float = LEASE_S) -> AsyncIterator[list[HostLine]]:
    """To the same run, one for each host."""
    places = [HostPlace(number, of) for number in range(1, of + 1)]
    found = [HostLine(store.rendezvous("r", each.number, of), "r", each, lease_s) for each in places]
    yield found
    for each in found:
        await each.close()


async def started(several: list[HostLine]) -> list[RunStart]:
    return list(await asyncio.gather(*(HostMeeting(each, HELLO, JOIN_S).start() for each in several)))


def outcome(number: int, rows: list[ResultRow], ended_because: str = "") -> ReplayOutcome:
    count = len(rows)
    tally = HostTally(
        planned=count, sent=count, ended=count, scored=count, unscored={}, failures={}, statuses={"200": count},
        was_full=False, cpu_s=0.1, scoring_cpu_s=0.1,
    )  # fmt: skip
    return ReplayOutcome(0, ResultColumns.of(rows), {number: tally}, ended_because)


def rows_of(number: int) -> list[ResultRow]:
    return [ResultRow(n=2 * each + number, due=each, ready=each, issued=each) for each in range(100)]


def pieces_of(number: int, ended_because: str = "") -> list[bytes]:
    writer = HandoverWriter(1_000_000)
    writer.add(rows_of(number))
    return list(
        writer.close(number, outcome(number, rows_of(number), ended_because), JudgedSums({}, Counter(compared=100), []))
    )


def judge() -> PairJudge:
    settings, redaction = CompareSettings(), Redaction.create(KeptSettings(), b"k" * 32)
    return PairJudge(settings, candidate="c", route="r", view=View(redaction, settings), redaction=redaction)


def never() -> bool:
    return False


async def test_all_hosts_start_on_one_mark(store: Store) -> None:
    """Which each of them knows to within what it says: here their clocks are the same."""
    async with lines(store, 4) as several:
        starts = await started(several)
        assert all(each.at_ns - monotonic_ns() < 10e9 for each in starts)
        assert all(each.within_ns > 0 for each in starts)
        for one, other in combinations(starts, 2):
            assert abs(one.at_ns - other.at_ns) <= one.within_ns + other.within_ns


async def test_a_clock_that_moves_during_the_run_is_found(store: Store) -> None:
    """Though none of the hosts can see it by itself: one was stopped for 70 ms, say, with all of its machine."""
    async with lines(store, 2) as several:
        starts = await started(several)
        shares = [outcome(number, rows_of(number)) for number in (1, 2)]
        clocks = (monotonic_ns, lambda: monotonic_ns() - 70_000_000)
        ended = [await clocked(*each) for each in zip(several, starts, shares, clocks, strict=True)]
    whole = joined(ended)
    assert whole.end_skew_ms is not None
    assert 70 <= whole.end_skew_ms < 70 + 2 * whole.skew_ms + SLACK_MS
    still = joined([ended[0], shares[1]])
    assert (still.end_skew_ms, still.unclocked) == (None, [2])


async def test_a_clock_that_can_not_be_compared_at_the_end_takes_nothing_from_the_run(own_redis: RedisServer) -> None:
    """It is not known then."""
    async with opened(own_redis, timeout_s=BRIEF_S) as store, lines(store, 2) as (first, second):
        start, _ = await started([first, second])
        own_redis.pause()
        try:
            share = outcome(1, rows_of(1))
            assert await clocked(first, start, share) == share
        finally:
            own_redis.resume()


async def test_a_mark_that_is_heard_too_late_is_no_start(store: Store) -> None:
    """Requests that were due meanwhile would come in a burst."""
    async with lines(store, 2) as (first, second):
        view = await first.rendezvous.join(HELLO.to_bytes(), LEASE_S)

        async def set_mark() -> None:
            while len((await first.rendezvous.beat()).hosts) < 2:
                await asyncio.sleep(0)
            await first.rendezvous.set_mark(view.now_us)

        with pytest.raises(HostsError, match="was about to start when host 2 heard of it"):
            await asyncio.gather(HostMeeting(second, HELLO, JOIN_S).start(), set_mark())


async def test_nobody_starts_without_a_host_that_did_not_hear_of_the_start(store: Store) -> None:
    """It had joined, and is then cut off: the others would send a part of the load, which is no evidence."""
    async with lines(store, 3) as (first, second, third):
        await second.rendezvous.join(HELLO.to_bytes(), LEASE_S)
        others = (HostMeeting(each, HELLO, JOIN_S).start() for each in (first, third))
        said = await asyncio.gather(*others, return_exceptions=True)
    assert "host 2 did not hear of the start in time" in str(said[0])
    assert all(isinstance(each, HostsError) for each in said)


async def test_a_host_that_falls_silent_before_the_start_is_named(brisk_store: Store) -> None:
    """No longer than that is it waited for."""
    async with lines(brisk_store, 2, BRIEF_S) as (first, second):
        await first.rendezvous.join(HELLO.to_bytes(), LEASE_S)
        with pytest.raises(HostsError, match="host 1 has been silent for 1 s"):
            await HostMeeting(second, HELLO, JOIN_S).start()


async def test_a_host_that_leaves_before_the_start_ends_the_waiting(store: Store) -> None:
    """With its reason."""
    async with lines(store, 3) as (first, second, _):

        async def leave() -> None:
            await second.rendezvous.join(HELLO.to_bytes(), LEASE_S)
            await second.rendezvous.leave("no memory")

        with pytest.raises(HostsError, match=r"does not begin: host 2 ended \(no memory\)"):
            await asyncio.gather(HostMeeting(first, HELLO, JOIN_S).start(), leave())


async def test_what_ends_one_share_ends_all(store: Store) -> None:
    """Each host hears of it within a beat or two, and who was first."""
    async with lines(store, 3) as several:
        await started(several)
        replays = [ScriptedReplay(), ScriptedReplay("the target does not answer"), ScriptedReplay()]

        def all_ended() -> bool:
            for line, replay in zip(several, replays, strict=True):
                line.follow(replay)  # type: ignore[arg-type]
            return all(each.ended_because for each in replays)

        await until(all_ended)
        assert {each.ended_because for each in replays[::2]} == {"host 2: the target does not answer"}
        assert {await each.halted() for each in several} == {"host 2: the target does not answer"}


async def test_a_store_that_is_away_for_a_moment_is_asked_again(own_redis: RedisServer) -> None:
    """And for longer than a host may be silent ends the share of whoever can't reach it."""
    async with opened(own_redis, timeout_s=BRIEF_S) as store, lines(store, 2, BRIEF_S) as (first, second):
        await started([first, second])
        own_redis.pause()
        try:
            assert await first.view() is None
            replay = ScriptedReplay()

            def ended() -> str:
                first.follow(replay)  # type: ignore[arg-type]
                return replay.ended_because

            assert "the store is away" in await until(ended)
            with pytest.raises(StoreError):
                await first.view()
        finally:
            own_redis.resume()
        view = await until(first.view)
        assert view.of == 2


async def gathered(
    first: HostLine, stopped: Callable[[], bool] = never, took_s: float = 0.0, ended_because: str = ""
) -> tuple[ReplayOutcome, list[ResultRow], PairJudge]:
    rows: list[ResultRow] = []
    own = judge()
    found = await Gathering(first, own, rows.extend, stopped).gather(outcome(1, rows_of(1), ended_because), took_s)
    return found, rows, own


async def test_what_all_hand_over_is_taken_once(store: Store) -> None:
    """Rows, sums and tallies; then the others may go."""
    async with lines(store, 3) as several:
        await started(several)
        others = [hand_over(line, pieces_of(line.host.number), never) for line in several[1:]]
        (found, rows, own), *_ = await asyncio.gather(gathered(several[0]), *others)
    assert found.lost == {}
    assert sorted(found.tallies) == [1, 2, 3]
    assert len(found.rows.n) == 300
    assert len(rows) == 200
    assert own.counts["compared"] == 200
    assert found.ended_because == ""


async def test_who_hands_nothing_over_is_lost_and_said_so(store: Store) -> None:
    """Whether it left, or time is up, or nobody waits any longer."""
    async with lines(store, 2) as several:
        await started(several)
        found, _, _ = await gathered(several[0], took_s=-RESULTS_S)
        assert found.lost == {2: "its results did not come"}
    async with lines(store, 2) as several:
        await started(several)
        found, _, _ = await gathered(several[0], stopped=lambda: True)
        assert found.lost == {2: "it was waited for no longer"}
    async with lines(store, 2) as several:
        await started(several)
        await several[1].rendezvous.leave("no memory")
        found, _, _ = await gathered(several[0])
        assert found.lost == {2: "it ended (no memory)"}
        assert found.ended_because == "host 2 ended (no memory)"


async def test_who_ends_behind_its_handover_is_not_lost(store: Store) -> None:
    """Its results are there: nothing has to end for that."""
    async with lines(store, 3) as (first, second, third):
        await started([first, second, third])
        await second.rendezvous.hand_over(pieces_of(2))
        await second.rendezvous.leave("interrupted")
        assert await third.halted() == ""
        theirs = hand_over(third, pieces_of(3), never)
        (found, _, _), _ = await asyncio.gather(gathered(first), theirs)
    assert (found.lost, found.ended_because, sorted(found.tallies)) == ({}, "", [1, 2, 3])


async def test_results_that_are_damaged_count_as_none(store: Store) -> None:
    """And the run as no evidence."""
    async with lines(store, 2) as several:
        await started(several)
        theirs = hand_over(several[1], [b"rnonsense", *pieces_of(2)], never)
        (found, rows, own), told = await asyncio.gather(gathered(several[0]), theirs, return_exceptions=True)
    assert "reports run r without what host 2 sent" in str(told)
    assert "no rows of a run" in found.lost[2]
    assert (list(found.tallies), rows, own.counts["compared"]) == ([1], [], 0)


async def test_why_it_ended_is_what_all_were_told(store: Store) -> None:
    """Also where the first host had nothing left to send."""
    async with lines(store, 2) as several:
        await started(several)
        await several[1].halted("interrupted")
        theirs = hand_over(several[1], pieces_of(2, "host 2 was interrupted"), never)
        (found, _, _), _ = await asyncio.gather(gathered(several[0]), theirs)
    assert found.ended_because == "host 2 was interrupted"


async def test_results_wait_for_a_store_that_is_away_for_a_moment(own_redis: RedisServer) -> None:
    """Nothing is lost, and nothing counts twice."""
    async with opened(own_redis, timeout_s=BRIEF_S) as store, lines(store, 2) as several:
        await started(several)
        own_redis.pause()

        async def resume() -> None:
            while await several[1].view() is not None:  # until it was away for whoever asked
                pass
            own_redis.resume()

        theirs = hand_over(several[1], pieces_of(2), never)
        (found, rows, _), *_ = await asyncio.gather(gathered(several[0]), theirs, resume())
    assert found.lost == {}
    assert (len(found.rows.n), len(rows)) == (200, 100)


async def test_a_host_one_that_is_gone_is_waited_for_no_longer(store: Store) -> None:
    """There will be no report."""
    async with lines(store, 2) as (first, second):
        await started([first, second])
        await first.rendezvous.leave("disk full")
        with pytest.raises(HostsError, match=r"no report of run r: host 1 ended \(disk full\)"):
            await hand_over(second, pieces_of(2), never)


async def test_results_that_come_too_late_are_said_to_be(store: Store) -> None:
    """The host whose they are does not think that they are in the report."""
    async with lines(store, 3) as (first, second, third):
        await started([first, second, third])
        await third.rendezvous.hand_over(pieces_of(3))
        await first.rendezvous.finish([3])
        with pytest.raises(HostsError, match="run r was over before host 2 could hand over"):
            await hand_over(second, pieces_of(2), never)


async def test_a_host_of_another_release_is_told_so(store: Store) -> None:
    """Though it says of itself what this one can't read."""
    async with lines(store, 2) as (first, second):
        await first.rendezvous.join(b'{"protocol": 2}', LEASE_S)
        with pytest.raises(SettingsError, match="host 1 is of another release"):
            await HostMeeting(second, HELLO, JOIN_S).start()
