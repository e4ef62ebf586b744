"""What controllers are told: their limits, and what no answer ever has."""

from itertools import product

import pytest
from msgspec.structs import replace

from comparators.policy.hooks import HOOK_KINDS, MAX_LINE, MAX_LISTED, answer, hook_answer
from tests.comparators.policy.hostile import attacked, with_most_checks
from tests.comparators.policy.rows import ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_verdict_has_a_status_that_loses_its_reason(row):
    """Flagger drains the body of a 5xx and of a 429, and asks again; beyond 202 nothing is success to it."""
    for kind, is_grace_over in product(HOOK_KINDS, (False, True)):
        status = hook_answer(kind, row.judgement(), is_grace_over).status
        assert status == 200 or (400 <= status < 500 and status != 429)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_only_a_failed_candidate_is_rolled_back(row):
    """Success of a rollback hook rolls back, so that nothing else may have it."""
    is_rolled_back = hook_answer("rollback", row.judgement(), is_grace_over=True).status == 200
    assert is_rolled_back == (row.verdict == "fail")


def test_the_line_is_one_line_of_a_bounded_length():
    """Whatever came with the traffic."""
    line = hook_answer("rollout", replace(attacked(), reason="x" * 10_000), is_grace_over=True).line
    assert len(line) == MAX_LINE
    hostile = hook_answer("rollout", attacked(), is_grace_over=True).line
    assert hostile.isprintable()


def test_the_answer_lists_some_failed_checks_and_counts_the_others():
    """A controller keeps ten answers in its own status."""
    told = answer(with_most_checks(failing=100))
    assert len(told.failed_checks) == MAX_LISTED
    assert told.failed_checks_not_listed == 100 - MAX_LISTED


def test_the_answer_names_the_build_of_a_candidate_without_a_version():
    """Argo knows the hash of a template, not the model's version."""
    judgement = ROWS[0].judgement()
    build = replace(judgement.versions["candidate"], version="", build="7d9c")
    told = answer(replace(judgement, versions={**judgement.versions, "candidate": build}))
    assert told.version == "7d9c"
