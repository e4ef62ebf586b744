"""What to do after a verdict: for each reason a line or two, as one would say it to a colleague."""

from comparators.metrics.document import Code, Line
from comparators.policy.judgement import Judgement, ReasonCode

_REPORT, _RESTART = Code("understudy report"), Code("understudy candidates restart NAME")
_WAIT, _VERSION = Code("understudy gate --wait SECONDS"), Code("understudy gate --candidate-version VERSION")
_EXPLAIN = Code("understudy gate --explain")

_LOOK: Line = (_REPORT, " shows which requests differ, and examples of them")
_AGAIN: Line = (
    "once it is mended, let it tell another version, or begin anew with ",
    _RESTART,
    ": what it answered so far counts against it",
)
_PATIENCE: Line = ("wait for more traffic; ", _WAIT, " follows it until it is decided")
_TOO_CLOSE: Line = (
    "more traffic alone will not decide it soon: see whether each undecided check is about what you mean; ",
    _EXPLAIN,
    " prints what each metric says today",
)
_ON_ITS_WAY: Line = (
    _REPORT,
    " says below Coverage which requests were not compared, and why; what is on its way counts when it has come",
)

_STEPS: dict[ReasonCode, tuple[Line, ...]] = {
    "all_checks_passed": (),
    "checks_failed": (_LOOK, _AGAIN),
    "timed_out": (
        ("mirror more of the traffic, or allow more time by the policy's ", Code("max_duration_s")),
        _AGAIN,
    ),
    "no_evidence": (
        ("send traffic through the route: what clients ask production is what the candidate is asked",),
        _ON_ITS_WAY,
    ),
    "mixed_versions": (
        ("name the version that is to be judged: ", _VERSION),
        ("if another one still answers, wait until it is gone, then begin anew with ", _RESTART),
    ),
    "no_version": (
        (
            "let its answers tell a version, name one by the candidate's setting ",
            Code("version"),
            ", or leave ",
            Code("require_version"),
            " out of the policy",
        ),
    ),
    "stale": (("see whether clients still send traffic, and whether it is mirrored",), _ON_ITS_WAY),
    "too_few": (_PATIENCE,),
    "too_short": (_PATIENCE,),
    "low_coverage": (_ON_ITS_WAY,),
    "undecided": (_PATIENCE,),
    "invalid_run": (("give the generator more room (a lower rate, more processes, another host), and replay again",),),
    "unusable_policy": (("mend the policy; ", _EXPLAIN, " prints every metric that a check may name"),),
    "broken": (("this is no verdict about the candidate: look into our log, and ask again",),),
}
_WARNED: Line = ("before you promote it, look at what warns: ", *_LOOK)


def next_steps(judgement: Judgement) -> tuple[Line, ...]:
    if judgement.reason_code == "undecided" and not judgement.pairs_needed:
        return (_TOO_CLOSE,)
    if judgement.reason_code == "all_checks_passed" and judgement.warned_checks:
        return (_WARNED,)
    return _STEPS[judgement.reason_code]
