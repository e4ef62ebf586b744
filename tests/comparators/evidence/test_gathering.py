"""Which sums a report is about: of each kind of request the current epoch, and what may be of it."""

from msgspec.structs import replace

from comparators.evidence.epochs import Epoch
from comparators.evidence.gathering import NONE_YET, Evidence, latest
from comparators.evidence.versions import VersionChoice, versions_of
from comparators.extract.version import ModelVersion
from comparators.pairs.comparison import Comparison
from comparators.pairs.summary import PlanSummary, Summary

V1, V2, V3 = ModelVersion("1"), ModelVersion("2"), ModelVersion("3")


def epoch(production: ModelVersion | None, candidate: ModelVersion | None, basis: str = "now") -> Epoch:
    return Epoch(
        route="r",
        candidate="c",
        production_version=production,
        candidate_version=candidate,
        basis=basis,
        generation=1,
    )


def sums(candidate: str = "200", **when: tuple[int, ...]) -> Summary:
    """By plan, pairs at these times."""
    summary = Summary(basis="now")
    for plan, times in when.items():
        own = PlanSummary()
        own.add([_comparison(plan, wall_ns, candidate) for wall_ns in times])
        summary.add(plan, own)
    return summary


def _comparison(plan: str, wall_ns: int, candidate: str) -> Comparison:
    return Comparison(
        plan=plan,
        wall_ns=wall_ns,
        production="200",
        candidate=candidate,
        timing="shadow_closed",
    )


def evidence(*found: tuple[Epoch, Summary]) -> Evidence:
    numbered = list(enumerate(found, 1))
    return latest({n: own for n, (_, own) in numbered}, {n: epoch for n, (epoch, _) in numbered})


def counts(found: Evidence) -> dict[str | None, int]:
    return {plan: own.pairs for plan, own in found.summary.parts()}


def test_nothing_compared_is_no_evidence():
    """An epoch may be numbered before its first sums are there."""
    assert latest({}, {}) == NONE_YET
    assert evidence((epoch(V1, V2), Summary(basis="now"))) == NONE_YET
    assert (NONE_YET.about, NONE_YET.number, NONE_YET.versions.candidate) == (None, 0, ModelVersion())


def test_each_kind_of_request_has_its_own_current_epoch():
    """One that has long had no new version goes on; the report's is that of the latest pair."""
    found = evidence(
        (epoch(V1, V1), sums(quiet=(1, 2, 3), busy=(1,))),
        (epoch(V1, V2), sums(busy=(4, 5))),
        (epoch(V1, V3), sums(busy=(6,))),
    )
    assert counts(found) == {"quiet": 3, "busy": 1}
    assert versions_of(found.epoch_of("busy")) == (V1, V3)
    assert versions_of(found.epoch_of("quiet")) == (V1, V1)
    assert (found.number, found.about) == (3, epoch(V1, V3))
    assert (found.versions.production.version, found.versions.candidate.version) == ("1", "(various)")
    assert found.plans_by_number() == {1: ["quiet"], 3: ["busy"]}


def test_one_named_version_does_not_speak_for_kinds_of_request_without_one():
    """They are told together as various; a kind that has never answered may be of any version."""
    unnamed = ModelVersion()
    named = (epoch(V1, V2), sums(model=(1, 2)))
    beside = evidence(named, (epoch(unnamed, unnamed), sums(other=(3,), another=(4,))))
    assert [each.version for each in beside.versions] == ["(various)", "(various)"]
    assert evidence(named, (epoch(None, None), sums(other=(3,)))).versions == (V1, V2)
    assert evidence((epoch(unnamed, unnamed), sums(other=(3,)))).versions == (unnamed, unnamed)


def test_a_roll_back_goes_on_with_the_earlier_evidence():
    """Of the same versions as before, whatever came in between."""
    found = evidence((epoch(V1, V1), sums(plan=(1, 9))), (epoch(V1, V2), sums(plan=(4, 5))))
    assert (found.number, counts(found)) == (1, {"plan": 2})


def test_a_late_failure_does_not_bring_a_replaced_version_back():
    """A partition that has not heard the new version books a failure to the old one: the report stays with the new
    one, and says that it leaves the failure out.
    """
    old = sums(m=(1, 2, 3))
    old.merge(sums("503", m=(9,)))
    found = evidence((epoch(V1, V1), old), (epoch(V1, V2), sums(m=(5, 6))))
    assert (found.versions.candidate, counts(found), found.all_left_out(6)) == (V2, {"m": 2}, {"other_version": 4})


def test_evidence_under_other_settings_is_not_shown_beside():
    """Not even of a kind of request that had no pair since."""
    found = evidence((epoch(V1, V2, "before"), sums(quiet=(1,), busy=(1,))), (epoch(V1, V2), sums(busy=(4,))))
    assert counts(found) == {"busy": 1}


def test_failures_before_any_answer_in_a_partition_go_with_the_current_epoch():
    """The candidate began to fail, and the partition had not heard it yet: the failures are its version's."""
    found = evidence(
        (epoch(V1, V2), sums(plan=(1, 2, 3))),
        (epoch(V1, None), sums(plan=(4, 5))),
        (epoch(None, None), sums(plan=(5,))),
    )
    assert counts(found) == {"plan": 6}
    assert (found.number, versions_of(found.epoch_of("plan"))) == (1, (V1, V2))
    assert found.plans_by_number() == {1: ["plan"], 2: ["plan"], 3: ["plan"]}


