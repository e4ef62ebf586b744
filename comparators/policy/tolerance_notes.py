"""What a failed disagreement of numbers rests on: within what they agree, and how far apart they are."""

from collections.abc import Sequence

from comparators.evidence.report import HeadReport, Report
from comparators.policy.concentration import is_of_disagreement
from comparators.policy.judgement import CheckResult
from comparators.policy.reasons import quoted
from comparators.render import words

MAX_TOLD = 3  # outputs
_HALF, _MOST = "score.absolute_p50", "score.absolute_p99"


def tolerance_notes(report: Report, failed: Sequence[CheckResult]) -> list[str]:
    """Of the outputs that disagree; nothing where no check on disagreement failed. What is called rounding is the
    operator's to say: the settings that say it are named.
    """
    if not any(map(is_of_disagreement, failed)):
        return []
    heads = [head for plan in report.plans for head in plan.heads if _differs(head)]
    return [_told(head) for head in heads[:MAX_TOLD]]


def _differs(head: HeadReport) -> bool:
    measured = head.metrics.get("score.disagreement"), head.metrics.get(_MOST)
    return head.tolerance is not None and all(each is not None and bool(each.value) for each in measured)


def _told(head: HeadReport) -> str:
    assert head.tolerance is not None  # noqa: S101 - as _differs says
    half, most = (words.number(head.metrics[each].value, "value") for each in (_HALF, _MOST))
    within = f"{head.tolerance.atol:g} and {head.tolerance.rtol:g} of production's number"
    return (
        f"numbers of {quoted(head.head or 'the body')} agree within {within}; half of the differences are above "
        f"{half}, one in a hundred above {most}: if that is rounding, set {quoted('precision')} or {quoted('rtol')} in "
        f"{quoted('[[compare.heads]]')}"
    )
