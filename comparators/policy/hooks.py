"""What delivery controllers are told over HTTP: a small JSON for those that read one, a status for Flagger's hooks.

Flagger shows nobody the body of an answer with a status of 5xx or 429, and asks again; so a verdict never has one of
these. Its kinds of hook mean different things, and a request does not say which kind it is of: the kind is asked for by
name. A `rollback` hook rolls back where it is answered with success, so success is what a failed candidate gets there.
"""

from typing import Literal, NamedTuple, get_args

from msgspec import Struct, field

from comparators.policy.judgement import SCHEMA, Judgement, ReasonCode, Verdict
from ground.printable import blanked

MAX_LISTED = 20  # failed checks: a controller keeps every answer in its status
MAX_LINE = 500  # characters: what is shown of an event is not much longer

# ---- for Argo Rollouts, Kargo, GitOps Promoter


class GateAnswer(Struct, frozen=True, kw_only=True):
    """Every key is always there, and none is null: a missing one is an error to those who read it. `version` is the
    candidate's, or its build where it has none; "" is not known, as of `record` and `url`.
    """

    verdict: Verdict
    reason_code: ReasonCode
    reason: str
    pairs: int
    pairs_needed: int
    version: str
    record: str
    failed_checks: list[str]
    failed_checks_not_listed: int
    url: str
    schema: int = field(default=SCHEMA)


def answer(judgement: Judgement) -> GateAnswer:
    told = judgement.versions["candidate"]
    return GateAnswer(
        verdict=judgement.verdict,
        reason_code=judgement.reason_code,
        reason=blanked(judgement.reason),
        pairs=judgement.pairs,
        pairs_needed=judgement.pairs_needed,
        version=told.version or told.build,
        record=judgement.record,
        failed_checks=judgement.failed_checks[:MAX_LISTED],
        failed_checks_not_listed=len(judgement.failed_checks[MAX_LISTED:]),
        url=judgement.url,
    )


# ---- for Flagger

HookKind = Literal["rollout", "confirm-traffic-increase", "confirm-promotion", "rollback", "event"]
HOOK_KINDS: tuple[HookKind, ...] = get_args(HookKind)

# What a hook tells apart: of an error, and where there is no evidence that counts, nothing is known of the candidate.
Knowledge = Literal["pass", "fail", "undecided", "nothing"]
_NOTHING: frozenset[ReasonCode] = frozenset({"no_evidence", "no_version", "stale", "invalid_run"})

OK, FAILED, UNDECIDED, NOTHING = 200, 412, 409, 424
_CONFIRM: dict[Knowledge, int] = {"pass": OK, "fail": FAILED, "undecided": UNDECIDED, "nothing": NOTHING}
_CARRY_ON = 409  # to a rollback hook: anything but success
_STATUS: dict[HookKind, dict[Knowledge, int]] = {
    "rollout": {"pass": OK, "fail": FAILED, "undecided": OK, "nothing": NOTHING},
    "confirm-traffic-increase": _CONFIRM,
    "confirm-promotion": _CONFIRM,
    "rollback": {"pass": _CARRY_ON, "fail": OK, "undecided": _CARRY_ON, "nothing": _CARRY_ON},
    "event": {"pass": OK, "fail": OK, "undecided": OK, "nothing": OK},
}


class HookAnswer(NamedTuple):
    """`line` is the body, without a line's end."""

    status: int
    line: str


def hook_answer(kind: HookKind, judgement: Judgement, is_grace_over: bool) -> HookAnswer:
    """A rollout begins before there is anything to judge: until its grace is over, that nothing is known stops none."""
    return _answered(kind, knowledge(judgement), f"{judgement.verdict}: {judgement.reason}", is_grace_over)


def hook_answer_without(kind: HookKind, why: str, is_grace_over: bool) -> HookAnswer:
    """Where nothing could be judged, through a fault of ours: it is answered as an error is."""
    return _answered(kind, "nothing", f"error: {why}", is_grace_over)


def knowledge(judgement: Judgement) -> Knowledge:
    if judgement.verdict == "error" or judgement.reason_code in _NOTHING:
        return "nothing"
    return "undecided" if judgement.verdict == "inconclusive" else judgement.verdict


def _answered(kind: HookKind, known: Knowledge, line: str, is_grace_over: bool) -> HookAnswer:
    is_early = kind == "rollout" and known == "nothing" and not is_grace_over
    return HookAnswer(OK if is_early else _STATUS[kind][known], _shortened(blanked(line)))


def _shortened(line: str) -> str:
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…"
