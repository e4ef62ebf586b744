"""Whose evidence a verdict rests on: of the versions asked for, named where that is required, and not too old."""

import pytest
from msgspec.structs import replace

from comparators.evidence.report import OtherVersions, Report
from comparators.evidence.versions import VersionChoice
from comparators.extract.version import ModelVersion
from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from tests.comparators.made import OIP, answer, oip, pair
from tests.comparators.render.made import empty, report_of

POLICY = Policy(min_pairs=1, min_coverage=0.0, checks=(Check(metric="disagreement.rate", max=1.0),))
STRICT = replace(POLICY, require_version=True)
BUILDS = (ModelVersion("1.4", "sha256:ab"), ModelVersion("7", "sha256:ab"))
NOW_S = 1_372_636_800.0


def of_candidates(*versions: ModelVersion) -> Report:
    """Of a kind of request each; told together as various, where they differ."""
    same = answer(oip("1", x=("FP64", [1], [1.0])))
    targets = [OIP.replace("late", f"late{number}") for number, _ in enumerate(versions)]
    report = report_of([pair(same, same, target=target) for target in targets])
    plans = [
        replace(plan, versions={**plan.versions, "candidate": version})
        for plan, version in zip(report.plans, versions, strict=True)
    ]
    together = versions[0] if len(set(versions)) == 1 else ModelVersion("(various)")
    return replace(report, plans=plans, versions={**report.versions, "candidate": together})


def code(report: Report, policy: Policy = POLICY, asked: VersionChoice | None = None) -> str:
    return judged(report, policy, NOW_S, asked or VersionChoice()).reason_code


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("sha256:ab", "all_checks_passed"),
        ("1.4", "no_evidence"),
        ("(various)", "no_evidence"),
        ("", "all_checks_passed"),
    ],
)
def test_each_kind_of_request_has_to_be_of_the_version_asked_for(asked: str, expected: str) -> None:
    """Several may have one build, though the report tells their versions as various."""
    assert code(of_candidates(*BUILDS), asked=VersionChoice(asked)) == expected


def test_a_report_of_a_version_is_of_it_though_its_name_is_hidden() -> None:
    """What was asked for when it was made counts; one without pairs is no evidence."""
    asked = VersionChoice("secret-7")
    hidden = replace(of_candidates(ModelVersion("~k3v9"), ModelVersion("~k3v9")), asked=asked)
    assert code(hidden, asked=asked) == "all_checks_passed"
    assert code(hidden, asked=VersionChoice("secret-8")) == "no_evidence"
    assert code(replace(empty(), asked=asked), asked=asked) == "no_evidence"


def test_one_kind_of_request_without_a_version_is_enough_to_be_refused() -> None:
    """Where a version is required; a build is one, too."""
    assert code(of_candidates(BUILDS[0], ModelVersion()), STRICT) == "no_version"
    assert code(of_candidates(BUILDS[0], ModelVersion("", "sha256:cd")), STRICT) == "all_checks_passed"


def test_evidence_that_is_all_too_old_is_stale() -> None:
    """It was compared once."""
    old = replace(empty(), left_out={"too_old": 41}, since="2013-07-01T00:00:00.000Z")
    found = judged(old, POLICY, NOW_S)
    assert (found.verdict, found.reason_code) == ("inconclusive", "stale")
    assert found.reason == "nothing was compared since 2013-07-01T00:00:00.000Z"


def test_what_mixes_is_named_by_the_side_that_differs() -> None:
    """From the versions of its own kind of request."""
    report = of_candidates(*BUILDS)
    plan = report.plans[1]
    other = OtherVersions(
        plan=plan.plan,
        versions={**plan.versions, "candidate": ModelVersion("6")},
        pairs=1200,
        until="2013-07-01T00:06:00.000Z",
    )
    found = judged(replace(report, meanwhile=[other]), POLICY, NOW_S)
    assert found.reason_code == "mixed_versions"
    assert found.reason == "candidate `6` answered meanwhile (1,200 pairs): name the version to be judged"
