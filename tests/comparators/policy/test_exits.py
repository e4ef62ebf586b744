"""The exit code: what a pipeline may make of an inconclusive verdict, and of no other."""

import pytest

from comparators.policy.exits import INCONCLUSIVE, exit_code
from tests.comparators.policy.rows import ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("inconclusive", INCONCLUSIVE)
def test_only_an_inconclusive_verdict_is_treated_otherwise(row, inconclusive):
    """An error never passes, nor does a failure."""
    treated = {"fail": 1, "pass": 0, "neutral": 0}[inconclusive] if row.verdict == "inconclusive" else row.exit
    assert exit_code(row.judgement(), inconclusive) == treated
