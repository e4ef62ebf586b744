"""What the candidate says where production says p."""

import numpy as np
import pytest

from comparators.compare.calibration import BINS, binned, table
from comparators.compare.row_stack import Means
from comparators.statistics.exact import ONE


def means_of(owner: list[int]) -> Means:
    return Means(np.array(owner, dtype=np.int_), np.ones(len(owner), dtype=np.bool_), max(owner, default=-1) + 1)


def test_a_request_counts_once_however_many_rows_it_has():
    """Each bin has the share of its rows, and both sides' probabilities by that share."""
    p, c = np.array([0.15, 0.25, 0.25, 0.95]), np.array([0.5, 0.5, 1.0, 0.0])
    n, production, candidate = binned(p, c, means_of([0, 0, 0, 1]))
    assert len(n) == BINS
    assert sum(n) == pytest.approx(2 * ONE)
    assert [count / ONE for count in n[1:3]] == pytest.approx([1 / 3, 2 / 3])
    rows = table(n, production, candidate, 2)[0].rows
    assert [row[0] for row in rows] == ["0.1 to 0.2", "0.2 to 0.3", "0.9 to 1.0"]
    assert [row[3] for row in rows] == pytest.approx([0.5, 0.75, 0.0])


def test_a_certain_row_is_in_the_last_bin():
    """1 has no bin of its own."""
    n, _, _ = binned(np.array([1.0]), np.array([1.0]), means_of([0]))
    assert n == [0] * (BINS - 1) + [ONE]


def test_no_rows_are_no_table():
    """Rather than a table of nothing."""
    assert table(*([0] * BINS for _ in range(3)), 0) == []
