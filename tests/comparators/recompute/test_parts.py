"""Recorded pairs compared again: the live numbers to the bit under the live settings, others under others."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comparators.evidence.epochs import NOWHERE, Attribution, Epoch
from comparators.evidence.gathering import NONE_YET, Evidence, latest
from comparators.evidence.request_metrics import metrics_of
from comparators.evidence.versions import versions_of
from comparators.extract.version import ModelVersion
from comparators.pairs.reads import StoredPair
from comparators.pairs.summary import Summary
from comparators.plans.known_plans import Plans
from comparators.recompute.parts import Joining, OneEpoch, Part, as_live, as_told, merge_into, recompute
from comparators.settings import CompareSettings
from comparators.stored.current import epochs_of, evidence_of, route_plans
from records.codec import Codec
from records.nouns import Answer, Body, Failure, Observation, Pair
from records.settings import RecordingSettings, RedisSettings
from records.store.store import Store
from tests.comparators.anew import compared_anew
from tests.comparators.made import HOUR_NS, MIDNIGHT_NS, OIP, answer, failure, observation, pair, planned, versioned
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, Route, comparing, settled
from tests.redis_server import RedisServer

CODEC = Codec()

ALPHA = 0.05
LIVE, LENIENT = CompareSettings(), CompareSettings(atol=1.0)
SCORES = [answer({"score": value}) for value in (0.1, 0.2)]
OTHER = "/v2/models/other/infer"


def varied(count: int) -> list[Pair]:
    """Three kinds of request, two of them with versions of their own, and some that nobody knows; failures, errors,
    slow answers, what can't be read, over three hours.
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
        (failure("timeout"), failure("timeout"), OIP),
        (versioned("7"), versioned("8", 3.0), OTHER),
        (versioned("7"), failure("connect"), OTHER),
        (answer({"error": "none such"}, 404), failure("connect"), "/unknown"),
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
    found, epochs = await compared_anew(brisk_store, LIVE, part, batch), await epochs_of(brisk_store, CANDIDATE)
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
    live, found = await live_evidence(brisk_store), await compared_anew(brisk_store, LENIENT, 100)
    lenient = as_live(found, live, (await epochs_of(brisk_store, CANDIDATE)).values()).summary
    assert lenient.total().pairs == live.summary.total().pairs == len(pairs)
    assert lenient.total().disagreement < live.summary.total().disagreement
    redis_server.command("FLUSHALL")
    await compared_live(brisk_store, pairs, LENIENT)
    assert lenient.to_bytes() == (await live_evidence(brisk_store)).summary.to_bytes()


async def test_units_in_bodies_are_those_of_the_live_comparison_to_the_bit(brisk_store: Store) -> None:
    """Hashed by the installation's key: what buckets hold, and which units are the sample, is the same again."""
    settings = CompareSettings(unit="/user/id")
    await compared_live(brisk_store, [asked_by(each, number % 40) for number, each in enumerate(varied(300))], settings)
    live, found = await live_evidence(brisk_store), await compared_anew(brisk_store, settings, 40, 7)
    again = as_live(found, live, (await epochs_of(brisk_store, CANDIDATE)).values()).summary
    assert sum(live.summary.total().bucket_n) == live.summary.total().compared
    assert sum(live.summary.total().bucket_pairs) == live.summary.total().pairs
    assert len(live.summary.total().units_n.kept) == 40
    assert again.to_bytes() == live.summary.to_bytes()


def asked_by(made: Pair, user: int) -> Pair:
    body = b'{"user": {"id": %d}}' % user
    request = replace(made.exchange.request, body=Body(body, len(body)))
    return replace(made, exchange=replace(made.exchange, request=request))


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
            {record for _, record in (await brisk_store.sampled_pairs(ROUTE, CANDIDATE, kind, [number]))[number]}
            for kind in ("control", "disagreements")
        ]
        assert (len(own), len(bad)) == (live.pairs, live.requests_disagreeing)
        control, disagreements = control | own, disagreements | bad
    assert disagreements < control == {CODEC.encode(each) for each in pairs}