def test_failures_that_cannot_be_the_current_epochs_do_not_count():
    """They were all before it began, when another one answered; or production was another one."""
    found = evidence(
        (epoch(V1, None), sums(plan=(1, 2))),
        (epoch(V3, None), sums(plan=(5,))),
        (epoch(V1, V2), sums(plan=(3, 4))),
        (epoch(V1, V1), sums(plan=(0,))),
    )
    assert (found.number, counts(found), found.all_left_out(6)) == (3, {"plan": 2}, {"other_version": 4})


def test_failures_before_the_first_answer_count():
    """A candidate that fails until it is warm is not spotless: whatever version it tells then, there was no other."""
    for version in (V2, ModelVersion()):
        found = evidence((epoch(V1, None), sums("503", plan=(1, 2))), (epoch(V1, version), sums(plan=(3, 4))))
        assert (found.number, counts(found), found.all_left_out(4)) == (2, {"plan": 4}, {})


def test_a_candidate_that_never_answered_has_its_failures():
    """There is no version to name, and evidence enough."""
    found = evidence((epoch(V1, None), sums(plan=(1, 2))))
    assert (found.number, counts(found), found.versions) == (1, {"plan": 2}, (V1, ModelVersion()))


def declaring(version: ModelVersion, told: ModelVersion | None) -> Epoch:
    return replace(epoch(V1, told), candidate_declared=version)


def test_a_version_that_settings_declare_has_its_failures():
    """Where it never answered, where it answers by and by, and whatever answers then tell."""
    unnamed = ModelVersion()
    old = (declaring(V1, unnamed), sums(m=(1, 2, 3)))
    never = evidence(old, (declaring(V2, None), sums("503", m=(4, 5))))
    assert (counts(never), never.versions.candidate, never.left_out) == ({"m": 2}, V2, {"other_version": 3})
    for told in (unnamed, V3):
        found = evidence(old, (declaring(V2, told), sums(m=(6,))), (declaring(V2, None), sums("503", m=(4, 5, 9))))
        assert (counts(found), found.number, found.left_out) == ({"m": 4}, 2, {"other_version": 3})
        assert found.versions.candidate == (V2 if told == unnamed else V3)
        assert found.meanwhile == ()
    assert counts(of(VersionChoice("2"), old, (declaring(V2, None), sums("503", m=(4, 5))))) == {"m": 2}
    assert counts(of(VersionChoice("1"), old, (declaring(V2, None), sums("503", m=(4, 5))))) == {"m": 3}


def of(asked: VersionChoice, *found: tuple[Epoch, Summary]) -> Evidence:
    numbered = list(enumerate(found, 1))
    return latest({n: own for n, (_, own) in numbered}, {n: epoch for n, (epoch, _) in numbered}, asked)


def test_evidence_of_a_version_is_never_anothers():
    """By version or by build; of one that has answered nothing there is none, and all others are left out."""
    built = ModelVersion("2", "sha256:ab")
    found = [(epoch(V1, V1), sums(m=(1, 9), old=(3,))), (epoch(V1, built), sums(m=(4, 5, 6)))]
    for name in ("2", "sha256:ab"):
        chosen = of(VersionChoice(name), *found)
        assert (counts(chosen), chosen.versions.candidate, chosen.number) == ({"m": 3}, built, 2)
        assert chosen.all_left_out(6) == {"not_asked_for": 3}
    assert counts(of(VersionChoice("1", "1"), *found)) == {"m": 2, "old": 1}
    for asked in (VersionChoice("3"), VersionChoice("2", "7"), VersionChoice("", "sha256:ab")):
        none = of(asked, *found)
        assert (none.about, counts(none), none.all_left_out(6)) == (None, {}, {"not_asked_for": 6})


def test_evidence_of_a_version_is_under_the_settings_of_its_latest_pair():
    """Others may have been compared since under other ones."""
    found = of(
        VersionChoice("2"),
        (epoch(V1, V2, "before"), sums(m=(1,))),
        (epoch(V1, V2), sums(m=(2, 3))),
        (epoch(V1, V3, "since"), sums(m=(9,))),
    )
    assert (found.number, counts(found), found.left_out) == (2, {"m": 2}, {"other_settings": 2})


def test_failures_before_any_answer_are_those_of_the_version_asked_for():
    """Of what it may be: else a version that fails until it is warm would be spotless."""
    found = of(
        VersionChoice("2"),
        (epoch(V1, None), sums("503", m=(3,))),
        (epoch(V1, V2), sums(m=(4, 5))),
        (epoch(V3, None), sums("503", m=(6,))),
    )
    assert (counts(found), found.left_out) == ({"m": 3}, {"not_asked_for": 1})


def test_an_endpoint_that_never_names_a_version_has_one():
    """Whatever fails in between, all of a generation belongs together."""
    unnamed = ModelVersion()
    found = evidence((epoch(unnamed, unnamed), sums(m=(1, 2, 9))), (epoch(None, None), sums("503", m=(3,))))
    assert (counts(found), found.all_left_out(4), found.meanwhile) == ({"m": 4}, {}, ())
