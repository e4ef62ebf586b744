"""Recorded pairs compared again: the live numbers to the bit under the live settings, others under others."""

import random
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.current import Evidence, epochs_of, evidence_of, route_plans
from comparators.epochs import Epoch
from comparators.extract.plan import Plans
from comparators.metrics import disagreement_rate
from comparators.recompute import Joining, Part, Recorded, as_known, as_told, merge_into, of_epoch, recompute
from comparators.settings import CompareSettings
from comparators.summary import Summary
from records.codec import decode_pair, encode
from records.held import stretches
from records.nouns import Answer, Failure, Pair
from records.settings import RecordingSettings, RedisSettings
from records.store import Store
from tests.comparators.made import MIDNIGHT_NS, OIP, answer, failure, observation, oip, pair
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, Route, comparing, settled
from tests.redis_server import RedisServer

ALPHA = 0.05
LIVE, LENIENT = CompareSettings(), CompareSettings(atol=1.0)
SCORES = [answer({"score": value}) for value in (0.1, 0.2)]
HOUR_NS = 3_600_000_000_000


@pytest.fixture
async def brisk_store(redis_server: RedisServer) -> AsyncIterator[Store]:
    """Two partitions; leases of a second."""
    settings = RedisSettings(url=redis_server.url, lease_s=0.9, timeout_s=2.0)
    store = Store.create(settings, RecordingSettings(partitions=2))
    yield store
    await store.close()


def versioned(version: str, value: float = 1.0) -> Answer:
    return answer(oip(version, x=("FP64", [1], [value])))


def varied(count: int) -> list[Pair]:
    """Two kinds of request, failures, errors, slow answers, what can't be read, over three hours; versions that come
    and go with the kind of request.
    """
    ways: list[tuple[Answer | Failure, Answer | Failure, str]] = [
        (SCORES[0], SCORES[0], "/score"),
        (SCORES[0], SCORES[1], "/score"),
        (SCORES[0], failure("timeout"), "/score"),
        (SCORES[1], answer({"error": "busy"}, 503), "/score"),
        (failure("connect"), SCORES[0], "/score"),
        (answer(b'{"score": tru'), SCORES[0], "/score"),
        (versioned("1"), versioned("2", 1.0), OIP),
        (versioned("1"), versioned("2", 7.5), OIP),
        (versioned("1"), answer(b"no tensor"), OIP),
    ]
    random_ = random.Random(count)
    made = []
    for number in range(count):
        own, other, target = random_.choice(ways)
        wall_ns = MIDNIGHT_NS + random_.randrange(3) * HOUR_NS
        slow = observation(other, latency_ns=random_.randrange(1, 9) * 1_000_000, wall_ns=wall_ns)
        made.append(pair(observation(own, wall_ns=wall_ns), slow, target=target, number=number))
    return made


async def live_evidence(store: Store) -> Evidence:
    return await evidence_of(store, ROUTE, CANDIDATE, None)


async def recomputed(store: Store, settings: CompareSettings, part: int, batch: int = 1_000) -> dict[Epoch, Summary]:
    """As the command does it, in one process: all pairs, in parts of about that many."""
    plans = Plans(settings)
    for plan in (await route_plans(store, ROUTE)).values():
        plans.learn(plan)
    total: dict[Epoch, Summary] = {}
    for held in await store.held_pairs(ROUTE, CANDIDATE):
        assert held.is_whole
        joining = Joining(None)
        for stretch in stretches(held, part):
            entries = [each async for each in store.read_pairs(ROUTE, CANDIDATE, stretch)]
            recorded = [Recorded(entry, decode_pair(record)) for entry, record in entries]
            joining.add(recompute(recorded, plans, as_told(ROUTE, CANDIDATE, settings.basis()), batch=batch))
        merge_into(total, joining.summaries)
    return total


async def compared_live(store: Store, pairs: Sequence[Pair], settings: CompareSettings | None = None) -> None:
    """In commits and batches of any size, by two owners after each other, over both partitions."""
    mirrored, sizes, start = Mirrored(store), random.Random(3), 0
    for owner in ("c1", "c2"):
        async with comparing(store, Route(compare=settings), owner=owner):
            end = len(pairs) if owner == "c2" else len(pairs) // 2
            while start < end:
                some = pairs[start : start + sizes.randrange(1, 60)]
                await mirrored.add(*some, partition=sizes.randrange(2))
                start += len(some)
                await settled(store, start)


