"""What of a candidate's pairs is still there: known to the record, and read without missing any."""

from collections.abc import AsyncIterator

import pytest

from records.errors import Dropped
from records.settings import RecordingSettings, RedisSettings
from records.store.holdings import Holding, Stretch, number_of, stretches
from records.store.store import Store
from tests.records.stages import CANDIDATE, ROUTE, Traffic, mirror, owner
from tests.redis_server import RedisServer

LARGE = bytes(20_000)


@pytest.fixture
async def small(redis_server: RedisServer) -> AsyncIterator[Store]:
    """One partition, whose stream of pairs has room for three of the large records."""
    recording = RecordingSettings(partitions=1, max_pairs_bytes=65_536)
    small = Store.create(RedisSettings(url=redis_server.url), recording)
    await small.join_candidate(ROUTE, CANDIDATE, "now")
    yield small
    await small.close()


async def pairs(store: Store, *records: bytes) -> None:
    """Each in a commit of its own."""
    group = await owner(store)
    for number, record in enumerate(records):
        await Traffic(store, f"{number}-{len(await store.held_pairs(ROUTE, CANDIDATE))}-{id(record)}").commit(record)
        await mirror(group, await group.fetch(1))


async def test_before_the_first_pair_all_of_none_are_there(small: Store) -> None:
    """Nothing was ever written, and nothing is missing."""
    (held,) = await small.held_pairs(ROUTE, CANDIDATE)
    assert (held.is_whole, held.size, list(stretches(held, 10))) == (True, 0, [])


async def test_while_nothing_was_dropped_all_is_there(small: Store) -> None:
    """From number 1 on."""
    await pairs(small, b"a", b"b", b"c")
    (held,) = await small.held_pairs(ROUTE, CANDIDATE)
    assert (held.is_whole, held.size, held.oldest_record) == (True, 3, b"pair of a")


async def test_what_was_dropped_is_known(small: Store) -> None:
    """The numbers say how many are still there, and the newest of them can be read whole."""
    await pairs(small, *[LARGE] * 10)
    (held,) = await small.held_pairs(ROUTE, CANDIDATE)
    assert (held.is_whole, held.size, number_of(held.newest)) == (False, 3, 10)
    (stretch,) = stretches(held, 100)
    found = [number_of(entry) async for entry, _ in small.read_pairs(ROUTE, CANDIDATE, stretch)]
    assert found == [8, 9, 10]


async def test_a_stream_that_was_emptied_is_not_whole(small: Store, redis_server: RedisServer) -> None:
    """Its head remembers that there was more."""
    await pairs(small, b"a")
    redis_server.command("XTRIM", f"us:{{{ROUTE}.0}}:pairs:{CANDIDATE}", "MAXLEN", 0)
    (held,) = await small.held_pairs(ROUTE, CANDIDATE)
    assert (held.is_whole, held.size) == (False, 0)


async def test_stretches_are_all_of_it(small: Store) -> None:
    """One after the other, each pair in one of them."""
    await pairs(small, *[b"%d" % number for number in range(20)])
    (held,) = await small.held_pairs(ROUTE, CANDIDATE)
    cut = list(stretches(held, 6))
    assert [each.size for each in cut] == [6, 6, 8] or [each.size for each in cut] == [6, 6, 6, 2]
    found = [entry for each in cut async for entry, _ in small.read_pairs(ROUTE, CANDIDATE, each)]
    assert list(map(number_of, found)) == list(range(1, 21))


async def test_since_a_time(small: Store, redis_server: RedisServer) -> None:
    """As if nothing older were there."""
    await pairs(small, b"a")
    since_ms = redis_server.now_ms() + 1
    while redis_server.now_ms() < since_ms:
        pass
    await pairs(small, b"b")
    (held,) = await small.held_pairs(ROUTE, CANDIDATE, since_ms)
    assert (held.size, held.oldest_record) == (1, b"pair of b")


@pytest.mark.parametrize("gone", ["the first", "the last"])
async def test_a_pair_that_is_gone_is_an_error(small: Store, redis_server: RedisServer, gone: str) -> None:
    """Not a shorter reading: a part of all is not all."""
    await pairs(small, b"a", b"b", b"c")
    (held,) = await small.held_pairs(ROUTE, CANDIDATE)
    (stretch,) = stretches(held, 100)
    entry = held.oldest if gone == "the first" else held.newest
    redis_server.command("XDEL", f"us:{{{ROUTE}.0}}:pairs:{CANDIDATE}", entry)
    with pytest.raises(Dropped):
        [each async for each in small.read_pairs(ROUTE, CANDIDATE, stretch)]


def test_no_stretch_of_nothing() -> None:
    """Where all was dropped there is none to read, wherever commits ended."""
    assert list(stretches(Holding(0, "", b"", "5-9", ("5-9",)), 1)) == []
    assert list(stretches(Holding(0, "5-9", b"", "5-9", ("5-9",)), 1)) == [Stretch(0, "5-8", "5-9")]
