"""Which recorded pairs there are to recompute over: all of the epoch, its control sample, or a complete window."""

from collections.abc import AsyncIterator

import pytest

from comparators.evidence.gathering import NONE_YET
from records.codec import Codec
from records.entry_id import ms_of
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.comparators.made import answer, pair
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored
from tests.redis_server import RedisServer
from understudy.control.evidence import Subject
from understudy.recompute.pair_selection import pairs_over
from understudy.settings.loading import SettingsError

CODEC = Codec()

LARGE = answer({"text": "x" * 5_000})  # of both sides: 10 KB a pair


@pytest.fixture
async def tight(redis_server: RedisServer) -> AsyncIterator[Store]:
    """Two partitions, each with room for some six of the large pairs."""
    store = Store.create(RedisSettings(url=redis_server.url), RecordingSettings(partitions=2, max_pairs_bytes=131_072))
    yield store
    await store.close()


async def mirrored(store: Store, *pairs: tuple[int, int]) -> None:
    """(generation, partition) of large pairs, each in a commit of its own."""
    made = Mirrored(store)
    for number, (generation, partition) in enumerate(pairs):
        await made.add(pair(LARGE, LARGE, number=number, generation=generation), partition=partition)


async def numbers(store: Store, subject: Subject, over: str | None = None) -> tuple[str, list[int]]:
    found = await pairs_over(store, subject, NONE_YET, over)  # type: ignore[arg-type]
    read = [CODEC.decode_pair(record) async for _, record in found.read(store, subject)]
    assert len(read) == found.size
    return found.over, [int(each.exchange.id[1:]) for each in read]


async def test_while_the_streams_hold_everything_it_is_all_of_it(tight: Store) -> None:
    """Of every partition."""
    await mirrored(tight, *[(1, number % 2) for number in range(8)])
    over, found = await numbers(tight, Subject(ROUTE, CANDIDATE, 1))
    assert (over, sorted(found)) == ("all", list(range(8)))


async def test_what_is_read_first_is_of_all_partitions(store: Store) -> None:
    """A plan that is decided from it rests on all of them, and every pair is read once."""
    made = Mirrored(store)
    for start in range(0, 80, 10):
        some = [
            pair(answer({"a": number}), answer({"a": number}), number=number) for number in range(start, start + 10)
        ]
        await made.add(*some, partition=start // 40)
    over, found = await numbers(store, Subject(ROUTE, CANDIDATE, 1))
    assert (over, sorted(found)) == ("all", list(range(80)))
    assert found[:60] == [*range(30), *range(40, 70)]


async def test_what_was_dropped_before_the_generation_began_is_not_missing(tight: Store) -> None:
    """A restart begins anew: what was before it is no part of the epoch."""
    await mirrored(tight, *[(1, 0)] * 10, *[(2, 0)] * 3)
    assert (await numbers(tight, Subject(ROUTE, CANDIDATE, 2)))[0] == "all"
    assert (await numbers(tight, Subject(ROUTE, CANDIDATE, 1)))[0] == "window"
    assert (await numbers(tight, Subject(ROUTE, CANDIDATE)))[0] == "window"


async def test_a_window_is_complete_in_every_partition(tight: Store) -> None:
    """From after the last pair that any of them dropped, and a little later: more are dropped while it is read."""
    quiet, busy = [(1, 0)] * 3, [(1, 1)] * 12
    await mirrored(tight, *quiet, *busy, *quiet)
    held = await tight.held_pairs(ROUTE, CANDIDATE)
    assert [each.is_whole for each in held] == [True, False]
    over, found = await numbers(tight, Subject(ROUTE, CANDIDATE, 1))
    assert over == "window"
    assert set(range(15, 18)) <= set(found) < set(range(15 - held[1].size, 18))
    window = await pairs_over(tight, Subject(ROUTE, CANDIDATE, 1), NONE_YET, "window")
    assert all(ms_of(each.oldest) > ms_of(held[1].oldest) for each in window.held)


async def test_a_partition_that_lost_everything_ends_the_window(tight: Store, redis_server: RedisServer) -> None:
    """What came after its newest pair is complete; nothing before it is."""
    await mirrored(tight, (1, 0), (1, 1), (1, 1))
    redis_server.command("XTRIM", f"us:{{{ROUTE}.1}}:pairs:{CANDIDATE}", "MAXLEN", 0)
    assert await numbers(tight, Subject(ROUTE, CANDIDATE, 1)) == ("window", [])


@pytest.mark.parametrize("over", ["all", "control"])
async def test_pairs_that_are_not_there_are_refused_in_words(tight: Store, over: str) -> None:
    """With what can be had instead."""
    await mirrored(tight, *[(1, 0)] * 10)
    with pytest.raises(SettingsError, match=r"--over.* use \w+ or window"):
        await numbers(tight, Subject(ROUTE, CANDIDATE, 1), over)
