"""Groups: one owner, fenced, every entry counted once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from records.errors import NotJoined, StaleToken
from records.settings import RecordingSettings, RedisSettings
from records.store.client import create_client
from records.store.group import Group
from records.store.server import Argument, Client
from records.store.store import Store
from tests.records.stages import (
    CANDIDATE,
    ROUTE,
    Traffic,
    assert_adds_up,
    compare,
    data,
    expire_lease,
    mirror,
    owner,
)
from tests.redis_server import RedisServer


class LateClient:
    """A client whose next answer, when told so, comes late: others may ask meanwhile."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.late = False
        self.answered = asyncio.Event()
        self.may_come = asyncio.Event()

    async def call(self, key: str, *command: Argument, timeout_s: float | None = None) -> Any:
        late, self.late = self.late, False
        answer = await self._client.call(key, *command, timeout_s=timeout_s)
        if late:
            self.answered.set()
            await self.may_come.wait()
        return answer

    async def everywhere(self, *command: Argument) -> list[Any]:
        return await self._client.everywhere(*command)

    async def close(self) -> None:
        await self._client.close()


@pytest.fixture(autouse=True)
async def joined(store: Store) -> None:
    await store.join_candidate(ROUTE, CANDIDATE, "now")


async def test_entries_come_in_order_and_once(store: Store) -> None:
    """New entries are delivered in the order of their numbers, each once."""
    await Traffic(store).commit(b"a", b"b", b"c")
    group = await owner(store)
    first, second = await group.fetch(2), await group.fetch(2)
    assert data(first + second) == [b"a", b"b", b"c"]
    assert [entry.seq for entry in first + second] == [1, 2, 3]
    assert await group.fetch(2) == []


async def test_a_commit_makes_pairs_and_counts(store: Store) -> None:
    """What was mirrored can be read by the compare stage, and the counters say so."""
    await Traffic(store).commit(b"a", b"b")
    group = await owner(store)
    await mirror(group, await group.fetch(10))
    comparing = await owner(store, "compare")
    entries = await comparing.fetch(10)
    assert data(entries) == [b"pair of a", b"pair of b"]
    await compare(comparing, entries, b"sum")
    assert await comparing.state_names() == ["1:0"]
    assert await comparing.load_states(["1:0", "1:1"]) == {"1:0": b"sum"}
    assert await store.summaries(ROUTE, CANDIDATE, [1, 2]) == {1: [b"sum"], 2: []}
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.requests, coverage.mirrored, coverage.compared) == (2, 2, 2)
    assert_adds_up(coverage)


async def test_where_an_owner_stood_is_told_to_the_next(store: Store) -> None:
    """As of the last commit that said it; a removed candidate's is forgotten."""
    await Traffic(store).commit(b"a", b"b", b"c")
    group = await owner(store)
    assert await group.standing() is None
    for standing in (b"here", b"there", b""):
        (entry,) = await group.fetch(1)
        await group.commit([entry.id], counts={"skipped.paused": 1}, standing=standing)
    await group.release()
    assert await (await owner(store, name="o2")).standing() == b"there"
    assert_adds_up(await store.coverage(ROUTE, CANDIDATE))
    await store.remove_candidate(ROUTE, CANDIDATE)
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    assert await (await owner(store, name="o3")).standing() is None


async def test_one_owner_at_a_time(store: Store) -> None:
    """Another can't have the lease until it is released."""
    first = await owner(store, name="o1")
    second = store.group(ROUTE, 0, CANDIDATE, "mirror", "o2")
    assert not await second.acquire()
    assert await first.acquire()
    await first.release()
    assert await second.acquire()
    assert not await first.acquire()


async def test_without_a_lease_nothing_is_read(store: Store) -> None:
    """Reading without having acquired is refused."""
    with pytest.raises(StaleToken):
        await store.group(ROUTE, 0, CANDIDATE, "mirror", "o1").fetch(1)


async def test_without_joining_there_is_no_group(store: Store) -> None:
    """A candidate that has not joined gets an error that says so."""
    with pytest.raises(NotJoined, match="lease:mirror:nobody"):
        await store.group(ROUTE, 0, "nobody", "mirror", "o1").acquire()


