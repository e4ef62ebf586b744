"""What the compare worker finds, through a real store into a report: outputs, noise, slices, what settings change."""

import math
import random
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from comparators.pairs.reads import StoredPair
from comparators.plans.known_plans import Plans
from comparators.recompute.parts import OneEpoch, recompute
from comparators.settings import CompareSettings, HeadSettings, SliceSettings
from comparators.slices.learned_slices import LearnedSlices
from comparators.stored.current import conditions_of, evidence_of, report_of, route_plans
from comparators.stored.shared_slices import slicings_of
from comparators.view import View
from records.codec import Codec
from records.nouns import Answer, Body, Pair
from records.privacy.redaction import Redaction
from records.settings import KeptSettings, RecordingSettings
from records.store import keys
from records.store.control import MAX_CONDITIONS
from records.store.store import Store
from tests.comparators.made import OIP, VIEW, answer, observation, oip, pair
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, Route, comparing, settled
from tests.redis_server import RedisServer
from tests.stores import LEASE_S, opened

CODEC = Codec()


async def compared_in_parts(store: Store, mirrored: Mirrored, start: int, end: int) -> None:
    async with comparing(store):
        for first in range(start, end, 250):
            await mirrored.add(*skewed(first, first + 250))
            await settled(store, first + 250)


@pytest.fixture
async def one_store(redis_server: RedisServer) -> AsyncIterator[Store]:
    """One partition."""
    async with opened(redis_server, RecordingSettings(partitions=1), lease_s=LEASE_S, timeout_s=2.0) as store:
        yield store


def asked(number: int, pressure: float | None, off: float, again: float | None = None) -> Pair:
    """A request with a pressure, answered with a label and a score; `again`: how far off production is then."""
    body = b'{"inputs":[{"name":"pressure","shape":[1],"datatype":"FP64","data":[%s]}]}' % (
        b"null" if pressure is None else b"%.1f" % pressure
    )

    def said(shift: float):
        value = 0.4 + shift
        return answer(oip(late=("INT64", [1], [int(value > 0.5)]), score=("FP64", [1], [value])))

    made = pair(said(0.0), said(off), target=OIP, number=number)
    request = replace(made.exchange.request, body=Body(body, len(body)))
    noise = None if again is None else observation(said(again))
    return replace(made, exchange=replace(made.exchange, request=request), noise=noise)


def skewed(start: int, count: int) -> list[Pair]:
    """Where pressure is missing, which is one time in four, the candidate is off."""
    return [asked(i, None if i % 4 == 0 else 1000.0 + i % 30, 0.3 if i % 4 == 0 else 0.0) for i in range(start, count)]


async def test_each_output_has_its_kind_and_metrics(one_store: Store) -> None:
    """Inferred from the first pairs, printed with the plan, and described by itself."""
    await Mirrored(one_store).add(*skewed(0, 120))
    async with comparing(one_store):
        await settled(one_store, 120)
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    (plan,) = report.plans
    assert [(head.head, head.kind) for head in plan.heads] == [("/outputs/late", "label"), ("/outputs/score", "score")]
    label, score = (head.metrics for head in plan.heads)
    assert label["label.disagreement"].value == 0.25
    assert score["score.bias"].value == pytest.approx(0.3 / 4)


async def test_a_slice_is_found_and_a_recomputation_finds_the_same(one_store: Store) -> None:
    """By the feature that is missing; the pairs that the conditions were enumerated from count as those after them."""
    mirrored = Mirrored(one_store)
    async with comparing(one_store):
        for start in range(0, 2000, 250):
            await mirrored.add(*skewed(start, start + 250))
            await settled(one_store, start + 250)
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    (found,) = [each for each in report.slices if each.named]
    assert (found.words, found.value, found.complement.value) == ("pressure is missing", 1.0, 0.0)
    assert (found.n, found.n + found.complement.n) == (500, 2000)
    assert await recomputed_sums(one_store) == await live_sums(one_store)


async def live_sums(store: Store) -> list[bytes]:
    """With the first pairs counted in their slices."""
    live = await evidence_of(store, ROUTE, CANDIDATE, None)
    stored = await conditions_of(store, CANDIDATE, live)
    first = {plan: LearnedSlices.from_bytes(each[0].document).sums for plan, each in stored.items()}
    return [live.counting(first).summary.to_bytes()]


