"""Sums that are kept between looks: always what merging everything anew gives, to the bit."""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from functools import partial

from comparators.evidence.scrape import ScrapedSummary
from comparators.pairs.summary import Summary
from comparators.stored.merging import Merging
from comparators.stored.states import hour_of
from records.store.store import Store
from tests.comparators.made import HOUR_NS, MIDNIGHT_NS
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, at, comparing, hours_come, settled
from tests.redis_server import RedisServer


class ReadCounter(Store):
    """Which states were read."""

    read = 0

    async def load_states(self, route, candidate, wanted):
        self.read += len(wanted)
        return await super().load_states(route, candidate, wanted)


class Meanwhile(Store):
    """Something happens between its stamps and its states, once."""

    def __init__(self, store: Store, happens: Callable[[], Awaitable[None]]) -> None:
        super().__init__(store._client, store._settings, store._recording)
        self._happens = [happens]

    async def load_states(self, route, candidate, wanted):
        while self._happens:
            await self._happens.pop()()
        return await super().load_states(route, candidate, wanted)


def counting(store: Store) -> ReadCounter:
    return ReadCounter(store._client, store._settings, store._recording)


def bits(found: dict[int, Summary]) -> dict[int, bytes]:
    return {epoch: summary.to_bytes() for epoch, summary in found.items()}


async def anew(store: Store, epochs: list[int]) -> dict[int, bytes]:
    return bits(await Merging(store).summaries(ROUTE, CANDIDATE, epochs))


async def test_what_is_kept_equals_merging_anew_whatever_comes(store: Store, redis_server: RedisServer) -> None:
    """New hours, late pairs, hours gathered, other epochs, a store emptied: at each look, to the bit."""
    merging = Merging(store)
    async with comparing(store):
        async for pairs in hours_come(store, (0, 1, 1, 2, 0, 3, 171, 172, 2, 173)):
            for _ in range(2):
                kept = bits(await merging.summaries(ROUTE, CANDIDATE, [1, 2]))
                assert kept == await anew(store, [1, 2])
            assert Summary.from_bytes(kept[1]).total().pairs == pairs
    redis_server.command("FLUSHALL")
    assert bits(await merging.summaries(ROUTE, CANDIDATE, [1, 2])) == await anew(store, [1, 2])


async def test_who_asks_for_a_part_of_the_sums_leaves_the_whole(store: Store) -> None:
    """Whoever comes first, hours that are settled are whole, and a part is that of the whole."""
    merging = Merging(store)
    async with comparing(store):
        async for _ in hours_come(store, (0, 1, 2, 0)):
            part = (await merging.summaries(ROUTE, CANDIDATE, [1], form=ScrapedSummary))[1]
            whole = bits(await merging.summaries(ROUTE, CANDIDATE, [1]))
            assert whole == await anew(store, [1])
            assert part == ScrapedSummary.from_bytes(whole[1])


async def test_a_window_is_the_sums_of_its_hours(store: Store) -> None:
    """Whoever looks beside it at all of them, whichever hours are gathered meanwhile, and however the window moves."""
    merging, first = Merging(store), MIDNIGHT_NS // HOUR_NS
    async with comparing(store):
        async for _ in hours_come(store, (0, 1, 2, 1, 3, 172, 171, 173)):
            for since in (1, 0, 2, 172, 999):
                some = partial(merging.summaries, ROUTE, CANDIDATE, [1], since_hour=first + since)
                stamps = (await store.look(ROUTE, CANDIDATE)).stamps
                wanted = sorted(key for key in stamps if first + since <= hour_of(key[1]) < math.inf)
                states = await store.load_states(ROUTE, CANDIDATE, wanted)
                own = Summary(basis=Summary.from_bytes(states[wanted[0]]).basis) if wanted else Summary()
                for state in states.values():
                    own.merge(Summary.from_bytes(state))
                assert bits(await some()) == bits(await some()) == {1: own.to_bytes()}
            assert bits(await merging.summaries(ROUTE, CANDIDATE, [1])) == await anew(store, [1])


async def test_hours_past_are_read_once(store: Store) -> None:
    """Each later look reads what may still grow, and what changed."""
    chance, looked, mirrored = random.Random(1), counting(store), Mirrored(store)
    await mirrored.add(*[at(hour, chance) for hour in range(5)])
    async with comparing(store):
        await settled(store, 5)
    merging = Merging(looked)
    first = bits(await merging.summaries(ROUTE, CANDIDATE, [1]))
    assert looked.read == 5
    assert bits(await merging.summaries(ROUTE, CANDIDATE, [1])) == first
    assert looked.read == 6


async def test_a_window_leaves_what_is_kept_of_the_whole(store: Store) -> None:
    """Who asks for both by turns has each read once, and then what may still grow."""
    chance, looked, mirrored, first = random.Random(1), counting(store), Mirrored(store), MIDNIGHT_NS // HOUR_NS
    await mirrored.add(*[at(hour, chance) for hour in range(5)])
    async with comparing(store):
        await settled(store, 5)
    merging = Merging(looked)
    for read in (5 + 2, 1 + 1, 1 + 1):
        looked.read = 0
        await merging.summaries(ROUTE, CANDIDATE, [1])
        await merging.summaries(ROUTE, CANDIDATE, [1], since_hour=first + 3)
        assert looked.read == read


async def test_hours_gathered_while_one_looks_are_counted_once(store: Store) -> None:
    """For the first time: the state they are gathered into was not there when it was asked which there are."""
    chance, mirrored = random.Random(1), Mirrored(store)
    await mirrored.add(*[at(hour, chance) for hour in range(3)])
    async with comparing(store):
        await settled(store, 3)

        async def gather() -> None:
            await mirrored.add(at(300, chance))
            await settled(store, 4)

        found = bits(await Merging(Meanwhile(store, gather)).summaries(ROUTE, CANDIDATE, [1]))
    assert Summary.from_bytes(found[1]).total().pairs == 4
    assert found == await anew(store, [1])


async def test_an_hour_that_changed_while_one_looked_is_read_again(store: Store) -> None:
    """What was settled is not taken for newer than it is."""
    chance, mirrored = random.Random(1), Mirrored(store)
    await mirrored.add(*[at(hour, chance) for hour in (0, 1, 170, 300)])
    async with comparing(store):
        await settled(store, 4)

        async def late() -> None:
            await mirrored.add(at(170, chance))
            await settled(store, 5)

        merging = Merging(Meanwhile(store, late))
        await merging.summaries(ROUTE, CANDIDATE, [1])
        assert bits(await merging.summaries(ROUTE, CANDIDATE, [1])) == await anew(store, [1])


async def test_looks_at_once_share_the_work(store: Store) -> None:
    """The second waits for what the first one merges."""
    chance, looked, mirrored = random.Random(1), counting(store), Mirrored(store)
    await mirrored.add(*[at(hour, chance) for hour in range(5)])
    async with comparing(store):
        await settled(store, 5)
    merging = Merging(looked)
    both = await asyncio.gather(*(merging.summaries(ROUTE, CANDIDATE, [1]) for _ in range(2)))
    assert bits(both[0]) == bits(both[1])
    assert looked.read == 6
