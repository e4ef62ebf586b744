"""The compare worker on a real store: each pair counted once, whoever dies, and epochs, plans and examples with it."""

import pytest
from structlog.testing import capture_logs

from comparators.extract.version import ModelVersion
from comparators.settings import CompareSettings
from comparators.stored.current import plans_in_words, report_of
from records.settings import KeptSettings, RecordingSettings, RedisSettings
from records.store.store import Store
from tests.comparators.made import HOUR_NS, MIDNIGHT_NS, OIP, VIEW, answer, failure, judged, observation, oip, pair
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, Route, comparing, metric, settled
from tests.redis_server import RedisServer
from tests.until import until

SCORES = [answer({"score": value}) for value in (0.1, 0.2)]


def some(count: int, **changes: object) -> list:
    """Every fourth disagrees."""
    return [pair(SCORES[0], SCORES[i % 4 == 0], number=i, **changes) for i in range(count)]


async def test_pairs_of_all_partitions_make_one_report(brisk_store: Store) -> None:
    """Compared once each, summed over partitions, with coverage that adds up."""
    mirrored = Mirrored(brisk_store)
    await mirrored.add(*some(40))
    await mirrored.add(*some(20), partition=1)
    async with comparing(brisk_store) as worker:
        await settled(brisk_store, 60)
        await until(lambda: _ready(worker), "the worker to be ready")
        assert metric(worker, "understudy_compared_total") == 60
    report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    rate = report.metrics["disagreement.rate"]
    assert (rate.value, rate.n) == (0.25, 60)
    assert report.coverage["compared"] == report.coverage["mirrored"] == 60
    assert report.metrics["coverage.ratio"].value == 1.0


async def test_live_equals_recomputed(brisk_store: Store) -> None:
    """In many batches by two owners after each other: the same bytes as all pairs at once."""
    mirrored, pairs = Mirrored(brisk_store), some(50)
    await mirrored.add(*pairs[:30])
    async with comparing(brisk_store):
        await settled(brisk_store, 30)
    async with comparing(brisk_store, owner="c2"):
        await mirrored.add(*pairs[30:41])
        await settled(brisk_store, 41)
        await mirrored.add(*pairs[41:])
        await settled(brisk_store, 50)
    (state,) = (await brisk_store.summaries(ROUTE, CANDIDATE, [1]))[1]
    assert state == judged(pairs).summary.to_bytes()


async def test_what_a_dead_worker_had_read_is_compared_once(brisk_store: Store) -> None:
    """Its partition moves with the lease, pending entries included."""
    await Mirrored(brisk_store).add(*some(10))
    dead = brisk_store.group(ROUTE, 0, CANDIDATE, "compare", "dead")
    assert await dead.acquire()
    assert len(await dead.fetch(4)) == 4
    async with comparing(brisk_store):
        await settled(brisk_store, 10)
    assert (await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)).metrics["disagreement.rate"].n == 10


async def test_a_store_that_goes_away_is_waited_for(own_redis: RedisServer) -> None:
    """Killed between batches and restarted with what it kept: nothing is lost or counted twice."""
    settings = RedisSettings(url=own_redis.url, lease_s=0.9, timeout_s=2.0)
    store = Store.create(settings, RecordingSettings(partitions=1))
    mirrored = Mirrored(store)
    await mirrored.add(*some(8))
    async with comparing(store) as worker:
        await settled(store, 8)
        own_redis.kill()
        await until(lambda: _unready(worker), "the worker to notice")
        own_redis.start()
        await mirrored.add(*some(8))
        await settled(store, 16)
    assert (await report_of(store, ROUTE, CANDIDATE, VIEW)).metrics["disagreement.rate"].n == 16
    await store.close()


@pytest.mark.parametrize("bad", [b"", b"\x93not msgpack", b"\x91\xa9other/999"])
async def test_a_foreign_record_is_set_aside_and_counted(brisk_store: Store, bad: bytes) -> None:
    """Neither a crash nor a loop, and its neighbours are compared."""
    await Mirrored(brisk_store).add(*some(3), bad, *some(3))
    async with comparing(brisk_store):
        coverage = await settled(brisk_store, 7)
    assert coverage.compared == 6
    assert coverage.incomparable == {"set_aside": 1}


