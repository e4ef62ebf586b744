"""The evidence for slices, held against its definition, integrated slowly."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comparators.slices.e_values import as_number, log_e_values
from comparators.slices.intervals import Reals, ShareSums
from comparators.statistics.exact import ONE, real
from tests.comparators.slices.oracle import log_e_value

ANYTHING = -np.inf
SUMS = st.integers(1, 5_000).flatmap(lambda n: st.tuples(st.integers(0, n * ONE).map(real), st.just(n)))


def of(*sums: tuple[float, float]) -> ShareSums:
    k, n = np.array(sums, dtype=np.float64).reshape(-1, 2).T
    return ShareSums(k, n)


def logs(own: ShareSums, complements: ShareSums, least: float = ANYTHING) -> Reals:
    return log_e_values(own, complements, np.full(len(own.n), least))


@pytest.mark.parametrize(
    ("own", "complement"),
    [
        ((20, 1_000), (20, 4_000)),
        ((380, 1_000), (100, 9_000)),
        ((500.5, 1_000), (100.25, 9_000)),
        ((210, 2_000), (1_960, 20_000)),
        ((5, 50), (0, 1_000)),
        ((3, 3), (0, 1)),
        ((1_000, 1_000), (90, 100)),
        ((0.5, 1), (0, 10)),
        ((2, 10), (10, 51)),
        ((40, 5_000), (0.25, 20_000)),
        ((100_000, 100_000), (199_940, 200_000)),  # rates near 1, as of numbers that nearly always differ
        ((99_999, 100_000), (199_994, 200_000)),
        ((999, 1_000), (8_800, 9_000)),
    ],
)
def test_each_e_value_is_the_least_product_of_its_two_mixtures(own, complement):
    """By numerical integration, over all rates. (Below 1 it says nothing, and need not be the least.)"""
    expected = log_e_value(*own, *complement)
    found = logs(of(own), of(complement))[0]
    assert found == pytest.approx(expected, abs=0.01) if expected > 0 else found < 0


@given(st.lists(st.tuples(SUMS, SUMS), min_size=1, max_size=8), st.floats(0, 12))
@example([((0.002547944623074727, 1), (0.0016281932021229295, 159))], 0.25)
@example([((31.91676013531469, 35), (0.08323984763228509, 8)), ((real(4_997), 5_000), (real(4_373), 4_378))], 2.0)
def test_what_cannot_reach_the_least_is_left_out_and_nothing_else(pairs, least):
    """The quick look beforehand changes no e-value that counts."""
    own, complements = of(*(each for each, _ in pairs)), of(*(each for _, each in pairs))
    whole, some = logs(own, complements), logs(own, complements, least)
    assert np.array_equal(some[whole >= least], whole[whole >= least])
    assert all(each in (-math.inf, full) for each, full in zip(some, whole, strict=True))


@pytest.mark.parametrize(
    ("own", "complement"),
    [((10, 100), (100, 1_000)), ((5, 100), (100, 1_000)), ((0, 0), (5, 10)), ((5, 10), (0, 0)), ((0, 5), (0, 10))],
)
def test_no_more_disagreement_than_elsewhere_is_no_evidence(own, complement):
    """Nor is there any where there is nothing to compare with."""
    assert logs(of(own), of(complement)).tolist() == [-math.inf]


def test_evidence_beyond_every_float_is_still_a_number():
    """Of tens of millions of requests, where tails of distributions are below the least float."""
    found = logs(of((5e6, 1e7), (1.05e6, 1e7), (1e7, 1e7)), of((1e6, 4e7), (4e6, 4e7), (4e6, 4e7)))
    assert np.isfinite(found).all()
    assert (found > 100).all()
    assert math.isfinite(as_number(1e9))
    assert as_number(math.log(40)) == pytest.approx(40)


def test_of_no_slices_there_is_no_evidence():
    """Nothing breaks."""
    assert logs(of(), of()).size == 0
