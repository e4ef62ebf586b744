"""What stands in a route's history: entries, and folds where entries had to go. Pure.

A link is its bytes: they are stored, hashed, and copied as they are. So the hash of an entry is the SHA-256 of its line
in `history.jsonl`, without the line's end, and a link of a later release keeps its hash here.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace

from comparators.evidence.report import Window
from comparators.extract.version import ModelVersion
from comparators.policy.judgement import CheckResult, Judgement, ReasonCode, Verdict
from comparators.policy.limit import Outcome
from comparators.policy.policy import Severity
from comparators.policy.ranges import Bound

SCHEMA = 1
MAX_ENTRY_BYTES = 16_384
MAX_TEXT = 1_000  # characters of one text
MAX_WHO = 256

# `verdict`: it changed; `recorded`: somebody asked for it to be; `hook`: what became of one that a promotion called;
# `event`: a delivery controller told of one.
EntryKind = Literal["verdict", "recorded", "promotion", "hook", "event"]

_ORDER: dict[Outcome, int] = {"fail": 0, "inconclusive": 1, "pass": 2}


class CheckNumbers(Struct, frozen=True, kw_only=True, omit_defaults=True):
    metric: str
    bound: Bound
    limit: float
    severity: Severity
    verdict: Outcome
    n: int = 0
    value: float | UnsetType = UNSET
    lo: float | UnsetType = UNSET
    hi: float | UnsetType = UNSET
    unit: str = ""


class HistoryEntry(Struct, frozen=True, kw_only=True, tag_field="link", tag="entry"):
    """`checks`: those that failed first, as many as there is room for. `settings_sha256` is of the candidate's settings
    and its production's, without headers. `reason` is the verdict's; `because`, that of a promotion, or what an
    event says. Of a hook, `promotion` is the hash of that entry, and `outcome` is "ok", or what went wrong.
    """

    number: int = 0
    time: str
    kind: EntryKind
    who: str
    route: str
    candidate: str
    epoch: int
    versions: dict[str, ModelVersion]
    policy: str
    verdict: Verdict
    reason_code: ReasonCode
    reason: str
    pairs: int
    coverage: float
    window: Window
    alpha: float
    checks: list[CheckNumbers]
    checks_not_listed: int
    settings_sha256: str
    policy_sha256: str
    report_sha256: str
    because: str = ""
    override: bool = False
    promotion: str = ""
    hook: str = ""
    outcome: str = ""
    before: str = ""  # the hash of the entry before; "" of the first
    schema: int = field(default=SCHEMA)


class Fold(Struct, frozen=True, kw_only=True, tag_field="link", tag="fold"):
    """In place of the entries `first` to `last`, how many of which kind and verdict there were. It begins with the hash
    that the first of them had for the entry `before`, and ends with that of the last.
    """

    route: str
    first: int
    last: int
    start: str
    end: str
    counts: dict[str, dict[str, int]]
    before: str
    ends_with: str
    schema: int = field(default=SCHEMA)


def canonical(link: HistoryEntry | Fold) -> bytes:
    return msgspec.json.encode(link, order="deterministic")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry_of(judgement: Judgement, kind: EntryKind, who: str, settings_sha256: str) -> HistoryEntry:
    """Without its place in the chain. The time is that of the judgement."""
    told = sorted(judgement.checks, key=lambda each: (_ORDER[each.verdict], each.severity != "fail"))
    whole = HistoryEntry(
        time=judgement.judged_at,
        kind=kind,
        who=cut(who, MAX_WHO),
        route=judgement.route,
        candidate=judgement.candidate,
        epoch=judgement.epoch,
        versions={side: _short(version) for side, version in judgement.versions.items()},
        policy=judgement.policy,
        verdict=judgement.verdict,
        reason_code=judgement.reason_code,
        reason=cut(judgement.reason),
        pairs=judgement.pairs,
        coverage=judgement.coverage,
        window=judgement.window,
        alpha=judgement.alpha,
        checks=[],
        checks_not_listed=len(told),
        settings_sha256=settings_sha256,
        policy_sha256=judgement.policy_sha256,
        report_sha256=judgement.report_sha256,
    )
    return _with_room(whole, [_numbers(each) for each in told])


def cut(text: str, most: int = MAX_TEXT) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _with_room(entry: HistoryEntry, checks: Sequence[CheckNumbers]) -> HistoryEntry:
    """With as many checks as there is room for, and room for what a promotion says, and for the place in the chain."""
    room = MAX_ENTRY_BYTES - len(canonical(entry)) - 4 * MAX_TEXT - 256
    listed = 0
    for each in checks:
        room -= len(msgspec.json.encode(each)) + 1
        if room < 0:
            break
        listed += 1
    return replace(entry, checks=list(checks[:listed]), checks_not_listed=len(checks) - listed)


def _numbers(check: CheckResult) -> CheckNumbers:
    return CheckNumbers(
        metric=check.metric,
        bound=check.bound,
        limit=check.limit,
        severity=check.severity,
        verdict=check.verdict,
        n=check.n,
        value=_finite(check.value),
        lo=_finite(check.lo),
        hi=_finite(check.hi),
        unit=check.unit,
    )


def _finite(number: float | UnsetType) -> float | UnsetType:
    """JSON has no other."""
    return number if number is not UNSET and math.isfinite(number) else UNSET


def _short(told: ModelVersion) -> ModelVersion:
    return replace(told, version=cut(told.version, MAX_WHO), build=cut(told.build, MAX_WHO))
