"""A judgement, and the entries that tests make of it."""

from msgspec.structs import replace

from comparators.evidence.report import Window
from comparators.extract.version import ModelVersion
from comparators.policy.judgement import CheckResult, Judgement, Verdict
from understudy.history.chain import Link, following
from understudy.history.entry import EntryKind, HistoryEntry, entry_of

CHECK = CheckResult(
    metric="disagreement.rate",
    bound="max",
    limit=0.02,
    severity="fail",
    verdict="pass",
    reason="is within its limit",
    unit="share",
    n=400,
    value=0.01,
    lo=0.0,
    hi=0.019,
)
JUDGEMENT = Judgement(
    verdict="pass",
    reason_code="all_checks_passed",
    reason="1 check passed on 400 pairs",
    candidate="new",
    route="root",
    versions={"production": ModelVersion("1.0"), "candidate": ModelVersion("1.1", "sha256:4f5c")},
    epoch=1,
    window=Window("2026-11-27T10:00:00.000Z", "2026-11-27T11:00:00.000Z"),
    judged_at="2026-11-27T11:00:10.000Z",
    pairs=400,
    pairs_needed=0,
    seconds_needed=0.0,
    coverage=0.98,
    alpha=0.05,
    failed_checks=[],
    warned_checks=[],
    checks=[CHECK],
    notes=[],
    policy="default",
    policy_sha256="p" * 64,
    report_sha256="r" * 64,
)


def entry(
    verdict: Verdict = "pass", kind: EntryKind = "verdict", candidate: str = "new", route: str = "root"
) -> HistoryEntry:
    return entry_of(replace(JUDGEMENT, verdict=verdict, candidate=candidate, route=route), kind, "admin@host", "s" * 64)


def chain_of(*found: HistoryEntry, after: tuple[Link, ...] = ()) -> list[Link]:
    chain = [*after]
    for each in found:
        chain.append(following(chain, each))
    return chain
