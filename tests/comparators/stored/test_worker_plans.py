"""Plans, as compare workers decide them: from enough answers, whichever partition they came to, and anew where they no
longer fit; and no pair is lost or counted twice on that account.
"""

import random
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from comparators.evidence.report import PlanReport, Report
from comparators.plans.plan import ENOUGH
from comparators.settings import CompareSettings, HeadSettings, ReadingSettings
from comparators.stored.current import all_plans, report_of
from records.coverage import Coverage
from records.nouns import Pair
from records.settings import RecordingSettings
from records.store.store import Store
from tests.comparators.anew import compared_anew, compared_live
from tests.comparators.made import VIEW, answer, failure, pair
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, Route, comparing, settled
from tests.redis_server import RedisServer
from tests.stores import LEASE_S, opened
from tests.until import until

PREDICT = "/v1/models/late:predict"
PATIENT = 600.0  # no test waits so long


def predicted(*values: object, number: int = 0, other: Sequence[object] | None = None, target: str = PREDICT) -> Pair:
    """Production's answer, and the candidate's: the same, unless told otherwise."""
    own, theirs = (
        answer({"predictions": list(values)}),
        answer({"predictions": list(values if other is None else other)}),
    )
    return pair(own, theirs, number=number, target=target)


def scores(count: int, start: int = 1) -> list[Pair]:
    """A model of fractions, ported: the last digit differs."""
    return [predicted(n + 0.5, number=n, other=[n + 0.5 + 1e-9]) for n in range(start, start + count)]


async def found(store: Store) -> Report:
    return await report_of(store, ROUTE, CANDIDATE, VIEW)


async def plan_of(store: Store) -> PlanReport:
    (plan,) = (await found(store)).plans
    return plan


async def undecided(store: Store, pairs: int) -> Coverage:
    """The coverage, once so many pairs wait for a plan."""

    async def waiting() -> Coverage | None:
        coverage = await store.coverage(ROUTE, CANDIDATE)
        return coverage if coverage.uncompared_by.get("undecided") == pairs else None

    coverage = await until(waiting, f"{pairs} pairs to wait")
    assert coverage.mirrored == coverage.compared + sum(coverage.incomparable.values()) + coverage.uncompared
    return coverage


@pytest.mark.parametrize(
    ("first", "others", "kind"),
    [
        ([1], [[n + 0.5] for n in range(40)], "score"),  # 1.0, as Go and JavaScript write it
        (["N/A"], [[f"A sentence about the weather, the {n}th of them."] for n in range(40)], "text"),
        ([[]], [[[{"id": f"i{n}", "score": 0.5}]] for n in range(40)], "ranking"),
    ],
)
async def test_one_answer_decides_no_plan(
    brisk_store: Store, first: list[object], others: list[list[object]], kind: str
) -> None:
    """Its pair waits for what others say; they decide, and it is compared by it."""
    mirrored = Mirrored(brisk_store)
    await mirrored.add(predicted(*first))
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        await undecided(brisk_store, 1)
        await mirrored.add(*[predicted(*other, number=n) for n, other in enumerate(others, 1)])
        coverage = await settled(brisk_store, 41)
    assert coverage.compared == 41
    (head,) = (await plan_of(brisk_store)).heads
    assert head.kind == kind


async def test_a_number_that_began_with_a_whole_one_agrees_within_its_tolerance(brisk_store: Store) -> None:
    """`1` for 1.0 makes no label of it: 99.3 % of pairs that differ by 1e-9 would disagree."""
    mirrored = Mirrored(brisk_store)
    await mirrored.add(predicted(1))
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        await mirrored.add(*scores(149))
        await settled(brisk_store, 150)
    rate = (await found(brisk_store)).metrics["disagreement.rate"]
    assert (rate.value, rate.n) == (0.0, 150)