@pytest.mark.parametrize(("part", "batch"), [(10_000, 1_000), (40, 7)])
async def test_with_the_live_settings_it_is_the_live_summary_to_the_bit(
    brisk_store: Store, part: int, batch: int
) -> None:
    """However it is cut: every counter, sketch and sum, of every kind of request, in every epoch."""
    await compared_live(brisk_store, varied(600))
    found, epochs = await recomputed(brisk_store, LIVE, part, batch), await epochs_of(brisk_store, CANDIDATE)
    assert len(epochs) > 2
    assert {epoch: summary.to_bytes() for epoch, summary in found.items()} == {
        about: (await evidence_of(brisk_store, ROUTE, CANDIDATE, None, epoch=number)).summary.to_bytes()
        for number, about in epochs.items()
    }


async def test_with_other_settings_it_is_what_those_would_have_given_live(
    brisk_store: Store, redis_server: RedisServer
) -> None:
    """Other numbers than the live ones, and the same as a live comparison under them."""
    pairs = [each for each in varied(400) if each.exchange.request.target == "/score"]
    await compared_live(brisk_store, pairs)
    live, found = await live_evidence(brisk_store), await recomputed(brisk_store, LENIENT, 100)
    _, lenient = of_epoch(found, live.about, list((await epochs_of(brisk_store, CANDIDATE)).values()))
    assert lenient.total().pairs == live.summary.total().pairs == len(pairs)
    assert lenient.total().share < live.summary.total().share
    redis_server.command("FLUSHALL")
    await compared_live(brisk_store, pairs, LENIENT)
    assert lenient.to_bytes() == (await live_evidence(brisk_store)).summary.to_bytes()


async def test_what_is_compared_live_is_sampled(brisk_store: Store) -> None:
    """Every pair that was judged, the disagreeing ones besides; what is no record is in neither."""
    pairs = varied(40)
    await Mirrored(brisk_store).add(*pairs, b"no record")
    async with comparing(brisk_store):
        await settled(brisk_store, 41)
    control, disagreements = set(), set()
    for number in await epochs_of(brisk_store, CANDIDATE):
        live = (await evidence_of(brisk_store, ROUTE, CANDIDATE, None, epoch=number)).summary.total()
        own, bad = [
            {record for _, record in await brisk_store.sampled_pairs(ROUTE, CANDIDATE, kind, number)}
            for kind in ("control", "disagreements")
        ]
        assert (len(own), len(bad)) == (live.pairs, live.disagreeing)
        control, disagreements = control | own, disagreements | bad
    assert disagreements < control == {encode(each) for each in pairs}


