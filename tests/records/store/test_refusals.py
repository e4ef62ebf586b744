"""Every way in which a server that is there refuses us, on a real one: each is one of our errors, and passes."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, suppress

import pytest
import redis

from records.errors import StoreAway, StoreDenied, StoreError, StoreFull
from records.settings import RecordingSettings, RedisSettings
from records.store.group import Group
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, Traffic, assert_adds_up, mirror, owner
from tests.redis_server import LOCAL, RedisServer, binaries, free_cluster_port, free_port, running
from tests.until import until

NOBODY = ("127.0.0.1", "1")

Refusal = tuple[list[tuple[str, ...]], list[tuple[str, ...]], type[StoreError]]

# What an operator does to the server, how it is undone, and what we call it.
REFUSALS: dict[str, Refusal] = {
    "a replica": ([("REPLICAOF", *NOBODY)], [("REPLICAOF", "NO", "ONE")], StoreAway),
    "a replica that lost its master": (
        [("CONFIG", "SET", "replica-serve-stale-data", "no"), ("REPLICAOF", *NOBODY)],
        [("REPLICAOF", "NO", "ONE")],
        StoreAway,
    ),
    "too few replicas": (
        [("CONFIG", "SET", "min-replicas-to-write", "1")],
        [("CONFIG", "SET", "min-replicas-to-write", "0")],
        StoreAway,
    ),
    "full": ([("CONFIG", "SET", "maxmemory", "1")], [("CONFIG", "SET", "maxmemory", "0")], StoreFull),
    "no right to run scripts": (
        [("ACL", "SETUSER", "default", "-evalsha", "-eval")],
        [("ACL", "SETUSER", "default", "+@all")],
        StoreDenied,
    ),
    "no right to a command in a script": (
        [("ACL", "SETUSER", "default", "-xadd", "-xack")],
        [("ACL", "SETUSER", "default", "+@all")],
        StoreDenied,
    ),
    "no right to our keys": (
        [("ACL", "SETUSER", "default", "resetkeys", "~other:*")],
        [("ACL", "SETUSER", "default", "~*")],
        StoreDenied,
    ),
}


@pytest.fixture(params=sorted(binaries()))
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """One for each test, to be spoilt."""
    with running(binary=binaries()[request.param], port=free_port()) as server:
        yield server


@pytest.fixture
async def store(server: RedisServer) -> AsyncIterator[Store]:
    store = Store.create(RedisSettings(url=server.url), RecordingSettings(partitions=1))
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    yield store
    await store.close()


async def reading(store: Store, traffic: Traffic) -> Group:
    """An owner that has read all there is and waits for more."""
    await traffic.commit(b"a")
    group = await owner(store)
    await mirror(group, await group.fetch(10))
    assert await group.fetch(10) == []
    return group


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_refusal_is_named_applies_nothing_and_passes(store: Store, server: RedisServer, refusal: str) -> None:
    """Writer and owner hear what it is, go on by themselves once it is over, and everything counts once."""
    spoil, mend, named = REFUSALS[refusal]
    traffic = Traffic(store)
    await reading(store, traffic)
    group = await owner(store)
    await traffic.commit(b"b")
    entries = await group.fetch(10)
    for command in spoil:
        server.command(*command)
    with pytest.raises(named):
        await traffic.commit(b"c")
    if named is not StoreFull:  # a full server is drained all the same
        with pytest.raises(named):
            await mirror(group, entries)
    assert (await store.check()).problems or named in (StoreFull, StoreDenied)
    for command in mend:
        server.command(*command)
    await traffic.again(b"c")
    await mirror(group, entries)
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert (coverage.requests, coverage.recorded, coverage.mirrored, coverage.waiting) == (3, 3, 2, 1)
    assert_adds_up(coverage)


async def test_a_wait_that_a_failover_ends_is_a_store_that_is_away(store: Store, server: RedisServer) -> None:
    """A server that becomes a replica wakes who waits on it by an error."""
    group = await reading(store, Traffic(store))

    async def blocked() -> bool:
        return b"cmd=xread" in server.command("CLIENT", "LIST")

    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(_refused_wait(group))
        await until(blocked, "the read to block")
        server.command("REPLICAOF", *NOBODY)
    assert isinstance(waiting.result(), StoreAway)


async def _refused_wait(group: Group) -> StoreError:
    with pytest.raises(StoreError) as refused:
        await group.wait(60)
    return refused.value


async def test_a_server_in_an_endless_script_is_away(store: Store, server: RedisServer) -> None:
    """Somebody else's, which only they can end."""
    group = await reading(store, Traffic(store))
    server.command("CONFIG", "SET", "lua-time-limit", 1)

    def endless() -> None:
        with suppress(redis.ResponseError):
            server.command("EVAL", "while true do end", 0)

    running = threading.Thread(target=endless)
    running.start()
    try:

        async def busy() -> bool:
            try:
                await group.acquire()
            except StoreAway as error:
                return "BUSY" in str(error)
            return False

        await until(busy, "the server to be busy")
    finally:
        server.command("SCRIPT", "KILL")
        running.join()
    assert await group.acquire()


async def test_a_server_that_can_not_save_is_full(store: Store, server: RedisServer) -> None:
    """MISCONF: it refuses what it could not keep."""
    traffic = Traffic(store)
    await traffic.commit(b"a")
    server.command("CONFIG", "SET", "save", "1000000 1")
    (server.directory / "dump.rdb").mkdir()  # where its snapshot should go
    server.command("BGSAVE")

    async def failed() -> bool:
        return bool(server.command("INFO", "persistence")["rdb_last_bgsave_status"] == "err")

    try:
        await until(failed, "the snapshot to fail")
        with pytest.raises(StoreFull, match="MISCONF"):
            await traffic.commit(b"b")
    finally:
        server.command("CONFIG", "SET", "save", "")  # else it refuses to stop without one
    assert (await traffic.again(b"b")).store_lost == 0


@pytest.fixture(params=sorted(binaries()))
def nodes(request: pytest.FixtureRequest) -> Iterator[list[RedisServer]]:
    """Two nodes of a cluster, which have no slots yet and have not met."""
    with ExitStack() as ending:
        nodes = []
        for _ in range(2):
            binary, port = binaries()[request.param], free_cluster_port()
            nodes.append(ending.enter_context(running("--cluster-enabled", "yes", binary=binary, port=port)))
        yield nodes


async def test_a_clusters_node_that_is_asked_as_if_alone_says_what_is_right(nodes: list[RedisServer]) -> None:
    """Away while the cluster has no slots; then, without redis.cluster, denied, with the setting that is missing."""
    store = Store.create(RedisSettings(url=nodes[0].url), RecordingSettings(partitions=1))
    with pytest.raises(StoreAway):
        await store.control.overlay()
    nodes[1].command("CLUSTER", "ADDSLOTS", *range(16_384))
    nodes[0].command("CLUSTER", "MEET", LOCAL, nodes[1].port)

    async def redirected() -> StoreDenied | None:
        try:
            await store.control.overlay()
        except StoreAway:
            return None
        except StoreDenied as error:
            return error
        raise AssertionError("a node without slots answered")

    assert "redis.cluster = true is right" in str(await until(redirected, "the nodes to meet"))
    await store.close()
