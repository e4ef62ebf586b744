"""Who announces itself to the others."""

from records.store.store import Store
from tests.redis_server import RedisServer


async def test_those_that_announce_themselves_see_each_other(store: Store) -> None:
    """Each stage has members of its own; announcing twice is announcing once."""
    assert await store.control.present("mirror", "m1", 10.0) == ["m1"]
    assert await store.control.present("mirror", "m2", 10.0) == ["m1", "m2"]
    assert sorted(await store.control.present("mirror", "m1", 10.0)) == ["m1", "m2"]
    assert await store.control.present("compare", "c1", 10.0) == ["c1"]


async def test_one_that_says_goodbye_is_gone_at_once(store: Store) -> None:
    """Its share is the others' without waiting."""
    await store.control.present("mirror", "m1", 10.0)
    await store.control.absent("mirror", "m1")
    assert await store.control.present("mirror", "m2", 10.0) == ["m2"]


async def test_one_that_is_silent_for_too_long_is_forgotten(store: Store, redis_server: RedisServer) -> None:
    """By the server's clock, so that no worker's own matters."""
    await store.control.present("mirror", "dead", 10.0)
    redis_server.command("ZADD", "us:present:mirror", redis_server.now_ms() - 10_001, "dead")
    assert await store.control.present("mirror", "m1", 10.0) == ["m1"]
