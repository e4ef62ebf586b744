"""The ways to a Redis: TCP, Unix socket, TLS with a user, a cluster; and what denies us."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis.exceptions as theirs

from records import errors
from records.settings import RecordingSettings, RedisSettings
from records.store import keys
from records.store.client import create_client
from records.store.keys import PartitionKeys
from records.store.sample import SampledPair
from records.store.server import translated
from records.store.store import Store
from tests.certificates import Certificates
from tests.places import short_directory
from tests.records.stages import CANDIDATE, ROUTE, Traffic, assert_adds_up, compare, mirror, owner
from tests.redis_server import LOCAL, RedisServer, free_port, running
from tests.redis_ways import SLOTS, behind_tls, cluster_of_three

PARTITIONS = 6


@pytest.fixture
async def tls_redis(certificates: Certificates, binary: str) -> AsyncIterator[RedisServer]:
    with short_directory() as directory:
        async with behind_tls(certificates, directory, binary) as server:
            yield server


@pytest.fixture
def tls(certificates: Certificates) -> dict[str, str]:
    """The settings that say which certificates are ours."""
    return {"tls_ca": str(certificates.ca), "tls_cert": str(certificates.client), "tls_key": str(certificates.client)}


@pytest.fixture(scope="module")
def cluster(binary: str) -> Iterator[list[RedisServer]]:
    with short_directory() as directory, cluster_of_three(directory, binary) as nodes:
        yield nodes


async def exercise(store: Store) -> None:
    """Traffic through every partition, mirrored, compared and sampled; everything adds up."""
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    traffic = Traffic(store)
    for partition in range(await store.partitions(ROUTE)):
        await traffic.commit(b"a", b"b", partition=partition)
        group = await owner(store, partition=partition)
        await mirror(group, await group.fetch(10))
        comparing = await owner(store, "compare", partition=partition)
        entries = await comparing.fetch(10)
        kept = [SampledPair(1, each.id, each.id, each.data, disagrees=True) for each in entries]
        await store.samples(ROUTE, partition, CANDIDATE).keep(kept)
        await compare(comparing, entries)
        assert await comparing.fetch(10) == []
        await comparing.wait(0.01)
    assert await store.settle_dead_writer(ROUTE, "w1", traffic.totals) == 0
    assert await store.control.replace_overlay(0, b"document") == 1
    assert await store.control.epoch(CANDIDATE, "f", b"") == 1
    assert len([item async for item in store.scan_pairs(ROUTE, CANDIDATE)]) == traffic.totals["requests"]
    assert len((await store.sampled_pairs(ROUTE, CANDIDATE, "control", [1]))[1]) == traffic.totals["requests"]
    assert sum(each.size for each in await store.held_pairs(ROUTE, CANDIDATE)) == traffic.totals["requests"]
    coverage = await store.coverage(ROUTE, CANDIDATE)
    assert coverage.compared == coverage.requests == traffic.totals["requests"]
    assert_adds_up(coverage)
    await store.remove_candidate(ROUTE, CANDIDATE)
    await meet(store)


async def meet(store: Store) -> None:
    """Two hosts of a load test."""
    first, second = (store.rendezvous("nightly", number, 2) for number in (1, 2))
    await first.join(b"1", 60.0)
    view = await second.join(b"2", 60.0)
    await first.set_mark(view.now_us)
    assert (await second.hand_over([b"piece"])).handed == {2: 1}
    assert [each async for each in first.pieces(2, 1)] == [b"piece"]
    await first.finish([2])
    assert (await second.beat()).taken == {2}


def store_at(url: str, **settings: object) -> Store:
    return Store.create(RedisSettings(url=url, **settings), RecordingSettings(partitions=PARTITIONS))  # type: ignore[arg-type]


async def test_tcp(binary: str) -> None:
    """A plain address."""
    with running(binary=binary, port=free_port()) as server:
        store = store_at(server.url)
        await exercise(store)
        await store.close()


async def test_tls_with_a_user(tls_redis: RedisServer, tls: dict[str, str]) -> None:
    """Over TLS with our certificate and an ACL user of few rights, all of it works."""
    store = store_at(f"rediss://understudy:s3cret%2Fword@{LOCAL}:{tls_redis.port}/0", **tls)
    assert (await store.check()).problems == ()
    await exercise(store)
    await store.close()


async def test_an_unknown_authority_is_no_store(tls_redis: RedisServer) -> None:
    """A certificate that the system does not trust is refused, and said to be one."""
    store = store_at(f"rediss://understudy:s3cret%2Fword@{LOCAL}:{tls_redis.port}")
    with pytest.raises(errors.StoreAway, match="certificate verify failed"):
        await store.control.overlay()
    await store.close()


async def test_a_user_without_rights_is_denied(tls_redis: RedisServer, tls: dict[str, str]) -> None:
    """A user who may only read gets StoreDenied, within scripts as well."""
    store = store_at(f"rediss://reader:reader@{LOCAL}:{tls_redis.port}", **tls)
    with pytest.raises(errors.StoreDenied):
        await Traffic(store).commit(b"a")
    await store.close()


async def test_a_cluster(cluster: list[RedisServer]) -> None:
    """Partitions spread over three nodes, every command keeps to one of them."""
    store = store_at(f"redis://{LOCAL}:{cluster[0].port}", cluster=True)
    assert (await store.check()).problems == ()
    await exercise(store)
    holders = [node for node in cluster if node.command("DBSIZE")]
    assert len(holders) == 3
    await store.close()


async def test_a_slot_that_moved_is_followed(cluster: list[RedisServer]) -> None:
    """A redirected command is run by the node that has the slot now, once."""
    store = store_at(f"redis://{LOCAL}:{cluster[0].port}", cluster=True)
    traffic = Traffic(store, route="moving")
    await traffic.commit(b"a")
    _move(cluster, PartitionKeys("moving", 0).sums)
    await traffic.commit(b"b")
    assert [record async for _, record in store.scan_exchanges("moving")] == [b"a", b"b"]
    await store.close()


async def test_a_slot_on_its_way_is_asked_for(cluster: list[RedisServer]) -> None:
    """While a slot moves, what is new in it is written to and read from its new node."""
    store = store_at(f"redis://{LOCAL}:{cluster[0].port}", cluster=True)
    slot, source, target = _slot(cluster, keys.examples("asking", 1))
    target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source.node_id())
    source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.node_id())
    await store.control.add_examples("asking", 1, [b"a"])
    assert target.command("CLUSTER", "COUNTKEYSINSLOT", slot) == 1
    assert await store.control.examples("asking", 1) == [b"a"]
    for node in (target, source):
        node.command("CLUSTER", "SETSLOT", slot, "NODE", target.node_id())
    await store.close()


async def test_a_cluster_refuses_as_one_server_does(cluster: list[RedisServer]) -> None:
    """A key that holds something else is an error of its own, no store that is away."""
    store = store_at(f"redis://{LOCAL}:{cluster[0].port}", cluster=True)
    _, holder, _ = _slot(cluster, keys.examples("wrong", 1))
    holder.command("SET", keys.examples("wrong", 1), "no list")
    with pytest.raises(errors.StoreError, match="WRONGTYPE") as refused:
        await store.control.examples("wrong", 1)
    assert type(refused.value) is errors.StoreError
    await store.close()


async def test_a_node_that_is_gone_is_asked_no_more_once_another_has_its_slots(short_dir: Path, binary: str) -> None:
    """The nodes left are asked who has what, also where the one of the settings is gone; without any, that is said."""
    with cluster_of_three(short_dir, binary) as nodes:
        seed, *left = nodes
        own = (keys.examples(str(number), 1) for number in range(100))
        key = next(each for each in own if _slot(nodes, each)[1] is seed)
        client = create_client(RedisSettings(url=f"redis://{LOCAL}:{seed.port}", cluster=True, timeout_s=2.0))
        assert len(await client.everywhere("DBSIZE")) == 3
        for node in left:
            node.command("CONFIG", "SET", "cluster-require-full-coverage", "no")
        seed.kill()
        with pytest.raises(errors.StoreAway):
            await client.everywhere("DBSIZE")
        for node in left:
            node.command("CLUSTER", "DELSLOTS", *range(SLOTS // 3 + 1))
        left[0].command("CLUSTER", "ADDSLOTS", *range(SLOTS // 3 + 1))
        assert await client.everywhere("DBSIZE") == [0, 0]
        assert await client.call(key, "LLEN", key) == 0
        for node in left:
            node.kill()
        with pytest.raises(errors.StoreAway):
            await client.call(key, "LLEN", key)
        with pytest.raises(errors.StoreAway, match="no node of the cluster answers"):
            await client.everywhere("DBSIZE")
        await client.close()


def _slot(cluster: list[RedisServer], key: str) -> tuple[int, RedisServer, RedisServer]:
    """The key's slot, the node that has it, and another one."""
    slot = int(cluster[0].command("CLUSTER", "KEYSLOT", key))
    for first, last, master, *_ in cluster[0].command("CLUSTER", "SLOTS"):
        if first <= slot <= last:
            source = next(node for node in cluster if node.port == master[1])
            return slot, source, next(node for node in cluster if node is not source)
    raise AssertionError(f"nobody has slot {slot}")


