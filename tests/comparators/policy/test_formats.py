"""The formats of a judgement: complete, within the limits of who shows them, and safe with hostile content."""

import html as html_module
import json
import re

import pytest
from msgspec.structs import replace

from comparators.policy.document import document_of
from comparators.policy.formats import FORMAT_NAMES, FORMATS, MAX_MARKDOWN, as_text
from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from comparators.render import html
from tests.comparators.policy.hostile import MOST_CHECKS, attacked, with_most_checks
from tests.comparators.policy.reports import NOW_S, report
from tests.comparators.policy.rows import ROWS
from tests.comparators.render.made import CODE_SPAN

MAX_COMMENT, MAX_SUMMARY = 65_536, 2**20  # characters; bytes


def test_each_name_has_its_renderer():
    """Whoever offers the names can render all of them."""
    assert tuple(FORMATS) == FORMAT_NAMES


@pytest.mark.parametrize("failing", [0, 7, 500, MOST_CHECKS])
def test_markdown_has_room_in_a_comment_and_in_a_summary(failing):
    """With as many checks as a policy may have: the failed ones first, and all of them counted."""
    judgement = with_most_checks(failing)
    written = FORMATS["markdown"].render(judgement)
    assert len(written) <= MAX_MARKDOWN < MAX_COMMENT
    assert len(written.encode()) < MAX_SUMMARY
    listed = written.count("| `latency.p50_ratio` |")
    left_out = sum(int(each.replace(",", "")) for each in re.findall(r"^and ([\d,]+) more$", written, re.MULTILINE))
    assert listed > 50
    assert listed + left_out == MOST_CHECKS
    if 0 < failing < listed:
        assert written.index("### Failed") < written.index(f"reason {MOST_CHECKS - 1}`") < written.index("### Passed")


def test_markdown_has_room_where_each_text_is_as_long_as_it_gets():
    """Reasons, addresses and versions are cut; nothing of the verdict is."""
    judgement = attacked()
    long = {name: getattr(judgement, name) * 500 for name in ("candidate", "route", "policy", "record", "url")}
    checks = [replace(each, metric="x" * 10**5, why="y" * 10**5) for each in judgement.checks * 200]
    written = FORMATS["markdown"].render(
        replace(judgement, checks=checks, notes=["`" + "z" * 10**5 + "`"] * 20, **long)
    )
    assert len(written) <= MAX_MARKDOWN
    assert "of 400 checks" in written


def test_in_markdown_nothing_from_outside_stands_outside_a_code_span():
    """No markup, no mention, no link, no workflow command."""
    written = FORMATS["markdown"].render(attacked())
    bare = "\n".join(CODE_SPAN.sub("", line) for line in written.splitlines())
    for each in ("script", "evil", "@all", "**", "::error"):
        assert each in written
        assert each not in bare
    assert not any(line.startswith("::") for line in written.splitlines())


@pytest.mark.parametrize("width", [64, 88, 110])
def test_text_has_no_control_character_and_keeps_its_width(width):
    """It is read in a terminal."""
    for judgement in (attacked(), with_most_checks()):
        lines = as_text(judgement, width).splitlines()
        assert all(line.isprintable() for line in lines)
        assert max(map(len, lines)) <= width


def test_text_lists_the_checks_that_a_person_can_read():
    """A policy of ten thousand is counted."""
    written = FORMATS["text"].render(with_most_checks())
    assert len(written.splitlines()) < 1_000
    assert "Failed · 7 of 10,000 checks" in written
    assert re.search(r"and 9,8\d\d more", written)


def test_json_can_be_printed_and_read_back():
    """Characters that are not seen are escaped, and come back."""
    written = FORMATS["json"].render(attacked())
    assert all(line.isprintable() for line in written.splitlines())
    assert "\x1b[2J" in json.loads(written)["checks"][0]["why"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_page_shows_the_same_blocks(row):
    """HTML draws them, too: the dashboard's page."""
    judgement = row.judgement()
    said = html_module.unescape(re.sub(r"<[^>]*>", "", html.render(document_of(judgement))))
    assert judgement.reason.replace("`", "")[:60].split("  ")[0] in said


def test_a_page_escapes_what_came_from_outside():
    """As in a report."""
    assert "<script>" not in html.render(document_of(attacked()))


def test_no_line_of_the_text_is_a_command_to_a_runner():
    """A version whose words wrap so that a line begins with them."""
    version = "v" * 70 + " ::add-mask::true ##[error]x"
    found = judged(report(version=version), Policy(checks=(Check(metric="disagreement.rate", max=0.02),)), NOW_S)
    said = as_text(found)
    assert not any(line.strip().startswith("::") for line in said.splitlines())
    assert "##[" not in said
