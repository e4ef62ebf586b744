"""Numbers in cells of one width: counts against numpy, bounded, and the same in any order and grouping."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.statistics.axis_histogram import MAX_CELLS, AxisHistogram

FINEST = -30
VALUES = st.lists(st.floats(-1e9, 1e9) | st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1e300, -1e300, 0.5]), max_size=60)


def of(values, finest: int = FINEST) -> AxisHistogram:
    found = AxisHistogram()
    found.add_all(np.array(values, dtype=np.float64), finest)
    return found


def joined(*parts: AxisHistogram) -> AxisHistogram:
    found = AxisHistogram()
    for each in parts:
        found.merge(each)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_each_cell_holds_what_numpy_counts_there(seed):
    """Heavy tails, both signs; no more than so many cells, and no coarser than that asks for."""
    values = np.random.default_rng(seed).standard_t(2, 5_000)
    found = of(values)
    width = 2.0**found.step
    cells, counts = np.unique(np.floor(values / width), return_counts=True)
    assert dict(zip(cells.tolist(), counts.tolist(), strict=True)) == found.cells
    assert len(found.cells) <= MAX_CELLS < len(np.unique(np.floor(values / (width / 2))))


@given(VALUES, VALUES, VALUES)
def test_no_bit_depends_on_order_or_grouping(a, b, c):
    """Added at once, in turns, or merged; and stored as it is."""
    whole = of([*a, *b, *c])
    turns = of(c)
    for part in (a, b):
        turns.add_all(np.array(part, dtype=np.float64), FINEST)
    assert turns == whole
    assert joined(of(a), joined(of(b), of(c))) == joined(joined(of(c), of(a)), of(b)) == whole
    stored = msgspec.json.encode(msgspec.to_builtins(whole, str_keys=True))
    assert msgspec.json.decode(stored, type=AxisHistogram) == whole


@given(VALUES, VALUES, st.integers(-40, 20), st.integers(-40, 20))
def test_parts_of_unlike_extents_merge_too(a, b, fine, coarse):
    """Whichever comes first."""
    assert joined(of(a, fine), of(b, coarse)) == joined(of(b, coarse), of(a, fine))


def test_an_outlier_makes_no_other_coarser():
    """What is empty costs nothing."""
    values = np.arange(200) / 256
    assert of([*values, 1e9]).step <= -8