def _move(cluster: list[RedisServer], key: str) -> None:
    slot, source, target = _slot(cluster, key)
    target.command("CLUSTER", "SETSLOT", slot, "IMPORTING", source.node_id())
    source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", target.node_id())
    for name in source.command("CLUSTER", "GETKEYSINSLOT", slot, 100):
        source.command("MIGRATE", LOCAL, target.port, name, 0, 5000)
    for node in (target, source):
        node.command("CLUSTER", "SETSLOT", slot, "NODE", target.node_id())


def test_a_bad_address_is_refused() -> None:
    """The error says which schemes are right."""
    with pytest.raises(ValueError, match="rediss://"):
        store_at(f"http://{LOCAL}")


@pytest.mark.parametrize(
    ("theirs_", "ours"),
    [
        (theirs.AuthenticationError("WRONGPASS"), errors.StoreDenied),
        (theirs.NoPermissionError("this user has no permissions"), errors.StoreDenied),
        (theirs.OutOfMemoryError("command not allowed"), errors.StoreFull),
        (theirs.ResponseError("ERR Error running script: -OOM command not allowed when"), errors.StoreFull),
        (theirs.ResponseError("MISCONF Redis is configured to save RDB snapshots"), errors.StoreFull),
        (theirs.BusyLoadingError("LOADING"), errors.StoreAway),
        (theirs.ReadOnlyError("READONLY"), errors.StoreAway),
        (ConnectionResetError(), errors.StoreAway),
        (theirs.ResponseError("WRONGTYPE Operation against a key"), errors.StoreError),
    ],
)
def test_exceptions_are_translated(theirs_: Exception, ours: type[errors.StoreError]) -> None:
    """Each of redis-py's exceptions says whose move it is."""
    assert type(translated(theirs_)) is ours


async def test_calls_that_are_cancelled_leave_no_late_answer(redis_server: RedisServer) -> None:
    """After a wait was cancelled the same store goes on with right answers."""
    store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=1))
    await store.join_candidate(ROUTE, CANDIDATE, "now")
    group = await owner(store)
    await group.fetch(1)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await group.wait(2)
    assert await store.control.replace_overlay(0, b"document") == 1
    assert await store.control.overlay() == (1, b"document")
    await store.close()