async def test_a_corrupt_summary_is_replaced_and_comparing_goes_on(
    brisk_store: Store, redis_server: RedisServer
) -> None:
    """What it held is lost, which the log says; what comes is counted."""
    mirrored = Mirrored(brisk_store)
    await mirrored.add(*some(4))
    async with comparing(brisk_store):
        await settled(brisk_store, 4)
    redis_server.command("SET", f"us:{{{ROUTE}.0}}:summary:{CANDIDATE}:1:{MIDNIGHT_NS // HOUR_NS}", "garbage")
    assert (await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)).metrics["disagreement.rate"].n == 0
    async with comparing(brisk_store, owner="c2"):
        await mirrored.add(*some(4))
        await settled(brisk_store, 8)
    report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    assert report.metrics["disagreement.rate"].n == 4
    assert report.left_out == {"earlier": 4}


async def test_a_new_version_opens_an_epoch_and_failures_stay_with_the_last_one(brisk_store: Store) -> None:
    """A candidate's failure tells no version; it belongs to the version that was answering."""
    old, new = (answer(oip(version, x=("FP64", [1], [1.0]))) for version in ("1", "2"))
    ways = [(old, old), (old, failure()), (old, new), (old, failure()), (old, failure())]
    await Mirrored(brisk_store).add(*[pair(own, other, target=OIP) for own, other in ways])
    async with comparing(brisk_store):
        await settled(brisk_store, 5)
    first, second = [await report_of(brisk_store, ROUTE, CANDIDATE, VIEW, epoch=number) for number in (1, 2)]
    assert [report.versions["candidate"] for report in (first, second)] == [ModelVersion("1"), ModelVersion("2")]
    assert [report.metrics["disagreement.rate"].n for report in (first, second)] == [2, 3]
    assert [report.metrics["errors.new_minus_fixed"].sums["new"] for report in (first, second)] == [1, 2]
    assert [report.left_out for report in (first, second)] == [{"other_epoch": 3}, {"other_epoch": 2}]
    assert (await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)).left_out == {"other_version": 2}


@pytest.mark.parametrize("change", ["generation", "settings"])
async def test_a_restart_or_other_settings_open_an_epoch(brisk_store: Store, change: str) -> None:
    """Evidence before and after is not pooled; the report is of the latest."""
    mirrored = Mirrored(brisk_store)
    await mirrored.add(*some(4))
    async with comparing(brisk_store) as worker:
        await settled(brisk_store, 4)
        if change == "settings":
            await worker.apply([Route(compare=CompareSettings(atol=1.0))], revision=2)
        later = {"wall_ns": MIDNIGHT_NS + HOUR_NS}
        late = [pair(observation(SCORES[0], **later), SCORES[1], generation=2 if change == "generation" else 1)]
        await mirrored.add(*late)
        await settled(brisk_store, 5)
    report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    assert report.epoch == 2
    assert report.metrics["disagreement.rate"].sums == {"k": 1.0 if change == "generation" else 0.0, "n": 1}


async def test_hours_are_kept_apart_and_reported_together(brisk_store: Store) -> None:
    """A state for each hour of the pair's wall time, whenever it was compared."""
    early = [pair(observation(SCORES[0], wall_ns=MIDNIGHT_NS + hour * HOUR_NS), SCORES[0]) for hour in range(3)]
    await Mirrored(brisk_store).add(*early)
    async with comparing(brisk_store):
        await settled(brisk_store, 3)
    assert len((await brisk_store.summaries(ROUTE, CANDIDATE, [1]))[1]) == 3
    report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    assert report.metrics["disagreement.rate"].n == 3
    assert (report.window.start, report.window.end) == ("2013-07-01T00:00:00.000Z", "2013-07-01T02:00:00.000Z")


