"""Joining and leaving: a candidate counts from its first exchange to its removal, to the unit."""

import pytest

from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, Traffic, assert_adds_up, compare, data, mirror, owner
from tests.redis_server import RedisServer


async def test_joining_twice_changes_nothing(store: Store) -> None:
    """The second time says so, and nothing is delivered again."""
    assert await store.join_candidate(ROUTE, CANDIDATE, "now")
    await Traffic(store).commit(b"a")
    assert not await store.join_candidate(ROUTE, CANDIDATE, "beginning")
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.recorded, coverage.waiting) == (1, 1)


async def test_from_now(store: Store) -> None:
    """A candidate that joins now gets and counts what comes after; what was held then counts for it."""
    writer = store.writer(ROUTE, "w")
    await writer.commit(0, 1, [b"a", b"b"], {"requests": 5, "not_sampled.ratio": 1, "held": 2})
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    await writer.commit(0, 2, [b"c", b"d"], {"requests": 6, "not_sampled.ratio": 2, "held": 0})
    assert data(await (await owner(store)).fetch(10)) == [b"c", b"d"]
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.requests, coverage.not_sampled, coverage.held, coverage.recorded) == (3, {"ratio": 1}, 0, 2)
    assert_adds_up(coverage)


async def test_from_the_beginning(store: Store) -> None:
    """A candidate that starts at the beginning counts all that was ever counted, if all is still there."""
    writer = store.writer(ROUTE, "w")
    await writer.commit(0, 1, [b"a", b"b"], {"requests": 3, "not_sampled.ratio": 1})
    await store.join_candidate(ROUTE, CANDIDATE, "beginning")
    assert data(await (await owner(store)).fetch(10)) == [b"a", b"b"]
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.requests, coverage.recorded, coverage.waiting) == (3, 2, 2)
    assert_adds_up(coverage)


async def test_from_a_time(store: Store, redis_server: RedisServer) -> None:
    """From a time on, earlier records are neither delivered nor counted."""
    traffic = Traffic(store)
    await traffic.commit(b"a", b"b")
    start = redis_server.now_ms() + 1
    while redis_server.now_ms() < start:
        pass
    await traffic.commit(b"c")
    await store.join_candidate(ROUTE, CANDIDATE, str(start))
    assert data(await (await owner(store)).fetch(10)) == [b"c"]
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.requests, coverage.recorded) == (1, 1)
    assert_adds_up(coverage)


async def test_from_a_time_to_come(store: Store, redis_server: RedisServer) -> None:
    """Where nothing has been recorded since, it is as now."""
    traffic = Traffic(store)
    await traffic.commit(b"a")
    await store.join_candidate(ROUTE, CANDIDATE, str(redis_server.now_ms() + 60_000))
    await traffic.commit(b"b")
    assert data(await (await owner(store)).fetch(10)) == [b"b"]
    assert_adds_up(await store.coverage(ROUTE, CANDIDATE))


async def test_a_place_that_is_none_is_refused(store: Store) -> None:
    """The error says what would be right."""
    with pytest.raises(ValueError, match="now, beginning or milliseconds"):
        await store.join_candidate(ROUTE, CANDIDATE, "yesterday")


async def test_two_candidates_are_counted_apart(store: Store) -> None:
    """What one mirrors is still waiting for the other."""
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    await store.join_candidate(ROUTE, "other", "now")
    await Traffic(store).commit(b"a")
    group = await owner(store)
    await mirror(group, await group.fetch(10))
    assert (await store.coverage(ROUTE, CANDIDATE)).mirrored == 1
    assert (await store.coverage(ROUTE, "other")).waiting == 1


async def test_removing_books_what_waited(store: Store) -> None:
    """Exchanges not mirrored and pairs not compared are counted as removed; later traffic is not the candidate's."""
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    traffic = Traffic(store)
    await traffic.commit(b"a", b"b", b"c")
    await traffic.commit(b"d", partition=1)
    group = await owner(store)
    await mirror(group, await group.fetch(2))
    comparing = await owner(store, "compare")
    await compare(comparing, await comparing.fetch(1), b"sum")

    await store.remove_candidate(ROUTE, CANDIDATE)
    await store.remove_candidate(ROUTE, CANDIDATE)
    await traffic.commit(b"e")

    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.requests, coverage.recorded) == (4, 4)
    assert (coverage.skipped, coverage.incomparable) == ({"removed": 2}, {"removed": 1})
    assert (coverage.waiting, coverage.uncompared) == (0, 0)
    assert_adds_up(coverage)
    assert await store.summaries(ROUTE, CANDIDATE, [1]) == {1: [b"sum"]}
    assert [item async for item in store.scan_pairs(ROUTE, CANDIDATE)] == []


async def test_a_removed_candidate_has_no_owner(store: Store) -> None:
    """Its leases are lost at once, and can't be taken."""
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    await Traffic(store).commit(b"a")
    group = await owner(store)
    entries = await group.fetch(10)
    await store.remove_candidate(ROUTE, CANDIDATE)
    with pytest.raises(Exception, match="another owner"):
        await mirror(group, entries)
    assert not await group.acquire()


async def test_a_candidate_comes_back(store: Store) -> None:
    """Joining again after removal starts counting anew, and a late owner of the former time is refused."""
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    traffic = Traffic(store)
    await traffic.commit(b"a")
    former = await owner(store, name="former")
    entries = await former.fetch(10)
    await store.remove_candidate(ROUTE, CANDIDATE)
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    await traffic.commit(b"b")
    group = await owner(store, name="new")
    with pytest.raises(Exception, match="another owner"):
        await mirror(former, entries)
    assert data(await group.fetch(10)) == [b"b"]
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.requests, coverage.recorded, coverage.skipped, coverage.waiting) == (1, 1, {}, 1)
    assert_adds_up(coverage)
