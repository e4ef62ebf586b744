"""The judgement: the JSON face of a verdict, and of what it rests on.

Keys are stable within SCHEMA, new ones may be added. A key of the judgement itself is always there and never null, as a
pipeline takes a missing one for an error; of a check, what is not known is left out.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from comparators.evidence.report import Window
from comparators.extract.version import ModelVersion
from comparators.policy.limit import Outcome
from comparators.policy.policy import Severity
from comparators.policy.ranges import Bound

SCHEMA = 1

Verdict = Literal["pass", "fail", "inconclusive", "error"]
ReasonCode = Literal[
    "all_checks_passed", "checks_failed", "timed_out",
    "no_evidence", "mixed_versions", "no_version", "stale", "too_few", "too_short", "low_coverage", "undecided",
    "invalid_run", "unusable_policy", "broken",
]  # fmt: skip


class CheckResult(Struct, frozen=True, kw_only=True):
    """`metric` is its address in this report, or as the policy has it where the report has none such. `lo` and `hi` are
    at `alpha_to_pass`, within those at `alpha_to_fail`; of a check that failed they are at that. `open_since`: why
    there is no value, or no end where the limit is. `pairs_needed`: about so many more would decide it, if they were
    like those that there are.
    """

    metric: str
    bound: Bound
    limit: float
    severity: Severity
    verdict: Outcome
    reason: str
    unit: str = ""
    method: str = ""
    signed: bool = False  # it is a difference
    n: int = 0
    value: float | UnsetType = UNSET
    lo: float | UnsetType = UNSET
    hi: float | UnsetType = UNSET
    alpha_to_pass: float | UnsetType = UNSET
    alpha_to_fail: float | UnsetType = UNSET
    open_since: str = ""
    pairs_needed: int | UnsetType = UNSET
    why: str = ""


class Judgement(Struct, frozen=True, kw_only=True):
    """`pairs_needed` are those of the check that needs most, and 0 where the verdict stands or none can be told;
    `seconds_needed` is how long they take at the present rate. `failed_checks` and `warned_checks` are addresses. Names
    from outside stand between backquotes in `reason` and in `notes` (reasons.py). `judged_at`: RFC 3339.
    """

    verdict: Verdict
    reason_code: ReasonCode
    reason: str
    candidate: str
    route: str
    versions: dict[str, ModelVersion]
    epoch: int
    window: Window
    judged_at: str
    pairs: int
    pairs_needed: int
    seconds_needed: float
    coverage: float
    alpha: float
    failed_checks: list[str]
    warned_checks: list[str]
    checks: list[CheckResult]
    notes: list[str]
    policy: str = ""  # its name
    policy_sha256: str = ""
    report_sha256: str = ""
    record: str = ""  # the hash of its entry in the history, where it has one
    url: str = ""  # of the evidence
    schema: int = field(default=SCHEMA)