async def test_a_sample_of_a_tenth_covers_the_live_rate(redis_server: RedisServer) -> None:
    """The stream has long dropped most pairs; the sample's interval has the live rate in it, which counts them all."""
    count, size = 3_000, len(encode(pair(SCORES[0], SCORES[1], number=1_000))) + 300
    recording = RecordingSettings(partitions=1, max_pairs_bytes=65_536, control_max_bytes=count * size // 10)
    store = Store.create(RedisSettings(url=redis_server.url, lease_s=0.9), recording)
    mirrored, ways = Mirrored(store), random.Random(11)
    async with comparing(store):
        for start in range(0, count, 100):
            some = [pair(SCORES[0], SCORES[ways.random() < 0.2], number=n) for n in range(start, start + 100)]
            await mirrored.add(*some)
            await settled(store, start + 100)
    live = await live_evidence(store)
    (held,) = await store.held_pairs(ROUTE, CANDIDATE)
    sampled = await store.sampled_pairs(ROUTE, CANDIDATE, "control", live.number)
    recorded = [Recorded(entry, decode_pair(record)) for entry, record in sampled]
    plans = Plans(LIVE)
    plans.learn((await route_plans(store, ROUTE))["POST /score"])
    assert live.about is not None
    part = recompute(recorded, plans, as_known(live.about))
    await store.close()

    counted = disagreement_rate(live.summary.total(), ALPHA)
    found = disagreement_rate(part.summaries[live.about].total(), ALPHA)
    assert counted.n == count
    assert held.size < count / 10
    assert 0.09 * count < found.n < 0.11 * count
    assert found.lo <= counted.value <= found.hi
    assert found.hi - found.lo < 0.2


# ---- parts, without a store


def told(*ways: tuple[Answer | Failure, Answer | Failure], generation: int = 1) -> list[Recorded]:
    pairs = [pair(own, other, target=OIP, number=n, generation=generation) for n, (own, other) in enumerate(ways)]
    return [Recorded(f"1-{n}", each) for n, each in enumerate(pairs, 1)]


OLD, NEW, DOWN = versioned("1"), versioned("2"), failure()
WAYS = [(OLD, OLD), (OLD, DOWN), (OLD, NEW), (DOWN, DOWN), (DOWN, NEW), (NEW, OLD)]


def plans_for(recorded: Sequence[Recorded], settings: CompareSettings = LIVE) -> Plans:
    plans = Plans(settings)
    for plan in plans.missing(each.pair.exchange for each in told((OLD, OLD))):
        plans.learn(plan)
    return plans


def joined(parts: Sequence[Sequence[Recorded]], before: Epoch | None = None, **more: int) -> dict[Epoch, bytes]:
    plans, joining = plans_for(parts[0]), Joining(before)
    for each in parts:
        joining.add(recompute(each, plans, as_told(ROUTE, CANDIDATE, LIVE.basis()), **more))
    return {epoch: summary.to_bytes() for epoch, summary in joining.summaries.items()}


@given(
    st.lists(st.sampled_from(WAYS), min_size=1, max_size=30),
    st.lists(st.integers(0, 30), max_size=4),
    st.integers(1, 9),
)
def test_where_parts_and_batches_end_changes_no_bit(
    ways: list[tuple[Answer | Failure, Answer | Failure]], cuts: list[int], batch: int
) -> None:
    """Versions come and go, and whole parts tell none."""
    whole = told(*ways)
    ends = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    parts = [whole[start:end] for start, end in pairwise(ends)]
    assert joined(parts, batch=batch) == joined([whole])


def test_a_part_that_begins_with_failures_goes_on_where_the_one_before_stood() -> None:
    """As a live lane does."""
    together = joined([told((OLD, NEW)), told((OLD, DOWN), (DOWN, DOWN))])
    assert len(together) == 1
    assert {epoch.candidate_version.version for epoch in together} == {"2"}


def test_the_first_part_goes_on_where_the_evidence_before_it_stood() -> None:
    """A candidate that begins by failing belongs to the version that was known."""
    (before,) = joined([told((OLD, NEW))])
    (found,) = joined([told((OLD, DOWN), generation=2)], before)
    assert (found.candidate_version.version, found.generation) == ("2", 2)


def test_of_other_generations_only_the_versions_count() -> None:
    """What a restart ended is not compared again."""
    found = joined([told((OLD, NEW)) + told((OLD, DOWN), generation=2)], generation=2)
    assert [(epoch.generation, epoch.candidate_version.version) for epoch in found] == [(2, "2")]
    assert sum(Summary.from_bytes(each).total().pairs for each in found.values()) == 1


def test_an_epoch_is_found_under_other_settings() -> None:
    """The same versions and generation, whatever they were compared by; without a live one, the latest."""
    found = {epoch: Summary.from_bytes(data) for epoch, data in joined([told((OLD, OLD), (OLD, NEW))]).items()}
    first, second = found
    live = Epoch(**{name: getattr(second, name) for name in second.__struct_fields__} | {"basis": "of before"})
    assert of_epoch(found, live, [live]) == (live, found[second])
    assert of_epoch(found, None, [])[0] in found
    assert of_epoch({}, None, []) == (None, Summary())
    assert first != second


def test_versions_beyond_those_that_have_an_epoch_are_in_the_one_for_the_rest() -> None:
    """As they were counted live."""
    found = {epoch: Summary.from_bytes(data) for epoch, data in joined([told((OLD, OLD), (OLD, NEW))]).items()}
    first, second = found
    various = second.without_versions()
    assert of_epoch(found, various, [first, various])[1].to_bytes() == found[second].to_bytes()
    assert of_epoch(found, various, [various])[1].total().pairs == 2


def test_nothing_is_a_part_too() -> None:
    """And changes nothing."""
    assert recompute([], plans_for([]), as_told(ROUTE, CANDIDATE, LIVE.basis())) == Part({}, None)
    assert joined([told((OLD, NEW)), [], told((OLD, DOWN))]) == joined([told((OLD, NEW), (OLD, DOWN))])
