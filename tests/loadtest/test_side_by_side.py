"""Two runs of one plan: what their differences say, against truths that simulation knows."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from comparators.evidence.report import Report
from loadtest.results.rows import ResultColumns
from loadtest.side_by_side import PairedValue, PlannedRun, compared
from tests.loadtest.results.made_runs import MS, report_on, run_of

N = 6_400
DISAGREES = "disagrees in the second alone, less in the first"
FAILS = "fails in the second alone, less in the first"


def run_with(disagrees: np.ndarray | None = None, failed: np.ndarray | None = None) -> ResultColumns:
    changes = {} if disagrees is None else {"disagrees": disagrees.astype(float)}
    changes |= {} if failed is None else {"failed": failed}
    return run_of(range(0, N * MS, MS), [MS] * N, **changes)


def difference(name: str, second: ResultColumns, report: Report) -> PairedValue:
    """Against a first run without a fault."""
    runs = [PlannedRun(which, "a" * 64, rows, report) for which, rows in (("A", run_with()), ("B", second))]
    return next(each for each in compared(*runs) if each.name == name)


@pytest.mark.parametrize("length", [1, 40, 400])
def test_differences_hold_their_truth_where_bursts_connect_requests(length: int) -> None:
    """A fifth of answers are wrong, or fail, so many in a row: 95 of 100 intervals hold that fifth."""
    chance, report = np.random.default_rng(length), report_on(run_with())
    missed = dict.fromkeys((DISAGREES, FAILS), 0)
    for _ in range(40):
        burst = np.repeat(chance.random(N // length) < 0.2, length)
        for name, rows in ((DISAGREES, run_with(disagrees=burst)), (FAILS, run_with(failed=burst))):
            found = difference(name, rows, report)
            assert found.lo is not None
            assert found.hi is not None
            missed[name] += not found.lo <= 0.2 <= found.hi
    assert max(missed.values()) <= 2, missed


def test_an_error_is_a_failure_and_no_quick_answer() -> None:
    """Half of the second run is refused at once with a 500: it fails more, and what it answered took as long."""
    refused = np.arange(N) % 2 == 0
    status, done = np.where(refused, 500, 200), run_with().sent + np.where(refused, MS // 10, MS)
    second, report = run_with()._replace(status=status, done=done), report_on(run_with())
    assert difference(FAILS, second, report).value == 0.5
    assert difference("same request, median of service ratios", second, report).value == pytest.approx(1.0, rel=0.02)


def test_independent_requests_cost_nothing() -> None:
    """The interval is that of as many independent requests: about two percent wide here."""
    found = difference(DISAGREES, run_with(disagrees=np.random.default_rng(1).random(N) < 0.2), report_on(run_with()))
    assert found.lo is not None
    assert found.hi is not None
    assert found.hi - found.lo < 0.04


def test_whose_requests_are_is_taken_from_the_reports() -> None:
    """Rows know no user: where a report says that fifty requests tell as much as one, so it is here."""
    second, report = run_with(disagrees=np.random.default_rng(1).random(N) < 0.2), report_on(run_with())
    own = report.metrics["disagreement.rate"]
    metrics = {**report.metrics, "disagreement.rate": replace(own, sums={**own.sums, "design_effect": 50.0})}
    narrow, wide = (difference(DISAGREES, second, each) for each in (report, replace(report, metrics=metrics)))
    assert None not in (narrow.lo, narrow.hi, wide.lo, wide.hi)
    assert wide.hi - wide.lo > 5 * (narrow.hi - narrow.lo)  # type: ignore[operator]
    assert wide.n == narrow.n
