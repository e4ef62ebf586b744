"""Sums that are kept between looks: always what merging everything anew gives, to the bit."""

import asyncio
import random

from comparators.current import figures_of, report_of
from comparators.merging import Merging
from comparators.summary import Summary
from records.store import Store
from tests.comparators.made import MIDNIGHT_NS, VIEW, answer, observation, pair
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, comparing, settled
from tests.redis_server import RedisServer

HOUR_NS = 3_600_000_000_000
SCORES = [answer({"score": value}) for value in (0.1, 0.2, 0.7)]


class Counting(Store):
    """Which states were read."""

    read = 0

    async def load_states(self, route, candidate, wanted):
        self.read += len(wanted)
        return await super().load_states(route, candidate, wanted)


def counting(store: Store) -> Counting:
    return Counting(store._client, store._settings, store._recording)


def at(hour: int, chance: random.Random):
    own = observation(SCORES[0], wall_ns=MIDNIGHT_NS + hour * HOUR_NS + chance.randrange(HOUR_NS))
    return pair(own, chance.choice(SCORES), number=chance.randrange(10**9))


def bits(found: dict[int, Summary]) -> dict[int, bytes]:
    return {epoch: summary.to_bytes() for epoch, summary in found.items()}


async def anew(store: Store, epochs: list[int]) -> dict[int, bytes]:
    return bits(await Merging(store).summaries(ROUTE, CANDIDATE, epochs))


async def test_what_is_kept_equals_merging_anew_whatever_comes(store: Store, redis_server: RedisServer) -> None:
    """New hours, late pairs, hours gathered, other epochs, a store emptied: at each look, to the bit."""
    chance, merging, mirrored, pairs = random.Random(7), Merging(store), Mirrored(store), 0
    async with comparing(store):
        for hour in (0, 1, 1, 2, 0, 3, 171, 172, 2, 173):
            for partition in (0, 1):
                own = [at(hour, chance) for _ in range(chance.randrange(1, 6))]
                pairs += len(own)
                await mirrored.add(*own, partition=partition)
            await settled(store, pairs)
            for _ in range(2):
                kept = bits(await merging.summaries(ROUTE, CANDIDATE, [1, 2]))
                assert kept == await anew(store, [1, 2])
            assert Summary.from_bytes(kept[1]).total().pairs == pairs
    redis_server.command("FLUSHALL")
    assert bits(await merging.summaries(ROUTE, CANDIDATE, [1, 2])) == await anew(store, [1, 2])


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


async def test_what_is_scraped_are_the_numbers_of_the_report(store: Store) -> None:
    """Each metric and the coverage, though no report is made."""
    chance, mirrored = random.Random(3), Mirrored(store)
    await mirrored.add(*[at(hour % 3, chance) for hour in range(40)])
    async with comparing(store):
        await settled(store, 40)
    report = await report_of(store, ROUTE, CANDIDATE, VIEW)
    scraped = await figures_of(store, ROUTE, CANDIDATE, VIEW.alpha, None, Merging(store))
    assert (scraped.metrics, scraped.coverage) == (report.metrics, report.coverage)
