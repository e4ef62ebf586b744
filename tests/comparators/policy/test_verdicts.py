"""The verdict of each row of the table, and that everybody is told the same of it: pipelines, people, controllers."""

from xml.etree import ElementTree as ET

import orjson
import pytest

from comparators.policy.exits import exit_code
from comparators.policy.formats import FORMATS
from comparators.policy.hooks import HOOK_KINDS, answer, hook_answer
from comparators.policy.judgement import Judgement
from tests.comparators.policy.rows import ROWS, Row

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def said(text: str) -> str:
    """Without what Markdown writes around a name or before a mark, and without what breaks a line."""
    return "".join(text.replace("`", "").replace("\\", "").replace("> ", "").split())


@every_row
def test_the_verdict_and_its_reason_are_those_of_the_table(row: Row):
    """Whatever comes first says something: evidence, then checks, then how much there is."""
    judgement = row.judgement()
    assert (judgement.verdict, judgement.reason_code) == (row.verdict, row.code), judgement.reason
    assert judgement.reason
    assert judgement.reason.count("`") % 2 == 0


@every_row
def test_the_exit_code_says_the_verdict(row: Row):
    """0 where it passes and nowhere else."""
    assert exit_code(row.judgement()) == row.exit
    assert (row.exit == 0) == (row.verdict == "pass")


@every_row
@pytest.mark.parametrize("form", ["text", "markdown"])
def test_a_person_reads_the_verdict_first_and_then_its_reason(row: Row, form: str):
    """In the first line with words in it, and right below."""
    judgement = row.judgement()
    lines = [line for line in FORMATS[form].render(judgement).splitlines() if line.strip("━ ")]
    assert said(lines[0]).lstrip("#").startswith(f"{row.verdict.upper()}{judgement.candidate}againstproduction")
    below = said(" ".join(lines[1:])).removeprefix("!").removeprefix("[!WARNING]")
    assert below.startswith(said(judgement.reason))


@every_row
def test_a_program_reads_the_same_in_the_json(row: Row):
    """All keys of the judgement are there, none is null, and so is each check of the policy that could be read."""
    judgement = row.judgement()
    read = orjson.loads(FORMATS["json"].render(judgement))
    assert (read["verdict"], read["reason_code"], read["reason"]) == (row.verdict, row.code, judgement.reason)
    assert read.keys() == set(Judgement.__struct_fields__)
    assert [each["metric"] for each in read["checks"] if each["verdict"] == "fail" and each["severity"] == "fail"] == (
        read["failed_checks"]
    )
    assert None not in read.values()
    if row.verdict != "error":
        assert len(read["checks"]) == len(row.policy.checks)


@every_row
def test_a_test_reporter_is_red_where_the_exit_code_is_not_0(row: Row):
    """By the verdict's own case; no check is red where the verdict does not rest on it."""
    suite = ET.fromstring(FORMATS["junit"].render(row.judgement()))[0]
    verdict, *checks = suite.iter("testcase")
    is_red = [case.find("failure") is not None or case.find("error") is not None for case in (verdict, *checks)]
    assert is_red[0] == (row.exit != 0)
    assert is_red[0] or not any(is_red)
    assert any(is_red[1:]) == (row.code == "checks_failed")
    if row.exit:
        assert verdict[0].attrib["type"] == row.code
        assert verdict[0].tag == ("error" if row.verdict == "error" else "failure")


@every_row
def test_a_controller_reads_a_small_answer_without_a_gap(row: Row):
    """No key is missing and none is null: some take that for an error, others for success."""
    told = orjson.loads(orjson.dumps(answer(row.judgement()), default=lambda each: {
        name: getattr(each, name) for name in each.__struct_fields__
    }))  # fmt: skip
    assert (told["verdict"], told["reason_code"]) == (row.verdict, row.code)
    assert {"reason", "pairs", "pairs_needed", "version", "record", "failed_checks", "url"} <= told.keys()
    assert None not in told.values()
    assert told["reason"]


@every_row
def test_each_hook_says_the_verdict_by_its_status(row: Row):
    """A rollback hook's success rolls back; no other hook lets a failed candidate go on."""
    judgement = row.judgement()
    late = {kind: hook_answer(kind, judgement, is_grace_over=True).status for kind in HOOK_KINDS}
    early = {kind: hook_answer(kind, judgement, is_grace_over=False).status for kind in HOOK_KINDS}
    assert late == {
        "rollout": row.hooks.rollout,
        "confirm-traffic-increase": row.hooks.confirm,
        "confirm-promotion": row.hooks.confirm,
        "rollback": row.hooks.rollback,
        "event": 200,
    }
    assert early == {**late, "rollout": row.hooks.early_rollout}


@every_row
def test_each_hook_says_the_reason_in_one_line(row: Row):
    """That is all that an operator sees of it."""
    judgement = row.judgement()
    for kind in HOOK_KINDS:
        line = hook_answer(kind, judgement, is_grace_over=True).line
        assert line.startswith(f"{row.verdict}: {judgement.reason[:100]}")
        assert len(line.splitlines()) == 1


def test_the_table_has_every_verdict_and_reason():
    """A reason that no row has is tested by nobody."""
    assert {row.verdict for row in ROWS} == {"pass", "fail", "inconclusive", "error"}
    assert len({row.code for row in ROWS}) == 13
