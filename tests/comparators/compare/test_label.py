"""Labels: which rows disagree, and what the confusion matrix says."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import label
from comparators.compare.finding import AGREES, Difference, Finding
from comparators.compare.label import MAX_CELLS, MAX_CLASSES, LabelSums
from comparators.compare.label_names import MAX_NAME, shortened
from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts
from comparators.metrics.definition import derive
from comparators.statistics import contingency, exact, sequences
from comparators.statistics.name_counts import Counts
from tests.comparators.compare import one_head

POINTER = "/outputs/late"
ALPHA = 0.05


RULES = one_head.ruled(POINTER)


def column(*labels) -> Column:
    return Column(list(labels))


def int64(*labels) -> Tensor:
    return Tensor("INT64", (len(labels),), list(labels))


def one(production, candidate) -> Finding:
    return one_head.one(label, production, candidate, RULES)


def summed(*pairs) -> LabelSums:
    return label.compare([(column(*p), column(*c)) for p, c in pairs], RULES)[1]


def told(found: Finding) -> list[str]:
    return [each.kind for each in found.differences]


def table(sums: LabelSums, title: str):
    told = (*label.decisions(sums, ALPHA, 1.0), *label.tables(sums))
    return next(each for each in told if each.title == title)


def confused(matrix: list[list[int]]) -> LabelSums:
    """Requests of one row, as often as the confusion matrix says, of the labels 0, 1, 2, …"""
    pairs = [
        ((a,), (b,)) for a, row in enumerate(matrix) for b, count in enumerate(row) for _ in range(count)
    ]  # fmt: skip
    return summed(*pairs)


# ---- which rows disagree


@pytest.mark.parametrize("labels", [("a", "b", "a"), (1, 2, 1), (True, False, True), (None, "a", 3)])
def test_the_same_labels_agree(labels):
    """Without an object of their own."""
    assert one(column(*labels), column(*labels)) is AGREES


def test_a_row_with_another_label_disagrees():
    """Rows 0 and 2 of three."""
    found = one(column("a", "b", "a"), column("b", "b", "c"))
    assert found == Finding(0b101, (Difference("label", POINTER),))


@pytest.mark.parametrize(
    ("production", "candidate"),
    [(1, True), (1, "1"), (True, "true"), (None, "null"), (0, False), ("", None), ("a", "A"), ("cat", " cat")],
)
def test_labels_of_another_type_are_other_labels(production, candidate):
    """Python holds some of them equal; JSON none."""
    assert one(column(production), column(candidate)).disagreeing == 1
    assert one(column(candidate), column(production)).disagreeing == 1


@pytest.mark.parametrize(
    ("production", "candidate"),
    [
        (int64(1, 2), Tensor("FP64", (2,), [1.0, 2.0])),
        (int64(1, 2), Tensor("INT64", (2, 1), [1, 2])),
        (int64(1, 2), Tensor("INT64", (2,), np.array([1, 2]))),
        (int64(1, 2), column(1, 2)),
        (Tensor("BYTES", (1,), ["café"]), Tensor("BYTES", (1,), ["café".encode()])),
        (Tensor("BOOL", (1,), [True]), Tensor("BOOL", (1,), np.array([True]))),
        (Tensor("INT64", (), [1]), int64(1)),
        (int64(0), Tensor("FP64", (1,), [-0.0])),
    ],
)
def test_the_same_labels_agree_in_any_form(production, candidate):
    """Serialisers write 1 or 1.0, text or bytes, a list or an array."""
    assert one(production, candidate) is AGREES


def test_another_width_is_told_and_agrees():
    """INT64 to INT32 is what a port does; it changes no rate."""
    narrow = Tensor("INT32", (2,), [1, 2])
    assert one(int64(1, 2), narrow) == Finding(0, (Difference("datatype", POINTER),))
    assert one(int64(1, 3), narrow) == Finding(0b10, (Difference("label", POINTER), Difference("datatype", POINTER)))
    assert one(Tensor("BYTES", (2,), ["1", "2"]), narrow) == Finding(0b11, (Difference("label", POINTER),))


@pytest.mark.parametrize(
    ("production", "candidate", "kinds"),
    [
        (column(None), column(None), []),
        (column("a"), column(None), ["null"]),
        (Tensor("FP64", (1,), [math.nan]), Tensor("FP64", (1,), [float("nan")]), []),
        (Tensor("FP64", (1,), [None]), Tensor("FP64", (1,), [math.nan]), []),
        (Tensor("FP64", (1,), [1.0]), Tensor("FP64", (1,), [math.nan]), ["nan"]),
        (Tensor("FP64", (1,), np.array([math.nan])), int64(1), ["nan"]),
        (column("a", "b", "b"), column(None, "c", "b"), ["label", "null"]),
    ],
)
def test_a_missing_label_is_a_label_of_its_own(production, candidate, kinds):
    """Two missing ones agree, one missing does not."""
    assert told(one(production, candidate)) == kinds


@pytest.mark.parametrize(
    ("candidate", "kind"),
    [
        (column("a"), "length"),
        (column("a", ["b"]), "type"),
        (column("a", 0.5), "type"),
        (column("a", math.inf), "type"),
        (column("a", {"label": "b"}), "type"),
        (Tensor("BYTES", (2, 2), ["a", "b", "c", "d"]), "type"),
        (Tensor("BYTES", (2,), [b"\xff", b"a"]), "type"),
        (Texts([Text("a"), Text("b")]), "type"),
        (Document(["a", "b"], plain=True), "type"),
        (Raw(b"a"), "type"),
    ],
)
def test_a_candidate_without_such_labels_disagrees_in_all_rows(candidate, kind):
    """And is counted apart."""
    findings, sums = label.compare([(column("a", "b"), candidate)], RULES)
    assert findings == [Finding(0b11, (Difference(kind, POINTER),))]
    assert (sums.n, sums.unfit, sums.disagreement) == (0, 1, 0)
    assert not sums.cells.kept


def test_tensors_with_other_numbers_of_rows_have_another_shape():
    """As for every kind of output."""
    assert told(one(int64(1, 2), int64(1, 2, 3))) == ["shape"]


@pytest.mark.parametrize(
    ("candidate", "wrong"),
    [(Tensor("FP64", (2,), [0.5, 1.0]), 0), (Tensor("FP64", (2,), [0.5, 2.0]), 0b11), (column("a", "b"), 0b11)],
)
def test_what_is_no_label_at_production_is_compared_as_it_is(candidate, wrong):
    """By equality, apart from the labels."""
    findings, sums = label.compare([(Tensor("FP64", (2,), [0.5, 1.0]), candidate)], RULES)
    assert (findings[0].disagreeing, sums.n, sums.unfit) == (wrong, 0, 1)


@pytest.mark.parametrize("shape", [(0,), (0, 3), (10**15, 0)])
def test_answers_without_rows_agree(shape):
    """Whatever shape they claim; there is nothing to disagree on, and nothing is counted as agreeing."""
    findings, sums = label.compare([(Tensor("INT64", shape, []), Tensor("INT64", shape, []))], RULES)
    assert findings == [AGREES]
    assert (sums.n, sums.empty) == (0, 1)
    assert one(Tensor("INT64", shape, []), int64(1)).disagreeing == 1


# ---- sums


def test_long_labels_are_told_apart_by_their_ends():
    """A common beginning is what generated labels have; and a label that looks like a shortened one is none."""
    long, other = "x" * 5_000 + "a", "x" * 5_000 + "b"
    sums = summed(((long,), (long,)), ((long,), (other,)), ((shortened(long),), (long,)))
    assert len(sums.cells.kept) == 3
    assert all(len(name) <= MAX_NAME for name in sums.production.kept)
    assert exact.real(sums.disagreement) == 2


def test_a_request_adds_up_to_one_however_many_rows_it_has():
    """Two of three rows agree: the matrix gets two thirds and one third; rows are counted besides."""
    sums = summed((("a", "a", "b"), ("a", "b", "b")))
    assert sums.cells.kept == {cell: exact.share(1, 3) for cell in ("a\ta", "a\tb", "b\tb")}
    assert sums.cell_rows.kept == {"a\ta": 1, "a\tb": 1, "b\tb": 1}
    assert sums.production.kept == {"a": 2 * exact.share(1, 3), "b": exact.share(1, 3)}
    assert sums.candidate.kept == {"a": exact.share(1, 3), "b": 2 * exact.share(1, 3)}
    assert (sums.n, sums.disagreement) == (1, exact.share(1, 3))


LABELS = st.sampled_from(["a", "b", "1", 1, True, None, 2.0, math.nan, 0.5, "x" * 100, [1], -0.0, 10**50])
ROWS = st.lists(st.tuples(LABELS, LABELS), max_size=4)


@given(st.lists(ROWS, max_size=8), st.data())
def test_where_a_batch_is_cut_changes_no_bit(rows, data):
    """Sums over two batches, merged, are the sums over both at once; and so is what is found."""
    pairs = [(Column([p for p, _ in each]), Column([c for _, c in each])) for each in rows]
    cut = data.draw(st.integers(0, len(pairs)))
    findings, whole = label.compare(pairs, RULES)
    first, parts = label.compare(pairs[:cut], RULES)
    second, others = label.compare(pairs[cut:], RULES)
    parts.merge(others)
    assert (parts, first + second) == (whole, findings)


def test_more_labels_than_there_is_room_for_are_counted_together():
    """The matrix stays bounded, no row is lost, and where a batch was cut changes nothing; the rate is whole."""
    labels = [f"class {n}" for n in range(MAX_CELLS + 500)]
    pairs = [(column(name), column(labels[n // 2])) for n, name in enumerate(labels)]
    _, whole = label.compare(pairs, RULES)
    _, parts = label.compare(pairs[700:], RULES)
    parts.merge(label.compare(pairs[:700], RULES)[1])
    assert parts == whole
    assert (len(whole.cells.kept), len(whole.production.kept)) == (MAX_CELLS, MAX_CLASSES)
    assert sum(whole.cells.kept.values()) + whole.cells.other == len(labels) * exact.ONE
    found = derive(label.METRICS, whole, ALPHA)
    assert found["label.disagreement"].value == pytest.approx(1 - 1 / len(labels))
    for name in ("label.kappa", "label.marginal_shift"):
        assert (found[name].value, found[name].reason) == (None, f"more than {MAX_CLASSES:,} labels")
    assert table(whole, "left out of these tables").rows == [
        (f"rows of further pairs of labels than {MAX_CELLS:,}", whole.cell_rows.other)
    ]


def test_the_sums_are_what_the_store_keeps():
    """Out to JSON and back, whatever text came with the traffic."""
    sums = summed((("\ud800", "a\tb", "…"), ("\x00", "a\tb", "x" * 10_000)))
    stored = msgspec.json.encode(msgspec.to_builtins(sums, str_keys=True), order="deterministic")
    assert msgspec.json.decode(stored, type=LabelSums) == sums


# ---- metrics


def test_the_rate_is_that_of_rows_by_request():
    """One of one and one of four rows: the mean of both shares, with the sequence for values in [0, 1]."""
    sums = summed((("a",), ("b",)), (("a",) * 4, ("a", "a", "a", "b")))
    found = derive(label.METRICS, sums, ALPHA)["label.disagreement"]
    assert (found.value, found.n) == (0.625, 2)
    assert (found.lo, found.hi) == sequences.rate(1.25, 2, ALPHA)


def test_the_kappa_that_sas_prints():
    """statsmodels' test_inter_rater.py: .4842 with an error of .1380. No interval: no check can pass on it."""
    found = derive(label.METRICS, confused([[0, 4, 1], [0, 8, 0], [0, 1, 5]]), ALPHA)["label.kappa"]
    assert (found.value, found.sums["error"]) == (pytest.approx(0.4842, abs=5e-5), pytest.approx(0.1380, abs=5e-5))
    assert (found.lo, found.hi, found.n) == (None, None, 19)


