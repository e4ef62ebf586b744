"""A judgement as JUnit XML: a suite with a case for the verdict and one for each check; or, of a replay, with a case
for whether its run is evidence instead of the verdict's.

There are two schemas, the one of Jenkins (junit-10.xsd) and that of Apache Ant; a document of ours is valid by both. So
each suite and case has all that Ant requires, and nothing that Jenkins does not know.

The suite is red where the exit code is not 0, and only there. The verdict's own case says so: readers of such files
take a skipped case for one that does not matter (GitLab, Jenkins and GitHub's reporters all go on), so an inconclusive
verdict fails, unless the pipeline asked to treat it otherwise. A check that decided nothing, or only warns, is skipped,
and says why. Readers differ in what they show: message and text say the same.

A replay is judged once, and its thresholds are what a pipeline looks at: each failure is one case alone, so an
undecided threshold that made the verdict fails itself, and the first case has what no check says: that the run is no
evidence, or less than the policy asks for.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple
from xml.etree import ElementTree as ET

from comparators.evidence.load import LoadReport
from comparators.evidence.report import Report
from comparators.metrics.document import Blocks
from comparators.policy.checking import allowed
from comparators.policy.document import document_of
from comparators.policy.exits import Inconclusive, exit_code
from comparators.policy.judgement import Judgement, ReasonCode
from comparators.policy.reasons import in_short
from comparators.render import text
from ground.printable import blanked

Result = Literal["passed", "failure", "error", "skipped"]

_EVIDENCE = "the run is evidence"
_BY_CHECKS: frozenset[ReasonCode] = frozenset({"checks_failed", "undecided"})
_TIME = "0"  # seconds: a case of ours takes none
_HOST = "localhost"  # what Ant's schema has where the host is nobody's business
_TO_THE_SECOND = len("2026-01-31T12:00:00")  # Ant's schema knows no zone; it is UTC


class _ReportedCase(NamedTuple):
    """`kind` says in a word what came of it, `said` in a sentence."""

    name: str
    result: Result
    kind: str = ""
    said: str = ""


class _SuiteFacts(NamedTuple):
    """`about`: what a pipeline may want to find again, as the JSON has it; `printed`: the same as text."""

    package: str
    candidate: str
    at: str
    about: Mapping[str, str]
    printed: Blocks


def render(judgement: Judgement, inconclusive: Inconclusive | None = None) -> str:
    facts = _SuiteFacts(
        "understudy.gate", judgement.candidate, judgement.judged_at, _about(judgement), document_of(judgement)
    )
    return _written(facts, [_verdict(judgement, inconclusive), *_checks(judgement)])


def render_run(report: Report, judgement: Judgement | None, printed: Blocks) -> str:
    """Of a replay. `judgement`: None where there were no thresholds."""
    load = report.load
    assert load is not None  # noqa: S101 - of a replay
    about = {"candidate": report.candidate, "route": report.route} if judgement is None else _about(judgement)
    about |= {"valid": str(load.valid).lower(), "plan_sha256": load.plan_sha256}
    checks = () if judgement is None else _checks(judgement, undecided_fails=True)
    facts = _SuiteFacts("understudy.replay", report.candidate, load.started, about, printed)
    return _written(facts, [_evidence(load, judgement), *checks])


def _written(facts: _SuiteFacts, cases: Sequence[_ReportedCase]) -> str:
    suites = ET.Element("testsuites")
    suites.append(_suite(facts, list(_named_apart(cases))))
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


# ---- what is said


def _verdict(judgement: Judgement, inconclusive: Inconclusive | None) -> _ReportedCase:
    said = f"{judgement.verdict}: {judgement.reason}"
    return _ReportedCase("verdict", _result(judgement, inconclusive), judgement.reason_code, said)


def _result(judgement: Judgement, inconclusive: Inconclusive | None) -> Result:
    if judgement.verdict == "error":
        return "error"
    if exit_code(judgement, inconclusive):
        return "failure"
    return "skipped" if judgement.verdict == "inconclusive" and inconclusive == "neutral" else "passed"


def _evidence(load: LoadReport, judgement: Judgement | None) -> _ReportedCase:
    """What made the verdict, where that was no check."""
    if not load.valid:
        said = f"no valid evidence: {'; '.join(load.invalid_because)}"
        return _ReportedCase(_EVIDENCE, "error", "invalid_run", said)
    if judgement is None or judgement.verdict == "pass" or judgement.reason_code in _BY_CHECKS:
        return _ReportedCase(_EVIDENCE, "passed")
    said = f"{judgement.verdict}: {judgement.reason}"
    return _ReportedCase(_EVIDENCE, _result(judgement, None), judgement.reason_code, said)


def _checks(judgement: Judgement, *, undecided_fails: bool = False) -> Iterator[_ReportedCase]:
    """A check that missed its limit fails where it made the verdict; with `undecided_fails` an undecided one, too."""
    is_open = undecided_fails and judgement.reason_code == "undecided"
    for each in judgement.checks:
        name = f"{in_short(each.metric)} {allowed(each, each.unit)}"
        said = ". ".join(filter(None, (each.reason, each.why)))
        if each.verdict == "pass":
            yield _ReportedCase(name, "passed")
        elif each.verdict == "inconclusive":
            fails = is_open and each.severity == "fail"
            yield _ReportedCase(name, "failure" if fails else "skipped", "undecided", f"undecided: {said}")
        elif each.severity == "warn":
            yield _ReportedCase(name, "skipped", "warning", f"warning: {said}")
        else:
            yield _ReportedCase(name, "failure" if judgement.verdict == "fail" else "skipped", "limit_missed", said)


def _named_apart(cases: Sequence[_ReportedCase]) -> Iterator[_ReportedCase]:
    """Of two cases with one name, GitLab shows the first."""
    seen: Counter[str] = Counter()
    for each in cases:
        seen[each.name] += 1
        yield each._replace(name=f"{each.name} ({seen[each.name]})") if seen[each.name] > 1 else each


# ---- as XML


def _suite(facts: _SuiteFacts, cases: Sequence[_ReportedCase]) -> ET.Element:
    counts = Counter(each.result for each in cases)
    name = blanked(f"{facts.package}.{facts.candidate}")
    suite = ET.Element(
        "testsuite",
        name=name,
        id="0",
        package=facts.package,
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
        time=_TIME,
        timestamp=facts.at[:_TO_THE_SECOND],
        hostname=_HOST,
    )
    suite.append(_properties(facts.about))
    suite.extend(_case(each, name) for each in cases)
    ET.SubElement(suite, "system-out").text = text.render(facts.printed, text.WIDTH)
    ET.SubElement(suite, "system-err")
    return suite


def _about(judgement: Judgement) -> dict[str, str]:
    return {
        "verdict": judgement.verdict,
        "reason_code": judgement.reason_code,
        "candidate": judgement.candidate,
        "route": judgement.route,
        "version": judgement.versions["candidate"].version,
        "build": judgement.versions["candidate"].build,
        "pairs": str(judgement.pairs),
        "pairs_needed": str(judgement.pairs_needed),
        "record": judgement.record,
        "url": judgement.url,
    }


def _properties(about: Mapping[str, str]) -> ET.Element:
    found = ET.Element("properties")
    for name, value in about.items():
        ET.SubElement(found, "property", name=name, value=blanked(value))
    return found


def _case(each: _ReportedCase, suite: str) -> ET.Element:
    case = ET.Element("testcase", name=blanked(each.name), classname=suite, time=_TIME)
    if each.result != "passed":
        said = blanked(each.said)
        ET.SubElement(case, each.result, type=each.kind, message=said).text = said
    return case