async def test_a_sample_of_a_tenth_covers_the_live_rate(redis_server: RedisServer) -> None:
    """The stream has long dropped most pairs; the sample's interval has the live rate in it, which counts them all."""
    count, size = 3_000, len(CODEC.encode(pair(SCORES[0], SCORES[1], number=1_000))) + 300
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
    sampled = await store.sampled_pairs(ROUTE, CANDIDATE, "control", [live.number])
    recorded = [StoredPair(CODEC.decode_pair(record), entry) for entry, record in sampled[live.number]]
    plans = Plans(LIVE)
    plans.learn((await route_plans(store, ROUTE))["POST /score"])
    assert live.about is not None
    part = recompute(recorded, plans, OneEpoch(live.about))
    await store.close()

    counted = metrics_of(live.summary.total(), ALPHA)["disagreement.rate"]
    found = metrics_of(part.summaries["POST /score", live.about].total(), ALPHA)["disagreement.rate"]
    assert counted.n == count
    assert held.size < count / 10
    assert 0.09 * count < found.n < 0.11 * count
    assert found.lo <= counted.value <= found.hi
    assert found.hi - found.lo < 0.2


# ---- parts, without a store


Side = Answer | Failure | Observation
Way = tuple[Side, Side] | tuple[Side, Side, str]


def told(*ways: Way, generation: int = 1) -> list[StoredPair]:
    pairs = [
        pair(own, other, target=target[0] if target else OIP, number=n, generation=generation)
        for n, (own, other, *target) in enumerate(ways)
    ]
    return [StoredPair(each, f"1-{n}") for n, each in enumerate(pairs, 1)]


OLD, NEW, DOWN = versioned("1"), versioned("2"), failure()
OTHER_MODEL = versioned("7"), versioned("8")
WAYS: list[Way] = [
    (OLD, OLD),
    (OLD, DOWN),
    (OLD, NEW),
    (DOWN, DOWN),
    (DOWN, NEW),
    (NEW, OLD),
    (*OTHER_MODEL, OTHER),
    (DOWN, DOWN, OTHER),
    (DOWN, DOWN, "/unknown"),
    (OLD, observation(DOWN, declared_version="9")),
    (OLD, observation(NEW, declared_version="9")),
    (observation(DOWN, declared_build="b"), observation(DOWN, declared_version="9")),
    (observation(OLD, declared_build="b"), DOWN),
]


def plans_for(settings: CompareSettings = LIVE) -> Plans:
    return planned([each.pair for each in told((OLD, OLD), (*OTHER_MODEL, OTHER))], settings)


def joined(parts: Sequence[Sequence[StoredPair]], **more: int) -> dict[Epoch, bytes]:
    plans, joining = plans_for(), Joining()
    for each in parts:
        joining.add(recompute(each, plans, as_told(ROUTE, CANDIDATE, LIVE.basis()), **more))
    return {epoch: summary.to_bytes() for epoch, summary in joining.summaries.items()}


def live(pairs: Sequence[StoredPair]) -> dict[Epoch, bytes]:
    """As a lane attributes them."""
    found: dict[Epoch, Summary] = {}
    part = recompute(pairs, plans_for(), Attribution(ROUTE, CANDIDATE, LIVE.basis()))
    for (_, epoch), summary in part.summaries.items():
        merge_into(found, {epoch: summary})
    return {epoch: summary.to_bytes() for epoch, summary in found.items()}


@given(
    st.lists(st.tuples(st.lists(st.sampled_from(WAYS), max_size=9), st.integers(1, 3)), min_size=1, max_size=6),
    st.lists(st.integers(0, 30), max_size=4),
    st.integers(1, 9),
)
def test_where_parts_and_batches_end_changes_no_bit(
    ways: list[tuple[list[Way], int]], cuts: list[int], batch: int
) -> None:
    """Versions come and go with models, settings and restarts, and whole parts tell none."""
    whole = [each for some, generation in ways for each in told(*some, generation=generation)]
    ends = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    parts = [whole[start:end] for start, end in pairwise(ends)]
    assert joined(parts, batch=batch) == joined([whole]) == live(whole)


def test_a_part_that_begins_with_failures_goes_on_where_the_one_before_stood() -> None:
    """As a live lane does."""
    together = joined([told((OLD, NEW)), told((OLD, DOWN), (DOWN, DOWN))])
    assert len(together) == 1
    assert {epoch.candidate_version for epoch in together} == {ModelVersion("2")}


