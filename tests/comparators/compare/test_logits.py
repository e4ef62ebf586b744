"""Logits: which rows disagree and why, how sure the classes are, and how far the softmaxes are apart."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, softmax

from comparators.compare import logits
from comparators.compare.finding import AGREES, Difference, Finding
from comparators.compare.logits import LogitsSums
from comparators.compare.rules import HeadRules
from comparators.extract.output import Column, Raw, Tensor
from comparators.metrics.definition import derive
from comparators.statistics.sketch import RELATIVE_ERROR
from tests.comparators.compare import laws, one_head

POINTER = "/outputs/logits"
ALPHA = 0.05
WITHIN = 1.01 * RELATIVE_ERROR


def ruled(**own: Any) -> HeadRules:
    return one_head.ruled(POINTER, **own)


RULES = ruled()


def tensor(*rows) -> Tensor:
    """Rows of as many numbers each."""
    return Tensor("FP32", (len(rows), len(rows[0])), [each for row in rows for each in row])


def one(production, candidate, rules=RULES) -> Finding:
    return one_head.one(logits, production, candidate, rules)


def told(found: Finding) -> list[str]:
    return [each.kind for each in found.differences]


def measured(*pairs, rules=RULES) -> dict[str, float | None]:
    """Metrics by name, without their kind."""
    found = derive(logits.METRICS, logits.compare(pairs, rules)[1], ALPHA)
    return {name.removeprefix("logits."): each.value for name, each in found.items()}


def test_another_largest_number_disagrees():
    """In row 1 of three; a constant that is added to a row, or a sharper one, changes nothing."""
    p = tensor([3.0, 1.0, -2.0], [0.5, 0.0, 0.2], [-1.0, 4.0, 0.0])
    c = tensor([9.0, 2.0, -7.0], [0.1, 0.0, 0.2], [99.0, 104.0, 100.0])
    assert one(p, c) == Finding(0b010, (Difference("label", POINTER),))
    assert one(p, p) is AGREES


def test_of_a_single_logit_the_sign_decides():
    """Or the side of a threshold, where one is set: as a value of one column."""
    p, c = tensor([2.0], [-0.5], [0.3]), tensor([0.1], [-7.0], [-0.3])
    assert one(p, c) == Finding(0b100, (Difference("decision", POINTER),))
    assert one(p, c, ruled(threshold=1.0)) == Finding(0b001, (Difference("decision", POINTER),))


def test_a_value_of_one_dimension_is_one_row_of_classes():
    """As a server without batches answers."""
    p, c = Tensor("FP32", (3,), [3.0, 1.0, -2.0]), Tensor("FP32", (3,), [1.0, 3.0, -2.0])
    assert one(p, c) == Finding(0b111, (Difference("label", POINTER),))
    assert one(p, Tensor("FP32", (1, 3), [3.5, 1.0, -2.0])) is AGREES


@pytest.mark.parametrize("away", [0.0, 3e-6, -3e-6])
def test_classes_that_are_tied_on_both_sides_do_not_flip(away):
    """By no more than 32-bit floats are off; a tie on one side alone does."""
    assert one(tensor([2.0, 2.0, 0.0]), tensor([2.0, 2.0 + away, 0.0])) is AGREES
    assert one(tensor([0.0]), tensor([away])) is AGREES
    assert told(one(tensor([2.0, 2.0, 0.0]), tensor([2.0, 2.1, 0.0]))) == ["label"]


@pytest.mark.parametrize(
    ("candidate", "kinds"),
    [
        ([1.0, math.nan, 0.0], ["nan"]),
        ([None, 3.0, 0.0], ["nan"]),
        ([1.0, -math.inf, 0.0], ["label"]),
        ([1.0, math.inf, 0.0], []),
        ([1.0, 3.0, 0.0, 5.0], ["shape"]),
    ],
)
def test_what_is_not_finite_disagrees_by_what_it_changes(candidate, kinds):
    """NaN on one side is another answer; a class that is masked out is last, one that is infinite first."""
    assert told(one(tensor([1.0, 2.0, 0.0]), Column([candidate]))) == kinds


def test_a_row_of_nan_on_both_sides_agrees_and_is_left_out():
    """The others of its request are described."""
    pair = (tensor([math.nan] * 2, [1.0, 2.0]), tensor([math.nan] * 2, [1.0, 2.5]))
    findings, sums = logits.compare([pair], RULES)
    assert findings == [AGREES]
    assert (sums.apart, sums.described, sums.n) == ({"not_finite": 1}, 1, 1)


@pytest.mark.parametrize("candidate", [Raw(b""), Tensor("BYTES", (1, 2), ["a", "b"]), tensor([1.0, 2.0], [1.0, 2.0])])
def test_a_candidate_without_such_logits_disagrees(candidate):
    """And is counted apart."""
    findings, sums = logits.compare([(tensor([1.0, 2.0]), candidate)], RULES)
    assert findings[0].disagreeing
    assert sums == LogitsSums(unfit=1)


def test_the_metrics_are_numpys():
    """Flips, those of a class that was clearly ahead, margins, and scipy's softmax: over a hundred classes."""
    random = np.random.default_rng(7)
    p = random.normal(0, 2, (400, 100))
    c = p + random.normal(0, 0.5, p.shape)
    found = measured(*[(tensor(a), tensor(b)) for a, b in zip(p.tolist(), c.tolist(), strict=True)])
    first = p.argmax(axis=1)
    flips = first != c.argmax(axis=1)
    two = np.sort(p, axis=1)[:, -2:]
    margin = two[:, 1] - two[:, 0]
    others = np.where(np.arange(100) == first[:, None], -np.inf, c).max(axis=1)
    kept = np.maximum(c[np.arange(400), first] - others, 0)
    assert 0 < found["clear_flips"] < found["disagreement"] == flips.mean()
    assert found["clear_flips"] == (flips & (margin > 1)).mean()
    far = np.abs(softmax(p, axis=1) - softmax(c, axis=1)).sum(axis=1) / 2
    assert found["total_variation"] == pytest.approx(far.mean(), abs=1e-11)
    for side, margins in (("production", margin), ("candidate", kept)):
        exact = np.quantile(margins, 0.5, method="inverted_cdf")
        assert found[f"{side}.margin_p50"] == pytest.approx(exact, rel=WITHIN)


