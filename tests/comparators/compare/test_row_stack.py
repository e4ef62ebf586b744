"""Rows of a batch in arrays: told, and averaged, by the requests that they belong to."""

import numpy as np
import pytest

from comparators.compare.finding import AGREES
from comparators.compare.fitting import Fitting, KindSums
from comparators.compare.row_stack import RowStack, parts
from comparators.extract.output import Column
from tests.comparators.compare.one_head import ruled

SIZES = (1, 3, 2)


def batch() -> Fitting[int]:
    """Requests of one, three and two rows."""
    value = [Column(list(range(size))) for size in SIZES]
    return Fitting([(each, each) for each in value], lambda each: each.values, ruled("/o"), KindSums())  # type: ignore[union-attr]


def test_rows_that_disagree_are_told_to_their_request():
    """With the kinds of difference in the order that was asked for."""
    own = batch()
    rows = RowStack(own.fits, ("nan", "label"))
    rows.disagreeing["label"][[1, 3]] = True
    rows.disagreeing["nan"][3] = True
    rows.tell(own)
    assert [each.disagreeing for each in own.findings] == [0, 0b101, 0]
    assert [each.kind for each in own.findings[1].differences] == ["nan", "label"]


def test_nothing_is_told_where_all_agree():
    """The usual batch."""
    own = batch()
    RowStack(own.fits, ("label",)).tell(own)
    assert own.findings == [AGREES] * len(SIZES)


def test_means_are_over_the_counting_rows_of_each_request():
    """A request without such rows has no mean."""
    rows = RowStack(batch().fits, ("label",))
    means = rows.means(np.array([False, True, False, True, True, True]))
    assert means.of(np.array([9.0, 1.0, 9.0, 2.0, 3.0, 5.0])).tolist() == [1.5, 4.0]
    assert (len(means), means.counts.tolist()) == (2, [0, 2, 2])


def test_no_requests_have_no_rows():
    """A batch in which none fits."""
    own: Fitting[int] = Fitting([], lambda _: None, ruled("/o"), KindSums())
    rows = RowStack(own.fits, ("label",))
    rows.tell(own)
    assert rows.means(np.zeros(0, dtype=np.bool_)).of(np.zeros(0)).tolist() == []


@pytest.mark.parametrize(("size", "expected"), [(1, [5]), (4, [2, 2, 1]), (100, [1] * 5), (0, [5])])
def test_as_many_rows_as_have_so_many_numbers_come_together(size, expected):
    """One row at least, however wide."""
    assert [len(part) for part in parts(range(5), size, numbers=8)] == expected