async def test_a_stalled_owner_neither_commits_nor_reads(store: Store, redis_server: RedisServer) -> None:
    """Past its lease, with another owner at work, both are refused, and everything is counted once."""
    traffic = Traffic(store)
    await traffic.commit(b"a", b"b")
    stalled = await owner(store, name="o1")
    entries = await stalled.fetch(10)
    expire_lease(redis_server)
    other = await owner(store, name="o2")
    await traffic.commit(b"c")

    with pytest.raises(StaleToken):
        await mirror(stalled, entries)
    with pytest.raises(StaleToken):
        await stalled.fetch(10)

    await mirror(other, await other.fetch(10))
    await mirror(other, await other.fetch(10))
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.mirrored, coverage.waiting, coverage.uncompared) == (3, 0, 3)
    pairs = [pair async for _, pair in store.scan_pairs(ROUTE, CANDIDATE)]
    assert pairs == [b"pair of a", b"pair of b", b"pair of c"]


async def test_an_expired_lease_that_nobody_took_still_holds(store: Store, redis_server: RedisServer) -> None:
    """A stall alone costs nothing."""
    await Traffic(store).commit(b"a")
    group = await owner(store)
    entries = await group.fetch(10)
    expire_lease(redis_server)
    await mirror(group, entries)
    assert not await store.group(ROUTE, 0, CANDIDATE, "mirror", "o2").acquire()


async def test_what_was_pending_passes_to_the_next_owner(store: Store, redis_server: RedisServer) -> None:
    """A take-over delivers what the dead owner had read, as a second delivery, then new entries."""
    traffic = Traffic(store)
    await traffic.commit(b"a", b"b")
    dead = await owner(store, name="o1")
    await mirror(dead, (await dead.fetch(10))[:1])
    expire_lease(redis_server)
    await traffic.commit(b"c")
    heir = await owner(store, name="o2")
    pending, new = await heir.fetch(10), await heir.fetch(10)
    assert [(entry.data, entry.deliveries) for entry in pending + new] == [(b"b", 2), (b"c", 1)]


async def test_many_pending_come_page_by_page(store: Store) -> None:
    """More pending entries than one fetch may bring are all delivered."""
    await Traffic(store).commit(*(b"%d" % number for number in range(25)))
    await (await owner(store, name="o1")).fetch(100)
    first = await owner(store, name="o1")
    pages = [await first.fetch(10) for _ in range(4)]
    assert [len(page) for page in pages] == [10, 10, 5, 0]


async def test_after_three_deliveries_an_entry_is_set_aside(store: Store) -> None:
    """What was delivered three times and never committed is counted as set aside, and the rest goes on."""
    traffic = Traffic(store)
    await traffic.commit(b"poison")
    for number in range(1, 4):
        entries = await (await owner(store, name="o1")).fetch(10)
        assert [entry.deliveries for entry in entries] == [number]
    await traffic.commit(b"fine")
    group = await owner(store, name="o1")
    assert data(await group.fetch(10)) == [b"fine"]
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.skipped, coverage.waiting) == ({"set_aside": 1}, 1)
    assert_adds_up(coverage)


async def test_a_caller_sets_a_corrupt_entry_aside(store: Store) -> None:
    """Committing it under its reason is all there is to it."""
    await Traffic(store).commit(b"\xff corrupt")
    group = await owner(store)
    entries = await group.fetch(10)
    await group.commit([entries[0].id], counts={"skipped.set_aside": 1})
    assert_adds_up(await store.coverage(ROUTE, CANDIDATE))
    assert await group.fetch(10) == []


async def test_wait_returns_when_something_arrives(store: Store, redis_server: RedisServer) -> None:
    """The bell rings for a commit, long before its own end."""
    settings = RedisSettings(url=redis_server.url, timeout_s=1_000)
    patient = Store.create(settings, RecordingSettings(partitions=2))
    group = await owner(patient)
    assert await group.fetch(10) == []
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        tasks.create_task(group.wait(500))
        await Traffic(store).commit(b"a")
    assert data(await group.fetch(10)) == [b"a"]
    await patient.close()


async def test_wait_does_not_block_before_all_was_read(store: Store, redis_server: RedisServer) -> None:
    """With entries left to fetch, waiting returns at once."""
    settings = RedisSettings(url=redis_server.url, timeout_s=1_000)
    patient = Store.create(settings, RecordingSettings(partitions=2))
    await Traffic(store).commit(b"a", b"b")
    group = await owner(patient)
    await group.fetch(1)
    async with asyncio.timeout(30):
        await group.wait(500)
    await patient.close()


async def test_wait_ends_by_itself(store: Store) -> None:
    """Without an arrival it returns in the end."""
    group = await owner(store)
    assert await group.fetch(10) == []
    await group.wait(0.01)


