"""Which numbers of a row differ most: against numpy, place by place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comparators.compare import row_dimensions, score
from comparators.compare.extent import of_numbers
from comparators.compare.row_dimensions import MAX_DIMENSIONS, MAX_SHOWN
from comparators.extract.output import Tensor
from tests.comparators.compare import laws, one_head


def drifted(n: int, rows: int, width: int, at: int) -> tuple[np.ndarray, np.ndarray]:
    """One place is 0.3 off, all others by float noise."""
    random = np.random.default_rng(width)
    p = random.normal(0, 1, (n, rows, width))
    c = p + random.normal(0, 1e-7, p.shape)
    c[:, :, at] += 0.3 * random.random((n, rows))
    return p, c


def compared(p, c):
    sides = [[Tensor("FP64", each.shape, each.ravel().tolist()) for each in side] for side in (p, c)]
    return list(zip(*sides, strict=True)), replace(one_head.ruled("/x"), extent=of_numbers(p.ravel()))


@pytest.mark.parametrize("rows", [1, 3])
def test_the_place_that_differs_is_named_first_with_numpys_mean(rows):
    """The mean of |δ|, and the share of rows beyond the tolerance there."""
    p, c = drifted(400, rows, 12, at=5)
    pairs, rules = compared(p, c)
    sums = score.compare(pairs, rules)[1]
    (told,) = row_dimensions.most(sums.dimensions, 2.0**rules.extent.clip)
    assert [row[0] for row in told.rows[:1]] == [5]
    means = np.abs(c - p).mean(axis=(0, 1))
    assert [row[1] for row in told.rows] == pytest.approx(sorted(means, reverse=True)[:MAX_SHOWN], abs=1e-11)
    beyond = ~np.isclose(c, p, rtol=rules.tolerance.rtol, atol=rules.tolerance.atol)
    assert told.rows[0][2] == pytest.approx(beyond[:, :, 5].mean())
    assert told.not_listed == 2


def test_of_wide_rows_the_first_places_are_told_apart():
    """State stays bounded, and the report says so."""
    pairs, rules = compared(*drifted(50, 1, 200, at=150))
    sums = score.compare(pairs, rules)[1].dimensions
    assert (len(sums.n), len(sums.apart), sums.wider) == (MAX_DIMENSIONS, MAX_DIMENSIONS, 50)
    (told,) = row_dimensions.most(sums, 2.0**rules.extent.clip)
    assert told.not_listed + len(told.rows) == MAX_DIMENSIONS
    assert f"the first {MAX_DIMENSIONS}" in told.title


@given(st.integers(0, 30), st.integers(1, 80))
def test_rows_of_any_width_add_up_wherever_a_batch_is_cut(cut, other_width):
    """Also where widths change within one output; nothing is told where nothing differs, or rows have one number."""
    first, rules = compared(*drifted(15, 1, 3, at=1))
    second, _ = compared(*drifted(15, 1, other_width, at=0))
    laws.a_cut_changes_no_bit(score, [*first, *second], cut, rules)
    same = score.compare([(p, p) for p, _ in first], rules)[1].dimensions
    single = score.compare(compared(*drifted(15, 1, 1, at=0))[0], rules)[1].dimensions
    assert row_dimensions.most(same, 1.0) == row_dimensions.most(single, 1.0) == []
