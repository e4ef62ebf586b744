"""Whether a Redis can be trusted: what check() says of good and bad ones."""

import re

from records.settings import RecordingSettings, RedisSettings
from records.store.health import problems, version
from records.store.store import Store
from tests.redis_server import LOCAL, RedisServer, free_port


async def test_a_good_server_has_no_problems(store: Store) -> None:
    """It is reachable, with a version and an id that stays."""
    health = await store.check()
    assert health.reachable
    assert health.problems == ()
    assert re.fullmatch(r"(Redis|Valkey) [0-9]+\.[0-9.]+", health.version)
    assert (await store.check()).store_id == health.store_id


async def test_another_store_has_another_id(store: Store, redis_server: RedisServer) -> None:
    """A store that comes back empty is told by its id."""
    before = (await store.check()).store_id
    redis_server.command("FLUSHALL")
    assert (await store.check()).store_id != before


async def test_no_server_is_an_answer(redis_server: RedisServer) -> None:
    """check() never raises: what is wrong stands in its answer."""
    store = Store.create(RedisSettings(url=f"redis://{LOCAL}:{free_port()}"), RecordingSettings())
    health = await store.check()
    assert not health.reachable
    assert "StoreAway" in health.problems[0]
    await store.close()


def test_eviction_is_a_problem() -> None:
    """A policy that drops keys is named, with the right one."""
    (problem,) = problems([{"maxmemory": "0", "maxmemory_policy": "allkeys-lru"}], 1_000)
    assert "allkeys-lru" in problem
    assert "noeviction is right" in problem


def test_maxmemory_must_leave_room() -> None:
    """Off is fine, half more than our bounds is fine, less is not; a cluster's nodes share the bounds."""
    assert problems([{"maxmemory": "0"}], 1_000) == []
    assert problems([{"maxmemory": "1500"}], 1_000) == []
    assert "1500" in problems([{"maxmemory": "1499"}], 1_000)[0]
    assert problems([{"maxmemory": "500"}] * 3, 1_000) == []


async def test_candidates_count_into_the_bounds(redis_server: RedisServer) -> None:
    """Each candidate's pairs, and their samples, need room as well."""
    recording = RecordingSettings(
        max_bytes=1_000_000, max_pairs_bytes=1_000_000, control_max_bytes=100_000, disagreements_max_bytes=100_000
    )
    store = Store.create(RedisSettings(url=redis_server.url), recording)
    redis_server.command("CONFIG", "SET", "maxmemory", 4_000_000)
    try:
        assert (await store.check(candidates=1)).problems == ()
        assert len((await store.check(candidates=2)).problems) == 1
    finally:
        redis_server.command("CONFIG", "SET", "maxmemory", 0)
    await store.close()


def test_a_valkey_is_named_as_such() -> None:
    """Its INFO gives the Redis version that old clients may take it for, too."""
    assert version({"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.2"}) == "Valkey 9.1.2"
    assert version({"redis_version": "7.0.15"}) == "Redis 7.0.15"