async def test_commits_name_what_was_read(store: Store) -> None:
    """Entries that this owner did not read, twice the same, or none at all are refused before anything is sent."""
    await Traffic(store).commit(b"a")
    group = await owner(store)
    (entry,) = await group.fetch(10)
    for wrong in ([], [entry.id, entry.id], ["1-1"]):
        with pytest.raises(ValueError, match="entries"):
            await group.commit(wrong)
    await mirror(group, [entry])
    with pytest.raises(ValueError, match="entries"):
        await mirror(group, [entry])


async def test_large_records_come_few_at_a_time(store: Store) -> None:
    """A fetch ends soon after eight megabytes."""
    traffic = Traffic(store)
    for _ in range(5):
        await traffic.commit(*[bytes(1_000_000)] * 5)
    group = await owner(store)
    sizes = [len(await group.fetch(100)) for _ in range(4)]
    assert max(sizes) <= 16
    assert sum(sizes) == 25


class TestTrimming:
    """Streams trimmed under their readers."""

    @pytest.fixture
    async def small(self, redis_server: RedisServer) -> AsyncIterator[Store]:
        """Of 64 KiB exchanges and 64 KiB pairs: three of the records below."""
        recording = RecordingSettings(partitions=1, max_bytes=65_536, max_pairs_bytes=65_536)
        small = Store.create(RedisSettings(url=redis_server.url), recording)
        yield small
        await small.close()

    async def test_unread(self, small: Store) -> None:
        """What was trimmed before it was read is skipped as expired; what is left is delivered."""
        traffic = Traffic(small)
        for number in range(10):
            await traffic.commit(bytes([number]) * 20_000)
        group = await owner(small)
        assert [entry.data[0] for entry in await group.fetch(10)] == [7, 8, 9]
        coverage = await small.coverage(ROUTE, CANDIDATE)
        assert (coverage.skipped, coverage.waiting) == ({"expired": 7}, 3)
        assert_adds_up(coverage)

    async def test_unread_and_pending(self, small: Store, redis_server: RedisServer) -> None:
        """What a dead owner had read, and what nobody had, is expired alike when it is gone."""
        traffic = Traffic(small)
        await traffic.commit(b"a" * 20_000)
        await (await owner(small, name="dead")).fetch(10)
        for _ in range(5):
            await traffic.commit(b"b" * 20_000)
        expire_lease(redis_server)
        group = await owner(small, name="heir")
        assert len(await group.fetch(10)) == 3
        coverage = await small.coverage(ROUTE, CANDIDATE)
        assert (coverage.skipped, coverage.waiting) == ({"expired": 3}, 3)
        assert_adds_up(coverage)

    async def test_while_its_owner_works_on_it(self, small: Store) -> None:
        """An entry that was read counts as what became of it, though the stream dropped it meanwhile."""
        traffic = Traffic(small)
        await traffic.commit(b"a" * 20_000)
        group = await owner(small)
        entries = await group.fetch(10)
        for _ in range(5):
            await traffic.commit(b"b" * 20_000)
        await mirror(group, entries)
        coverage = await small.coverage(ROUTE, CANDIDATE)
        assert coverage.mirrored == 1
        assert_adds_up(coverage)

    async def test_pairs(self, small: Store) -> None:
        """Pairs that were trimmed before they were compared are incomparable as expired."""
        traffic, group = Traffic(small), await owner(small)
        for _ in range(5):
            await traffic.commit(b"a" * 20_000)
            await mirror(group, await group.fetch(10))
        comparing = await owner(small, "compare")
        assert len(await comparing.fetch(10)) == 3
        coverage = await small.coverage(ROUTE, CANDIDATE)
        assert (coverage.mirrored, coverage.incomparable, coverage.uncompared) == (5, {"expired": 2}, 3)
        assert_adds_up(coverage)

    async def test_readers_drop_what_is_too_old(self, store: Store, redis_server: RedisServer) -> None:
        """With no writer left, reading drops and books what is older than max_age_s."""
        committed = await Traffic(store).commit(b"a")
        strict = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=2, max_age_s=1e-9))
        while redis_server.now_ms() <= int(committed.last_id.split("-")[0]):
            pass
        assert await (await owner(strict)).fetch(10) == []
        assert [item async for item in store.scan_exchanges(ROUTE)] == []
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.skipped, coverage.waiting) == ({"expired": 1}, 0)
        await strict.close()


