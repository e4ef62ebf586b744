"""A stage for the mirror's tests: what the live path recorded, a worker at work on it, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from http1.sweep import Sweep
from proxy.mirror.candidate import MirrorCandidate
from proxy.mirror.worker import MirrorWorker
from proxy.settings import BreakerSettings, CandidateSettings, RouteSettings
from records.codec import Codec
from records.coverage import Coverage
from records.errors import StoreAway
from records.nouns import Answer, Exchange, Failure, Pair
from records.settings import KeptSettings, RecordingSettings
from records.store.store import Store
from tests.until import until

CODEC = Codec()

ROUTE, CANDIDATE = "models", "cand"
SECRET = b"s" * 32
HIDES_NOTHING = KeptSettings()


def candidate(url: str, **settings: object) -> CandidateSettings:
    """Begins at the beginning, unless told otherwise, and never trips the breaker."""
    given = {"start_from": "beginning", "breaker": BreakerSettings(failures=1_000)} | settings
    return CandidateSettings(name=CANDIDATE, url=url, **given)  # type: ignore[arg-type]


def routes(*candidates: CandidateSettings, **settings: object) -> list[RouteSettings]:
    """One route. Its production is not there, unless the settings name one."""
    given = {"production": "http://127.0.0.1:1"} | settings
    return [RouteSettings(prefix="/models", candidates=candidates, **given)]  # type: ignore[arg-type]


@asynccontextmanager
async def at_work(route: RouteSettings) -> AsyncIterator[MirrorCandidate]:
    """The route's only candidate as a worker makes it, without a store."""
    sweep = Sweep(asyncio.get_running_loop())
    (settings,) = route.candidates
    one = MirrorCandidate(route, settings, kept=HIDES_NOTHING, secret=SECRET, sweep=sweep, random=Random(1))
    try:
        yield one
    finally:
        await one.close()
        sweep.stop()


class Recording:
    """A proxy worker's writing, without a proxy. Partitions take turns."""

    def __init__(self, store: Store, partitions: int = 2) -> None:
        self._writer = store.writer(ROUTE, "w1")
        self._partitions = partitions
        self._group = 0
        self._requests = 0

    async def add(self, *exchanges: Exchange | bytes) -> None:
        for each in exchanges:
            self._group += 1
            self._requests += 1
            record = each if isinstance(each, bytes) else CODEC.encode(each)
            totals = {"requests": self._requests, "held": 0}
            await self._writer.commit(self._group % self._partitions, self._group, [record], totals)


@asynccontextmanager
async def mirroring(
    store: Store,
    *candidates: CandidateSettings,
    owner: str = "m1",
    kept: KeptSettings = HIDES_NOTHING,
    **route: object,
) -> AsyncIterator[MirrorWorker]:
    """A worker that shadows these candidates on one route; drained at the end."""
    recording = RecordingSettings(partitions=2, linger_ms=1.0)
    worker = MirrorWorker(recording=recording, kept=kept, secret=SECRET, store=store, owner=owner)
    await worker.start()
    await worker.apply(routes(*candidates, **route), revision=1)
    try:
        yield worker
    finally:
        await worker.drain(5.0)


async def settled(store: Store, recorded: int) -> Coverage:
    """The coverage, once every exchange is mirrored or skipped. What counted twice, or got lost, fails this."""
    coverage: Coverage | None = None

    async def decided() -> bool:
        nonlocal coverage
        try:
            coverage = await store.coverage(ROUTE, CANDIDATE)
        except StoreAway:
            return False
        return coverage.mirrored + sum(coverage.skipped.values()) >= recorded

    await until(decided)
    assert coverage is not None
    assert coverage.recorded == recorded == coverage.mirrored + sum(coverage.skipped.values())
    assert coverage.mirrored == coverage.uncompared + sum(coverage.incomparable.values())
    assert coverage.waiting == 0
    return coverage


async def pairs(store: Store) -> list[Pair]:
    return [CODEC.decode_pair(data) async for _, data in store.scan_pairs(ROUTE, CANDIDATE)]


def ids(found: list[Pair]) -> list[str]:
    return sorted(pair.exchange.id for pair in found)


def failure(pair: Pair) -> Failure:
    outcome = pair.observation.outcome
    assert isinstance(outcome, Failure), f"it answered {outcome}"
    return outcome


def answer(pair: Pair) -> Answer:
    outcome = pair.observation.outcome
    assert isinstance(outcome, Answer), f"it failed by {outcome}"
    return outcome


def metric(worker: MirrorWorker, name: str, **labels: str) -> float:
    """The sum of a family's samples that carry these labels."""
    samples = [sample for family in worker.collect() for sample in family.samples]
    return sum(
        sample.value
        for sample in samples
        if sample.name == name and all(sample.labels.get(key) == value for key, value in labels.items())
    )