@given(st.lists(st.lists(st.integers(0, 6), min_size=3, max_size=3), min_size=3, max_size=3))
def test_kappa_from_the_totals_is_kappa_of_the_table(matrix):
    """The oracle has the whole table (contingency.kappa)."""
    found, expected = derive(label.METRICS, confused(matrix), ALPHA)["label.kappa"], contingency.kappa(matrix)
    assert (found.value is None) == (expected is None)
    if expected is not None:
        assert (found.value, found.sums["error"]) == pytest.approx(expected[:2], abs=1e-7)


def test_no_bit_of_kappa_depends_on_the_order_in_which_labels_came():
    """As merges change it: its error is a sum of floats."""
    rng = np.random.default_rng(11)
    sums = confused(rng.integers(1, 40, (9, 9)).tolist())
    cells = list(sums.cells.kept.items())
    orders = (Counts(MAX_CELLS, {cells[at][0]: cells[at][1] for at in rng.permutation(81)}) for _ in range(20))
    turned = (msgspec.structs.replace(sums, cells=each) for each in orders)
    errors = {derive(label.METRICS, each, ALPHA)["label.kappa"].sums["error"] for each in turned}
    assert len(errors) == 1


def test_kappa_needs_no_whole_matrix():
    """Of a thousand classes the totals are known, though not all pairs of labels are: the value is there, no error."""
    random = np.random.default_rng(2)
    own = random.integers(0, 900, size=6_000)
    other = np.where(random.random(6_000) < 0.5, own, random.integers(0, 900, size=6_000))
    sums = label.compare([(int64(p), int64(c)) for p, c in zip(own.tolist(), other.tolist(), strict=True)], RULES)[1]
    dense = np.zeros((900, 900))
    np.add.at(dense, (own, other), 1)
    found = derive(label.METRICS, sums, ALPHA)["label.kappa"]
    assert sums.cells.other
    assert (found.value, found.sums["error"]) == (pytest.approx(contingency.kappa(dense).value), None)


