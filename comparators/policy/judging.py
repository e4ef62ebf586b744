"""The verdict of a policy on a report: one function, whoever asks.

What says nothing of the candidate comes first: a policy that cannot be used, no evidence, evidence of which it is not
clear whose it is. Then a check that fails, at any number of pairs, since its interval holds at each. A pass needs all
checks to pass, and the evidence that the policy demands. All else is inconclusive, and says what is missing.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import asdict, astuple

from comparators.errors import MeetingAddresses
from comparators.evidence.breakage import Breakage
from comparators.evidence.concurrency import COUNTED
from comparators.evidence.report import Report
from comparators.evidence.versions import WHICHEVER, VersionChoice
from comparators.extract.version import UNNAMED, ModelVersion
from comparators.policy.amount import Amount, seconds
from comparators.policy.checking import Alphas, CheckOutcome, checked
from comparators.policy.concentration import concentration, concentrations
from comparators.policy.judgement import CheckResult, Judgement, ReasonCode, Verdict
from comparators.policy.policy import Policy, problems
from comparators.policy.reasons import and_more, in_short, more_pairs, quoted, span
from comparators.policy.tolerance_notes import tolerance_notes
from comparators.render import words
from ground.moments import moment
from ground.plurals import counted

MAX_NOTES = 20  # of a kind
_TRUSTED = 0.75  # of pairs: where fewer count for latencies, a reader should know
_NS = 1_000_000_000

# Evidence that does not count starts no clock: neither another version's, nor what was compared too long ago.
_WITHOUT_CLOCK: frozenset[ReasonCode] = frozenset({"no_evidence", "stale", "invalid_run"})


class _Ruling(NamedTuple):
    """A verdict with its reason; `more_pairs` are what it waits for."""

    verdict: Verdict
    code: ReasonCode
    reason: str
    more_pairs: int = 0


def judged(report: Report, policy: Policy, now_s: float, asked: VersionChoice = WHICHEVER) -> Judgement:
    """`now_s`: the time of the question, in seconds since 1970."""
    wrong, found, amount = _problems(policy), [], Amount.of(report, now_s)
    try:
        found = [] if wrong else checked(report, policy, amount)
        wrong += [quoted(each.problem) for each in found if each.problem]
        ruling = _timely(_ruling(report, policy, asked, found, wrong, amount), report, policy, now_s)
    except MeetingAddresses as error:
        ruling = _Ruling("error", "broken", quoted(str(error)))
    results = [each.result for each in found]
    failed = [each for each in results if each.verdict == "fail"]
    where = [*concentrations(report, failed), *tolerance_notes(report, failed)]
    notes = [*where, *_notes(report, asked, wrong, amount)]
    return _judgement(report, policy, now_s, ruling, results, notes, amount)


def _problems(policy: Policy) -> list[str]:
    return [
        quoted(f"{path}: {right if value is not None else f'expected {right}'}")
        for path, value, right in problems(policy)
    ]


def _judgement(
    report: Report,
    policy: Policy,
    now_s: float,
    ruling: _Ruling,
    results: list[CheckResult],
    notes: list[str],
    amount: Amount,
) -> Judgement:
    missed = [each for each in results if each.verdict == "fail"]
    return Judgement(
        verdict=ruling.verdict,
        reason_code=ruling.code,
        reason=ruling.reason,
        candidate=report.candidate,
        route=report.route,
        versions=report.versions,
        epoch=report.epoch,
        window=report.window,
        judged_at=moment(round(now_s * _NS)),
        pairs=amount.pairs,
        pairs_needed=ruling.more_pairs,
        seconds_needed=amount.seconds_for(ruling.more_pairs),
        coverage=amount.coverage,
        alpha=Alphas.of(report, policy).passing,
        failed_checks=[each.metric for each in missed if each.severity == "fail"],
        warned_checks=[each.metric for each in missed if each.severity == "warn"],
        checks=results,
        notes=notes,
    )


# ---- the verdict


def _ruling(
    report: Report,
    policy: Policy,
    asked: VersionChoice,
    found: Sequence[CheckOutcome],
    wrong: Sequence[str],
    amount: Amount,
) -> _Ruling:
    """The first of these that has something to say."""
    return next(
        ruling
        for ruling in (
            _unusable(wrong),
            _of_a_bad_run(report),
            _of_whom(report, policy, asked, amount),
            _failed(report, found),
            _too_little(policy, amount),
            _passed_or_undecided(found, amount.pairs),
        )
        if ruling is not None
    )


def _unusable(wrong: Sequence[str]) -> _Ruling | None:
    return _Ruling("error", "unusable_policy", wrong[0] + and_more(wrong[1:])) if wrong else None


def _of_a_bad_run(report: Report) -> _Ruling | None:
    """Of a replay that measured its own generator, or was broken off, nothing is known of the candidate."""
    if report.load is None or report.load.valid:
        return None
    because = report.load.invalid_because
    return _Ruling("inconclusive", "invalid_run", f"no valid evidence: {because[0]}{and_more(because[1:])}")


def _of_whom(report: Report, policy: Policy, asked: VersionChoice, amount: Amount) -> _Ruling | None:
    """Whether there is evidence, and whose it is."""
    wanted = {side: version for side, version in asdict(asked).items() if version}
    if not all(_is_of(report, side, version) for side, version in wanted.items()):
        whose = " with ".join(f"{side} {quoted(version)}" for side, version in wanted.items())
        reason = f"nothing was compared of {whose} yet{_instead(report, wanted)}"
        return _Ruling("inconclusive", "no_evidence", reason)
    if not amount.pairs and "too_old" in report.left_out:
        return _Ruling("inconclusive", "stale", f"nothing was compared since {report.since}")
    if not amount.pairs:
        return _Ruling("inconclusive", "no_evidence", f"nothing was compared of {quoted(report.candidate)} yet")
    if policy.require_version and UNNAMED in _told(report, "candidate"):
        reason = "the candidate names no version, and the policy requires one"
        return _Ruling("inconclusive", "no_version", reason)
    if report.meanwhile:
        return _Ruling("inconclusive", "mixed_versions", _mixed(report))
    if policy.max_evidence_age_s is not None and amount.since_s > policy.max_evidence_age_s:
        reason = f"the latest pair is {span(amount.since_s)} old; evidence counts for {span(policy.max_evidence_age_s)}"
        return _Ruling("inconclusive", "stale", reason)
    return None


def _is_of(report: Report, side: str, wanted: str) -> bool:
    """A report that was made of what is asked for is; its versions may be hidden."""
    is_asked = getattr(report.asked, side) == wanted
    return bool(report.plans) and (is_asked or all(wanted in astuple(each) for each in _told(report, side)))


def _instead(report: Report, wanted: Collection[str]) -> str:
    """Of which versions there is evidence, where some were asked for that there is none of."""
    named = [" with ".join(f"{side} {_name(each[side])}" for side in wanted) for each in report.instead]
    return f"; there is evidence of {', of '.join(dict.fromkeys(named))}" if named else ""


def _name(version: ModelVersion) -> str:
    return "without a version" if version == UNNAMED else quoted(version.version or version.build)


def _told(report: Report, side: str) -> list[ModelVersion]:
    """The versions of each kind of request."""
    return [each.versions[side] for each in report.plans] or [report.versions[side]]


def _mixed(report: Report) -> str:
    other = report.meanwhile[0]
    now = next((each.versions for each in report.plans if each.plan == other.plan), report.versions)
    sides = [f"{side} {_name(told)}" for side, told in other.versions.items() if told != now[side]]
    return f"{' and '.join(sides)} answered meanwhile ({other.pairs:,} pairs): name the version to be judged"


def _failed(report: Report, found: Sequence[CheckOutcome]) -> _Ruling | None:
    own = _deciding(found)
    failed = [each for each in own if each.verdict == "fail"]
    if not failed:
        return None
    return _Ruling("fail", "checks_failed", _first_of(failed, own, "failed") + concentration(report, failed))


def _too_little(policy: Policy, amount: Amount) -> _Ruling | None:
    """What a pass demands of the evidence as a whole."""
    pairs, lasts_s, coverage, _ = amount
    if pairs < policy.min_pairs:
        missing = policy.min_pairs - pairs
        reason = f"{pairs:,} of the {counted(policy.min_pairs, 'pair')} that the policy demands"
        reason += f": {more_pairs(missing, amount.seconds_for(missing))} to come"
        return _Ruling("inconclusive", "too_few", reason, missing)
    if lasts_s < policy.min_duration_s:
        reason = f"{span(lasts_s)} of traffic, of the {span(policy.min_duration_s)} that the policy demands"
        return _Ruling("inconclusive", "too_short", reason)
    if coverage < policy.min_coverage:
        share, demanded = (words.number(each, "share") for each in (coverage, policy.min_coverage))
        reason = f"{share} of the requests were compared, of the {demanded} that the policy demands"
        return _Ruling("inconclusive", "low_coverage", reason)
    return None


def _passed_or_undecided(found: Sequence[CheckOutcome], pairs: int) -> _Ruling:
    own = _deciding(found)
    open_ones = sorted((each for each in own if each.verdict != "pass"), key=_needed, reverse=True)
    if not open_ones:
        reason = f"{counted(len(own), 'check')} passed on {counted(pairs, 'pair')}"
        return _Ruling("pass", "all_checks_passed", reason + _and_warn(found))
    return _Ruling("inconclusive", "undecided", _first_of(open_ones, own, "undecided"), _needed(open_ones[0]))


def _needed(each: CheckResult) -> int:
    """Pairs; 0 where none can be told."""
    return 0 if each.pairs_needed is UNSET else each.pairs_needed


def _and_warn(found: Sequence[CheckOutcome]) -> str:
    warned = sum(each.check.severity == "warn" and each.result.verdict == "fail" for each in found)
    return f"; {counted(warned, 'other')} that only {'warns' if warned == 1 else 'warn'} did not" if warned else ""


def _deciding(found: Sequence[CheckOutcome]) -> list[CheckResult]:
    return [each.result for each in found if each.check.severity == "fail"]


def _first_of(some: Sequence[CheckResult], of: Sequence[CheckResult], how: str) -> str:
    """How many checks came out like this, and what is said of the first."""
    first = f"{quoted(in_short(some[0].metric))} {some[0].reason}{and_more(some[1:])}"
    return f"{len(some):,} of {counted(len(of), 'check')} {how}: {first}"


def _timely(ruling: _Ruling, report: Report, policy: Policy, now_s: float) -> _Ruling:
    """What becomes of it where a decision took too long. The clock starts with the first pair that counts."""
    if ruling.verdict != "inconclusive" or ruling.code in _WITHOUT_CLOCK or policy.max_duration_s is None:
        return ruling
    if now_s - seconds(report.window.start) < policy.max_duration_s:
        return ruling
    reason = f"undecided after {span(policy.max_duration_s)}: {ruling.reason}"
    return _Ruling(policy.on_timeout, "timed_out", reason)


def _notes(report: Report, asked: VersionChoice, wrong: Sequence[str], amount: Amount) -> Iterator[str]:
    """`wrong`: what of the policy cannot be used; the first of these is the reason."""
    yield from _bounded(wrong[1:])
    if not asked.candidate and UNNAMED in _told(report, "candidate"):
        yield "the candidate names no version: all it answered since it was last changed or restarted counts as one"
    counted_share = report.metrics.get(COUNTED)
    if counted_share is not None and counted_share.value is not None and counted_share.value < _TRUSTED:
        share = words.number(counted_share.value, "share")
        yield f"latencies rest on {share} of the pairs: of the others candidate or mirror had too little time"
    if amount.pairs and amount.has_ended and report.load is None:  # of a replay nobody waits for more
        yield f"the last pair is {span(amount.since_s)} old: no traffic comes to wait for"
    yield from _bounded([_broken(each) for each in report.broken])


def _broken(each: Breakage) -> str:
    part = quoted(each.part) if each.part else "the body"
    return f"{part} of {quoted(each.plan)} could not be derived: {each.error}"


def _bounded(notes: Sequence[str]) -> Iterator[str]:
    yield from notes[:MAX_NOTES]
    if more := notes[MAX_NOTES:]:
        yield f"and {len(more):,} more"
