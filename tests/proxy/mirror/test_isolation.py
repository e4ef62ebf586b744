"""One candidate's trouble never stops another's: what fails is said by name, and begun again."""

from pathlib import Path

from msgspec.structs import replace

from proxy.mirror.worker import MirrorWorker
from records.store.store import Store
from tests import endpoint
from tests.endpoint import Endpoint
from tests.proxy.mirror.staging import (
    CANDIDATE,
    ROUTE,
    Recording,
    candidate,
    metric,
    mirroring,
    settled,
)
from tests.recordings import exchange
from tests.redis_server import RedisServer
from tests.stores import opened
from tests.until import until

LEASE = f"us:{{{ROUTE}.0}}:lease:mirror:{CANDIDATE}"


async def says(worker: MirrorWorker, words: str | None) -> None:
    async def holds() -> bool:
        said = worker.not_ready()
        return said is None if words is None else words in (said or "")

    await until(holds)


async def mirrored(store: Store, name: str, count: int) -> None:
    async def holds() -> bool:
        return (await store.coverage(ROUTE, name)).mirrored == count

    await until(holds)


async def test_a_lane_that_fails_is_named_counted_and_begun_again(
    brisk_store: Store, redis_server: RedisServer
) -> None:
    """Its candidate's other partitions and the other candidate go on; mended, it does what was left."""
    recording = Recording(brisk_store)
    async with Endpoint(endpoint.answer()) as there:
        broken = candidate(there.url)
        async with mirroring(brisk_store, broken, replace(broken, name="other")) as worker:
            await says(worker, None)
            redis_server.command("SET", LEASE, "not a lease")
            await says(worker, f"candidate {CANDIDATE} of route {ROUTE} fails: StoreError")
            await recording.add(*(exchange(number) for number in range(10)))
            await mirrored(brisk_store, "other", 10)
            assert metric(worker, "understudy_lane_failures_total", candidate=CANDIDATE) >= 1
            assert metric(worker, "understudy_lane_failures_total", candidate="other") == 0
            redis_server.command("DEL", LEASE)
            await settled(brisk_store, recorded=10)
            await says(worker, None)


async def test_a_candidate_that_can_not_be_made_is_named_and_the_others_are_worked_for(
    brisk_store: Store, tmp_path: Path
) -> None:
    """As one whose certificates are gone, or are none."""
    (tmp_path / "ca.pem").write_text("no certificate")
    recording = Recording(brisk_store)
    async with Endpoint(endpoint.answer()) as there:
        good = candidate(there.url)
        spoilt = replace(good, name="spoilt", url="https://127.0.0.1:1", tls_ca=str(tmp_path / "ca.pem"))
        async with mirroring(brisk_store, spoilt, good) as worker:
            await says(worker, f"candidate spoilt of route {ROUTE} can't be worked for: ")
            await recording.add(exchange(1))
            await settled(brisk_store, recorded=1)


async def test_what_one_candidate_may_not_do_is_said_with_its_name(brisk_store: Store, own_redis: RedisServer) -> None:
    """A right that was taken away: the lane waits, the worker is not ready, and says what for."""
    async with opened(own_redis, lease_s=0.9, timeout_s=2.0) as store, Endpoint(endpoint.answer()) as there:
        recording = Recording(store)
        async with mirroring(store, candidate(there.url)) as worker:
            await says(worker, None)
            own_redis.command("ACL", "SETUSER", "default", "-xack")
            await recording.add(exchange(1), exchange(2))
            await says(worker, f"candidate {CANDIDATE} of route {ROUTE} waits for the store: ")
            own_redis.command("ACL", "SETUSER", "default", "+@all")
            await settled(store, recorded=2)
            await says(worker, None)


async def test_a_candidate_that_can_not_join_is_named_and_the_others_are_worked_for(
    brisk_store: Store, redis_server: RedisServer
) -> None:
    """Joining is tried again: mended, it begins where its settings say."""
    redis_server.command("SET", LEASE, "not a lease")
    recording = Recording(brisk_store)
    async with Endpoint(endpoint.answer()) as there:
        broken = candidate(there.url)
        async with mirroring(brisk_store, broken, replace(broken, name="other")) as worker:
            await says(worker, f"candidate {CANDIDATE} of route {ROUTE} can't be worked for: StoreError")
            await recording.add(exchange(1), exchange(2))
            await mirrored(brisk_store, "other", 2)
            redis_server.command("DEL", LEASE)
            await settled(brisk_store, recorded=2)
            await says(worker, None)