def test_one_label_alone_has_no_kappa():
    """It says so."""
    found = derive(label.METRICS, confused([[300]]), ALPHA)["label.kappa"]
    assert (found.value, found.reason) == (None, "all labels are the same")


def test_the_marginal_shift_is_half_the_sum_of_absolute_differences():
    """The oracle: numpy on the totals. A swap both ways shifts nothing."""
    matrix = [[20, 5, 1], [2, 30, 0], [3, 3, 10]]
    counts = np.array(matrix)
    expected = np.abs(counts.sum(axis=1) - counts.sum(axis=0)).sum() / 2 / counts.sum()
    assert derive(label.METRICS, confused(matrix), ALPHA)["label.marginal_shift"].value == pytest.approx(expected)
    assert derive(label.METRICS, confused([[5, 3], [3, 5]]), ALPHA)["label.marginal_shift"].value == 0.0


@pytest.mark.parametrize(
    ("b", "c", "e_value"),
    [
        (121, 59, 4730.990069), (70, 59, 0.174826), (80, 59, 0.51382), (60, 30, 20.209583),
        (30, 10, 31.636906), (10, 10, 0.27026), (5, 0, 5.333333), (10, 0, 93.090909),
    ],
)  # fmt: skip
def test_two_labels_have_a_balance_of_flips(b, c, e_value):
    """The e-values of 2^(b+c) B(b+1, c+1), worked out by hand; the interval is that of b - c, and nothing else."""
    found = derive(label.METRICS, confused([[101, b], [c, 33]]), ALPHA)["label.flips_balance"]
    n = 134 + b + c
    assert found.value == pytest.approx((b - c) / n)
    assert (found.lo, found.hi) == sequences.rate_difference(b, c, n, ALPHA)
    assert found.sums["e_value"] == pytest.approx(e_value, abs=5e-7 * max(1, e_value))
    assert found.sums["log_e_value"] == pytest.approx(math.log(e_value), abs=1e-5)
    assert {name: found.sums[name] for name in ("b", "c", "n")} == {"b": b, "c": c, "n": n}