async def test_answers_of_all_partitions_decide_together(brisk_store: Store) -> None:
    """Half of them in each: neither alone would be enough, and a failed answer waits behind what it came behind."""
    mirrored = Mirrored(brisk_store)
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        await mirrored.add(*scores(14), pair(failure(), failure(), target=PREDICT, number=90))
        await mirrored.add(*scores(14, start=30), partition=1)
        coverage = await undecided(brisk_store, 29)
        assert coverage.compared == 0
        await mirrored.add(*scores(2, start=60), partition=1)
        coverage = await settled(brisk_store, 31)
    assert coverage.uncompared_by == {}
    plan = await plan_of(brisk_store)
    assert (plan.answers, plan.provisional, plan.revision) == (ENOUGH, False, 1)
    assert (plan.heads[0].grounds.answers, plan.heads[0].grounds.forms) == (ENOUGH, (("FP64", ENOUGH),))


async def test_other_kinds_pass_by_those_that_wait(brisk_store: Store) -> None:
    """In the same partition, at once."""
    mirrored = Mirrored(brisk_store)
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        await mirrored.add(*scores(1), *[pair(answer({"a": n}), answer({"a": n}), number=100 + n) for n in range(40)])
        await until(lambda: _are_compared(brisk_store, 40), "the others to pass")
        await undecided(brisk_store, 1)


async def test_what_waits_passes_from_owner_to_owner_and_is_blamed_for_none(brisk_store: Store) -> None:
    """More owners than an entry has lives; each tells that it waits."""
    mirrored = Mirrored(brisk_store)
    await mirrored.add(*scores(5))
    for owner in ("c1", "c2", "c3", "c4", "c5"):
        async with comparing(brisk_store, owner=owner, plan_wait_s=PATIENT):
            await undecided(brisk_store, 5)
    async with comparing(brisk_store, owner="c6", plan_wait_s=PATIENT):
        await mirrored.add(*scores(30, start=10))
        coverage = await settled(brisk_store, 35)
    assert coverage.incomparable == {}


async def test_nobody_waits_for_ever(brisk_store: Store) -> None:
    """A kind with few answers a day is compared by what they say, which the report calls provisional; with the
    thirtieth it is decided, and where that says the same the evidence goes on.
    """
    mirrored = Mirrored(brisk_store)
    async with comparing(brisk_store):
        await mirrored.add(*[predicted(0.5, number=n) for n in range(2)])
        await settled(brisk_store, 2)
        plan = await plan_of(brisk_store)
        assert (plan.provisional, plan.answers) == (True, 2)
        await mirrored.add(*[predicted(0.5, number=n) for n in range(10, 50)])
        await settled(brisk_store, 42)
        await until(lambda: _is_decided(brisk_store), "the plan to be decided")
    plan = await plan_of(brisk_store)
    assert (plan.revision, plan.pairs) == (1, 42)


async def _is_decided(store: Store) -> bool:
    return not (await plan_of(store)).provisional


async def test_a_provisional_plan_that_was_wrong_is_followed_by_another_revision(brisk_store: Store) -> None:
    """What was compared by it is told, and in no number."""
    mirrored = Mirrored(brisk_store)
    async with comparing(brisk_store):
        await mirrored.add(predicted(1), predicted(2, number=1))
        await settled(brisk_store, 2)
        assert (await plan_of(brisk_store)).heads[0].kind == "label"
        await mirrored.add(*scores(40, start=10))
        await settled(brisk_store, 42)
        await mirrored.add(*scores(40, start=100))
        await settled(brisk_store, 82)
    report = await found(brisk_store)
    (plan,) = report.plans
    assert (plan.revision, plan.heads[0].kind, plan.provisional) == (2, "score", False)
    assert plan.pairs + report.left_out["other_plan"] == 82
    assert plan.pairs >= 40
    assert report.metrics["disagreement.rate"].value == 0.0


@pytest.fixture
async def tight(redis_server: RedisServer) -> AsyncIterator[Store]:
    """One partition with room for some dozens of pairs."""
    async with opened(redis_server, RecordingSettings(partitions=1, max_pairs_bytes=65_536), lease_s=LEASE_S) as store:
        yield store


