"""The High Dynamic Range histogram: its buckets and answers against other implementations, its error, exact merging.

Numbers that stand here were computed by HdrHistogram 2.1.11 (Java), and percentiles by hdr-histogram-js 3.0.1, which
rounds a rank up, as Java does since 2.1.12.
"""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.results.hdr import HdrHistogram, highest_of, index_of, lowest_of, middle_of, width_of

LARGEST = 2**63 - 1
# Edges, small ones that repeat, and each size as often as another.
VALUES = st.one_of(
    st.sampled_from([0, 1, 2047, 2048, 2049, 4095, 4096, 10**9, 2**53 - 1, 2**53, 2**60 - 1, 2**60, LARGEST]),
    st.integers(0, 5000),
    st.integers(0, 62).flatmap(lambda bits: st.integers(2**bits - 1, 2 ** (bits + 1) - 1)),
)
CUBES = [i**3 * 1000 for i in range(1, 101)]  # ns, from 1 µs to 1 s


def histogram_of(*values: int) -> HdrHistogram:
    histogram = HdrHistogram()
    histogram.add_all(np.array(values, dtype=np.int64))
    return histogram


@pytest.mark.parametrize(
    ("value", "lowest", "highest", "width", "middle"),
    [
        (0, 0, 0, 1, 0),
        (1, 1, 1, 1, 1),
        (2047, 2047, 2047, 1, 2047),
        (2048, 2048, 2049, 2, 2049),
        (2049, 2048, 2049, 2, 2049),
        (2050, 2050, 2051, 2, 2051),
        (4095, 4094, 4095, 2, 4095),
        (4096, 4096, 4099, 4, 4098),
        (1_000_000, 999_936, 1_000_447, 512, 1_000_192),
        (3_600_000_000_000, 3_599_182_594_048, 3_601_330_077_695, 2_147_483_648, 3_600_256_335_872),
        (2**53 - 1, 9_002_801_208_229_888, 9_007_199_254_740_991, 4_398_046_511_104, 9_005_000_231_485_440),
        (2**53, 9_007_199_254_740_992, 9_015_995_347_763_199, 8_796_093_022_208, 9_011_597_301_252_096),
        (2**60 - 1, 1_152_358_554_653_425_664, 2**60 - 1, 562_949_953_421_312, 1_152_640_029_630_136_320),
        (LARGEST, 9_218_868_437_227_405_312, LARGEST, 4_503_599_627_370_496, 9_221_120_237_041_090_560),
    ],
)
def test_a_value_is_counted_with_those_that_hdrhistogram_counts_it_with(value, lowest, highest, width, middle):
    """The equivalent range of a value is the Java implementation's, from the smallest to the largest there is."""
    index = index_of(np.array([value]))
    assert [each(index)[0] for each in (lowest_of, highest_of, width_of, middle_of)] == [lowest, highest, width, middle]


def test_places_are_those_of_hdrhistogram():
    """Counts stand where the Python implementation has them, so that a file's counts mean the same values."""
    values = [0, 2047, 2048, 2050, 4095, 4096, 10**6, 10**9, 3600 * 10**9, 2**53 - 1, 2**53, 2**62, LARGEST]
    places = [0, 2047, 2048, 2049, 3071, 3072, 11169, 21363, 33420, 45055, 45056, 54272, 55295]
    assert index_of(np.array(values)).tolist() == places


@given(VALUES)
def test_a_value_lies_within_its_place_and_near_its_ends(value):
    """Its place holds it, and is no wider than 1/1024 of it."""
    index = index_of(np.array([value]))
    low, high = int(lowest_of(index)[0]), int(highest_of(index)[0])
    assert low <= value <= high
    assert (high - low) * 1024 <= low


@given(st.lists(VALUES.filter(lambda value: value < 2**62), max_size=60))
def test_counts_are_those_of_the_python_implementation(values):
    """Bucket by bucket, as many of them, the same largest value and mean."""
    hdrh = pytest.importorskip("hdrh.histogram", reason="HdrHistogram for Python (hdrhistogram) is not installed")
    ours = histogram_of(*values)
    theirs = hdrh.HdrHistogram(1, ours.reach, 3)
    for value in values:
        assert theirs.record_value(value)
    assert ours.counts.tolist() == list(theirs.counts)
    assert ours.buckets == theirs.bucket_count
    assert ours.max == theirs.get_max_value()
    assert ours.mean == pytest.approx(theirs.get_mean_value(), rel=1e-12)


@pytest.mark.parametrize("percentile", [0, 1, 10, 50, 90, 99, 99.9, 100])
def test_percentiles_are_those_of_the_python_implementation(percentile):
    """Of a thousand values, where each of these percentiles has a whole rank, and no rule of rounding matters."""
    hdrh = pytest.importorskip("hdrh.histogram", reason="HdrHistogram for Python (hdrhistogram) is not installed")
    values = np.random.default_rng(11).lognormal(14, 2, 1000).astype(np.int64).tolist()
    theirs = hdrh.HdrHistogram(1, 2**62, 3)
    for value in values:
        theirs.record_value(value)
    assert histogram_of(*values).value_at(percentile) == theirs.get_value_at_percentile(percentile)


