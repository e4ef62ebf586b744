"""The document of a judgement: what a person reads, in the order in which it is needed."""

import pytest
from msgspec.structs import replace

from comparators.policy.document import document_of
from comparators.policy.judging import judged
from comparators.policy.policy import Check, Policy
from comparators.render import text
from tests.comparators.policy.reports import NOW_S, report
from tests.comparators.policy.rows import ROWS

CHECKS = (
    Check(metric="latency.counted", min=0.9),
    Check(metric="latency.p50_ratio", max=1.1, severity="warn"),
    Check(metric="errors.new_minus_fixed", max=0.004),
    Check(metric="disagreement.rate", max=0.02, why="the same model answers the same"),
)


def drawn(judgement) -> str:
    return text.render(document_of(judgement), 88)


def test_checks_stand_in_the_order_in_which_they_matter():
    """Whatever the policy's order: what failed, what is open, what warns, what passed; then what to do."""
    written = drawn(judged(report(differing=200, slow=1_200), Policy(checks=CHECKS), NOW_S))
    titles = [line.strip("─ ") for line in written.splitlines() if line.startswith("──")]
    parts = [
        "Failed · 1 of 4 checks",
        "Undecided · 1 of 4 checks",
        "Warnings · 1 of 4 checks",
        "Passed · 1 of 4 checks",
    ]
    assert titles == [*parts, "What to do next"]


def test_a_failed_check_says_what_was_measured_the_limit_and_why():
    """In one line: nobody looks it up in the policy."""
    written = drawn(judged(report(differing=200), Policy(checks=CHECKS), NOW_S))
    (line,) = (line for line in written.splitlines() if line.startswith("  disagreement.rate "))
    assert line.split("  ")[1:] == ["disagreement.rate", "16.7 % [13.2, 20.5]", "at most 2 %", CHECKS[-1].why]


def test_an_open_check_says_how_many_more_pairs_it_needs_and_how_long_they_take():
    """At the present rate."""
    judgement = judged(report(), Policy(checks=CHECKS[2:]), NOW_S)
    needed = judgement.checks[0].pairs_needed
    assert needed == judgement.pairs_needed > 0
    assert f"about {needed:,} ({round(judgement.seconds_needed / 60)} minutes)" in drawn(judgement)


def test_it_says_what_the_verdict_rests_on():
    """Versions, epoch, pairs, when they came, and the share of the requests that they are."""
    written = drawn(judged(report(), Policy(checks=CHECKS[-1:]), NOW_S))
    assert "candidate 2 against production 1 (ab12), epoch 1" in written
    assert "1,200 pairs from 2013-07-01 00:00:00 to 2013-07-01 02:00:00 UTC, coverage 100 %" in written


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_each_verdict_but_a_clean_pass_says_what_to_do_next(row):
    """A line at least."""
    judgement = row.judgement()
    is_clean = judgement.verdict == "pass" and not judgement.warned_checks
    assert ("What to do next" in drawn(judgement)) != is_clean


def test_hashes_and_the_place_of_the_evidence_are_shown_where_they_are_known():
    """The pipeline's log then holds them."""
    judgement = judged(report(), Policy(checks=CHECKS[-1:]), NOW_S)
    known = replace(judgement, policy_sha256="ab" * 32, record="cd" * 32, url="https://site.test/report")
    written = drawn(known)
    for each in ("ab" * 32, "cd" * 32, "https://site.test/report"):
        assert each in written
        assert each not in drawn(judgement)
