"""The exit code of a judgement: what a pipeline obeys."""

from typing import Literal, get_args

from comparators.policy.judgement import Judgement, Verdict

# What a pipeline makes of an inconclusive verdict; left out, it has a code of its own.
# `neutral` lets it go on as `pass` does, and is shown as what it is: skipped.
Inconclusive = Literal["fail", "pass", "neutral"]
INCONCLUSIVE: tuple[Inconclusive, ...] = get_args(Inconclusive)

UNUSABLE, BROKEN = 2, 4
_CODES: dict[Verdict, int] = {"pass": 0, "fail": 1, "inconclusive": 3, "error": BROKEN}
_TREATED: dict[Inconclusive, int] = {"fail": 1, "pass": 0, "neutral": 0}


def exit_code(judgement: Judgement, inconclusive: Inconclusive | None = None) -> int:
    """0 passes, 1 fails, 3 is inconclusive; of an error 2 where the policy cannot be used, else 4. An error is never
    treated as anything else.
    """
    if judgement.reason_code == "unusable_policy":
        return UNUSABLE
    if judgement.verdict == "inconclusive" and inconclusive is not None:
        return _TREATED[inconclusive]
    return _CODES[judgement.verdict]
