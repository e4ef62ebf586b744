"""JUnit XML: valid by both common schemas, whatever came with the traffic, and red where a pipeline has to stop."""

from xml.etree import ElementTree as ET

import pytest
import xmlschema
from msgspec.structs import replace

from comparators.policy.exits import INCONCLUSIVE, exit_code
from comparators.policy.junit import render
from tests.comparators.policy.hostile import MOST_CHECKS, attacked, with_most_checks
from tests.comparators.policy.rows import ROWS
from tests.places import ROOT

SCHEMA = xmlschema.XMLSchema(ROOT / "tests" / "comparators" / "policy" / "junit.xsd")
BY_NAME = {row.name: row for row in ROWS}


def suite(judgement, inconclusive=None) -> ET.Element:
    return ET.fromstring(render(judgement, inconclusive))[0]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_it_is_valid(row):
    """Each verdict's document, by a schema that allows what both common ones do."""
    SCHEMA.validate(render(row.judgement()))


def test_hostile_characters_leave_it_valid():
    """Some XML cannot hold at all, not even escaped."""
    written = render(replace(attacked(), candidate="\ud800\x00]]>"))
    SCHEMA.validate(written)
    said = ET.fromstring(written)[0].find("testcase/failure").text
    assert "</failure>]]><script>" in said
    assert len(said.splitlines()) == 1


def test_the_schema_refuses_what_only_one_of_them_allows():
    """A case's own system-out is Jenkins' alone; a suite without a host is not Ant's."""
    written = render(BY_NAME["enough of everything"].judgement())
    assert not SCHEMA.is_valid(written.replace('time="0" />', 'time="0"><system-out/></testcase>', 1))
    assert not SCHEMA.is_valid(written.replace(' hostname="localhost"', ""))


@pytest.mark.parametrize("inconclusive", [None, *INCONCLUSIVE])
@pytest.mark.parametrize("name", ["too few", "timed out", "enough of everything", "a misspelt address"])
def test_it_is_red_where_the_exit_code_stops_the_pipeline(name, inconclusive):
    """However the pipeline wants an inconclusive verdict to be treated."""
    judgement = BY_NAME[name].judgement()
    counts = suite(judgement, inconclusive).attrib
    assert (counts["failures"] != "0" or counts["errors"] != "0") == bool(exit_code(judgement, inconclusive))


def test_an_inconclusive_verdict_that_is_neutral_is_skipped():
    """It passes no case that it has not passed."""
    judgement = BY_NAME["too few"].judgement()
    assert suite(judgement, "neutral").find("testcase/skipped").attrib["type"] == "too_few"
    assert suite(judgement, "pass").find("testcase/skipped") is None


def test_the_counts_are_those_of_the_cases():
    """Readers take one or the other."""
    found = suite(BY_NAME["a warning and a failure"].judgement())
    cases = [[each.tag for each in case] for case in found.iter("testcase")]
    assert cases == [["failure"], ["failure"], ["skipped"]]
    assert [found.attrib[name] for name in ("tests", "failures", "errors", "skipped")] == ["3", "2", "0", "1"]


def test_two_checks_of_one_metric_have_names_of_their_own():
    """Of two cases with one name readers show one."""
    judgement = BY_NAME["fails"].judgement()
    twice = replace(judgement, checks=judgement.checks * 2)
    names = [case.attrib["name"] for case in suite(twice).iter("testcase")]
    assert len(names) == len(set(names)) == 1 + 2 * len(judgement.checks)


def test_each_check_of_a_large_policy_has_a_case():
    """And the file stays within the 30 MB that GitLab reads."""
    written = render(with_most_checks())
    assert written.count("<testcase ") == 1 + MOST_CHECKS
    assert len(written.encode()) < 30_000_000