async def test_what_would_be_dropped_first_is_compared_before(tight: Store) -> None:
    """A rare kind among many of another: half of the stream's room went by, and nothing was lost."""
    mirrored = Mirrored(tight)
    busy = [pair(answer({"a": n}), answer({"a": n}), number=100 + n) for n in range(500)]
    async with comparing(tight, plan_wait_s=PATIENT):
        await mirrored.add(*scores(3))
        for start in range(0, 500, 50):
            await mirrored.add(*busy[start : start + 50])
            await until(lambda sent=start: _are_compared(tight, sent + 50), "the others to pass")
        coverage = await settled(tight, 503)
    assert coverage.compared == 503
    (rare,) = [each for each in (await found(tight)).plans if each.plan == f"POST {PREDICT}"]
    assert (rare.compared, rare.provisional, rare.answers) == (3, True, 3)


async def _are_compared(store: Store, pairs: int) -> bool:
    return (await store.coverage(ROUTE, CANDIDATE)).compared >= pairs


async def test_settings_decide_at_once(brisk_store: Store) -> None:
    """Where they say the protocol and each output's kind, there is nothing to wait for."""
    readings = (ReadingSettings(path="/score", outputs={"y": "/y"}),)
    said = CompareSettings(readings=readings, heads=(HeadSettings(pointer="/y", kind="score"),))
    async with comparing(brisk_store, Route(compare=said), plan_wait_s=PATIENT):
        await Mirrored(brisk_store).add(pair(answer({"y": 1}), answer({"y": 1.0})))
        await settled(brisk_store, 1)
    plan = await plan_of(brisk_store)
    assert (plan.provisional, plan.answers, plan.heads[0].kind) == (False, 1, "score")


async def test_how_large_values_are_is_never_told_by_one_answer(brisk_store: Store) -> None:
    """Settings say what an output is; where its differences are cut off is decided with the thirtieth answer."""
    readings = (ReadingSettings(path="/score", outputs={"y": "/y"}),)
    said = CompareSettings(readings=readings, heads=(HeadSettings(pointer="/y", kind="score"),))
    small, large = (
        [pair(answer({"y": y}), answer({"y": y}), number=int(y)) for y in ys] for ys in ([0.5], range(1, 40))
    )
    mirrored = Mirrored(brisk_store)
    async with comparing(brisk_store, Route(compare=said), plan_wait_s=PATIENT):
        for start, some in ((0, small), (1, large), (40, small)):
            await mirrored.add(*some)
            await settled(brisk_store, start + len(some))
    first, second = await all_plans(brisk_store, ROUTE)
    assert (first.answers, first.heads[0].extent.clip, first.revision) == (1, -1, 1)
    assert (second.answers, second.heads[0].extent.clip, second.revision) == (40, 6, 2)


async def test_who_takes_over_reads_as_was_decided_before(brisk_store: Store) -> None:
    """Also where settings choose the outputs: a restart makes no revision."""
    chosen = Route(compare=CompareSettings(readings=(ReadingSettings(path="/score", outputs={"y": "/y"}),)))
    mirrored = Mirrored(brisk_store)
    for start, owner in ((0, "c1"), (40, "c2"), (80, "c3")):
        async with comparing(brisk_store, chosen, owner=owner, plan_wait_s=PATIENT):
            await mirrored.add(*[pair(answer({"y": n}), answer({"y": n}), number=n) for n in range(start, start + 40)])
            await settled(brisk_store, start + 40)
    plan = await plan_of(brisk_store)
    assert (plan.revision, plan.pairs) == (1, 120)


