"""Kind "bytes": equality, sizes, what does not fit, laws."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import raw
from comparators.compare.finding import AGREES, Finding
from comparators.compare.raw import BytesSums
from comparators.compare.rules import rules_for
from comparators.extract.output import Column, Document, Raw
from comparators.metrics.definition import derive
from comparators.settings import CompareSettings
from comparators.statistics.exact import ONE

RULES = rules_for(CompareSettings(), "")
VALUES = st.binary(max_size=3).map(Raw) | st.just(Column([1]))
PAIRS = st.lists(st.tuples(VALUES, VALUES), max_size=5)


def test_bytes_are_the_same_or_not():
    """One byte makes them other bytes."""
    found, sums = raw.compare([(Raw(b"a"), Raw(b"a")), (Raw(b"a"), Raw(b"b"))], RULES)
    assert found == [AGREES, Finding(1, (("bytes", ""),))]
    assert found[0] is AGREES
    assert (sums.n, sums.disagreement, sums.unfit) == (2, ONE, 0)


def test_the_metrics_of_bytes():
    """The share of requests with other bytes, and the median of candidate / production in size."""
    pairs = [(Raw(b"aa"), Raw(b"aaaa"))] * 3 + [(Raw(b"a"), Raw(b"a"))]
    _, sums = raw.compare(pairs, RULES)
    found = derive(raw.METRICS, sums, 0.05)
    assert (found["bytes.disagreement"].value, found["bytes.disagreement"].n) == (0.75, 4)
    assert found["bytes.size_ratio_p50"].value == pytest.approx(2, rel=0.01)
    assert {each.reason for each in derive(raw.METRICS, BytesSums(), 0.05).values()} == {"no pairs yet"}
    assert raw.tables(sums) == []


def test_empty_bodies_are_as_large_as_each_other():
    """And a body against an empty one is as many times larger as it has bytes."""
    _, sums = raw.compare([(Raw(b""), Raw(b""))], RULES)
    assert sums.size_ratio.quantile(0.5) == pytest.approx(1, rel=0.01)
    _, sums = raw.compare([(Raw(b""), Raw(b"abc"))], RULES)
    assert sums.size_ratio.quantile(0.5) == pytest.approx(3, rel=0.01)


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [
        (Raw(b"1"), Document(1, True), Finding(1, (("type", ""),))),
        (Document(1, True), Raw(b"1"), Finding(1, (("value", ""),))),
        (Document(1, True), Document(1, True), AGREES),
        (Column([1, 2]), Column([1, 3]), Finding(0b11, (("value", ""),))),
    ],
)
def test_what_is_no_bytes_is_told_and_stays_out_of_the_sums(p, c, expected):
    """The pair is counted as unfit."""
    found, sums = raw.compare([(p, c)], RULES)
    assert found == [expected]
    assert sums == BytesSums(unfit=1)


@given(PAIRS, PAIRS)
def test_halves_merged_equal_the_whole(left, right):
    """Where a batch ends changes no bit; what is stored comes back the same."""
    _, whole = raw.compare([*left, *right], RULES)
    _, total = raw.compare(left, RULES)
    _, more = raw.compare(right, RULES)
    total.merge(more)
    assert total == whole
    stored = msgspec.json.encode(msgspec.to_builtins(whole, str_keys=True))
    assert msgspec.json.decode(stored, type=BytesSums, strict=False) == whole
