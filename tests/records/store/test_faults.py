"""What Redis can do to us, each on a real server: nothing is lost silently, nothing counted twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TypeVar

import pytest

from records.errors import NotJoined, StaleToken, StoreAway, StoreDenied, StoreFull
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, Traffic, assert_adds_up, compare, data, mirror, owner
from tests.redis_server import LOCAL, RedisServer
from tests.relay import Relay

Answer = TypeVar("Answer")


class Stores:
    """Makes stores of one partition, and closes them."""

    def __init__(self) -> None:
        self._made: list[Store] = []

    def at(self, url: str, *, timeout_s: float = 20.0) -> Store:
        store = Store.create(RedisSettings(url=url, timeout_s=timeout_s), RecordingSettings(partitions=1))
        self._made.append(store)
        return store

    async def close(self) -> None:
        for store in self._made:
            await store.close()


@pytest.fixture
async def stores() -> AsyncIterator[Stores]:
    stores = Stores()
    yield stores
    await stores.close()


class TestLostAnswers:
    """The connection is cut between a command and its answer."""

    @pytest.fixture
    async def relay(self, redis_server: RedisServer) -> AsyncIterator[Relay]:
        relay = await Relay(redis_server.socket).start()
        yield relay
        await relay.stop()

    @pytest.fixture
    async def store(self, relay: Relay, stores: Stores) -> Store:
        store = stores.at(f"redis://{LOCAL}:{relay.port}")
        await store.join_candidate(ROUTE, CANDIDATE, "now")
        return store

    async def test_a_group_is_sent_again_and_not_doubled(self, store: Store, relay: Relay) -> None:
        """The repeat of a group that was applied is answered as if it had been the first."""
        traffic = Traffic(store)
        relay.lose_answers(1)
        with pytest.raises(StoreAway):
            await traffic.commit(b"a", b"b")
        committed = await traffic.again()
        assert committed.last_id.endswith("-2")
        await traffic.commit(b"c")
        assert [record async for _, record in store.scan_exchanges(ROUTE)] == [b"a", b"b", b"c"]
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.requests, coverage.recorded) == (3, 3)

    async def test_another_group_waits_for_the_unknown_one(self, store: Store, relay: Relay) -> None:
        """While a group's outcome is unknown no other is taken, since the counters could not be told apart."""
        traffic = Traffic(store)
        relay.lose_answers(1)
        with pytest.raises(StoreAway):
            await traffic.commit(b"a")
        with pytest.raises(ValueError, match="outcome of group 1 is unknown"):
            await traffic.writer.commit(0, 2, [b"b"], {"requests": 2})

    async def test_what_a_lost_fetch_took_is_delivered(self, store: Store, relay: Relay) -> None:
        """Entries made pending by a read whose answer was lost come with the next one; what is in work does not."""
        traffic = Traffic(store)
        await traffic.commit(b"in work")
        group = await owner(store)
        in_work = await group.fetch(10)
        await traffic.commit(b"a", b"b")
        relay.lose_answers(1)
        with pytest.raises(StoreAway):
            await group.fetch(10)
        entries = await group.fetch(10)
        assert [(entry.data, entry.deliveries) for entry in entries] == [(b"a", 1), (b"b", 1)]
        await mirror(group, [*in_work, *entries])
        assert await group.fetch(10) == []
        assert_adds_up(await store.coverage(ROUTE, CANDIDATE))

    async def test_a_commit_is_sent_again_and_not_doubled(self, store: Store, relay: Relay) -> None:
        """A mirror's and a compare worker's commit count once, however often they are sent."""
        await Traffic(store).commit(b"a", b"b")
        group = await owner(store)
        entries = await group.fetch(10)
        relay.lose_answers(1)
        with pytest.raises(StoreAway):
            await mirror(group, entries)
        await mirror(group, entries)
        comparing = await owner(store, "compare")
        pairs = await comparing.fetch(10)
        assert data(pairs) == [b"pair of a", b"pair of b"]
        relay.lose_answers(1)
        with pytest.raises(StoreAway):
            await compare(comparing, pairs)
        await compare(comparing, pairs)
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.mirrored, coverage.compared, coverage.uncompared) == (2, 2, 0)
        assert_adds_up(coverage)

    async def test_an_unknown_commit_is_repeated_whole(self, store: Store, relay: Relay) -> None:
        """Entries of a commit of unknown outcome can't be mixed into another one."""
        await Traffic(store).commit(b"a", b"b")
        group = await owner(store)
        entries = await group.fetch(10)
        relay.lose_answers(1)
        with pytest.raises(StoreAway):
            await mirror(group, entries)
        with pytest.raises(ValueError, match="repeated whole"):
            await mirror(group, entries[:1])

    async def test_giving_up_an_unknown_commit_is_safe(self, store: Store, relay: Relay) -> None:
        """Released and acquired anew, what was applied does not come again."""
        await Traffic(store).commit(b"a", b"b")
        group = await owner(store)
        entries = await group.fetch(10)
        relay.lose_answers(1)
        with pytest.raises(StoreAway):
            await mirror(group, entries)
        await group.release()
        assert await group.acquire()
        assert await group.fetch(10) == []
        assert (await store.coverage(ROUTE, CANDIDATE)).mirrored == 2

    async def test_a_lease_whose_answer_was_lost_is_had_again(self, store: Store, relay: Relay) -> None:
        """The same owner acquires again at once, under a new token."""
        await Traffic(store).commit(b"a")
        group = store.group(ROUTE, 0, CANDIDATE, "mirror", "o1")
        relay.lose_answers(1)
        with pytest.raises(StoreAway):
            await group.acquire()
        assert await group.acquire()
        assert data(await group.fetch(10)) == [b"a"]