def test_the_first_part_goes_on_where_the_evidence_before_it_stood() -> None:
    """Where the pairs before it are gone, and a kind of request begins by failing."""
    plans, before = plans_for(), Attribution(ROUTE, CANDIDATE, LIVE.basis())
    recompute(told((OLD, NEW)), plans, before)
    joining = Joining(before.standing)
    joining.add(recompute(told((OLD, DOWN)), plans, as_told(ROUTE, CANDIDATE, LIVE.basis())))
    assert [epoch.candidate_version for epoch in joining.summaries] == [ModelVersion("2")]


def test_pairs_of_other_generations_do_not_count() -> None:
    """What a restart ended is not compared again, and what it answered is not what answers now."""
    found = joined([told((OLD, NEW)) + told((OLD, DOWN), generation=2)], generation=2)
    assert [(epoch.generation, epoch.candidate_version) for epoch in found] == [(2, None)]
    assert sum(Summary.from_bytes(each).total().pairs for each in found.values()) == 1


def evidence(*ways: Way) -> tuple[dict[Epoch, Summary], Evidence]:
    """What was found in these, and the live evidence that it would be, compared under other settings."""
    found = {epoch: Summary.from_bytes(data) for epoch, data in joined([told(*ways)]).items()}
    epochs = {number: replace(epoch, basis="of before") for number, epoch in enumerate(found, 1)}
    return found, latest(dict(enumerate(found.values(), 1)), epochs)


def test_the_live_epochs_are_found_under_other_settings() -> None:
    """The same versions and generation, whatever they were compared by: of each kind of request its own."""
    found, live = evidence((OLD, OLD), (OLD, NEW), (*OTHER_MODEL, OTHER))
    again = as_live(found, live, live.numbers)
    assert (again.current, again.numbers, again.number) == (live.current, live.numbers, live.number)
    assert again.summary.to_bytes() == live.summary.to_bytes()
    assert {plan: versions_of(live.epoch_of(plan)) for plan in live.current} == {
        f"POST {OIP}": (ModelVersion("1"), ModelVersion("2")),
        f"POST {OTHER}": (ModelVersion("7"), ModelVersion("8")),
    }


def test_without_live_evidence_it_is_each_kinds_latest() -> None:
    """Recordings that were imported were never compared live."""
    found, live = evidence((OLD, OLD), (OLD, NEW), (*OTHER_MODEL, OTHER))
    again = as_live(found, NONE_YET, [])
    assert again.summary.to_bytes() == live.summary.to_bytes()
    assert (again.number, again.versions.production.version) == (0, "(various)")
    assert as_live({}, NONE_YET, []) == NONE_YET


def test_a_kind_of_request_of_which_nothing_is_left_is_not_made_up() -> None:
    """Its live epoch has no pairs among those that are held: neither has another epoch to stand for it."""
    found, live = evidence((OLD, OLD), (OLD, NEW))
    first = next(iter(found))
    again = as_live({first: found[first]}, live, live.numbers)
    assert (again.current, again.summary.total().pairs) == ({}, 0)


def test_what_is_left_out_is_told_from_what_was_compared_anew() -> None:
    """Pairs that were left out live, under other settings, are not when they are compared anew; those that no longer
    answer are, and so are those that are not held; the rest was before the candidate was changed.
    """
    found, live = evidence((OLD, OLD), (OLD, NEW), (OLD, NEW))
    before = live._replace(left_out={"other_version": 1, "other_settings": 3})
    again = as_live(found, before, live.numbers)
    assert again.all_left_out(106) == {"other_version": 1, "not_recomputed": 3, "earlier": 100}
    merge_into(found, found | {})
    assert as_live(found, before, live.numbers).all_left_out(106) == {"other_version": 2, "earlier": 100}


def test_versions_beyond_those_that_have_an_epoch_are_in_the_one_for_the_rest() -> None:
    """As they were counted live."""
    found, live = evidence((OLD, OLD), (OLD, NEW))
    first, second = live.numbers
    various = second.without_versions()
    rest = live._replace(current={f"POST {OIP}": (various,)}, numbers={first: 1, various: 2})
    assert as_live(found, rest, [first, various]).summary.to_bytes() == live.summary.to_bytes()
    assert as_live(found, rest, [various]).summary.total().pairs == 2


def test_nothing_is_a_part_too() -> None:
    """And changes nothing."""
    assert recompute([], plans_for(), as_told(ROUTE, CANDIDATE, LIVE.basis())) == Part({}, NOWHERE)
    assert joined([told((OLD, NEW)), [], told((OLD, DOWN))]) == joined([told((OLD, NEW), (OLD, DOWN))])
