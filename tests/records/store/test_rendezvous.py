"""Where the hosts of a load test meet: who is there, one mark, what is handed over. Nothing of it stays for ever."""

from __future__ import annotations

import asyncio

import pytest

from records.errors import StaleToken, StoreError
from records.store import keys
from records.store.rendezvous import MAX_HOSTS, MAX_RUN_BYTES, RUN_TTL_S, TAKEN_TTL_S, Rendezvous, RunRefused
from records.store.store import Store
from tests.redis_server import RedisServer
from tests.until import until

LONG_S = 60.0  # nobody is silent for so long
PIECE = bytes(1_048_576)


def hosts(store: Store, of: int, run: str = "nightly") -> list[Rendezvous]:
    return [store.rendezvous(run, number, of) for number in range(1, of + 1)]


async def joined(store: Store, of: int, run: str = "nightly") -> list[Rendezvous]:
    found = hosts(store, of, run)
    for number, each in enumerate(found, 1):
        await each.join(b"host %d" % number, LONG_S)
    return found


def lives_ms(server: RedisServer) -> dict[str, int]:
    """By key, how long it will be there; -1: for ever."""
    return {key.decode(): server.command("PTTL", key) for key in server.command("KEYS", "us:replay:*")}


async def test_hosts_see_each_other_and_one_mark(store: Store) -> None:
    """Whoever says something twice, or after another one: the first word stands."""
    first, second = await joined(store, 2)
    view = await first.beat()
    assert (view.of, view.hosts, view.mark_us, view.halt) == (2, {1: b"host 1", 2: b"host 2"}, None, "")
    assert all(0 <= silent < 60_000 for silent in view.silent_ms.values())
    await first.set_mark(view.now_us + 5)
    await second.set_mark(1)
    await second.halt("it was enough")
    await first.halt("too late")
    await second.confirm()
    view = await second.beat()
    assert (view.mark_us or 0) > 1_000_000
    assert view.ready == {2}
    assert view.halt == "it was enough"
    assert view.now_us <= await first.now_us()


async def test_hosts_that_join_at_once_are_in_one_run(store: Store) -> None:
    """Whichever of them is first."""
    found = hosts(store, 8)
    await asyncio.gather(*(each.join(b"x", LONG_S) for each in found))
    assert sorted((await found[0].beat()).hosts) == list(range(1, 9))


async def test_who_can_not_join_is_refused_and_the_run_goes_on(store: Store) -> None:
    """Another one of the same number, or of another number of hosts; and whoever comes when it has begun."""
    first, second = await joined(store, 2)
    for number, of, why in ((2, 2, "joined"), (1, 3, "of")):
        with pytest.raises(RunRefused) as refused:
            await store.rendezvous("nightly", number, of).join(b"other", LONG_S)
        assert refused.value.why == why
        assert refused.value.view.hosts == {1: b"host 1", 2: b"host 2"}
    lone = store.rendezvous("early", 1, 2)
    await lone.join(b"x", LONG_S)
    await lone.set_mark(1)
    with pytest.raises(RunRefused, match="begun"):
        await store.rendezvous("early", 2, 2).join(b"x", LONG_S)
    assert (await second.beat()).hosts == (await first.beat()).hosts == {1: b"host 1", 2: b"host 2"}


async def test_a_name_is_free_when_nobody_of_its_run_is_there(store: Store) -> None:
    """All have left; or all have been silent; or the results were taken. Who still was in it hears that it is over."""
    first, second = await joined(store, 2)
    await first.leave("enough")
    assert (await second.beat()).gone == {1: "enough"}
    with pytest.raises(RunRefused):
        await store.rendezvous("nightly", 2, 2).join(b"new", LONG_S)
    await second.leave("enough")
    third = store.rendezvous("nightly", 1, 3)
    assert (await third.join(b"new", LONG_S)).hosts == {1: b"new"}
    with pytest.raises(StaleToken):
        await second.beat()

    async def anew() -> bool:
        try:
            return bool(await store.rendezvous("nightly", 1, 2).join(b"newer", 0.01))
        except RunRefused:
            return False

    await until(anew, "the silent host's name")
    (only,) = await joined(store, 1, "short")
    await only.finish([])
    assert (await only.beat()).taken == set()
    assert (await store.rendezvous("short", 1, 1).join(b"again", LONG_S)).hosts == {1: b"again"}


