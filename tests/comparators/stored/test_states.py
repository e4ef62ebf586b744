"""A partition's summaries: few are kept apart, and gathering those of long ago changes no sum."""

from collections.abc import Sequence

import pytest

from comparators.stored.current import evidence_of
from comparators.stored.states import BEFORE, KEPT_HOURS, MAX_FOLDED
from records.store.store import Store
from tests.comparators.made import HOUR_NS, MIDNIGHT_NS, answer, judged, observation, pair
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, comparing, settled
from tests.redis_server import RedisServer

SCORES = [answer({"score": value}) for value in (0.1, 0.2)]
FIRST = MIDNIGHT_NS // HOUR_NS


def hourly(hours: Sequence[int]) -> list:
    """A pair in each of these hours."""
    return [pair(observation(SCORES[0], wall_ns=MIDNIGHT_NS + hour * HOUR_NS), SCORES[hour % 2]) for hour in hours]


async def names(store: Store) -> list[str]:
    return await store.group(ROUTE, 0, CANDIDATE, "compare", "c1").state_names()


async def evidence(store: Store) -> bytes:
    return (await evidence_of(store, ROUTE, CANDIDATE, None)).summary.to_bytes()


async def test_hours_long_past_are_one_state_and_the_sums_are_the_same(store: Store) -> None:
    """However late a pair comes: its hour is opened again, and gathered when the next one begins."""
    last = KEPT_HOURS + 2 * MAX_FOLDED
    old, new = hourly(range(2 * MAX_FOLDED)), hourly([last, last, last, 3, last + 1])
    mirrored = Mirrored(store)
    await mirrored.add(*old)
    async with comparing(store):
        await settled(store, len(old))
        assert len(await names(store)) == len(old)
        for number, each in enumerate(new, 1):
            await mirrored.add(each)
            await settled(store, len(old) + number)
    assert await names(store) == [f"1:{FIRST + last}", f"1:{FIRST + last + 1}", f"1:{BEFORE}"]
    assert await evidence(store) == judged(old + new).summary.to_bytes()


async def test_the_next_owner_goes_on_gathering(store: Store) -> None:
    """From what it finds, not from what it remembers."""
    pairs = hourly([0, 1, KEPT_HOURS + 5])
    mirrored = Mirrored(store)
    await mirrored.add(*pairs[:2])
    async with comparing(store):
        await settled(store, 2)
    async with comparing(store, owner="c2"):
        await mirrored.add(pairs[2])
        await settled(store, 3)
    assert await names(store) == [f"1:{FIRST + KEPT_HOURS + 5}", f"1:{BEFORE}"]
    assert await evidence(store) == judged(pairs).summary.to_bytes()


@pytest.mark.parametrize("bad", [b"garbage", b'{"schema":999}'])
async def test_what_cannot_be_read_is_left_where_it_is(store: Store, redis_server: RedisServer, bad: bytes) -> None:
    """A newer release may know what it says; the others are gathered."""
    pairs = hourly([0, 1, KEPT_HOURS + 5])
    mirrored = Mirrored(store)
    await mirrored.add(*pairs[:2])
    async with comparing(store):
        await settled(store, 2)
    redis_server.command("SET", f"us:{{{ROUTE}.0}}:summary:{CANDIDATE}:1:{FIRST}", bad)
    async with comparing(store, owner="c2"):
        await mirrored.add(pairs[2])
        await settled(store, 3)
    assert await names(store) == [f"1:{FIRST}", f"1:{FIRST + KEPT_HOURS + 5}", f"1:{BEFORE}"]
    assert redis_server.command("GET", f"us:{{{ROUTE}.0}}:summary:{CANDIDATE}:1:{FIRST}") == bad
    assert await evidence(store) == judged(pairs[1:]).summary.to_bytes()
