"""A replay's verdict as JUnit XML: a case for whether its run is evidence, one for each check, and nothing twice."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from msgspec.structs import replace

from comparators.evidence.report import Report
from comparators.metrics.document import Note
from comparators.policy.exits import exit_code
from comparators.policy.judgement import Judgement
from comparators.policy.judging import judged
from comparators.policy.junit import render_run
from comparators.policy.policy import Check, Policy
from tests.comparators.policy.reports import NOW_S
from tests.comparators.policy.rows import ROWS, Row
from tests.comparators.policy.test_junit import SCHEMA
from tests.loadtest.results.made_runs import MS, report_on, run_of

EVIDENCE = "the run is evidence"
RUN = report_on(run_of(np.arange(3_000) * MS, [5 * MS] * 3_000))
MET, MISSED = Check(metric="failures.rate", max=0.5), Check(metric="failures.rate", min=0.9)
OPEN = Check(metric="response.p999_ms", max=9.0)


def suite(report: Report, judgement: Judgement | None) -> ET.Element:
    written = render_run(report, judgement, (Note(("what was printed",)),))
    SCHEMA.validate(written)
    return ET.fromstring(written)[0]


def results(found: ET.Element) -> dict[str, list[str]]:
    return {case.attrib["name"]: [each.tag for each in case] for case in found.iter("testcase")}


def judgement_of(report: Report, *checks: Check) -> Judgement:
    return judged(report, Policy(min_pairs=1, min_coverage=0, checks=checks), NOW_S)


def test_a_check_that_fails_counts_once() -> None:
    """A pipeline shows as many failures as there are."""
    found = suite(RUN, judgement_of(RUN, MET, MISSED))
    assert [found.attrib[name] for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "0"]
    assert list(results(found).values()) == [[], [], ["failure"]]
    assert found.attrib["package"] == "understudy.replay"


def test_a_run_that_is_no_evidence_is_an_error_of_its_own() -> None:
    """With all reasons; what it says of checks is shown, and decides nothing."""
    assert RUN.load is not None
    report = replace(RUN, load=replace(RUN.load, invalid_because=["it was interrupted", "it was late"]))
    found = suite(report, judgement_of(report, MET, MISSED))
    assert list(results(found).values()) == [["error"], [], ["skipped"]]
    error = found.find("testcase/error")
    assert error is not None
    assert error.attrib == {"type": "invalid_run", "message": "no valid evidence: it was interrupted; it was late"}


def test_a_threshold_that_is_undecided_fails_as_the_exit_code_does() -> None:
    judgement = judgement_of(RUN, MET, OPEN)
    assert exit_code(judgement) == 3
    found = suite(RUN, judgement)
    assert list(results(found).values()) == [[], [], ["failure"]]
    failure = found.find("testcase/failure")
    assert failure is not None
    assert failure.attrib["type"] == "undecided"


def test_without_thresholds_there_is_a_suite_all_the_same() -> None:
    """A pipeline that reads an empty file takes it for a broken step."""
    found = suite(RUN, None)
    assert results(found) == {EVIDENCE: []}
    assert found.findtext("system-out", "").strip().endswith("what was printed")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_it_is_red_where_the_exit_code_stops_the_pipeline(row: Row) -> None:
    """Whatever the policy asks of the evidence; and no check is told as two failures."""
    judgement = row.judgement()
    found = suite(replace(row.report(), load=RUN.load), judgement)
    red = int(found.attrib["failures"]) + int(found.attrib["errors"])
    assert bool(red) == bool(exit_code(judgement))
    if judgement.reason_code == "checks_failed":
        assert red == len(judgement.failed_checks)
