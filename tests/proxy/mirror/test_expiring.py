"""An exchange that the recording's bounds drop while a worker has it in hand, with a real store and real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from proxy.mirror.worker import MirrorWorker
from records.settings import RecordingSettings
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Endpoint
from tests.proxy.mirror.staging import CANDIDATE, CODEC, ROUTE, Recording, candidate, ids, mirroring, pairs, settled
from tests.recordings import exchange
from tests.redis_server import RedisServer
from tests.stores import LEASE_S, opened
from tests.until import until

BOUNDS = [
    pytest.param(RecordingSettings(partitions=1, max_bytes=65_536), id="by bytes"),
    pytest.param(RecordingSettings(partitions=1, max_age_s=0.001), id="by age"),
]
BODY = b"x" * 20_000  # three fit
IN_HAND = ["e-0", "e-1"]  # the candidate has been asked the one, the other waits for its place
RECORDED = 8


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A worker at work on what has been dropped, and what has been recorded since."""

    store: Store
    answers: asyncio.Event  # the candidate does once this is set
    kept: list[str]  # what the stream holds


@asynccontextmanager
async def dropped_in_hand(server: RedisServer, bounds: RecordingSettings) -> AsyncIterator[Stage]:
    answers = asyncio.Event()
    async with (
        opened(server, bounds) as bounded,
        opened(server, RecordingSettings(partitions=1), lease_s=LEASE_S) as store,
        Endpoint(endpoint.after(answers, endpoint.answer())) as there,
        mirroring(store, candidate(there.url, max_in_flight=1)) as worker,
    ):
        recording = Recording(bounded, partitions=1)
        await recording.add(exchange(0, body=BODY))
        await there.wait_for(1)
        await recording.add(exchange(1, body=BODY))
        await until(lambda: in_hand(worker) == 2, "both to be read")
        read_ms = server.now_ms()
        await until(lambda: server.now_ms() > read_ms + 1, "both to be too old")
        await recording.add(*(exchange(number, body=BODY) for number in range(2, RECORDED)))
        kept = [CODEC.decode_exchange(data).id async for _, data in bounded.scan_exchanges(ROUTE)]
        assert kept
        assert not set(kept) & set(IN_HAND)
        yield Stage(store=store, answers=answers, kept=kept)


def in_hand(worker: MirrorWorker) -> int:
    return sum(running.lane.under_way for running in worker._steward._running.values())


@pytest.mark.parametrize("bounds", BOUNDS)
async def test_what_is_dropped_in_hand_counts_as_what_it_came_to(
    redis_server: RedisServer, bounds: RecordingSettings
) -> None:
    """Its worker has all of it: it is asked and paired once, as is what was recorded after it."""
    async with dropped_in_hand(redis_server, bounds) as stage:
        stage.answers.set()
        coverage = await settled(stage.store, recorded=RECORDED)
        found = ids(await pairs(stage.store))
    assert set(found) >= {*IN_HAND, *stage.kept}
    assert (coverage.mirrored, coverage.skipped.get("expired", 0)) == (len(found), RECORDED - len(set(found)))


@pytest.mark.parametrize("bounds", BOUNDS)
async def test_what_is_dropped_in_hand_of_a_worker_that_loses_its_lease_is_skipped_once(
    redis_server: RedisServer, bounds: RecordingSettings
) -> None:
    """The next owner books it as expired and goes on; what the candidate answers to the first one makes no pair."""
    async with dropped_in_hand(redis_server, bounds) as stage:
        redis_server.command("HSET", f"us:{{{ROUTE}.0}}:lease:mirror:{CANDIDATE}", "until", 0)
        thief = stage.store.group(ROUTE, 0, CANDIDATE, "mirror", "thief")
        assert await thief.acquire()
        stage.answers.set()
        await thief.release()
        coverage = await settled(stage.store, recorded=RECORDED)
        assert ids(await pairs(stage.store)) == stage.kept
    assert (coverage.mirrored, coverage.skipped) == (len(stage.kept), {"expired": RECORDED - len(stage.kept)})
