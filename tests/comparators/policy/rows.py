"""The table of verdicts: what is judged, by which policy, and what everybody has to say of it."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from msgspec.structs import replace

from comparators.evidence.breakage import Breakage
from comparators.evidence.report import Report
from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.policy.judgement import Judgement, ReasonCode, Verdict
from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from tests.comparators import rich
from tests.comparators.policy.reports import END_S, NOW_S, START_S, covered, mixed, report

AGREES = Check(metric="disagreement.rate", max=0.02, why="the same model answers the same")
ANSWERS = Check(metric="errors.new_minus_fixed", max=0.01)
TAIL = Check(metric="latency.p99_ratio", max=1.1)
SLOW_WARNS = Check(metric="latency.p50_ratio", max=1.1, severity="warn")
WORSE_SLICE = "disagreement.rate@request=POST+/rich,slice=delay=10..20.5"
RICH_WINDOW_S = 1_372_636_800.0  # its pairs are all of one moment
POLICY = Policy(min_pairs=1_000, checks=(AGREES, ANSWERS))


class Hooks(NamedTuple):
    """The status that each kind of hook answers with; a rollout's while its grace lasts, and after it."""

    early_rollout: int
    rollout: int
    confirm: int
    rollback: int


PASSES, FAILS = Hooks(200, 200, 200, 409), Hooks(412, 412, 412, 200)
WAITS, KNOWS_NOTHING = Hooks(200, 200, 409, 409), Hooks(200, 424, 424, 409)


class Row(NamedTuple):
    name: str
    report: Callable[[], Report]
    verdict: Verdict
    code: ReasonCode
    exit: int
    hooks: Hooks
    policy: Policy = POLICY
    asked: VersionChoice = WHICHEVER
    now_s: float = NOW_S

    def judgement(self) -> Judgement:
        return judged(self.report(), self.policy, self.now_s, self.asked)


@cache
def _rich() -> Report:
    return rich.report()


def _by(*checks: Check, **changes: object) -> Policy:
    return replace(POLICY, checks=checks, **changes)


def _passed(name: str, made: Callable[[], Report], **changes: object) -> Row:
    return Row(name, made, "pass", "all_checks_passed", 0, PASSES, **changes)


def _failed(name: str, made: Callable[[], Report], code: ReasonCode = "checks_failed", **changes: object) -> Row:
    return Row(name, made, "fail", code, 1, FAILS, **changes)


def _open(name: str, made: Callable[[], Report], code: ReasonCode, **changes: object) -> Row:
    return Row(name, made, "inconclusive", code, 3, WAITS, **changes)


def _unknown(name: str, made: Callable[[], Report], code: ReasonCode, **changes: object) -> Row:
    return Row(name, made, "inconclusive", code, 3, KNOWS_NOTHING, **changes)


def _unusable(name: str, made: Callable[[], Report], policy: Policy) -> Row:
    return Row(name, made, "error", "unusable_policy", 2, KNOWS_NOTHING, policy)


def _meeting() -> Report:
    found = report()
    return replace(found, plans=found.plans * 2)


def _broken() -> Report:
    return replace(report(), broken=[Breakage("POST /score", "/label", "TypeError at label.py:7")])


def _too_old() -> Report:
    """What there was is left out of it."""
    return replace(report(pairs=0), left_out={"too_old": 41}, since="2013-07-01T01:00:00.000Z")