@pytest.mark.parametrize(
    ("percentile", "value"),
    [
        (0, 1000),
        (0.5, 1000),
        (1, 1000),
        (1.1, 8003),
        (10, 1_000_447),
        (50, 125_042_687),
        (50.5, 132_710_399),
        (90, 729_284_607),
        (95, 857_735_167),
        (99, 970_457_087),
        (99.9, 1_000_341_503),
        (100, 1_000_341_503),
    ],
)
def test_a_percentile_is_what_hdrhistogram_answers(percentile, value):
    """The highest equivalent value at the rank, this rounded up; at 0 the lowest one."""
    assert histogram_of(*CUBES).value_at(percentile) == value


def test_mean_deviation_and_maximum_are_what_hdrhistogram_answers():
    """To the last bit: they are computed in its order."""
    histogram = histogram_of(*CUBES)
    assert (histogram.mean, histogram.stddev, histogram.max) == (255_026_352.18, 287_878_830.1259221, 1_000_341_503)
    assert (histogram.n, histogram.buckets, histogram.reach) == (100, 20, 1_073_741_823)


@given(st.lists(VALUES, min_size=1, max_size=200), st.decimals("0.001", "100", places=3))
def test_a_percentile_is_the_order_statistic_or_a_thousandth_above(values, percentile):
    """Never below the exact value at rank ceil(p n / 100), whatever the sizes and ties."""
    rank = math.ceil(percentile * len(values) / 100)
    exact = int(np.sort(np.array(values))[rank - 1])
    found = histogram_of(*values).value_at(float(percentile))
    assert exact <= found
    assert (found - exact) * 1000 <= exact


@pytest.mark.parametrize("spelled", ["90", "95", "99", "99.9", "99.99", "99.999"])
@pytest.mark.parametrize("n", [10, 1000, 1001, 10_000, 123_457, 1_000_000])
def test_a_percentile_means_what_it_spells(n, spelled):
    """99.9 of a thousand is the 999th, though the float is a little more than 99.9: values below 2,048 are exact."""
    histogram = HdrHistogram()
    rank = math.ceil(Decimal(spelled) * n / 100)
    histogram.add_counts(np.array([rank - 1, 1, n - rank]))
    assert histogram.value_at(float(spelled)) == 1


@given(st.lists(VALUES, max_size=40), st.lists(VALUES, max_size=40))
def test_merged_halves_equal_the_whole(left, right):
    """To the count, whichever reaches further; and the one that is merged stays as it was."""
    merged, half, whole = histogram_of(*left), histogram_of(*right), histogram_of(*left, *right)
    merged.merge(half)
    assert merged.counts.tolist() == whole.counts.tolist()
    assert half.counts.tolist() == histogram_of(*right).counts.tolist()


@given(st.lists(VALUES, min_size=1, max_size=30))
def test_one_by_one_is_all_at_once(values):
    """Neither the order nor the grouping of values is seen."""
    single = HdrHistogram()
    for value in values:
        single.add_all(np.array([value]))
    assert single.counts.tolist() == histogram_of(*sorted(values)).counts.tolist()


def test_an_empty_one_answers_as_hdrhistogram_does():
    """All 0, with one bucket, also after nothing was added or merged."""
    empty = histogram_of()
    empty.merge(HdrHistogram())
    assert (empty.n, empty.max, empty.mean, empty.stddev, empty.value_at(50), empty.buckets) == (0, 0, 0.0, 0.0, 0, 1)


def test_ties_are_one_value():
    """A million times the same: every percentile is that, without a deviation."""
    histogram = HdrHistogram()
    histogram.add_all(np.full(1_000_000, 2047))
    assert {histogram.value_at(percentile) for percentile in (0, 1, 50, 99.99, 100)} == {2047}
    assert (histogram.mean, histogram.stddev, histogram.n) == (2047.0, 0.0, 1_000_000)


def test_a_negative_value_is_refused_whole():
    """An error that names it, and none of what came with it is counted."""
    histogram = HdrHistogram()
    with pytest.raises(ValueError, match="from 0 to 2\\^63 - 1, not -3"):
        histogram.add_all(np.array([5, -3]))
    assert histogram.n == 0


@pytest.mark.parametrize("percentile", [-0.1, 100.1, math.nan, math.inf])
def test_a_percentile_outside_of_0_to_100_is_an_error_in_words(percentile):
    """And not the nearest one that there is."""
    with pytest.raises(ValueError, match="a percentile lies from 0 to 100"):
        histogram_of(1).value_at(percentile)