async def recomputed_sums(store: Store) -> list[bytes]:
    live = await evidence_of(store, ROUTE, CANDIDATE, None)
    assert live.about is not None
    plans = Plans(CompareSettings())
    for plan in (await route_plans(store, ROUTE)).values():
        plans.learn(plan)
    slicings = slicings_of(await conditions_of(store, CANDIDATE, live), again=True)
    pairs = [StoredPair(CODEC.decode_pair(data), entry) async for entry, data in store.scan_pairs(ROUTE, CANDIDATE)]
    again = recompute(pairs, plans, OneEpoch(live.about), slicings=slicings)
    return [each.to_bytes() for each in again.summaries.values()]


def with_a_later_pressure(start: int, end: int) -> list[Pair]:
    """From 500 on one time in four a pressure that was not there before; and there the candidate is off."""
    new = [number >= 500 and number % 4 == 0 for number in range(start, end)]
    return [
        asked(start + place, 995.0 if is_new else 990.0 + place % 2, 0.3 if is_new else 0.0)
        for place, is_new in enumerate(new)
    ]


@pytest.mark.parametrize("workers", [[2_000], [1_000, 2_000]], ids=["one worker", "one after the other"])
async def test_a_value_that_comes_later_is_told_and_a_recomputation_finds_the_same(
    one_store: Store, workers: list[int]
) -> None:
    """It counts from when it was noticed, also by a worker that has not seen it come."""
    mirrored, start = Mirrored(one_store), 0
    for end in workers:
        async with comparing(one_store):
            for first in range(start, end, 250):
                await mirrored.add(*with_a_later_pressure(first, first + 250))
                await settled(one_store, first + 250)
        start = end
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    (found,) = [each for each in report.slices if each.named]
    assert (found.words, found.later, found.value, found.complement.value) == ("pressure is 995", True, 1.0, 0.0)
    assert (found.n, found.n + found.complement.n) == (250, 1000)
    assert await recomputed_sums(one_store) == await live_sums(one_store)


def batches(start: int, end: int) -> list[Pair]:
    """Of eight rows each, of which the candidate gets those wrong that have no pressure: two, anywhere among them. One
    batch in fifty it can't answer at all.
    """
    chance, pairs = random.Random(start), []
    for number in range(start, end):
        lost = set(chance.sample(range(8), 2))
        rows = ",".join("null" if row in lost else f"{990 + row}" for row in range(8))
        body = b'{"inputs":[{"name":"pressure","shape":[8],"datatype":"FP64","data":[%s]}]}' % rows.encode()
        said = [[int(row in lost and flips) for row in range(8)] for flips in (False, True)]
        made = pair(*(answer(oip(late=("INT64", [8], each))) for each in said), target=OIP, number=number)
        request = replace(made.exchange.request, body=Body(body, len(body)))
        made = replace(made, exchange=replace(made.exchange, request=request))
        failed = replace(made, observation=observation(answer(b"busy", status=503)))
        pairs.append(failed if number % 50 == 49 else made)
    return pairs


async def test_a_slice_of_rows_is_found_where_each_batch_has_such_rows(one_store: Store) -> None:
    """One row of each batch is drawn; a batch that failed is drawn from alike. A recomputation draws the same rows."""
    mirrored = Mirrored(one_store)
    async with comparing(one_store):
        for start in range(0, 1500, 250):
            await mirrored.add(*batches(start, start + 250))
            await settled(one_store, start + 250)
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    (found,) = [each for each in report.slices if each.named]
    assert (found.words, found.value) == ("pressure is missing", 1.0)
    assert found.complement.value == pytest.approx(1 / 50, abs=0.01)
    assert found.n + found.complement.n == 1500
    assert found.n == pytest.approx(1500 / 4, abs=60)
    assert await recomputed_sums(one_store) == await live_sums(one_store)


def retrained(start: int, end: int) -> list[Pair]:
    """A regressor that answers every request a little otherwise, and those of one carrier 20 too high."""
    chance, pairs = random.Random(start), []
    for number in range(start, end):
        carrier = chance.choice(["AA", "DL", "UA", "WN"])
        body = b'{"inputs":[{"name":"carrier","shape":[1],"datatype":"BYTES","data":["%s"]}]}' % carrier.encode()
        delay = chance.gauss(30, 40)
        other = delay + chance.gauss(0, 3) + 20 * (carrier == "UA")
        made = pair(*(answer(oip(delay=("FP64", [1], [each]))) for each in (delay, other)), target=OIP, number=number)
        request = replace(made.exchange.request, body=Body(body, len(body)))
        pairs.append(replace(made, exchange=replace(made.exchange, request=request)))
    return pairs


