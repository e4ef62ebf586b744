"""Fitting: which requests of a batch a kind of output compares, and what becomes of the others."""

import pytest

from comparators.compare.finding import AGREES, Finding, difference
from comparators.compare.fitting import Fitting, KindSums
from comparators.extract.output import Column, Document, Tensor, Value
from comparators.statistics import exact
from tests.comparators.compare.one_head import ruled


def words(value: Value) -> list[str] | None:
    """A kind of our own: a word a row."""
    return value.values if isinstance(value, Column) and all(type(each) is str for each in value.values) else None


def fitted(*pairs: tuple[Value, Value]) -> tuple[Fitting[str], KindSums]:
    sums = KindSums()
    return Fitting(pairs, words, ruled("/o"), sums), sums


def test_requests_that_fit_keep_their_places():
    """Also beside others that do not."""
    batch, sums = fitted((Column(["a"]), Column(["b"])), (Column([1]), Column([1])), (Column(["c"]), Column(["c"])))
    assert [(each.place, each.production, each.candidate) for each in batch.fits] == [
        (0, ["a"], ["b"]),
        (2, ["c"], ["c"]),
    ]
    assert sums.unfit == 1


@pytest.mark.parametrize(
    ("production", "candidate", "expected"),
    [
        (Column([1]), Column([1]), AGREES),
        (Column([1]), Column([2]), Finding(1, (difference("value", "/o"),))),
        (Column(["a", "b"]), Column([1]), Finding(0b11, (difference("type", "/o"),))),
        (Column(["a", "b"]), Column(["a"]), Finding(0b11, (difference("length", "/o"),))),
    ],
    ids=["neither, equal", "neither", "the candidate", "another length"],
)
def test_what_does_not_fit_is_settled_by_production(production, candidate, expected):
    """Production's values decide what is expected of the candidate's."""
    batch, sums = fitted((production, candidate))
    assert batch.findings == [expected]
    assert (batch.fits, sums.unfit, sums.disagreement) == ([], 1, 0)


def test_the_same_value_is_read_once():
    """Production's own bytes from the candidate."""
    read: list[Value] = []
    same = Document({}, plain=True)
    Fitting([(same, same)], lambda value: read.append(value) or ["a"], ruled("/o"), KindSums())  # type: ignore[func-returns-value]
    assert read == [same]


def test_a_request_counts_with_the_share_of_its_rows():
    """Bit r of what is found is row r."""
    batch, sums = fitted((Column(["a", "b", "c"]), Column(["a", "x", "y"])))
    batch.tell(batch.fits[0], [False, True, True], ["label", "null"])
    assert batch.findings == [Finding(0b110, (difference("label", "/o"), difference("null", "/o")))]
    assert sums.disagreement == exact.share(2, 3)


def test_an_item_that_stands_for_several_rows_disagrees_in_all_of_them():
    """A value of one dimension may be one vector, or one list."""
    sums = KindSums()
    value = Tensor("FP64", (3,), [0.1, 0.2, 0.3])
    batch = Fitting([(value, value)], lambda tensor: [tensor], ruled("/o"), sums)
    batch.tell(batch.fits[0], [True], ["direction"])
    assert batch.findings[0].disagreeing == 0b111
    assert sums.disagreement == exact.ONE


def test_what_is_told_for_information_changes_no_rate():
    """It stands before what disagrees."""
    batch, sums = fitted((Column(["a"]), Column(["b"])))
    batch.tell_agreeing(batch.fits[0], "datatype")
    assert (batch.findings[0].disagreeing, sums.disagreement) == (0, 0)
    batch.tell(batch.fits[0], [True], ["label"])
    assert [each.kind for each in batch.findings[0].differences] == ["datatype", "label"]