async def test_the_first_plan_that_was_stored_holds_for_all_workers(brisk_store: Store) -> None:
    """A worker that comes later reads as the first one decided."""
    mirrored = Mirrored(brisk_store)
    await mirrored.add(*some(1))
    async with comparing(brisk_store):
        await settled(brisk_store, 1)
    await mirrored.add(pair(answer(b"text", headers=()), answer(b"text", headers=())))
    async with comparing(brisk_store, owner="c2"):
        coverage = await settled(brisk_store, 2)
    assert coverage.incomparable == {"production_unreadable": 1}
    assert await plans_in_words(brisk_store, VIEW) == {
        f"{ROUTE} POST /score": "POST /score: json_outputs (by body); /score as score; provisional, from 1 answer"
    }


async def test_examples_are_few_and_redacted(brisk_store: Store, redis_server: RedisServer) -> None:
    """A redacted field is in no example, in no path, and the rest can be read."""
    own, other = answer({"score": 0.1, "mail": "ann@example.org"}), answer({"score": 0.9, "mail": "bob@example.org"})
    await Mirrored(brisk_store).add(*[pair(own, other, number=i) for i in range(50)])
    kept = KeptSettings(redact_pointers=("/mail",))
    async with comparing(brisk_store, kept=kept) as worker:
        await settled(brisk_store, 50)
        await worker.drain(5.0)
    shown = redis_server.command("LRANGE", f"us:examples:{CANDIDATE}:1", 0, -1)
    assert 0 < len(shown) <= 5
    assert not any(b"example.org" in each for each in shown)
    report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    assert '"score":0.9' in report.examples[0].candidate.excerpt.replace(" ", "")


async def test_each_version_has_examples_of_its_own(brisk_store: Store) -> None:
    """Also where it differs as the one before did, which had all that are taken of such a difference."""
    old = answer(oip("1", x=("FP64", [1], [1.0])))
    mirrored = Mirrored(brisk_store)
    for number, version in enumerate(("2", "3"), 1):
        new = answer(oip(version, x=("FP64", [1], [9.0])))
        await mirrored.add(*[pair(old, new, target=OIP, number=100 * number + i) for i in range(40)])
    async with comparing(brisk_store) as worker:
        await settled(brisk_store, 80)
        await worker.drain(5.0)
    reports = [await report_of(brisk_store, ROUTE, CANDIDATE, VIEW, epoch=number) for number in (1, 2)]
    assert [report.versions["candidate"] for report in reports] == [ModelVersion("2"), ModelVersion("3")]
    assert [len(report.examples) for report in reports] == [3, 3]
    assert all(report.farthest for report in reports)


async def test_the_farthest_pairs_are_shown_redacted(brisk_store: Store) -> None:
    """Whichever come first: those of the output whose values are farthest apart, the farthest first."""
    far = [0.1, 7.0, 0.2, 9.0, 0.3, 8.0, 0.4, 6.0, 5.0, 0.5]
    sides = [[answer({"score": value, "mail": "ann@example.org"}) for value in (1.0, 1.0 + size)] for size in far]
    await Mirrored(brisk_store).add(*[pair(*both, number=i) for i, both in enumerate(sides)])
    async with comparing(brisk_store, kept=KeptSettings(redact_pointers=("/mail",))) as worker:
        await settled(brisk_store, len(far))
        await worker.drain(5.0)
    report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    assert [each.size for each in report.farthest] == [9.0, 8.0, 7.0, 6.0, 5.0]
    first = report.farthest[0]
    assert (first.head, first.distance, first.unit) == ("/score", "absolute difference", "value")
    assert '"score":10.0' in first.example.candidate.excerpt.replace(" ", "")
    assert "example.org" not in first.example.candidate.excerpt


async def test_two_workers_share_the_partitions(brisk_store: Store) -> None:
    """And together compare every pair once."""
    mirrored = Mirrored(brisk_store)
    await brisk_store.join_candidate(ROUTE, CANDIDATE, "beginning")
    async with comparing(brisk_store) as first, comparing(brisk_store, owner="c2") as second:
        await until(lambda: _owns(first, second), "each to have one partition")
        await mirrored.add(*some(10))
        await mirrored.add(*some(10), partition=1)
        await settled(brisk_store, 20)

        def counted_equally() -> bool:  # a worker counts what it has committed once the store has said so
            return metric(first, "understudy_compared_total") == metric(second, "understudy_compared_total") == 10

        await until(counted_equally, "each to have counted half of them")


