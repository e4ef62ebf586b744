"""What is scraped: the numbers of the report, for a bounded number of round trips, derived where something changed."""

import random

from comparators.evidence.metric_index import addressed
from comparators.evidence.scrape import Scrape
from comparators.metrics.address import MetricAddress
from comparators.stored.current import report_of
from comparators.stored.merging import MAX_CANDIDATES, Merging
from comparators.stored.scrape_cache import ScrapeCache
from comparators.view import of_everything
from records.store.store import Store
from tests.comparators.made import VIEW
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, at, comparing, hours_come, settled
from tests.redis_server import RedisServer

RATE = MetricAddress("disagreement.rate", ROUTE, CANDIDATE)


class CommandCounter:
    """A client, and the first word of each command that went through it."""

    def __init__(self, client) -> None:
        self._client = client
        self.sent: list[str] = []

    async def call(self, key, *command, timeout_s=None):
        self.sent.append(command[0])
        return await self._client.call(key, *command, timeout_s=timeout_s)


class MergeCounter(Merging):
    """How often sums were merged."""

    merged = 0

    async def summaries(self, *arguments):
        self.merged += 1
        return await super().summaries(*arguments)


async def compared(store: Store, pairs: int) -> None:
    chance = random.Random(3)
    await Mirrored(store).add(*[at(hour % 3, chance) for hour in range(pairs)])
    async with comparing(store):
        await settled(store, pairs)


async def look(cache: ScrapeCache, *, alpha: float = VIEW.alpha, generation: int | None = None) -> Scrape:
    return await cache.scrape(ROUTE, CANDIDATE, of_everything(alpha), generation)


async def test_what_is_scraped_are_the_numbers_of_the_report(store: Store) -> None:
    """Each metric by its address, of each kind of request and output, and the coverage; though no report is made."""
    await compared(store, 40)
    report = await report_of(store, ROUTE, CANDIDATE, VIEW)
    scraped = await look(ScrapeCache(store, Merging(store)))
    assert (scraped.metrics, scraped.coverage) == (addressed(report), report.coverage)


async def test_what_is_kept_equals_deriving_anew_whatever_comes(store: Store, redis_server: RedisServer) -> None:
    """New hours, late pairs, hours gathered, a store emptied: at each look the numbers of a first one."""
    kept = ScrapeCache(store, Merging(store))
    async with comparing(store):
        async for pairs in hours_come(store, (0, 1, 1, 2, 0, 171, 172, 2)):
            for _ in range(2):
                assert await look(kept) == await look(ScrapeCache(store, Merging(store)))
            assert (await look(kept)).coverage["compared"] == pairs
    redis_server.command("FLUSHALL")
    assert await look(kept) == await look(ScrapeCache(store, Merging(store)))


async def test_another_alpha_and_another_generation_are_derived_anew(store: Store) -> None:
    """Nothing that metrics depend on is left out of what they are kept by."""
    await compared(store, 40)
    kept = ScrapeCache(store, Merging(store))
    wide = await look(kept, alpha=0.01)
    assert wide != await look(kept, alpha=0.5)
    assert (await look(kept, generation=99)).metrics[RATE].n == 0
    assert await look(kept, alpha=0.01) == wide


async def test_where_nothing_changed_nothing_is_read_or_merged(store: Store) -> None:
    """A look takes a round trip for each partition, one to know how many those are, one for the epochs."""
    await compared(store, 40)
    counting = CommandCounter(store._client)
    looked = Store(counting, store._settings, store._recording)
    merging = MergeCounter(looked)
    cache = ScrapeCache(looked, merging)
    first = await look(cache)
    counting.sent.clear()
    assert await look(cache) == first
    assert merging.merged == 1
    assert sorted(counting.sent) == ["EVALSHA"] * (1 + await store.partitions(ROUTE)) + ["HGETALL"]


async def test_a_look_after_a_change_reads_once_from_each_partition(store: Store) -> None:
    """However many hours there are: the round trips depend on the partitions alone."""
    await compared(store, 40)
    counting = CommandCounter(store._client)
    looked = Store(counting, store._settings, store._recording)
    cache = ScrapeCache(looked, Merging(looked))
    await look(cache)
    await Mirrored(store).add(at(2, random.Random(9)), partition=1)
    async with comparing(store):
        await settled(store, 41)
    counting.sent.clear()
    await look(cache)
    partitions = await store.partitions(ROUTE)
    assert counting.sent.count("MGET") <= partitions
    assert len(counting.sent) <= 2 * partitions + 2


async def test_as_many_candidates_are_kept_as_stated(store: Store) -> None:
    """Names that come and go leave nothing behind."""
    merging = MergeCounter(store)
    cache = ScrapeCache(store, merging)
    for number in (*range(MAX_CANDIDATES + 1), MAX_CANDIDATES, 0):
        await cache.scrape(ROUTE, f"one{number}", VIEW, 1)
    assert merging.merged == MAX_CANDIDATES + 2  # the last is still known, the first no longer
