"""The steward of partitions, with lanes of the tests' own: shares, failures, replaced charges, farewells."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from records.errors import StoreError
from records.settings import RecordingSettings, RedisSettings
from records.store.health import StoreHealth
from records.store.steward import Steward, titled
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, Traffic
from tests.records.work import Clock, Desk, Office, at_work, filed, steward
from tests.redis_server import RedisServer
from tests.until import until


async def test_two_owners_share_and_one_that_leaves_gives_back(brisk_store: Store) -> None:
    """Each has one of two partitions; what is filed counts once, whoever filed it."""
    desk, other_desk = Desk(), Desk()
    office, other_office = Office(brisk_store, "o1", desk), Office(brisk_store, "o2", other_desk)
    traffic = Traffic(brisk_store)
    async with at_work(brisk_store, office) as first:
        await until(lambda: first.owned(office) == 2, "the first to have all")
        async with at_work(brisk_store, other_office, owner="o2") as second:
            await until(lambda: first.owned(office) == second.owned(other_office) == 1, "both to have one")
            await traffic.commit(b"a", b"b")
            await traffic.commit(b"c", partition=1)
            await filed(brisk_store, 3)
            assert sorted(map(len, (desk.filed, other_desk.filed))) == [1, 2]
        await until(lambda: first.owned(office) == 2, "the first to have all again")
    assert sorted(desk.filed + other_desk.filed) == [b"a", b"b", b"c"]


async def test_a_lane_that_fails_is_begun_again_and_the_others_go_on(brisk_store: Store) -> None:
    """It is named with its error and counted; mended, it does what waited for it."""
    desk, traffic = Desk(), Traffic(brisk_store)
    desk.breaks.add(0)
    async with at_work(brisk_store, Office(brisk_store, "o1", desk)) as at_it:
        words = f"office {CANDIDATE} of route {ROUTE} fails: ValueError: no ink"
        await until(lambda: at_it.not_ready() == words, "the office to be named")
        await traffic.commit(b"waits")
        await traffic.commit(b"goes on", partition=1)
        await until(lambda: desk.filed == [b"goes on"], "the other partition's work")
        assert at_it.failures[ROUTE, CANDIDATE] >= 1
        desk.breaks.clear()
        await filed(brisk_store, 2)
        await until(lambda: at_it.not_ready() is None, "it to be forgiven")


async def test_a_lane_that_failed_stays_away_for_longer_each_time(brisk_store: Store) -> None:
    """A second, then two, however often the steward looks meanwhile; then it is begun again."""
    desk, clock = Desk(), Clock()
    desk.breaks.add(0)
    office = Office(brisk_store, "o1", desk)
    async with at_work(brisk_store, office, now=clock) as at_it:
        for lanes, away_s in ((1, 1.0), (2, 2.0)):
            await failed(at_it, times=lanes)
            clock.now_s += away_s / 2
            await looked(at_it, office)
            assert office.lanes == {0: lanes, 1: 1}
            clock.now_s += away_s / 2
        desk.breaks.clear()
        await until(lambda: at_it.owned(office) == 2, "it to work")
    assert office.lanes == {0: 3, 1: 1}


async def failed(at_it: Steward, times: int) -> None:
    await until(lambda: at_it.failures[ROUTE, CANDIDATE] == times, f"failure {times}")


async def looked(at_it: Steward, office: Office) -> None:
    """A whole look that began after this call is over."""
    over = office.looks + 3  # the first may be under way already; the third begins when the second is over

    async def looked_again() -> bool:
        await at_it.see_to([office])  # it looks at once
        return office.looks >= over

    await until(looked_again, "the steward to look")


@pytest.mark.parametrize("trouble", [StoreError("no such room"), ValueError("no such floor")], ids=["store", "fault"])
async def test_a_charge_that_can_not_be_looked_at_hinders_no_other(brisk_store: Store, trouble: Exception) -> None:
    """It is named, once in the log however often it is tried, and worked for when it can be."""
    desk, other_desk = Desk(), Desk()
    office, other_office = Office(brisk_store, "o1", desk), Office(brisk_store, "o1", other_desk, "other")
    office.trouble = trouble
    with capture_logs() as logs:
        async with at_work(brisk_store, office, other_office) as at_it:
            words = f"office {CANDIDATE} of route {ROUTE} can't be worked for: {type(trouble).__name__}: {trouble}"
            await until(lambda: at_it.not_ready() == words, "the office to be named")
            await Traffic(brisk_store).commit(b"a")
            await filed(brisk_store, 1, "other")
            await until(lambda: office.looks >= 3, "it to be tried again")
            assert desk.filed == []
            office.trouble = None
            await filed(brisk_store, 1)
            await until(lambda: at_it.not_ready() is None, "readiness")
    assert len([line for line in logs if line["event"] == "steward.hindered"]) == 1


async def test_a_fault_in_looking_at_the_store_is_named_and_does_not_last(brisk_store: Store) -> None:
    """It looks again, and works when it can."""
    faults = [ValueError("no such answer")]

    async def health() -> StoreHealth:
        if faults:
            raise faults[0]
        return await brisk_store.check()

    at_it = Steward("mirror", "o1", brisk_store, health)
    with capture_logs():
        at_it.start()
        await at_it.see_to([Office(brisk_store, "o1", Desk())])
        words = "partitions can't be looked at: ValueError: no such answer"
        await until(lambda: at_it.not_ready() == words, "the fault to be named")
        faults.clear()
        await until(lambda: at_it.not_ready() is None, "readiness")
        await at_it.drain(5.0)


async def test_what_is_left_out_is_said(brisk_store: Store) -> None:
    """With the words of whoever left it out, until the charges change."""
    at_it = steward(brisk_store, "o1")
    assert at_it.not_ready() == "not started yet"
    at_it.start()
    await at_it.see_to([], left_out=["office x is on fire"])
    await until(lambda: at_it.not_ready() == "office x is on fire", "it to be said")
    await at_it.see_to([])
    assert at_it.not_ready() is None
    await at_it.drain(5.0)
    assert at_it.not_ready() == "draining"


async def test_a_charge_that_is_replaced_finishes_what_it_has_in_hand(brisk_store: Store) -> None:
    """Then it is closed, once, and its successor works on; what stays is not disturbed."""
    old_desk, new_desk, traffic = Desk(), Desk(), Traffic(brisk_store)
    old, new = Office(brisk_store, "o1", old_desk), Office(brisk_store, "o1", new_desk)
    stays = Office(brisk_store, "o1", staying_desk := Desk(), "stays")
    old_desk.may_file.clear()
    async with at_work(brisk_store, old, stays) as at_it:
        await traffic.commit(b"in hand")
        await asyncio.wait_for(old_desk.reading.wait(), 60)
        await at_it.see_to([new, stays])
        assert old.closed == 0
        old_desk.may_file.set()
        await until(lambda: old.closed == 1, "the old one to be closed")
        await until(lambda: at_it.owned(new) == 2, "its successor to begin")
        await traffic.commit(b"next")
        await filed(brisk_store, 2)
    assert (old_desk.filed, new_desk.filed) == ([b"in hand"], [b"next"])
    assert (old.closed, new.closed, stays.closed) == (1, 1, 1)
    assert staying_desk.began == {0: 1, 1: 1}


async def test_a_drain_lets_lanes_finish(brisk_store: Store) -> None:
    """What is in hand is filed, nothing more is read, and the leases are free at once."""
    desk = Desk()
    desk.may_file.clear()
    async with at_work(brisk_store, Office(brisk_store, "o1", desk)) as at_it:
        await Traffic(brisk_store).commit(b"a", b"b")
        await asyncio.wait_for(desk.reading.wait(), 60)
        async with asyncio.TaskGroup() as tasks:
            draining = tasks.create_task(at_it.drain(60.0))
            await until(lambda: at_it.not_ready() == "draining", "the drain to begin")
            desk.may_file.set()
        assert draining.result() == 0
    await filed(brisk_store, 2)
    for partition in range(2):
        assert await brisk_store.group(ROUTE, partition, CANDIDATE, "mirror", "next").acquire()


async def test_a_drain_ends_at_its_deadline(brisk_store: Store) -> None:
    """It says how many entries it gave up; they are the next owner's at once."""
    desk, next_desk = Desk(), Desk()
    desk.may_file.clear()
    office = Office(brisk_store, "o1", desk)
    async with at_work(brisk_store, office) as at_it:
        await Traffic(brisk_store).commit(b"a", b"b")
        await asyncio.wait_for(desk.reading.wait(), 60)
        assert await at_it.drain(0.0) == 2
        assert office.closed == 1
    async with at_work(brisk_store, Office(brisk_store, "o2", next_desk), owner="o2"):
        await filed(brisk_store, 2)
    assert (desk.filed, next_desk.filed) == ([], [b"a", b"b"])


async def test_a_drain_does_not_wait_for_a_store_that_is_away(own_redis: RedisServer) -> None:
    """Neither to give leases back nor to say goodbye."""
    store = Store.create(RedisSettings(url=own_redis.url, timeout_s=60.0), RecordingSettings(partitions=2))
    office = Office(store, "o1", Desk())
    async with at_work(store, office) as at_it:
        await until(lambda: at_it.owned(office) == 2, "the work to begin")
        own_redis.pause()
        async with asyncio.timeout(20):
            await at_it.drain(0.1)
        own_redis.resume()
    await store.close()


def test_labels_in_words() -> None:
    """From the narrowest to the widest, as a sentence has them."""
    assert titled({"route": "models", "candidate": "new"}) == "candidate new of route models"
    assert titled({"route": "models"}) == "route models"