async def test_values_that_no_longer_fit_have_the_plan_decided_anew(brisk_store: Store) -> None:
    """Thirty whole numbers made labels; then come fractions. The report is of the newest revision, earlier ones are
    kept, and what is compared anew by both is what was compared live, to the bit.
    """
    mirrored = Mirrored(brisk_store)
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        await mirrored.add(*[predicted(n % 3, number=n) for n in range(40)])
        await settled(brisk_store, 40)
        assert (await plan_of(brisk_store)).heads[0].kind == "label"
        sent = 40
        while (await plan_of(brisk_store)).revision == 1 and sent < 600:
            await mirrored.add(*scores(20, start=sent), partition=sent // 20 % 2)
            sent += 20
            await settled(brisk_store, sent)
    report = await found(brisk_store)
    (plan,) = report.plans
    assert (plan.revision, plan.heads[0].kind, plan.provisional) == (2, "score", False)
    assert plan.pairs + report.left_out["other_plan"] == sent
    assert sorted(each.revision for each in await all_plans(brisk_store, ROUTE)) == [1, 2]
    anew = await compared_anew(brisk_store, CompareSettings(), part=50, batch=7)
    assert {epoch: each.to_bytes() for epoch, each in anew.items()} == await compared_live(brisk_store)


CHANCES = random.Random(12)


def softmax(_n: int) -> list[float]:
    first, second, third = (CHANCES.random() for _ in range(3))
    return [each / (first + second + third) for each in (first, second, third)]


@pytest.mark.parametrize(
    ("start", "later", "expected"),
    [
        (
            {"status": "warming up"},
            lambda n: {"label": f"c{n % 3}", "score": n / 400},
            {"/label": "label", "/score": "score"},
        ),
        ({"output": [[0.0, 0.0, 0.0]]}, lambda n: {"output": [softmax(n)]}, {"/output": "probabilities"}),
        ({"output": [[0.2, 0.3, 0.6]]}, lambda n: {"output": [softmax(n)]}, {"/output": "probabilities"}),
        (
            {"result": "The model is being loaded, please come back."},
            lambda n: {"result": f"c{n % 3}"},
            {"/result": "label"},
        ),
        ({"score": -1}, lambda n: {"score": n / 400}, {"/score": "score"}),
        ({"score": "none"}, lambda n: {"score": n * n}, {"/score": "score"}),
        ({"value": True}, lambda n: {"value": n / 400}, {"/value": "score"}),
    ],
    ids=["a document", "zeros", "no distribution", "a sentence", "a number for none", "a word", "true"],
)
async def test_a_start_that_says_the_same_every_time_decides_for_no_longer_than_it_lasts(
    brisk_store: Store, start: object, later: Callable[[int], object], expected: dict[str, str]
) -> None:
    """A model that is being loaded answers otherwise than the one that is."""
    bodies = [answer(start)] * 40 + [answer(later(n)) for n in range(400)]
    pairs = [pair(each, each, number=n, target="/v1/any") for n, each in enumerate(bodies)]
    mirrored, sent = Mirrored(brisk_store), 0
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        while sent < 440 and (sent <= 40 or (await plan_of(brisk_store)).revision == 1):
            await mirrored.add(*pairs[sent : sent + 40])
            sent += 40
            await settled(brisk_store, sent)
        last = [each for each in await all_plans(brisk_store, ROUTE) if each.revision == 2]
    assert [{head.pointer: head.kind for head in each.heads} for each in last] == [expected]


async def priced(store: Store, zeros: float) -> int:
    """Cents that were always 0 at first, and then in this share of answers: how many came until the plan changed."""
    cents, mirrored = random.Random(7), Mirrored(store)
    async with comparing(store, plan_wait_s=PATIENT):
        await mirrored.add(*[predicted(0, number=n) for n in range(40)])
        await settled(store, 40)
        assert (await plan_of(store)).heads[0].kind == "label"
        sent = 40
        while (await plan_of(store)).revision == 1 and sent < 12_000:
            prices = [cents.randrange(10**6) if cents.random() >= zeros else 0 for _ in range(50)]
            await mirrored.add(*[predicted(each, number=sent + n, other=[each + 1]) for n, each in enumerate(prices)])
            sent += 50
            await settled(store, sent)
    return sent


async def test_whole_numbers_that_hardly_come_again_are_no_labels_any_more(brisk_store: Store) -> None:
    """The plan is decided anew, and how many pairs were compared before is told."""
    sent = await priced(brisk_store, zeros=0)
    report = await found(brisk_store)
    (plan,) = report.plans
    assert (plan.revision, plan.heads[0].kind, plan.provisional) == (2, "score", False)
    assert plan.pairs + report.left_out["other_plan"] == sent < 700
    assert report.metrics["disagreement.rate"].value == 1.0


async def test_prices_of_which_many_are_zero_are_no_labels(brisk_store: Store) -> None:
    """Though of thirty of them not even twenty are different."""
    sent = await priced(brisk_store, zeros=0.5)
    plan = await plan_of(brisk_store)
    assert (plan.revision, plan.heads[0].kind) == (2, "score")
    assert sent < 3_000


@pytest.mark.parametrize(
    ("target", "answered"),
    [(PREDICT, lambda n: {"predictions": [n]}), ("/classify", lambda n: {"class_id": 10**6 + n})],
    ids=["a thousand that come again", "by name"],
)
async def test_whole_numbers_that_are_labels_stay_labels(
    brisk_store: Store, target: str, answered: Callable[[int], object]
) -> None:
    """Those of an image classifier, in a hundred of which hardly one comes twice; a name says so of any."""
    classes = random.Random(8)
    said = [0] * 40 + [classes.randrange(1000) for _ in range(1_160)]
    pairs = [pair(*[answer(answered(each))] * 2, number=n, target=target) for n, each in enumerate(said)]
    mirrored = Mirrored(brisk_store)
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        for start in range(0, 1_200, 40):
            await mirrored.add(*pairs[start : start + 40])
            await settled(brisk_store, start + 40)
    plan = await plan_of(brisk_store)
    assert (plan.revision, plan.heads[0].kind, plan.pairs) == (1, "label", 1_200)


async def test_an_output_that_was_empty_is_decided_by_the_answers_that_have_it(brisk_store: Store) -> None:
    """However rare they are: not by the first one."""
    mirrored = Mirrored(brisk_store)
    empty = [predicted([], number=n) for n in range(40)]
    ranked = [predicted([{"id": f"i{n}", "score": 0.5}], number=100 + n) for n in range(ENOUGH)]
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        await mirrored.add(*empty)
        await settled(brisk_store, 40)
        (head,) = (await plan_of(brisk_store)).heads
        assert (head.grounds.answers, head.grounds.empty) == (0, 40)
        await mirrored.add(*ranked[:-1])
        await settled(brisk_store, 69)
        assert (await plan_of(brisk_store)).revision == 1
        await mirrored.add(ranked[-1])
        await settled(brisk_store, 70)
        await mirrored.add(*[predicted([], number=200 + n) for n in range(2)])
        await settled(brisk_store, 72)
    plan = await plan_of(brisk_store)
    assert (plan.revision, plan.heads[0].kind, plan.heads[0].grounds.answers) == (2, "ranking", ENOUGH)


@pytest.mark.parametrize(
    ("nothing", "something", "expected"),
    [
        ([], lambda n: [{"box": [n, 1, n + 9, 8], "label": "cat", "score": 0.9}], ("", "boxes")),
        ([], lambda n: [{"id": f"i{n}", "score": 0.5}], ("", "ranking")),
        ({"ranking": []}, lambda n: {"ranking": [f"i{n}", "a"]}, ("/ranking", "ranking")),
        ({"score": None}, lambda n: {"score": n / 40}, ("/score", "score")),
    ],
)
async def test_answers_that_say_nothing_decide_nothing(
    brisk_store: Store, nothing: object, something: Callable[[int], object], expected: tuple[str, str]
) -> None:
    """Neither how answers are read, nor of which kind an output is, nor how large: those do that say something."""
    mirrored = Mirrored(brisk_store)
    bodies = [answer(nothing)] * 40 + [answer(something(n)) for n in range(ENOUGH + 2)]
    pairs = [pair(each, each, number=n, target="/v1/any") for n, each in enumerate(bodies)]
    async with comparing(brisk_store, plan_wait_s=PATIENT):
        for start, end in ((0, 40), (40, 70), (70, 72)):
            await mirrored.add(*pairs[start:end])
            await settled(brisk_store, end)
    plan = await plan_of(brisk_store)
    (head,) = plan.heads
    assert (plan.revision, plan.protocol, plan.answers) == (2, "json_outputs", ENOUGH)
    assert ((head.head, head.kind), head.grounds.answers) == (expected, ENOUGH)
    (stored,) = [each for each in await all_plans(brisk_store, ROUTE) if each.revision == 2]
    assert head.kind != "score" or stored.heads[0].extent.clip == 0