async def test_a_candidate_without_evidence_has_a_report_that_says_so(brisk_store: Store) -> None:
    """Nothing compared, nothing known, no verdict to be drawn."""
    await brisk_store.join_candidate(ROUTE, CANDIDATE, "beginning")
    report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    rate = report.metrics["disagreement.rate"]
    assert (rate.value, rate.lo, rate.hi, rate.reason) == (None, 0.0, 1.0, "no pairs yet")
    assert report.plans == []


def _ready(worker) -> bool:
    return worker.not_ready() is None


def _unready(worker) -> bool:
    return worker.not_ready() is not None


def _owns(*workers) -> bool:
    return all(metric(worker, "understudy_compare_partitions_owned") == 1 for worker in workers)


async def test_a_lane_that_fails_is_named_counted_and_begun_again(
    brisk_store: Store, redis_server: RedisServer
) -> None:
    """The other partitions go on meanwhile; mended, it compares what was left."""
    mirrored = Mirrored(brisk_store)
    lease = f"us:{{{ROUTE}.0}}:lease:compare:{CANDIDATE}"
    await mirrored.add(*some(4))
    kept = redis_server.command("HGETALL", lease)
    redis_server.command("SET", lease, "not a lease")
    async with comparing(brisk_store) as worker:
        await until(
            lambda: f"candidate {CANDIDATE} of route {ROUTE} fails: StoreError" in (worker.not_ready() or ""),
            "the candidate to be named",
        )
        await mirrored.add(*some(4), partition=1)

        async def others_done() -> bool:
            return metric(worker, "understudy_compared_total") == 4

        await until(others_done, "the other partition to be compared")
        assert metric(worker, "understudy_lane_failures_total") >= 1
        redis_server.command("DEL", lease)
        redis_server.command("HSET", lease, *(part for field in kept.items() for part in field))
        await settled(brisk_store, 8)
        await until(lambda: _ready(worker), "the worker to be ready")


async def test_a_store_that_comes_back_empty_gets_its_epochs_and_plans_anew(
    brisk_store: Store, redis_server: RedisServer
) -> None:
    """What is compared since then is found by the report, every pair of it, and read as it was before."""
    async with comparing(brisk_store) as worker:
        await Mirrored(brisk_store).add(*some(8))
        await settled(brisk_store, 8)
        await until(lambda: _ready(worker), "the worker to be ready")
        before = await plans_in_words(brisk_store, VIEW)
        redis_server.command("FLUSHALL")
        assert (await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)).metrics["disagreement.rate"].n == 0
        await Mirrored(brisk_store).add(*some(12))
        await settled(brisk_store, 12)
        assert await plans_in_words(brisk_store, VIEW) == before != {}
    report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    assert report.coverage["compared"] == report.metrics["disagreement.rate"].n == 12


async def test_what_another_release_agreed_on_is_passed_over_with_a_word(
    brisk_store: Store, redis_server: RedisServer
) -> None:
    """Plans, epochs, a standing, examples that can't be read: each is logged and decided anew; comparing goes on."""
    await Mirrored(brisk_store).add(*some(4))
    redis_server.command("HSET", "us:plans", f"{ROUTE} POST /score", "no plan")
    redis_server.command("HSET", f"us:epochs:{CANDIDATE}", "about:7", "no epoch", "count", 7)
    redis_server.command("HSET", f"us:{{{ROUTE}.0}}:lease:compare:{CANDIDATE}", "standing", "no standing")
    with capture_logs() as logs:
        async with comparing(brisk_store):
            await settled(brisk_store, 4)
        for epoch in await brisk_store.control.epochs(CANDIDATE):
            redis_server.command("RPUSH", f"us:examples:{CANDIDATE}:{epoch[0]}", "no example")
        report = await report_of(brisk_store, ROUTE, CANDIDATE, VIEW)
    assert report.metrics["disagreement.rate"].n == 4
    said = {line["event"] for line in logs}
    assert said >= {"plan.unreadable", "epoch.unreadable", "standing.unreadable", "example.unreadable"}
