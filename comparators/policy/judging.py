"""The verdict of a policy on a report: one function, whoever asks.

What says nothing of the candidate comes first: a policy that cannot be used, no evidence, evidence of which it is not
clear whose it is. Then a check that fails, at any number of pairs, since its interval holds at each. A pass needs all
checks to pass, and the evidence that the policy demands. All else is inconclusive, and says what is missing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import asdict, astuple

from comparators.evidence.report import Report
from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.extract.version import UNNAMED, ModelVersion
from comparators.policy.checking import Alphas, Checked, checked
from comparators.policy.judgement import Judgement, ReasonCode, Verdict
from comparators.policy.policy import Policy, problems
from ground.plurals import counted

COVERAGE = "coverage.ratio"


class _Ruling(NamedTuple):
    """A verdict with its reason; `more_pairs` are what it waits for."""

    verdict: Verdict
    code: ReasonCode
    reason: str
    more_pairs: int = 0


def judged(report: Report, policy: Policy, now_s: float, asked: VersionChoice = WHICHEVER) -> Judgement:
    """`now_s`: the time of the question, in seconds since 1970."""
    found = checked(report, policy, _pairs(report))
    ruling = _timely(_ruling(report, policy, now_s, asked, found), report, policy, now_s)
    results = [each.result for each in found]
    return Judgement(
        verdict=ruling.verdict,
        reason_code=ruling.code,
        reason=ruling.reason,
        candidate=report.candidate,
        route=report.route,
        versions=report.versions,
        epoch=report.epoch,
        window=report.window,
        pairs=_pairs(report),
        pairs_needed=ruling.more_pairs,
        seconds_needed=_seconds_for(ruling.more_pairs, report),
        coverage=_coverage(report),
        alpha=Alphas.of(report, policy).passing,
        failed_checks=[each.metric for each in results if each.verdict == "fail" and each.severity == "fail"],
        warned_checks=[each.metric for each in results if each.verdict == "fail" and each.severity == "warn"],
        checks=results,
        notes=list(_notes(report, asked)),
    )


# ---- the verdict


def _ruling(report: Report, policy: Policy, now_s: float, asked: VersionChoice, found: Sequence[Checked]) -> _Ruling:
    """The first of these that has something to say."""
    return next(
        ruling
        for ruling in (
            _unusable(policy, found),
            _of_whom(report, policy, now_s, asked),
            _failed(found),
            _too_little(report, policy),
            _passed_or_undecided(report, found),
        )
        if ruling is not None
    )


def _unusable(policy: Policy, found: Sequence[Checked]) -> _Ruling | None:
    wrong = [f"{each.path}: expected {each.right}" for each in problems(policy)]
    wrong += [each.problem for each in found if each.problem]
    return _Ruling("error", "unusable_policy", wrong[0] + _and_more(wrong[1:])) if wrong else None


def _of_whom(report: Report, policy: Policy, now_s: float, asked: VersionChoice) -> _Ruling | None:
    """Whether there is evidence, and whose it is."""
    for side, wanted in asdict(asked).items():
        if wanted and not _is_of(report, side, wanted):
            return _Ruling("inconclusive", "no_evidence", f"nothing was compared of {side} {wanted} yet")
    if not _pairs(report) and "too_old" in report.left_out:
        return _Ruling("inconclusive", "stale", f"nothing was compared since {report.since}")
    if not _pairs(report):
        return _Ruling("inconclusive", "no_evidence", f"nothing was compared of {report.candidate} yet")
    if policy.require_version and UNNAMED in _told(report, "candidate"):
        reason = "the candidate names no version, and the policy requires one"
        return _Ruling("inconclusive", "no_version", reason)
    if report.meanwhile:
        return _Ruling("inconclusive", "mixed_versions", _mixed(report))
    age_s = now_s - _seconds(report.window.end)
    if policy.max_evidence_age_s is not None and age_s > policy.max_evidence_age_s:
        reason = f"the latest pair is {_span(age_s)} old; evidence counts for {_span(policy.max_evidence_age_s)}"
        return _Ruling("inconclusive", "stale", reason)
    return None


def _is_of(report: Report, side: str, wanted: str) -> bool:
    """A report that was made of what is asked for is; its versions may be hidden."""
    is_asked = getattr(report.asked, side) == wanted
    return bool(_pairs(report)) and (is_asked or all(wanted in astuple(each) for each in _told(report, side)))


def _told(report: Report, side: str) -> list[ModelVersion]:
    """The versions of each kind of request."""
    return [each.versions[side] for each in report.plans] or [report.versions[side]]


def _mixed(report: Report) -> str:
    other = report.meanwhile[0]
    now = next((each.versions for each in report.plans if each.plan == other.plan), report.versions)
    sides = [
        f"{side} {told.version or told.build or 'without a version'}"
        for side, told in other.versions.items()
        if told != now[side]
    ]
    return f"{' and '.join(sides)} answered meanwhile ({other.pairs:,} pairs): name the version to be judged"


def _failed(found: Sequence[Checked]) -> _Ruling | None:
    failed = [each.result for each in found if each.check.severity == "fail" and each.result.verdict == "fail"]
    if not failed:
        return None
    return _Ruling("fail", "checks_failed", f"{failed[0].metric}: {failed[0].reason}{_and_more(failed[1:])}")


def _too_little(report: Report, policy: Policy) -> _Ruling | None:
    """What a pass demands of the evidence as a whole."""
    pairs, lasts_s, coverage = _pairs(report), _duration_s(report), _coverage(report)
    if pairs < policy.min_pairs:
        reason = f"{pairs:,} of {policy.min_pairs:,} pairs"
        return _Ruling("inconclusive", "too_few", reason, policy.min_pairs - pairs)
    if lasts_s < policy.min_duration_s:
        reason = f"{_span(lasts_s)} of {_span(policy.min_duration_s)} of traffic"
        return _Ruling("inconclusive", "too_short", reason)
    if coverage < policy.min_coverage:
        reason = f"{coverage:.1%} of the traffic was compared, less than {policy.min_coverage:.1%}"
        return _Ruling("inconclusive", "low_coverage", reason)
    return None


def _passed_or_undecided(report: Report, found: Sequence[Checked]) -> _Ruling:
    own = [each.result for each in found if each.check.severity == "fail"]
    open_ones = [each for each in own if each.verdict != "pass"]
    if not open_ones:
        return _Ruling("pass", "all_checks_passed", f"{counted(len(own), 'check')} passed on {_pairs(report):,} pairs")
    needed = [each.pairs_needed for each in open_ones]
    most = max((each for each in needed if isinstance(each, int)), default=0)
    reason = f"{open_ones[0].metric}: {open_ones[0].reason}{_and_more(open_ones[1:])}"
    return _Ruling("inconclusive", "undecided", reason, most)


def _timely(ruling: _Ruling, report: Report, policy: Policy, now_s: float) -> _Ruling:
    """What becomes of it where a decision took too long. The clock starts with the first pair."""
    if ruling.verdict != "inconclusive" or policy.max_duration_s is None or report.window.start is None:
        return ruling
    if now_s - _seconds(report.window.start) < policy.max_duration_s:
        return ruling
    reason = f"undecided after {_span(policy.max_duration_s)}: {ruling.reason}"
    return _Ruling(policy.on_timeout, "timed_out", reason)


def _notes(report: Report, asked: VersionChoice) -> Iterator[str]:
    if not asked.candidate and UNNAMED in _told(report, "candidate"):
        yield "the candidate names no version: all it answered since it was last changed or restarted counts as one"
    for each in report.broken:
        yield f"{each.part or 'the body'} of {each.plan} could not be derived: {each.error}"


# ---- what a report says of all its pairs


def _pairs(report: Report) -> int:
    compared: int = report.metrics["disagreement.rate"].n
    return compared


def _coverage(report: Report) -> float:
    """0 where nothing was to be compared."""
    metric = report.metrics.get(COVERAGE)
    return 0.0 if metric is None or metric.value is None else metric.value


def _duration_s(report: Report) -> float:
    return _seconds(report.window.end) - _seconds(report.window.start)


def _seconds_for(pairs: int, report: Report) -> float:
    """At the rate of those that there are; 0 where none can be told."""
    return pairs * _duration_s(report) / _pairs(report) if _pairs(report) else 0.0


def _seconds(moment: str | None) -> float:
    return 0.0 if moment is None else datetime.fromisoformat(moment).timestamp()


# ---- in words


def _and_more(rest: Sequence[object]) -> str:
    return f" (and {len(rest):,} more)" if rest else ""


def _span(seconds: float) -> str:
    """A length of time in its largest fitting unit."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * size:
            return counted(round(seconds / size), unit)
    return counted(round(seconds), "second")