async def test_where_nearly_all_disagree_the_slice_that_is_further_off_is_found(one_store: Store) -> None:
    """By how far, in the unit of the scores; how often they disagree tells no slice from the others."""
    mirrored = Mirrored(one_store)
    async with comparing(one_store):
        for start in range(0, 1500, 250):
            await mirrored.add(*retrained(start, start + 250))
            await settled(one_store, start + 250)
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    assert report.metrics["disagreement.rate"].value > 0.99
    assert not any(each.named for each in report.slices)
    (found,) = report.distance_slices
    assert (found.head, found.words) == ("/outputs/delay", "carrier is 'UA'")
    assert found.within.n + found.elsewhere.n == 1500
    assert found.within.value == pytest.approx(20, abs=1)
    assert found.elsewhere.value == pytest.approx(3 * math.sqrt(2 / math.pi), abs=0.2)


async def test_configured_slices_are_shown_whatever_they_say(one_store: Store) -> None:
    """Of what an operator asked for, each value has its rate, named or not."""
    settings = CompareSettings(slices=(SliceSettings(feature="pressure"),), find_slices=False)
    mirrored = Mirrored(one_store)
    async with comparing(one_store, Route(compare=settings)):
        for start in range(0, 1000, 250):
            await mirrored.add(*[asked(i, 990.0 + i % 2, 0.0) for i in range(start, start + 250)])
            await settled(one_store, start + 250)
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    assert {each.words for each in report.slices} == {"pressure is 990", "pressure is 991"}
    assert not any(each.named for each in report.slices)


async def test_noise_is_told_apart_from_disagreement(one_store: Store) -> None:
    """On the requests that production was asked twice, and on them alone: raw, noise, and what is beyond it."""
    pairs = [asked(i, 1000.0, 0.3 if i % 2 == 0 else 0.0, again=0.3 if i % 10 == 0 else 0.0) for i in range(100)]
    plain = [asked(i, 1000.0, 0.0) for i in range(100, 150)]
    await Mirrored(one_store).add(*pairs, *plain)
    async with comparing(one_store):
        await settled(one_store, 150)
    metrics = (report := await report_of(one_store, ROUTE, CANDIDATE, VIEW)).metrics
    values = {name: metrics[f"disagreement.{name}"].value for name in ("sampled", "noise", "excess")}
    assert values == {"sampled": 0.5, "noise": 0.1, "excess": pytest.approx(0.4)}
    assert metrics["disagreement.excess"].n == 100
    assert metrics["disagreement.rate"].n == 150
    assert {each.path for each in report.plans[0].noise} == {"/outputs/late", "/outputs/score"}


def with_id(number: int, off: float) -> Pair:
    """Each answer has an id of its own, production's second one too."""

    def said(answered: int, score: float) -> Answer:
        return answer({"id": f"{3 * number + answered:016x}", "score": 0.5 + number % 7 / 100 + score})

    return replace(pair(said(0, 0.0), said(1, off), number=number), noise=observation(said(2, 0.0)))


async def test_a_change_behind_an_id_is_found_and_a_recomputation_finds_the_same(one_store: Store) -> None:
    """A quarter of the scores changed: beyond noise at their path, whatever whole requests say."""
    await Mirrored(one_store).add(*[with_id(i, 0.3 if i % 4 == 0 else 0.0) for i in range(240)])
    async with comparing(one_store):
        await settled(one_store, 240)
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    assert report.metrics["disagreement.excess"].value == 0.0
    assert report.metrics["disagreement.excess_at_paths"].value == 0.25
    (plan,) = report.plans
    assert [(each.path, each.named) for each in plan.noise] == [("/score", True), ("/id", False)]
    assert (plan.noise[0].excess.value, plan.noise[1].noise.value) == (0.25, 1.0)
    live = await evidence_of(one_store, ROUTE, CANDIDATE, None)
    assert live.about is not None
    plans = Plans(CompareSettings())
    for known in (await route_plans(one_store, ROUTE)).values():
        plans.learn(known)
    pairs = [StoredPair(CODEC.decode_pair(data), entry) async for entry, data in one_store.scan_pairs(ROUTE, CANDIDATE)]
    again = recompute(pairs, plans, OneEpoch(live.about))
    (key,) = live.summary.plans
    assert [each.plans[key].noise for each in again.summaries.values()] == [live.summary.plans[key].noise]