async def test_a_read_that_a_stalled_server_runs_late_takes_nothing(store: Store, redis_server: RedisServer) -> None:
    """A fetch that was given up is refused when it is run after a later one: it would take entries nobody works on."""
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    await Traffic(store).commit(b"a")
    group = await owner(store)
    assert data(await group.fetch(1)) == [b"a"]
    await Traffic(store, "w2").commit(b"b")
    group._reads -= 1  # as the number of a read sent before
    with pytest.raises(StaleToken, match="read again"):
        await group.fetch(1)
    assert await group.acquire()
    assert data(await group.fetch(10)) == [b"a"]
    assert data(await group.fetch(10)) == [b"b"]


class TestServer:
    """The server itself is killed, stopped, full, or denies us."""

    async def test_killed_and_restarted(self, own_redis: RedisServer, stores: Stores) -> None:
        """It comes back with what it had; writer and owner go on by themselves, and all is counted once."""
        store = stores.at(own_redis.url)
        await store.join_candidate(ROUTE, CANDIDATE, "now")
        traffic = Traffic(store)
        await traffic.commit(b"a")
        group = await owner(store)
        entries = await group.fetch(10)
        own_redis.kill()
        with pytest.raises(StoreAway):
            await traffic.commit(b"b")
        with pytest.raises(StoreAway):
            await mirror(group, entries)
        own_redis.start()
        assert (await traffic.again()).store_lost == 0
        await mirror(group, entries)
        assert data(await group.fetch(10)) == [b"b"]
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.requests, coverage.recorded, coverage.mirrored, coverage.waiting) == (2, 2, 1, 1)
        assert_adds_up(coverage)

    async def test_restarted_empty(self, forgetful_redis: RedisServer, stores: Stores) -> None:
        """What it lost is counted as store_lost, and requests stay what they were."""
        store = stores.at(forgetful_redis.url)
        await store.join_candidate(ROUTE, CANDIDATE, "now")
        traffic = Traffic(store)
        traffic.totals |= {"requests": 2, "not_sampled.ratio": 2}
        await traffic.commit(b"a", b"b")
        group = await owner(store)
        entries = await group.fetch(10)
        forgetful_redis.kill()
        forgetful_redis.start()

        with pytest.raises(NotJoined):
            await answered(lambda: mirror(group, entries))
        await store.join_candidate(ROUTE, CANDIDATE, "beginning")
        assert (await traffic.commit(b"c")).store_lost == 2
        assert (await traffic.commit(b"d")).store_lost == 0
        assert await group.acquire()
        assert data(await group.fetch(10)) == [b"c", b"d"]
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.requests, coverage.not_sampled, coverage.recorded) == (6, {"ratio": 2}, 4)
        assert (coverage.skipped, coverage.waiting) == ({"store_lost": 2}, 2)
        assert_adds_up(coverage)

    async def test_restarted_with_the_past(self, forgetful_redis: RedisServer, stores: Stores) -> None:
        """A server that comes back as it was before loses what came since, and it is counted; work goes on."""
        store = stores.at(forgetful_redis.url)
        await store.join_candidate(ROUTE, CANDIDATE, "now")
        traffic = Traffic(store)
        await traffic.commit(b"a")
        group = await owner(store)
        early = await group.fetch(10)
        forgetful_redis.command("SAVE")
        await traffic.commit(b"b", b"c")
        late = await group.fetch(10)
        forgetful_redis.kill()
        forgetful_redis.start()

        with pytest.raises(StaleToken):
            await answered(lambda: mirror(group, [*early, *late]))
        assert (await traffic.commit(b"d")).store_lost == 2
        assert await group.acquire()
        await mirror(group, await group.fetch(10))
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.requests, coverage.recorded, coverage.mirrored, coverage.waiting) == (4, 4, 1, 0)
        assert coverage.skipped == {"store_lost": 2, "set_aside": 1}
        assert_adds_up(coverage)

    async def test_stopped_and_continued(self, own_redis: RedisServer, stores: Stores) -> None:
        """What it was sent while it stood still, and what was sent again, counts once."""
        store, patient = stores.at(own_redis.url, timeout_s=0.2), stores.at(own_redis.url)
        await store.join_candidate(ROUTE, CANDIDATE, "now")
        traffic = Traffic(store)
        await traffic.commit(b"a")
        group = await owner(store)
        own_redis.pause()
        for _ in range(2):
            with pytest.raises(StoreAway):
                await group.fetch(10)
        with pytest.raises(StoreAway):
            await traffic.commit(b"b")
        own_redis.resume()
        await patient.coverage(ROUTE)
        await answered(traffic.again)
        got: list[bytes] = []
        while len(got) < 2:
            entries = await answered(lambda: group.fetch(10))
            await answered(partial(mirror, group, entries))
            got += data(entries)
        assert got == [b"a", b"b"]
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.recorded, coverage.mirrored, coverage.waiting) == (2, 2, 0)

    async def test_wrong_password_then_right(self, own_redis: RedisServer, stores: Stores) -> None:
        """We are denied, say so without telling it, and work once it is right, without a restart."""
        own_redis.command("CONFIG", "SET", "requirepass", "other")
        own_redis.password = "other"
        store = stores.at(f"unix://:secret@{own_redis.socket}")
        traffic = Traffic(store)
        with pytest.raises(StoreDenied) as denied:
            await traffic.commit(b"a")
        assert "secret" not in str(denied.value)
        (problem,) = (await store.check()).problems
        assert "StoreDenied" in problem
        own_redis.command("CONFIG", "SET", "requirepass", "secret")
        await traffic.again()
        assert [record async for _, record in store.scan_exchanges(ROUTE)] == [b"a"]

    async def test_full(self, redis_server: RedisServer, store: Store) -> None:
        """A full server refuses new exchanges whole, and what is there is still mirrored and compared."""
        await store.join_candidate(ROUTE, CANDIDATE, "now")
        traffic = Traffic(store)
        await traffic.commit(b"a", b"b")
        redis_server.command("CONFIG", "SET", "maxmemory", 1)
        try:
            with pytest.raises(StoreFull):
                await traffic.commit(b"c")
            with pytest.raises(StoreFull):
                await traffic.writer.commit(0, 9, [], {"requests": 9})
            group = await owner(store)
            await mirror(group, await group.fetch(10))
            comparing = await owner(store, "compare")
            await compare(comparing, await comparing.fetch(10))
            assert await comparing.fetch(10) == []
        finally:
            redis_server.command("CONFIG", "SET", "maxmemory", 0)
        await traffic.again(b"c")
        coverage = await store.coverage(ROUTE, CANDIDATE)
        assert (coverage.requests, coverage.recorded, coverage.compared, coverage.waiting) == (3, 3, 2, 1)
        assert_adds_up(coverage)

    async def test_a_takeover_on_a_full_server(self, redis_server: RedisServer, store: Store) -> None:
        """What was pending passes on and is settled even then."""
        await store.join_candidate(ROUTE, CANDIDATE, "now")
        await Traffic(store).commit(b"a")
        await (await owner(store)).fetch(10)
        redis_server.command("CONFIG", "SET", "maxmemory", 1)
        try:
            heir = await owner(store)
            await mirror(heir, await heir.fetch(10))
        finally:
            redis_server.command("CONFIG", "SET", "maxmemory", 0)
        assert (await store.coverage(ROUTE, CANDIDATE)).mirrored == 1

    async def test_forgotten_scripts_are_sent_again(self, redis_server: RedisServer, store: Store) -> None:
        """A server that lost its scripts, as any restart does, gets them with the next command."""
        traffic = Traffic(store)
        await traffic.commit(b"a")
        redis_server.command("SCRIPT", "FLUSH")
        await traffic.commit(b"b")
        assert [record async for _, record in store.scan_exchanges(ROUTE)] == [b"a", b"b"]


async def answered(action: Callable[[], Awaitable[Answer]]) -> Answer:
    """Try as a worker does until the store is there again."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await action()
            except StoreAway:
                continue
