"""Which evidence of the store a report is of: of chosen versions, of an earlier epoch, of no older hours."""

import pytest
from msgspec.structs import replace

from comparators.errors import UnknownEpoch
from comparators.evidence.versions import VersionChoice
from comparators.extract.version import ModelVersion
from comparators.stored.current import report_of
from comparators.stored.merging import Merging
from comparators.stored.states import BEFORE, KEPT_HOURS
from ground.moments import moment
from records.nouns import Pair
from records.store.store import Store
from tests.comparators.made import HOUR_NS, MIDNIGHT_NS, OIP, VIEW, answer, failure, observation, pair, versioned
from tests.comparators.staging import CANDIDATE, ROUTE, Mirrored, comparing, settled
from tests.comparators.stored.test_states import names
from tests.comparators.stored.test_worker_findings import skewed

MINUTE_NS = HOUR_NS // 60


def of_versions(*ways: tuple[str, str], **changes: int) -> list[Pair]:
    """A pair a minute; production's version, the candidate's."""
    when = [MIDNIGHT_NS + minute * MINUTE_NS for minute in range(len(ways))]
    return [
        pair(observation(versioned(own), wall_ns=wall_ns), versioned(other), target=OIP, **changes)
        for wall_ns, (own, other) in zip(when, ways, strict=True)
    ]


async def compared(store: Store, *commits: list[Pair]) -> None:
    mirrored, pairs = Mirrored(store), 0
    async with comparing(store):
        for each in commits:
            await mirrored.add(*each)
            pairs += len(each)
            await settled(store, pairs)


async def test_a_report_of_a_version_is_of_it_alone(store: Store) -> None:
    """Whichever answered last; and of one that has answered nothing yet there is no evidence."""
    await compared(store, of_versions(("1", "2"), ("1", "2"), ("1", "3")))
    old, new, none = [
        await report_of(store, ROUTE, CANDIDATE, VIEW, asked=VersionChoice(version)) for version in ("2", "3", "4")
    ]
    assert [each.metrics["disagreement.rate"].n for each in (old, new, none)] == [2, 1, 0]
    assert [each.left_out for each in (old, new, none)] == [{"not_asked_for": n} for n in (1, 2, 3)]
    assert (old.versions["candidate"], none.versions["candidate"]) == (ModelVersion("2"), ModelVersion())
    assert (none.plans, none.epoch, none.asked) == ([], 0, VersionChoice("4"))


async def test_a_version_is_not_sought_before_the_last_restart(store: Store) -> None:
    """What a restart ended is of an earlier epoch: it is shown where that is asked for, whatever is in force."""
    await compared(store, of_versions(("1", "2")), of_versions(("1", "3"), generation=2))
    about = (store, ROUTE, CANDIDATE, VIEW)
    assert (await report_of(*about, asked=VersionChoice("2"))).metrics["disagreement.rate"].n == 0
    assert (await report_of(*about, asked=VersionChoice("2"), generation=2)).left_out == {
        "not_asked_for": 1,
        "earlier": 1,
    }
    earlier = await report_of(*about, epoch=1, generation=2)
    assert (earlier.epoch, earlier.versions["candidate"]) == (1, ModelVersion("2"))


async def test_an_epoch_that_is_not_there_is_refused(store: Store) -> None:
    """It would pass for one without evidence."""
    await compared(store, of_versions(("1", "2"), ("1", "3")))
    with pytest.raises(UnknownEpoch, match="cand has no epoch 3; the latest are 1, 2"):
        await report_of(store, ROUTE, CANDIDATE, VIEW, epoch=3)


async def test_replicas_of_two_versions_are_told_in_the_report(store: Store) -> None:
    """With what they are; asked for one of them, nothing mixes."""
    await compared(store, of_versions(*[("1", "2"), ("1", "3")] * 3))
    report = await report_of(store, ROUTE, CANDIDATE, VIEW)
    (other,) = report.meanwhile
    assert (other.plan, other.pairs, other.until) == (f"POST {OIP}", 3, "2013-07-01T00:04:00.000Z")
    assert other.versions == {"production": ModelVersion("1"), "candidate": ModelVersion("2")}
    assert report.versions["candidate"] == ModelVersion("3")
    assert (await report_of(store, ROUTE, CANDIDATE, VIEW, asked=VersionChoice("3"))).meanwhile == []


async def test_an_endpoint_without_versions_is_one_version_until_it_is_restarted(store: Store) -> None:
    """Failures included."""
    plain = answer({"score": 0.1})
    before = [pair(plain, other, number=n) for n, other in enumerate((plain, failure(), plain))]
    await compared(store, before, [pair(plain, plain, number=9, generation=2)])
    first, second = [await report_of(store, ROUTE, CANDIDATE, VIEW, generation=each) for each in (1, 2)]
    assert [each.metrics["disagreement.rate"].n for each in (first, second)] == [3, 1]
    assert (first.meanwhile, first.versions["candidate"], first.left_out) == ([], ModelVersion(), {"earlier": 1})


