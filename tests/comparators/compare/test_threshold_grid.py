"""Decisions over a grid of thresholds: against a count over the raw numbers, merged, and looked at again and again."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare.threshold_grid import GRID, ThresholdSums, changes
from comparators.metrics.metric import RATE
from comparators.statistics import sequences
from comparators.statistics.exact import ONE
from tests.comparators.compare import laws

ALPHA = 0.05


def added(requests, threshold=None) -> ThresholdSums:
    """`requests`: of each both sides' numbers, a row each."""
    sums = ThresholdSums()
    p, c = ([number for request in requests for number in request[side]] for side in (0, 1))
    counts = np.array([len(own) for own, _ in requests], dtype=np.int_)
    owner = np.repeat(np.arange(len(counts)), counts)
    sums.add_all(np.array(p, dtype=float), np.array(c, dtype=float), owner, counts, threshold)
    return sums


def drawn(random: np.random.Generator, requests: int, most_rows: int = 1, noise: float = 0.05):
    sizes = random.integers(1, most_rows + 1, requests)
    own = [random.beta(0.7, 0.9, size) for size in sizes]
    return [(p, np.clip(p + random.normal(0, noise, len(p)), 0, 1)) for p in own]


def table(sums: ThresholdSums, effect: float = 1.0):
    (found,) = changes(sums, ALPHA, effect)
    return found


@pytest.mark.parametrize("most_rows", [1, 6])
@pytest.mark.parametrize("threshold", [None, 0.3125, 0.5])
def test_the_table_is_what_numpy_counts(most_rows, threshold):
    """At each threshold the mean over requests of the share of rows on the other side, either way."""
    requests = drawn(np.random.default_rng(1), 700, most_rows)
    found = table(added(requests, threshold))
    assert [row[0] for row in found.rows] == sorted({*GRID, *([threshold] if threshold else [])})
    for at, either, upward, downward in found.rows:
        up = np.mean([np.mean((p < at) & (c >= at)) for p, c in requests])
        down = np.mean([np.mean((p >= at) & (c < at)) for p, c in requests])
        assert (either.value, upward, downward) == pytest.approx((up + down, up, down), abs=1e-11)


def test_a_number_at_the_threshold_is_decided_for():
    """As with a threshold that is set; 0.15 and 0.3 are what JSON calls so."""
    found = table(added([([0.15, 0.3], [0.1499, 0.3])]))
    changed = {row[0]: row[1].value for row in found.rows if row[1].value}
    assert changed == {0.15: 0.5}


def test_the_intervals_hold_for_the_whole_grid_at_once():
    """Each is that of a rate at its part of alpha; a threshold that is set beside the grid is one more."""
    requests = drawn(np.random.default_rng(2), 400)
    for threshold, many in ((None, 19), (0.5, 19), (0.3125, 20)):
        for _, either, *_ in table(added(requests, threshold)).rows:
            assert (either.method, either.n, either.alpha) == (RATE, 400, ALPHA / many)
            assert (either.lo, either.hi) == pytest.approx(sequences.rate(either.value * 400, 400, ALPHA / many))


def test_users_who_send_several_requests_make_the_intervals_wider():
    """And open them where too few are left."""
    sums = added(drawn(np.random.default_rng(3), 400))
    narrow, wide, least = (table(sums, effect).rows[9][1] for effect in (1.0, 4.0, 50.0))
    assert wide.lo < narrow.lo < narrow.hi < wide.hi
    assert (least.lo, least.hi) == (None, None)
    assert least.value == narrow.value


ROWS = st.lists(st.tuples(*[st.sampled_from([0.0, 0.05, 0.3, 0.31, 0.5, 0.95, 1.0, 1 / 3])] * 2), max_size=4)


@given(st.lists(ROWS, max_size=8), st.data())
def test_where_a_batch_is_cut_changes_no_bit(rows, data):
    """Merged sums are those over all, and are stored as they are."""
    requests = [([p for p, _ in each], [c for _, c in each]) for each in rows]
    cut = data.draw(st.integers(0, len(requests)))
    whole, parts = added(requests, 0.31), added(requests[:cut], 0.31)
    parts.merge(added(requests[cut:], 0.31))
    assert parts == whole
    laws.are_stored_as_they_are(whole)
    assert whole.n == sum(1 for each in rows if each)


def test_a_set_threshold_is_told_even_where_nothing_changes():
    """With the width that nothing among so many has."""
    sums = added([([0.4], [0.4])] * 400, 0.7001)
    row = next(row for row in table(sums).rows if row[0] == 0.7001)
    assert (row[1].value, row[1].lo) == (0.0, 0.0)
    assert 0.0 < row[1].hi < 0.1
    found = table(sums)
    assert found.note.startswith("0.7001 is set; ")
    assert [found.rows[at][0] for at in found.set_rows] == [0.7001]
    assert (sums.upward, sums.downward, sums.decided) == ({}, {}, {"0.7001": 400})


def test_nothing_compared_has_no_table():
    """And no sums."""
    assert changes(ThresholdSums(), ALPHA, 1.0) == []
    assert added([]) == ThresholdSums()


def test_a_request_is_one_however_many_rows_it_has():
    """Three of four rows move up at 0.5: three quarters of one request."""
    sums = added([([0.4] * 4, [0.6, 0.6, 0.6, 0.4])])
    assert sums.upward == {"0.45": 3 * ONE // 4, "0.5": 3 * ONE // 4, "0.55": 3 * ONE // 4, "0.6": 3 * ONE // 4}


@pytest.mark.slow
def test_all_thresholds_hold_at_every_look():
    """Of 200 streams looked at from 10 to 3,000 requests at most 5 % ever miss at any threshold; of 400, two did."""
    streams, looks = 200, sorted({round(10 * 1.3**step) for step in range(22)})
    random = np.random.default_rng(4)
    reference = drawn(random, 400_000, noise=0.15)
    p, c = (np.concatenate([each[side] for each in reference]) for side in (0, 1))
    truth = np.array([np.mean((p >= at) != (c >= at)) for at in GRID])
    missed = 0
    for _ in range(streams):
        own = drawn(random, looks[-1], noise=0.15)
        p, c = (np.concatenate([each[side] for each in own])[:, None] for side in (0, 1))
        sums = ((p >= np.array(GRID)) != (c >= np.array(GRID))).cumsum(axis=0)
        missed += any(_excludes(truth, sums[look - 1], look) for look in looks)
    assert missed / streams <= ALPHA + 2 * math.sqrt(ALPHA * (1 - ALPHA) / streams)


def _excludes(truth: np.ndarray, sums: np.ndarray, look: int) -> bool:
    """By definition, from the martingale of each threshold."""
    evidence = [sequences.log_martingale(float(k), look, float(p)) for k, p in zip(sums, truth, strict=True)]
    return max(evidence) >= math.log(len(GRID) / ALPHA)