def test_single_logits_are_apart_as_their_sigmoids_are():
    """scipy's expit."""
    found = measured((tensor([2.0], [0.5]), tensor([-1.0], [0.5])))
    assert found["total_variation"] == pytest.approx((expit(2.0) - expit(-1.0)) / 2)
    assert (found["disagreement"], found["clear_flips"]) == (0.5, 0.5)


def test_a_table_says_which_class_became_which():
    """By index, or by the names that settings have."""
    pairs = [(tensor([3.0, 1.0, 0.0]), tensor([1.0, 3.0, 0.0]))] * 2 + [(tensor([0.0, 0.0, 1.0]), tensor([1.0, 0, 0]))]
    for rules, names in ((RULES, ("0", "1", "2")), (ruled(names=("cat", "dog", "cow")), ("cat", "dog", "cow"))):
        _, table, _ = logits.decisions(logits.compare(pairs, rules)[1], ALPHA, 1.0)
        assert table.rows == [(names[0], names[1], 2, 2 / 3, 1.0), (names[2], names[0], 1, 1 / 3, 1.0)]


def test_of_a_single_logit_both_sides_are_classes():
    """1 is the threshold or above; a name that it has names none of them."""
    for p, c in ((tensor([0.5], [-1.0]), tensor([-0.5], [-1.0])), (Column([{"up": 0.5}]), Column([{"up": -0.5}]))):
        _, table, _ = logits.decisions(logits.compare([(p, c)], RULES)[1], ALPHA, 1.0)
        assert [row[:2] for row in table.rows] == [("1", "0")]


CELLS = st.sampled_from([0.0, 1.0, -1.0, 1e-7, 88.0, -1e308, 1e308, math.nan, math.inf, -math.inf, None, 3])
VALUES = (
    st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=3).map(Column)
    | st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=3).map(lambda rows: tensor(*rows))
    | st.lists(CELLS, max_size=3).map(lambda values: Tensor("FP32", (len(values),), values))
    | st.sampled_from([Column([["a"]]), Column([{"a": 1.0}]), Raw(b"")])
)


@given(
    st.lists(st.tuples(VALUES, VALUES), max_size=8),
    st.sampled_from([RULES, ruled(threshold=0.3), ruled(names=("a", "b"))]),
    st.data(),
)
def test_where_a_batch_is_cut_changes_no_bit(pairs, rules, data):
    """Sums over two batches, merged, are the sums over both at once; and whatever came can be stored."""
    laws.a_cut_changes_no_bit(logits, pairs, data.draw(st.integers(0, len(pairs))), rules)
    laws.are_stored_as_they_are(logits.compare(pairs, rules)[1])


def test_nothing_compared_is_nothing_known():
    """No value, and a reason for each."""
    assert logits.compare([], RULES) == ([], LogitsSums())
    for name, found in derive(logits.METRICS, LogitsSums(), ALPHA).items():
        assert found.value is None, name
        assert found.reason, name
    assert logits.tables(LogitsSums()) == []
