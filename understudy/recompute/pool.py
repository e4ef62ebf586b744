"""Recorded pairs compared anew in processes of their own, on all cores: what one such process does.

Each opens the store itself, and reads what it compares a batch at a time. It is told everything by a Job, and knows no
settings file. Which pairs there are, and what becomes of the parts, is recomputing.py's.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import structlog
from msgspec import Struct

from comparators.evidence.epochs import Epoch
from comparators.evidence.partition_book import NOTHING_BOOKED, PartitionBook
from comparators.pairs.batch import Slicings
from comparators.pairs.reads import StoredPair
from comparators.plans.known_plans import Plans
from comparators.plans.plan import Plan
from comparators.plans.revisions import BookedRevisions, OneRevision
from comparators.recompute.parts import BATCH, Comparing, OneEpoch, Part, as_told, recompute
from comparators.settings import CompareSettings
from comparators.stored.shared_slices import slicings_of
from comparators.stored.worker import collect_rarely
from records.codec import Codec
from records.errors import RecordError
from records.privacy.redaction import Redaction
from records.settings import RecordingSettings, RedisSettings
from records.store.control import StoredConditions
from records.store.holdings import Stretch
from records.store.store import Store
from understudy import logs

BATCH_BYTES = 8_388_608  # of records; a batch ends with the first that reaches it

log = structlog.get_logger()


class Job(Struct, frozen=True, kw_only=True):
    """What all parts of one recomputation have in common. `generation`: only its pairs; None: all."""

    redis: RedisSettings
    recording: RecordingSettings
    route: str
    candidate: str
    generation: int | None
    settings: CompareSettings
    key: bytes  # the installation's, by which units are hashed as they were live
    plans: tuple[Plan, ...]  # of each kind all revisions that are known
    conditions: dict[str, list[tuple[int, bytes]]]  # of the live slices, by plan: since when, and what they are
    books: dict[int, PartitionBook]  # by partition


def known(plans: Iterable[Plan], settings: CompareSettings, key: bytes) -> Plans:
    learned = Plans(settings, key)
    for plan in plans:
        learned.learn(plan)
    return learned


def slicings(job: Job) -> Slicings:
    """The live ones: other settings change what a comparison finds, not which requests are alike."""
    stored = {plan: [StoredConditions(*each) for each in several] for plan, several in job.conditions.items()}
    return slicings_of(stored, again=True)


def pool(tasks: int, redaction: Redaction) -> ProcessPoolExecutor:
    """A process for each core, and no more of them than tasks."""
    return ProcessPoolExecutor(max(1, min(cores(), tasks)), get_context("spawn"), _prepare, (redaction,))


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def compare_stretch(job: Job, stretch: Stretch) -> Part:
    """Consecutive pairs of one partition's stream. Raises StoreError; Dropped where some are no longer there."""
    return asyncio.run(_compare_stretch(job, stretch))


def compare_sample(job: Job, entries: Iterable[tuple[str, bytes]], epoch: Epoch) -> Part:
    """(id, record) of sampled pairs, which are of one epoch."""
    return recompute(
        decoded(entries, Codec()),
        known(job.plans, job.settings, job.key),
        OneEpoch(epoch),
        slicings=slicings(job),
        revisions=OneRevision(epoch.revision),
    )


def decoded(entries: Iterable[tuple[str, bytes]], codec: Codec) -> Iterator[StoredPair]:
    """Without what is no pair of ours: the live comparison set it aside as well."""
    for entry, record in entries:
        try:
            yield StoredPair(codec.decode_pair(record), entry)
        except RecordError as error:
            log.warning("pair.set_aside", entry=entry, error=str(error))


async def _compare_stretch(job: Job, stretch: Stretch) -> Part:
    store = Store.create(job.redis, job.recording)
    comparing = Comparing(
        known(job.plans, job.settings, job.key),
        as_told(job.route, job.candidate, job.settings.basis()),
        job.generation,
        slicings(job),
        BookedRevisions(job.books.get(stretch.partition, NOTHING_BOOKED).begun),
    )
    try:
        async for batch in _batches(store.read_pairs(job.route, job.candidate, stretch)):
            comparing.add(list(decoded(batch, store.codec)))
    finally:
        await store.close()
    return comparing.part()


async def _batches(entries: AsyncIterator[tuple[str, bytes]]) -> AsyncIterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    size = 0
    async for each in entries:
        batch.append(each)
        size += len(each[1])
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _prepare(redaction: Redaction) -> None:
    """Ctrl-C is for the command, which then waits for no more than the parts under way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.configure("warning", shown=redaction.text)
    collect_rarely()
