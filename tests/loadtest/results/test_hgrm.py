"""`.hgrm` text: to the byte what HdrHistogram 2.1.11 (Java 17) printed for the same values."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loadtest.results.hdr import HdrHistogram
from loadtest.results.hgrm import fixed, hgrm

CUBES = """\
       Value     Percentile TotalCount 1/(1-Percentile)

       0.001 0.000000000000          1           1.00
       1.000 0.100000000000         10           1.11
       8.004 0.200000000000         20           1.25
      27.001 0.300000000000         30           1.43
      64.029 0.400000000000         40           1.67
     125.043 0.500000000000         50           2.00
     166.461 0.550000000000         55           2.22
     216.007 0.600000000000         60           2.50
     274.727 0.650000000000         65           2.86
     343.146 0.700000000000         70           3.33
     422.052 0.750000000000         75           4.00
     474.743 0.775000000000         78           4.44
     512.229 0.800000000000         80           5.00
     571.998 0.825000000000         83           5.71
     614.466 0.850000000000         85           6.67
     681.574 0.875000000000         88           8.00
     705.167 0.887500000000         89           8.89
     729.285 0.900000000000         90          10.00
     779.092 0.912500000000         92          11.43
     804.782 0.925000000000         93          13.33
     830.996 0.937500000000         94          16.00
     857.735 0.943750000000         95          17.78
     857.735 0.950000000000         95          20.00
     884.998 0.956250000000         96          22.86
     912.785 0.962500000000         97          26.67
     912.785 0.968750000000         97          32.00
     941.621 0.971875000000         98          35.56
     941.621 0.975000000000         98          40.00
     941.621 0.978125000000         98          45.71
     970.457 0.981250000000         99          53.33
     970.457 0.984375000000         99          64.00
     970.457 0.985937500000         99          71.11
     970.457 0.987500000000         99          80.00
     970.457 0.989062500000         99          91.43
    1000.342 0.990625000000        100         106.67
    1000.342 1.000000000000        100
#[Mean    =      255.026, StdDeviation   =      287.879]
#[Max     =     1000.342, Total count    =          100]
#[Buckets =           20, SubBuckets     =         2048]
"""
HALVES = """\
       Value     Percentile TotalCount 1/(1-Percentile)

       0.001 0.000000000000          1           1.00
       0.001 0.100000000000          1           1.11
       0.001 0.200000000000          1           1.25
       0.002 0.300000000000          3           1.43
       0.002 0.400000000000          3           1.67
       0.002 0.500000000000          3           2.00
       0.002 0.550000000000          3           2.22
       0.002 0.600000000000          3           2.50
       0.002 0.650000000000          3           2.86
       0.002 0.700000000000          3           3.33
       0.002 0.750000000000          3           4.00
       0.003 0.775000000000          4           4.44
       0.003 1.000000000000          4
#[Mean    =        0.002, StdDeviation   =        0.001]
#[Max     =        0.003, Total count    =            4]
#[Buckets =            2, SubBuckets     =         2048]
"""
EMPTY = """\
       Value     Percentile TotalCount 1/(1-Percentile)

#[Mean    =        0.000, StdDeviation   =        0.000]
#[Max     =        0.000, Total count    =            0]
#[Buckets =            1, SubBuckets     =         2048]
"""


def histogram_of(*values: int) -> HdrHistogram:
    histogram = HdrHistogram()
    histogram.add_all(np.array(values, dtype=np.int64))
    return histogram


def rows_of(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()[2:-3]]


def test_the_text_is_what_hdrhistogram_prints():
    """Columns, ladder, last row, footers: to the byte."""
    assert hgrm(histogram_of(*(i**3 * 1000 for i in range(1, 101)))) == CUBES


def test_halves_are_rounded_up_as_java_rounds_them():
    """Half a microsecond is 0.001 ms, where C's printf and Python would round to even."""
    assert hgrm(histogram_of(500, 1500, 1500, 2500)) == HALVES
    assert (fixed(0.0005, 3), fixed(2.5, 0), fixed(1.0005, 3)) == ("0.001", "3", "1.001")


def test_an_empty_one_has_a_head_and_a_foot():
    """As HdrHistogram prints it: no row, not even that of 100 %."""
    assert hgrm(histogram_of()) == EMPTY


def test_values_are_divided_by_the_scale():
    """ns become ms unless another scale is asked for."""
    assert rows_of(hgrm(histogram_of(7), 1.0))[-1] == ["7.000", "1.000000000000", "1"]


def test_a_last_row_of_three_columns_ends_the_ladder_and_no_other_row_has_three():
    """Plotters keep rows of four columns: at 100 % 1/(1-p) has no value."""
    rows = rows_of(hgrm(histogram_of(*range(10_000))))
    assert [len(row) for row in rows] == [4] * (len(rows) - 1) + [3]


@given(st.lists(st.integers(0, 2**50), min_size=1, max_size=100))
def test_a_row_says_how_many_values_are_at_most_its_own(values):
    """The total is that of the histogram up to the value, reaches the row's percentile, and ends with all."""
    histogram = histogram_of(*values)
    rows = rows_of(hgrm(histogram, 1.0))
    highest = [histogram.value_at(100 * rank / len(values)) for rank in range(1, len(values) + 1)]
    for value, share, total, *_ in rows:
        assert int(total) == sum(each <= float(value) for each in highest)
        assert int(total) >= float(share) * len(values) * (1 - 1e-9)
    assert int(rows[-1][2]) == len(values)


@given(
    st.lists(st.integers(0, 2**40), min_size=2, max_size=60), st.lists(st.integers(0, 2**40), min_size=2, max_size=60)
)
def test_every_file_climbs_the_same_ladder(left, right):
    """The shorter file's percentiles are the longer one's first, so that they can be laid over each other."""
    ladders = [[row[1] for row in rows_of(hgrm(histogram_of(*values)))[:-1]] for values in (left, right)]
    shorter, longer = sorted(ladders, key=len)
    assert longer[: len(shorter)] == shorter


def test_a_billion_values_make_a_short_file():
    """Five rows for each halving of what is left, however many were counted."""
    histogram = HdrHistogram()
    histogram.add_counts(np.array([10**9 - 1, 1]))
    text = hgrm(histogram)
    assert len(rows_of(text)) < 5 * 31 + 2
    assert re.search(r"^ +0\.000 0\.999999999069 1000000000 +1073741824\.00$", text, re.MULTILINE)