async def test_versions_that_settings_declare_are_told_apart_and_asked_for(store: Store) -> None:
    """Of endpoints that tell none: also of one that never answered under its new name."""
    plain = answer({"score": 0.1})
    ways = [(plain, "1.0"), (plain, "1.0"), (failure(), "1.1")]
    pairs = [
        pair(plain, observation(each, declared_version=name, declared_build="sha256:2"), number=number)
        for number, (each, name) in enumerate(ways)
    ]
    await compared(store, pairs)
    now, old = [await report_of(store, ROUTE, CANDIDATE, VIEW, asked=VersionChoice(version)) for version in ("", "1.0")]
    assert now.versions["candidate"] == ModelVersion("1.1", "sha256:2")
    assert old.versions["candidate"] == ModelVersion("1.0", "sha256:2")
    assert [each.metrics["errors.new_minus_fixed"].sums["new"] for each in (now, old)] == [1, 0]
    assert [each.metrics["disagreement.rate"].n for each in (now, old)] == [1, 2]


def hours_ago(now_ns: int, *hours: int) -> list[Pair]:
    plain = answer({"score": 0.1})
    return [
        pair(observation(plain, wall_ns=now_ns - hour * HOUR_NS), answer({"score": 0.1 * hour}), number=hour)
        for hour in hours
    ]


async def test_evidence_that_is_too_old_does_not_count(store: Store) -> None:
    """Hours that were over by then, by the store's clock; the report says how many pairs, and from when on it is."""
    now_ns = await store.now_ns()
    await compared(store, hours_ago(now_ns, 9, 8, 5, 1, 0))
    merging = Merging(store)
    for _ in range(2):
        whole = await report_of(store, ROUTE, CANDIDATE, VIEW, merging=merging)
        recent = await report_of(store, ROUTE, CANDIDATE, VIEW, max_age_s=6 * 3600, merging=merging)
        assert [each.metrics["disagreement.rate"].n for each in (whole, recent)] == [5, 3]
        assert (whole.left_out, whole.since, recent.left_out) == ({}, None, {"too_old": 2})
        assert recent.window.start == moment(now_ns - 5 * HOUR_NS)
        since_ns = (now_ns - 6 * HOUR_NS) // HOUR_NS * HOUR_NS
        assert recent.since in (moment(since_ns), moment(since_ns + HOUR_NS))
    assert {each.at for each in whole.examples} > {each.at for each in recent.examples} != set()
    assert all(each.example.at >= recent.since for each in recent.farthest)


async def test_slices_are_without_evidence_that_is_too_old(store: Store) -> None:
    """Those that they were learnt from included: these were counted with the conditions, not with their hour."""
    now_ns = await store.now_ns()
    old = [sent_at(each, now_ns - 9 * HOUR_NS) for each in skewed(0, 500)]
    new = [sent_at(each, now_ns) for each in skewed(500, 1000)]
    await compared(store, old[:250], old[250:], new[:250], new[250:])
    for max_age_s, pairs in ((None, 1000), (6 * 3600, 500)):
        found = await report_of(store, ROUTE, CANDIDATE, VIEW, max_age_s=max_age_s)
        assert found.metrics["disagreement.rate"].n == pairs
        assert {each.n + each.complement.n for each in found.slices} == {pairs}


def sent_at(each: Pair, wall_ns: int) -> Pair:
    production = replace(each.exchange.production, wall_ns=wall_ns)
    return replace(each, exchange=replace(each.exchange, production=production))


async def test_where_all_is_too_old_there_is_no_evidence(store: Store) -> None:
    """Neither is that of before the last restart."""
    now_ns = await store.now_ns()
    await compared(store, hours_ago(now_ns, 9, 8))
    found = await report_of(store, ROUTE, CANDIDATE, VIEW, max_age_s=3600)
    assert (found.metrics["disagreement.rate"].n, found.left_out, found.window.start) == (0, {"too_old": 2}, None)


async def test_what_no_longer_tells_its_hour_is_too_old(store: Store) -> None:
    """However old evidence may be."""
    now_ns = await store.now_ns()
    await compared(store, hours_ago(now_ns, KEPT_HOURS + 9, KEPT_HOURS + 8), hours_ago(now_ns, 0))
    assert f"1:{BEFORE}" in await names(store)
    found = await report_of(store, ROUTE, CANDIDATE, VIEW, max_age_s=365 * 86_400)
    assert (found.metrics["disagreement.rate"].n, found.left_out) == (1, {"too_old": 2})
