"""Sizes and streams of paired answers: ratios, gaps, what is not known, laws, bounds."""

from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import size
from comparators.compare.size import Completion, SizeSums, ratios
from comparators.metrics.definition import derive
from comparators.statistics.sketch import RELATIVE_ERROR

MS = 1_000_000
WITHIN = 1.01 * RELATIVE_ERROR
NUMBERS = st.none() | st.integers(-1, 2**60)


class Side(NamedTuple):
    """What is known of one answer."""

    body_bytes: int | None = None
    first_byte_ns: int | None = None
    completion: Completion = Completion()


COMPLETIONS = st.builds(Completion, NUMBERS, NUMBERS, st.integers(0, 50))
SIZES = st.lists(st.tuples(*[st.builds(Side, NUMBERS, NUMBERS, COMPLETIONS)] * 2), max_size=6)


def summed(*sizes: tuple[Side, Side]) -> SizeSums:
    sums = SizeSums()
    own, other = [production for production, _ in sizes], [candidate for _, candidate in sizes]
    bodies, first_bytes = (([each[at] for each in own], [each[at] for each in other]) for at in (0, 1))
    sums.add(bodies, first_bytes)
    sums.add_completions([each.completion for each in own], [each.completion for each in other])
    return sums


def told(own: Completion, other: Completion) -> SizeSums:
    """Of one pair."""
    return summed((Side(completion=own), Side(completion=other)))


def value(sums: SizeSums, name: str) -> float | None:
    return derive(size.METRICS, sums, 0.05)[name].value


def test_ratios_are_of_the_same_request():
    """One answer is half, two are three times production's: the median ratio is three, whatever the medians are."""
    bodies = [(1000, 500), (10, 30), (20, 60)]
    sums = summed(*((Side(body_bytes=p), Side(body_bytes=c)) for p, c in bodies))
    assert value(sums, "size.bytes_ratio_p50") == pytest.approx(3, rel=WITHIN)
    assert value(sums, "size.production.bytes_p50") == pytest.approx(20, rel=WITHIN)
    assert value(sums, "size.candidate.bytes_p50") == pytest.approx(60, rel=WITHIN)


def test_equal_sizes_have_a_ratio_of_one():
    """Not of 1.01, as a bin that holds 1 and what is larger would say: so of the interval."""
    sums = summed(*[(Side(body_bytes=each), Side(body_bytes=each)) for each in range(300)])
    found = derive(size.METRICS, sums, 0.05)["size.bytes_ratio_p50"]
    assert (found.value, found.lo, found.hi) == (1.0, 1.0, 1.0)


def test_a_gap_is_the_mean_time_between_chunks():
    """Eleven chunks in 100 ms have ten gaps of 10 ms."""
    sums = told(Completion(streamed_ns=100 * MS, chunks=11), Completion(streamed_ns=100 * MS, chunks=6))
    assert value(sums, "latency.production.chunk_gap_p50_ms") == pytest.approx(10, rel=WITHIN)
    assert value(sums, "latency.candidate.chunk_gap_p50_ms") == pytest.approx(20, rel=WITHIN)
    assert sums.chunk_gap.ratio.quantile(0.5) == pytest.approx(2, rel=WITHIN)


@pytest.mark.parametrize("chunks", [0, 1])
def test_one_chunk_has_no_gap(chunks):
    """Nor has an answer that was not streamed."""
    sums = told(Completion(streamed_ns=MS, chunks=2), Completion(streamed_ns=MS, chunks=chunks))
    assert (sums.chunk_gap.ratio.n, sums.chunk_gap.unpaired) == (0, 1)


def test_tokens_and_first_bytes_have_their_metrics():
    """Tokens as each endpoint counted them; first bytes in ms."""
    own = Side(first_byte_ns=5 * MS, completion=Completion(tokens=100))
    sums = summed((own, Side(first_byte_ns=20 * MS, completion=Completion(tokens=150))))
    assert value(sums, "tokens.completion_ratio_p50") == pytest.approx(1.5, rel=WITHIN)
    assert value(sums, "latency.candidate.ttfb_p99_ms") == pytest.approx(20, rel=WITHIN)
    assert sums.first_byte.ratio.quantile(0.5) == pytest.approx(4, rel=WITHIN)


def test_what_one_side_does_not_tell_is_not_compared():
    """It is counted as unpaired; what neither tells is nothing."""
    one = Side(completion=Completion(tokens=1))
    sums = summed((one, Side()), (Side(), one), (Side(), Side()))
    assert (sums.n, sums.tokens.unpaired, sums.body.unpaired) == (3, 2, 0)
    assert sums.tokens.production.n == sums.tokens.candidate.n == 0


@pytest.mark.parametrize("made_up", [-1, 2**53 + 1, 10**400])
def test_numbers_that_no_answer_can_have_are_not_known(made_up):
    """An answer may claim any number of tokens."""
    sums = told(Completion(tokens=made_up), Completion(tokens=5))
    assert (sums.tokens.ratio.n, sums.tokens.unpaired) == (0, 1)


def test_ratios_to_nothing():
    """Nothing against nothing is alike; something against nothing counts as against one."""
    found = ratios(np.array([0.0, 0.0, 4.0]), np.array([0.0, 3.0, 0.0]))
    assert found.tolist() == [1.0, 3.0, 0.0]


def test_ratios_agree_with_numpy():
    """The sketch's median is numpy's, within its error."""
    random = np.random.default_rng(5)
    own, other = random.integers(1, 10_000, 999), random.integers(1, 10_000, 999)
    pairs = zip(own.tolist(), other.tolist(), strict=True)
    sums = summed(*((Side(body_bytes=p), Side(body_bytes=c)) for p, c in pairs))
    assert value(sums, "size.bytes_ratio_p50") == pytest.approx(np.median(other / own), rel=WITHIN)


@given(SIZES, SIZES)
def test_halves_merged_equal_the_whole(left, right):
    """Where a batch ends changes no bit; what is stored comes back the same."""
    whole, total, more = summed(*left, *right), summed(*left), summed(*right)
    total.merge(more)
    assert total == whole
    stored = msgspec.json.encode(msgspec.to_builtins(whole, str_keys=True))
    assert msgspec.json.decode(stored, type=SizeSums, strict=False) == whole


@given(SIZES)
def test_whatever_comes_has_metrics(sizes):
    """A value inside its interval, or a reason why there is none."""
    for metric in derive(size.METRICS, summed(*sizes), 0.05).values():
        if metric.value is None:
            assert metric.reason
        else:
            assert metric.lo is None or metric.lo <= metric.value
            assert metric.hi is None or metric.value <= metric.hi
