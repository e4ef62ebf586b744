"""A judgement as JUnit XML: a suite with a case for the verdict and one for each check.

There are two schemas, the one of Jenkins (junit-10.xsd) and that of Apache Ant; a document of ours is valid by both. So
each suite and case has all that Ant requires, and nothing that Jenkins does not know.

The suite is red where the exit code is not 0, and only there. The verdict's own case says so: readers of such files
take a skipped case for one that does not matter (GitLab, Jenkins and GitHub's reporters all go on), so an inconclusive
verdict fails, unless the pipeline asked to treat it otherwise. A check that decided nothing, or only warns, is skipped,
and says why. Readers differ in what they show: message and text say the same.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple
from xml.etree import ElementTree as ET

from comparators.policy.checking import allowed
from comparators.policy.document import document_of
from comparators.policy.exits import Inconclusive, exit_code
from comparators.policy.judgement import Judgement
from comparators.policy.reasons import in_short
from comparators.render import text
from ground.printable import blanked

Result = Literal["passed", "failure", "error", "skipped"]

_TIME = "0"  # seconds: a case of ours takes none
_HOST = "localhost"  # what Ant's schema has where the host is nobody's business
_TO_THE_SECOND = len("2026-01-31T12:00:00")  # Ant's schema knows no zone; it is UTC


class _ReportedCase(NamedTuple):
    """`kind` says in a word what came of it, `said` in a sentence."""

    name: str
    result: Result
    kind: str = ""
    said: str = ""


def render(judgement: Judgement, inconclusive: Inconclusive | None = None) -> str:
    cases = [_verdict(judgement, inconclusive), *_named_apart(list(_checks(judgement)))]
    suites = ET.Element("testsuites")
    suites.append(_suite(judgement, cases))
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


def _checks(judgement: Judgement) -> Iterator[_ReportedCase]:
    """A check that missed its limit fails where it made the verdict."""
    for each in judgement.checks:
        name = f"{in_short(each.metric)} {allowed(each, each.unit)}"
        said = ". ".join(filter(None, (each.reason, each.why)))
        if each.verdict == "pass":
            yield _ReportedCase(name, "passed")
        elif each.verdict == "inconclusive":
            yield _ReportedCase(name, "skipped", "undecided", f"undecided: {said}")
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


def _suite(judgement: Judgement, cases: Sequence[_ReportedCase]) -> ET.Element:
    counts = Counter(each.result for each in cases)
    name = blanked(f"understudy.gate.{judgement.candidate}")
    suite = ET.Element(
        "testsuite",
        name=name,
        id="0",
        package="understudy.gate",
        tests=str(len(cases)),
        failures=str(counts["failure"]),
        errors=str(counts["error"]),
        skipped=str(counts["skipped"]),
        time=_TIME,
        timestamp=judgement.judged_at[:_TO_THE_SECOND],
        hostname=_HOST,
    )
    suite.append(_properties(judgement))
    suite.extend(_case(each, name) for each in cases)
    ET.SubElement(suite, "system-out").text = text.render(document_of(judgement), text.WIDTH)
    ET.SubElement(suite, "system-err")
    return suite


def _properties(judgement: Judgement) -> ET.Element:
    """What a pipeline may want to find again, as the JSON has it."""
    found = ET.Element("properties")
    told = {
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
    for name, value in told.items():
        ET.SubElement(found, "property", name=name, value=blanked(value))
    return found


def _case(each: _ReportedCase, suite: str) -> ET.Element:
    case = ET.Element("testcase", name=blanked(each.name), classname=suite, time=_TIME)
    if each.result != "passed":
        said = blanked(each.said)
        ET.SubElement(case, each.result, type=each.kind, message=said).text = said
    return case
