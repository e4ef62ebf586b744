"""How far a run was from its plan, from its rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from benchmarks.replay.fidelity import truth_of, wasserstein
from loadtest.results.rows import ResultColumns, ResultRow

MS = 1_000_000
pauses = st.integers(0, 10**9)


@given(st.lists(st.tuples(pauses, pauses), min_size=1, max_size=50))
def test_the_distance_of_two_samples_is_scipys(pairs: list[tuple[int, int]]) -> None:
    """scipy.stats.wasserstein_distance, which is for samples of any size."""
    planned, actual = (np.array(each) for each in zip(*pairs, strict=True))

    assert wasserstein(planned, actual) == pytest.approx(wasserstein_distance(planned, actual))


def test_the_same_pauses_in_another_order_are_at_no_distance() -> None:
    """It is about how long pauses are; how late each request was stands beside it. Of none it is 0."""
    assert wasserstein(np.array([3, 1, 2]), np.array([1, 2, 3])) == 0
    assert wasserstein(np.array([], np.int64), np.array([], np.int64)) == 0


def rows(late_ns: list[int]) -> ResultColumns:
    """One due each millisecond, and sent so much later; half of that was the engine's lag."""
    return ResultColumns.of(
        ResultRow(n=n, due=n * MS, ready=n * MS, issued=n * MS + late // 2, sent=n * MS + late, done=n * MS + late + 1)
        for n, late in enumerate(late_ns)
    )


def test_a_run_that_is_late_by_the_same_time_throughout_distorts_no_pause() -> None:
    """And ends as late as it began."""
    found = truth_of(rows([2 * MS] * 100))

    assert (found.requests, found.planned_s, found.ended_late_ms, found.wasserstein_us) == (100, 0.099, 2.0, 0.0)
    assert (found.late_p50_us, found.late_p99_us, found.lag_p50_us, found.lag_p99_us) == (2_000, 2_000, 1_000, 1_000)


def test_one_late_request_distorts_two_pauses() -> None:
    """One is longer by that, the next one shorter: of ten pauses, on average a fifth of it."""
    found = truth_of(rows([0, 0, 0, 500_000, 0, 0, 0, 0, 0, 0, 0]))

    assert (found.ended_late_ms, found.wasserstein_us) == (0.0, pytest.approx(100))