def test_a_missing_label_does_not_take_the_balance_away_and_a_third_does():
    """Of three labels there is no one direction; of two and a null there is."""
    pairs = [(("no",), ("yes",))] * 3 + [(("yes",), ("no",)), (("no",), (None,))]
    assert derive(label.METRICS, summed(*pairs), ALPHA)["label.flips_balance"].value == pytest.approx(2 / 5)
    assert "label.flips_balance" not in derive(label.METRICS, summed(*pairs, (("maybe",), ("no",))), ALPHA)
    assert "label.flips_balance" not in derive(label.METRICS, summed((("no",), ("no",))), ALPHA)


def test_the_e_value_of_requests_with_several_rows_is_that_of_their_shares():
    """Ten rows that flip together in one request are one request's worth of evidence, not ten."""
    pairs = [(("no",) * 10, ("yes",) * 10)] * 5 + [(("yes",), ("yes",))]
    found = derive(label.METRICS, summed(*pairs), ALPHA)["label.flips_balance"]
    assert found.sums["e_value"] == pytest.approx(5.333333)


def test_nothing_compared_is_nothing_known():
    """No value, no bound that could pass, a reason for each."""
    for name, found in derive(label.METRICS, LabelSums(), ALPHA).items():
        assert found.value is None, name
        assert found.hi in (None, 1.0), name
        assert found.reason, name
    assert label.tables(LabelSums()) == []


