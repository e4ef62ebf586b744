"""Where a failed candidate disagrees most: the slices that the report names, in a reason's words."""

from collections.abc import Sequence

from comparators.evidence.report import PlanSlice, Report
from comparators.policy.judgement import CheckResult
from comparators.policy.reasons import quoted
from comparators.render import words

_DISAGREEMENT = "disagreement"
MAX_TOLD = 3  # slices


def concentration(report: Report, failed: Sequence[CheckResult]) -> str:
    """Of the strongest one, behind the reason; "" where no check on disagreement failed, or nothing is named."""
    named = _named(report) if _disagrees(failed) else []
    return f"; most where {_where(named[0])}" if named else ""


def concentrations(report: Report, failed: Sequence[CheckResult]) -> list[str]:
    """Of each of the strongest, with its figures."""
    return [_told(each) for each in _named(report)[:MAX_TOLD]] if _disagrees(failed) else []


def is_of_disagreement(check: CheckResult) -> bool:
    """Of whole answers or of one output."""
    return _DISAGREEMENT in check.metric.partition("@")[0].split(".")


def _disagrees(failed: Sequence[CheckResult]) -> bool:
    return any(map(is_of_disagreement, failed))


def _named(report: Report) -> list[PlanSlice]:
    return [each for each in report.slices if each.named]


def _told(found: PlanSlice) -> str:
    share, elsewhere = (words.number(each, "share") for each in (found.value, found.complement.value))
    return (
        f"of {quoted(found.plan)} {share} disagrees where {_where(found)}, and {elsewhere} elsewhere "
        f"({found.n:,} requests)"
    )


def _where(found: PlanSlice) -> str:
    return quoted(found.words)