async def test_settings_override_what_was_decided_once(one_store: Store) -> None:
    """A kind that is set holds, though the stored plan had inferred another."""
    mirrored = Mirrored(one_store)
    await mirrored.add(*skewed(0, 20))
    async with comparing(one_store):
        await settled(one_store, 20)
    own = CompareSettings(heads=(HeadSettings(pointer="/outputs/score", kind="json"),))
    await mirrored.add(*skewed(20, 40))
    async with comparing(one_store, Route(compare=own), owner="c2"):
        await settled(one_store, 40)
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    assert {head.head: head.kind for head in report.plans[0].heads}["/outputs/score"] == "json"


async def test_what_is_redacted_is_no_slice_and_no_label(one_store: Store) -> None:
    """Neither in the conditions that the store keeps, nor in what a person is shown of an output."""
    kept = KeptSettings(redact_pointers=("/inputs/*/data", "/outputs/*/data"))
    mirrored = Mirrored(one_store)
    async with comparing(one_store, kept=kept):
        for start in range(0, 1000, 250):
            await mirrored.add(*skewed(start, start + 250))
            await settled(one_store, start + 250)
    redaction = Redaction.create(kept, b"k" * 32)
    report = await report_of(one_store, ROUTE, CANDIDATE, View(redaction, CompareSettings()))
    live = await evidence_of(one_store, ROUTE, CANDIDATE, None)
    stored = await one_store.control.all_conditions(CANDIDATE, live.number)
    assert not any(b"pressure" in each.document for each in stored.values())
    assert report.slices == []
    (label,) = [head for head in report.plans[0].heads if head.kind == "label"]
    texts = {cell for detail in label.details for row in detail.rows for cell in row if isinstance(cell, str)}
    assert texts == {"(redacted)"}


async def test_where_there_is_no_room_for_conditions_comparing_goes_on(
    one_store: Store, redis_server: RedisServer
) -> None:
    """A kind of request beyond the bound of an epoch has no slices, and the log says which."""
    for number in range(MAX_CONDITIONS):
        await one_store.control.propose_conditions(CANDIDATE, 1, f"POST /other/{number}", b"of another kind")
    with capture_logs() as logs:
        await compared_in_parts(one_store, Mirrored(one_store), 0, 1000)
    report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    assert (report.metrics["disagreement.rate"].n, report.slices) == (1000, [])
    (line,) = [each for each in logs if each["event"] == "slices.refused"]
    assert (line["log_level"], line["candidate"], line["epoch"]) == ("warning", CANDIDATE, 1)
    assert line["plan"] == report.plans[0].plan


@pytest.mark.parametrize(
    "document", [b"no conditions", b'{"conditions":[{"feature":"\xff"}]}', b'{"a":' + b"[" * 99_999]
)
async def test_conditions_that_can_not_be_read_are_passed_over(
    one_store: Store, redis_server: RedisServer, document: bytes
) -> None:
    """Whatever another release, or an accident, left there: no slices, a word in the log, and each pair compared."""
    mirrored = Mirrored(one_store)
    await compared_in_parts(one_store, mirrored, 0, 750)
    ((plan, _),) = (await one_store.control.all_conditions(CANDIDATE, 1)).items()
    redis_server.command("HSET", keys.conditions(CANDIDATE, 1), plan, b"1 " + document)
    with capture_logs() as logs:
        await compared_in_parts(one_store, mirrored, 750, 1000)
        report = await report_of(one_store, ROUTE, CANDIDATE, VIEW)
    assert (report.metrics["disagreement.rate"].n, report.slices) == (1000, [])
    lines = [each for each in logs if each["event"] == "conditions.unreadable"]
    assert len(lines) == 2, "of the worker, and of the report"
    assert all((each["log_level"], each["bytes"]) == ("warning", len(document)) for each in lines)