AN_HOUR, A_DAY = 3_600.0, 86_400.0
ROWS = [
    # whether there is evidence, and whose it is
    _unknown("no evidence", lambda: report(pairs=0), "no_evidence"),
    _unknown("of another candidate's version", report, "no_evidence", asked=VersionChoice(candidate="3")),
    _unknown("of another version of production", report, "no_evidence", asked=VersionChoice(production="9")),
    _unknown(
        "another version's clock",
        report,
        "no_evidence",
        asked=VersionChoice(candidate="3"),
        policy=_by(AGREES, max_duration_s=1.0),
    ),
    _passed("of the version asked for", report, asked=VersionChoice("2", "1")),
    _passed("of the build asked for", report, asked=VersionChoice(production="ab12")),
    _unknown("no version", lambda: report(version=""), "no_version", policy=replace(POLICY, require_version=True)),
    _passed("no version needed", lambda: report(version="")),
    _open("versions that mix", lambda: mixed(report(), "3"), "mixed_versions"),
    _open("versions that mix decide nothing", lambda: mixed(report(differing=900), "3"), "mixed_versions"),
    _unknown("stale", report, "stale", policy=replace(POLICY, max_evidence_age_s=AN_HOUR), now_s=END_S + 2 * AN_HOUR),
    _passed("not yet stale", report, policy=replace(POLICY, max_evidence_age_s=AN_HOUR), now_s=END_S + 0.9 * AN_HOUR),
    _unknown(
        "stale for long",
        report,
        "stale",
        policy=replace(POLICY, max_evidence_age_s=AN_HOUR, max_duration_s=A_DAY),
        now_s=START_S + 2 * A_DAY,
    ),
    _unknown("nothing recent", _too_old, "stale", policy=replace(POLICY, max_evidence_age_s=AN_HOUR)),
    # whether there is enough
    _passed("enough of everything", report),
    _open("too few", lambda: report(pairs=999), "too_few"),
    _open("too short", report, "too_short", policy=replace(POLICY, min_duration_s=A_DAY)),
    _open("low coverage", lambda: covered(report(), 0.89), "low_coverage"),
    _passed("just enough coverage", lambda: covered(report(), 0.9)),
    # checks
    _failed("fails", lambda: report(differing=200)),
    _failed("fails on few pairs", lambda: report(pairs=60, differing=60)),
    _failed("fails on low coverage", lambda: covered(report(differing=200), 0.1)),
    _failed("answers nothing", lambda: report(failing=1_200)),
    _open("too close to tell", lambda: report(differing=24), "undecided"),
    _passed("a warning alone", lambda: report(slow=1_200), policy=_by(AGREES, SLOW_WARNS)),
    _failed("a warning and a failure", lambda: report(slow=1_200, differing=200), policy=_by(AGREES, SLOW_WARNS)),
    _passed("an undecided warning", lambda: report(), policy=_by(AGREES, replace(TAIL, max=1.01, severity="warn"))),
    _open("an open quantile", lambda: report(pairs=300), "undecided", policy=_by(TAIL, min_pairs=100)),
    _open(
        "a metric that is not there yet",
        report,
        "undecided",
        policy=_by(Check(metric="score.bias", max=1.0), Check(metric="score.beyond", max=0.1)),
    ),
    _failed(
        "latencies over a limit", lambda: report(slow=300), policy=_by(Check(metric="latency.over_10ms", max=0.05))
    ),
    _passed("a metric that is counted", report, policy=_by(Check(metric="latency.counted", min=0.9))),
    _passed("a least value", report, policy=_by(Check(metric="latency.p50_ratio", min=0.5))),
    _failed("below a least value", report, policy=_by(Check(metric="latency.p50_ratio", min=1.5))),
    _failed("a slice", _rich, policy=_by(Check(metric=WORSE_SLICE, max=0.1)), now_s=RICH_WINDOW_S),
    _passed(
        "a slice within its limit",
        _rich,
        policy=_by(Check(metric=WORSE_SLICE, max=0.9), min_pairs=400),
        now_s=RICH_WINDOW_S,
    ),
    _open(
        "a mean without its share",
        _rich,
        "undecided",
        policy=_by(Check(metric="score.mae", max=1.0), Check(metric="score.beyond", max=1e-9), min_pairs=400),
        now_s=RICH_WINDOW_S,
    ),
    _passed("what is broken is not judged", _broken),
    # time
    _failed("timed out", lambda: report(differing=24), "timed_out", policy=replace(POLICY, max_duration_s=AN_HOUR)),
    _failed(
        "too few, and timed out", lambda: report(pairs=900), "timed_out", policy=_by(AGREES, max_duration_s=AN_HOUR)
    ),
    _open(
        "timed out, and waits on",
        lambda: report(differing=24),
        "timed_out",
        policy=replace(POLICY, max_duration_s=AN_HOUR, on_timeout="inconclusive"),
    ),
    _open("still in time", lambda: report(differing=24), "undecided", policy=replace(POLICY, max_duration_s=A_DAY)),
    _passed("decided in time", report, policy=replace(POLICY, max_duration_s=AN_HOUR)),
    # what cannot be judged
    _unusable("an unknown metric", report, _by(AGREES, Check(metric="label.agreemnt", max=1.0))),
    _unusable("the same without evidence", lambda: report(pairs=0), _by(Check(metric="label.agreemnt", max=1.0))),
    _unusable("a misspelt address", report, _by(Check(metric="disagreement.rate@output", max=1.0))),
    _unusable("an address that fits two outputs", _rich, _by(Check(metric="text.disagreement", max=1.0))),
    _unusable("no limit", report, _by(Check(metric="disagreement.rate"))),
    _unusable("two limits", report, _by(Check(metric="disagreement.rate", max=1.0, min=0.0))),
    _unusable("no finite limit", report, _by(Check(metric="disagreement.rate", max=float("nan")))),
    _unusable("a metric without an interval", report, _by(Check(metric="label.kappa", min=0.9))),
    _unusable("a clipped mean alone", report, _by(Check(metric="score.mae", max=1.0))),
    _unusable("warnings alone", report, _by(SLOW_WARNS)),
    Row("two metrics with one name", _meeting, "error", "broken", 4, KNOWS_NOTHING),
]