# ---- tables


def test_the_flips_are_told_the_most_frequent_first():
    """By share of requests; rows beside them; what agrees is no flip."""
    sums = summed(
        (("a", "a"), ("b", "b")), (("a",), ("c",)), (("a",), ("c",)), (("a",), ("a",)), (("b", "b"), (1, "b"))
    )
    found = table(sums, "which labels became which")
    assert [row[:4] for row in found.rows] == [("a", "c", 2, 0.4), ("a", "b", 2, 0.2), ("b", "1", 1, 0.1)]
    assert [row[4] for row in found.rows] == pytest.approx([2 / 4, 1 / 4, 0.5 / 1])
    assert found.not_listed == 0


def test_a_table_is_as_long_as_a_person_reads():
    """Twenty rows, and how many there are besides."""
    sums = summed(*[(("a",), (f"c{n}",)) for n in range(50)])
    flips, shares = (table(sums, title) for title in ("which labels became which", "how often each label occurs"))
    assert (len(flips.rows), flips.not_listed) == (20, 30)
    assert (len(shares.rows), shares.not_listed) == (20, 31)


def test_class_shares_stand_side_by_side():
    """A label that one side alone has is none on the other."""
    found = table(
        summed((("a",), ("a",)), (("a",), ("b",)), (("c",), ("b",)), (("a",), ("a",))), "how often each label occurs"
    )
    assert found.rows == [("a", 0.75, 0.5), ("b", 0.0, 0.5), ("c", 0.25, 0.0)]


def test_what_is_left_out_is_said():
    """Nothing is lost silently."""
    _, sums = label.compare([(column("a"), column(["a"])), (column(), column()), (column("a"), column("a"))], RULES)
    assert table(sums, "left out of these tables").rows == [
        ("requests without labels, or with another number of them", 1),
        ("requests without rows", 1),
    ]