async def test_what_kills_its_readers_is_set_aside_alone(store: Store, redis_server: RedisServer) -> None:
    """After three deliveries, the third of them alone: what was read beside it is not blamed, and goes on."""
    await Traffic(store).commit(*[b"%d" % number for number in range(6)])
    served: list[bytes] = []
    for life in range(4):
        group = await owner(store, name=f"o{life}")
        while entries := await group.fetch(10):
            if b"3" in data(entries):
                break  # the process dies of it, and commits nothing of what it read
            served += data(entries)
            await mirror(group, entries)
        expire_lease(redis_server)
    assert sorted(served) == [b"0", b"1", b"2", b"4", b"5"]
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.mirrored, coverage.skipped) == (5, {"set_aside": 1})
    assert_adds_up(coverage)


async def test_what_was_read_under_a_lease_that_ended_is_read_again_under_the_next(redis_server: RedisServer) -> None:
    """Though its owner is the same, and the answer came when the new lease was taken already."""
    settings = RedisSettings(url=redis_server.url)
    client = LateClient(create_client(settings))
    store = Store(client, settings, RecordingSettings(partitions=2))
    await Traffic(store).commit(b"a", b"b")
    group = await owner(store)
    client.late = True
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(_refused(group))
        await client.answered.wait()
        redis_server.command("HDEL", f"us:{{{ROUTE}.0}}:lease:mirror:{CANDIDATE}", "owner")
        assert await group.acquire()
        client.may_come.set()
    assert reading.result()
    assert data(await group.fetch(10)) == [b"a", b"b"]
    await store.close()


async def _refused(group: Group) -> bool:
    with pytest.raises(StaleToken):
        await group.fetch(10)
    return True


async def test_what_waits_is_told_and_blamed_for_no_delivery(store: Store, redis_server: RedisServer) -> None:
    """However many owners it has until it is settled; what was deferred and what was not are told apart."""
    await Traffic(store).commit(b"a", b"b", b"c")
    reader = await owner(store)
    await mirror(reader, await reader.fetch(10))
    for name in ("c1", "c2"):
        group = await owner(store, "compare", name)
        assert (await store.coverage(ROUTE, CANDIDATE)).uncompared_by == {}
        entries = await group.fetch(10)
        assert [each.deliveries for each in entries] == ([1, 1, 1] if name == "c1" else [1, 1, 2])
        await group.defer([each.id for each in entries[:2]])
        await group.defer([entries[0].id])
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.uncompared, coverage.uncompared_by) == (3, {"undecided": 2})
        if name == "c1":
            expire_lease(redis_server, "compare")
    await compare(group, entries[1:])
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.compared, coverage.uncompared, coverage.uncompared_by) == (2, 1, {"undecided": 1})
    await compare(group, entries[:1])
    assert (await store.coverage(ROUTE, CANDIDATE)).uncompared_by == {}
    assert_adds_up(await store.coverage(ROUTE, CANDIDATE))


async def test_only_who_holds_the_lease_defers(store: Store, redis_server: RedisServer) -> None:
    """And only what it has read."""
    await Traffic(store).commit(b"a")
    reader = await owner(store)
    await mirror(reader, await reader.fetch(10))
    stalled = await owner(store, "compare", "c1")
    (entry,) = await stalled.fetch(10)
    with pytest.raises(ValueError, match="entries that were read here"):
        await stalled.defer(["1-1"])
    expire_lease(redis_server, "compare")
    await owner(store, "compare", "c2")
    with pytest.raises(StaleToken):
        await stalled.defer([entry.id])


async def test_what_was_dropped_while_it_waited_is_settled_all_the_same(
    store: Store, redis_server: RedisServer
) -> None:
    """By who still has it, as what it came to; by the next owner, as expired."""
    await Traffic(store).commit(b"a", b"b")
    reader = await owner(store)
    await mirror(reader, await reader.fetch(10))
    group = await owner(store, "compare", "c1")
    entries = await group.fetch(10)
    redis_server.command("XTRIM", f"us:{{{ROUTE}.0}}:pairs:{CANDIDATE}", "MAXLEN", 0)
    await group.defer([each.id for each in entries])
    await compare(group, entries[:1])
    expire_lease(redis_server, "compare")
    heir = await owner(store, "compare", "c2")
    assert await heir.fetch(10) == []
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.compared, coverage.incomparable, coverage.uncompared) == (1, {"expired": 1}, 0)
