"""Decisions that change, by how far production was from deciding otherwise."""

import numpy as np
import pytest

from comparators.compare.margins import LOGITS, PROBABILITIES, MarginSums, tables
from comparators.compare.row_stack import Means
from comparators.statistics.exact import ONE


def added(owner: list[int], margins: list[float], changed: list[bool], ends=PROBABILITIES) -> MarginSums:
    sums = MarginSums()
    rows = Means(np.array(owner), np.ones(len(owner), dtype=np.bool_), max(owner) + 1)
    sums.add_all(np.array(margins), np.array(changed), rows, ends)
    return sums


def test_each_band_has_its_rows_and_those_that_change():
    """Of two requests: one of four rows, of which one changes, and one of a single row; 0.05 begins a band."""
    sums = added([0, 0, 0, 0, 1], [0.005, 0.05, 0.9, 0.9, 0.05], [True, False, False, False, True])
    (found,) = tables(sums, PROBABILITIES, 2)
    assert found.rows == [
        (0.0, 0.01, 0.125, 0.125, 1.0),
        (0.05, 0.1, 0.625, 0.5, pytest.approx(0.8)),
        (0.5, None, 0.25, 0.0, 0.0),
    ]


def test_the_shares_of_all_bands_come_to_all_requests():
    """Nothing is beyond the last one."""
    random = np.random.default_rng(1)
    owner = np.sort(random.integers(0, 50, 400)).tolist()
    sums = added(owner, random.exponential(2, 400).tolist(), (random.random(400) < 0.2).tolist(), LOGITS)
    assert sum(sums.rows) == pytest.approx(len(set(owner)) * ONE, abs=400)


def test_without_a_change_there_is_no_table():
    """Nor without requests."""
    assert tables(added([0], [0.3], [False]), PROBABILITIES, 1) == []
    assert tables(MarginSums(), PROBABILITIES, 0) == []


def test_parts_merge_to_the_whole():
    """A batch without such rows has empty lists."""
    whole = added([0, 1], [0.3, 0.001], [True, True])
    parts = added([0], [0.3], [True])
    parts.merge(MarginSums())
    parts.merge(added([0], [0.001], [True]))
    assert parts == whole