async def test_what_is_handed_over_is_taken_as_it_was(store: Store) -> None:
    """In its order, and once, though it was handed over again when the answer was lost."""
    first, second = await joined(store, 2)
    pieces = [b"one", b"", b"three" * 1_000]
    for _ in range(2):
        view = await second.hand_over(pieces)
    assert view.handed == {2: 3}
    assert [each async for each in first.pieces(2, 3)] == pieces
    assert view.taken is None
    await first.finish([2])
    assert (await second.beat()).taken == {2}
    with pytest.raises(StoreError, match="piece 1 of 3 of host 2's results is gone"):
        _ = [each async for each in first.pieces(2, 3)]


async def test_what_comes_too_late_is_handed_to_nobody(store: Store, redis_server: RedisServer) -> None:
    """Its host hears so, and nothing of it is kept."""
    first, second = await joined(store, 2)
    await first.finish([])
    with pytest.raises(StaleToken):
        await second.hand_over([b"late"])
    assert lives_ms(redis_server).keys() == {keys.run("nightly").state}


async def test_what_is_handed_over_has_a_bound(store: Store) -> None:
    """All hosts together; and what a host says of itself has one, too."""
    first = store.rendezvous("nightly", 2, MAX_HOSTS)
    await first.join(b"x", LONG_S)
    assert first.max_bytes * MAX_HOSTS <= MAX_RUN_BYTES
    with pytest.raises(ValueError, match="more than 4,194,304 bytes"):
        await first.hand_over([PIECE] * 5)
    assert (await first.beat()).handed == {}
    with pytest.raises(ValueError, match="at most"):
        await store.rendezvous("nightly", 3, MAX_HOSTS).join(bytes(5_000), LONG_S)
    view = await first.halt("é" * 5_000)
    assert len(view.halt) < 5_000
    with pytest.raises(ValueError, match="65"):
        store.rendezvous("nightly", 1, 65)


async def test_nothing_stays_for_ever(store: Store, redis_server: RedisServer) -> None:
    """Every key of a run has its time, from the first word on; when results were taken they go at once."""
    first, second = await joined(store, 2)
    kept = {keys.run("nightly").state}
    assert lives_ms(redis_server).keys() == kept
    await first.set_mark(1)
    await second.hand_over([b"piece"])
    await second.leave("done")
    lives = lives_ms(redis_server)
    assert lives.keys() == kept | {keys.run("nightly").results}
    assert all(0 < each <= RUN_TTL_S * 1_000 for each in lives.values())
    for key in lives:
        redis_server.command("PEXPIRE", key, 60_000)
    await first.beat()  # as long as somebody is there, nothing goes
    assert all(each > 60_000 for each in lives_ms(redis_server).values())
    await first.finish([2])
    await second.beat()
    lives = lives_ms(redis_server)
    assert lives.keys() == kept
    assert all(0 < each <= TAKEN_TTL_S * 1_000 for each in lives.values())


async def test_of_a_run_that_expired_nothing_comes_back(store: Store, redis_server: RedisServer) -> None:
    """A late word of one of its hosts makes no key."""
    first, second = await joined(store, 2)
    redis_server.command("DEL", keys.run("nightly").state)
    for late in (first.beat(), first.set_mark(1), second.hand_over([b"x"]), second.leave("x"), first.finish([])):
        with pytest.raises(StaleToken):
            await late
    assert lives_ms(redis_server) == {}
