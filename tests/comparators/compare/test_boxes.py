"""Boxes: how detections are read, which rows disagree, and what the sums say about matched boxes."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import boxes
from comparators.compare.boxes import MAX_IMAGES, MAX_SWAPS, BoxesSums
from comparators.compare.detections import MAX_BOXES, images
from comparators.compare.finding import AGREES, Difference, Finding
from comparators.compare.label_names import MAX_NAME, is_shortened
from comparators.compare.rules import HeadRules
from comparators.extract.output import Column, Document, Raw, Tensor
from comparators.metrics.definition import derive
from comparators.statistics.exact import ONE, real
from tests.comparators.compare import laws, one_head

POINTER = "/predictions"
ALPHA = 0.05

A, B, C = [0, 0, 100, 100], [0, 0, 50, 50], [200, 200, 300, 300]


def ruled(kind: str = "boxes", **own: Any) -> HeadRules:
    return one_head.ruled(POINTER, kind=kind, **own)


RULES = ruled()
BOX, LABEL = Difference("box", POINTER), Difference("label", POINTER)


def seen(box, label="cat", score=0.9) -> dict:
    return {"box": list(box), "label": label, "score": score}


def image(*detections) -> Column:
    return Column([list(detections)])


def one(production, candidate, rules=RULES) -> Finding:
    return one_head.one(boxes, production, candidate, rules)


def summed(*pairs, rules=RULES) -> BoxesSums:
    return boxes.compare(pairs, rules)[1]


def metrics(*pairs):
    return derive(boxes.METRICS, summed(*pairs), ALPHA)


def corners(value, form="xyxy"):
    read = images(value, form)
    return None if read is None else [list(map(list, each.boxes)) for each in read]


# ---- reading


@pytest.mark.parametrize(
    "detection",
    [
        {"box": [1, 2, 5, 8]},
        {"bbox": [1, 2, 5, 8]},
        {"bounding_box": [1.0, 2.0, 5.0, 8.0]},
        {"box": {"xmin": 1, "ymin": 2, "xmax": 5, "ymax": 8}},
        {"bbox": {"x1": 1, "y1": 2, "x2": 5, "y2": 8}},
        {"box": {"x": 1, "y": 2, "width": 4, "height": 6}},
        {"box": {"x": 1, "y": 2, "w": 4, "h": 6}},
        {"xmin": 1, "ymin": 2, "xmax": 5, "ymax": 8, "class": 3},
        {"x": 1, "y": 2, "width": 4, "height": 6, "class": "cat"},
        [1, 2, 5, 8],
        [1, 2, 5, 8, 0.9],
        [1, 2, 5, 8, 0.9, "cat"],
    ],
)
def test_a_box_is_written_in_many_ways(detection):
    """And is read as its corners."""
    assert corners(Column([[detection]])) == [[[1.0, 2.0, 5.0, 8.0]]]


@pytest.mark.parametrize(
    ("form", "numbers"), [("xyxy", [1, 2, 5, 8]), ("xywh", [1, 2, 4, 6]), ("cxcywh", [3, 5, 4, 6])]
)
def test_what_four_numbers_are_is_set(form, numbers):
    """Nobody can tell from the numbers alone."""
    assert corners(Column([[{"bbox": numbers}]]), form) == [[[1.0, 2.0, 5.0, 8.0]]]
    assert corners(Column([[numbers]]), form) == [[[1.0, 2.0, 5.0, 8.0]]]


def test_x_and_y_are_the_center_where_that_is_set():
    """Named corners are corners all the same."""
    assert corners(Column([[{"x": 3, "y": 5, "width": 4, "height": 6}]]), "cxcywh") == [[[1.0, 2.0, 5.0, 8.0]]]
    assert corners(Column([[{"xmin": 1, "ymin": 2, "xmax": 5, "ymax": 8}]]), "cxcywh") == [[[1.0, 2.0, 5.0, 8.0]]]


@pytest.mark.parametrize("key", ["label", "class", "category", "name", "class_id"])
@pytest.mark.parametrize("score", ["score", "confidence"])
def test_labels_and_scores_have_several_names(key, score):
    """Whole numbers are labels as well, and a tensor's 3.0 is JSON's 3."""
    (read,) = images(Column([[{"box": A, key: "cat", score: 0.5}, {"box": B, key: 3}, [*C, 0.25, 3.0]]]), "xyxy")
    assert read.labels == ["cat", 3, 3]
    assert read.scores == pytest.approx([0.5, math.nan, 0.25], nan_ok=True)


def test_a_tensor_of_three_dimensions_is_images_of_rows_of_numbers():
    """As extractors make it of rectangular lists; beside it, lists of uneven length are no other form."""
    tensor = Tensor("FP64", (2, 1, 6), np.array([*A, 0.5, 1, *B, 0.5, 2], dtype=float))
    assert one(tensor, Column([[[*A, 0.5, 1]], [[*B, 0.5, 2], [*C, 0.5, 2]]])) == Finding(0b10, (BOX,))


def test_rows_that_are_detections_are_one_image():
    """Their number may change; a disagreement is one of all the rows there are."""
    production = Column([seen(A), seen(B), seen(C)])
    assert one(production, Column([seen(C), seen(A), seen(B)])) is AGREES
    assert one(production, Column([seen(A)])) == Finding(0b111, (BOX,))
    assert one(production, Column([])) == Finding(0b111, (BOX,))
    assert one(Tensor("FP32", (2, 4), [*A, *B]), Tensor("FP32", (1, 4), A)) == Finding(0b11, (BOX,))


@pytest.mark.parametrize(
    "candidate",
    [
        Column([[{"label": "cat"}]]),
        Column([[{"box": [1, 2, 3]}]]),
        Column([[{"box": [1, 2, 3, "4"]}]]),
        Column([[{"box": [1, 2, 3, True]}]]),
        Column([[{"box": [1, 2, 3, 10**400]}]]),
        Column([[{"box": {"xmin": 1, "ymin": 2, "xmax": 5}}]]),
        Column([[[1, 2, 3]]]),
        Column([["cat"]]),
        Column(["cat"]),
        Column([None]),
        Tensor("BYTES", (1,), ["cat"]),
        Document({"a": 1}, True),
        Raw(b""),
    ],
)
def test_a_candidate_of_another_form_disagrees(candidate):
    """It is counted, and described no further."""
    (found,), sums = boxes.compare([(image(seen(A)), candidate)], RULES)
    assert found == Finding(1, (Difference("type", POINTER),))
    assert sums == BoxesSums(unfit=1)


def test_where_production_gave_no_boxes_values_are_compared_as_they_are():
    """Equal or not; nothing is described."""
    other = Column([["cat"]])
    assert one(other, other) is AGREES
    assert one(other, image(seen(A))) == Finding(1, (Difference("value", POINTER),))


def test_another_number_of_images_disagrees_in_all_rows():
    """Which belongs to which is not known."""
    assert one(Column([[seen(A)], []]), image(seen(A))) == Finding(0b11, (Difference("length", POINTER),))


# ---- which rows disagree


def test_boxes_match_in_any_order():
    """From min_iou on: 0.81 here."""
    assert one(image(seen(A), seen(C)), image(seen(C), seen([0, 0, 90, 90]))) is AGREES
    assert one(image(seen(A)), image(seen([0, 0, 90, 90])), ruled(min_iou=0.9)) == Finding(1, (BOX,))


def test_a_box_without_a_match_disagrees():
    """On either side, and in its row alone."""
    assert one(Column([[seen(A)], [seen(A), seen(C)]]), Column([[seen(A)], [seen(A)]])) == Finding(0b10, (BOX,))
    assert one(image(), image(seen(A))) == Finding(1, (BOX,))
    assert one(image(), image()) is AGREES


def test_a_matched_box_with_another_label_disagrees():
    """A label that is gone is another one; a score alone changes nothing."""
    assert one(image(seen(A, "cat")), image(seen(A, "dog"))) == Finding(1, (LABEL,))
    assert one(image(seen(A, "cat")), image(seen(A, None))) == Finding(1, (LABEL,))
    assert one(image(seen(A, 1)), image(seen(A, "1"))) == Finding(1, (LABEL,))
    assert one(image(seen(A, score=0.9)), image(seen(A, score=0.1))) is AGREES


INFERRED = ruled(kind=None)


def test_another_score_disagrees_unless_settings_say_that_these_are_boxes():
    """A consumer cuts at a score: 0.9 and 0.1 are not the same. Where the kind is set, the score is a metric."""
    usual = image(seen(A, score=0.9), seen(C, "dog", 0.8))
    agreeing = image(seen(C, "dog", 0.80001), seen(A, score=0.9))
    assert one(usual, agreeing, INFERRED) is AGREES
    for other in (seen(A, score=0.1), {"box": A, "label": "cat"}):
        changed = image(seen(C, "dog", 0.8), other)
        assert one(usual, changed, INFERRED) == Finding(1, (Difference("score", POINTER),))
        assert one(usual, changed) is AGREES
    rows = MAX_IMAGES + 1
    later = Column([[seen(A)]] * (rows - 1) + [[seen(A, score=0.1)]])
    assert one(Column([[seen(A)]] * rows), later, INFERRED).disagreeing == 1 << (rows - 1)


@pytest.mark.parametrize("more", [{"mask": 1}, {"confidence": 0.5}, {"name": None}, {"x1": 3}])
def test_nothing_is_left_out_of_what_was_inferred(more):
    """A mask, a second score or label that came later than the plan: then the whole is compared."""
    usual, other = image(seen(A) | more), image(seen(A) | dict.fromkeys(more, 7))
    assert one(usual, usual, INFERRED) is AGREES
    assert one(usual, other, INFERRED).disagreeing
    assert one(image(seen(A)), usual, INFERRED).disagreeing
    many = [seen([at, 0, at + 9, 9]) for at in range(MAX_BOXES + 1)]
    assert one(image(*many), image(*many[:-1], seen(A)), INFERRED).disagreeing


def test_all_labels_of_a_box_are_compared():
    """A class's number, and its name."""
    usual, other = ({"box": A, "class_id": 3, "name": name} for name in ("cat", "dog"))
    assert one(image(usual), image(usual)) is AGREES
    assert one(image(usual), image(other)) == Finding(1, (LABEL,))
    assert one(image(usual), image(other), INFERRED) == Finding(1, (LABEL,))


def test_one_box_under_two_labels_keeps_both():
    """Multi-label detectors say the same box twice; which comes first is no swap."""
    cat, dog = seen(A, "cat"), seen(A, "dog")
    assert one(image(cat, dog, seen(C)), image(dog, cat, seen(C))) is AGREES


@pytest.mark.parametrize(
    "box", [[5, 5, 5, 5], [10, 10, 0, 0], [math.nan, 0, 1, 1], [-math.inf, 0, math.inf, 1], [None] * 4]
)
def test_strange_boxes_match_their_own_copies_and_nothing_else(box):
    """Without area, with corners on the wrong sides, not finite: two NaN agree, a NaN and a number do not."""
    assert one(image(seen(box), seen(A)), image(seen(A), seen(box))) is AGREES
    assert one(image(seen(box)), image(seen(C))) == Finding(1, (BOX,))


# ---- what the sums say


def test_an_images_metrics_are_those_of_its_definitions():
    """Two of three boxes match, one of them as another label: F1 = 2 · 1 / (3 + 2)."""
    production = image(seen([0, 0, 10, 10], "cat", 0.9), seen([50, 50, 60, 60], "dog", 0.8), seen(C))
    candidate = image(seen([50, 50, 60, 60], "fox", 0.5), seen([0, 0, 10, 9], "cat", 0.7))
    found = metrics((production, candidate))
    assert found["boxes.f1"].value == pytest.approx(2 / 5)
    assert found["boxes.iou"].value == pytest.approx((1 + 0.9) / 2)
    assert found["boxes.giou"].value == pytest.approx((1 + 0.9) / 2)
    assert found["boxes.label_swaps"].value == 0.5
    assert found["boxes.score_change"].value == pytest.approx((-0.2 - 0.3) / 2)
    assert found["boxes.count_change"].value == -1.0
    assert found["boxes.disagreement"].value == 1.0


def test_giou_says_more_than_iou_where_boxes_are_shifted():
    """[0, 0, 10, 10] and [2, 2, 12, 12]: 64 of 136, in a square of 144; its interval is stretched alike."""
    rules = ruled(min_iou=0.4)
    pairs = [(image(seen([0, 0, 10, 10])), image(seen([2, 2, 12, 12])))] * 200
    found = derive(boxes.METRICS, summed(*pairs, rules=rules), ALPHA)
    assert found["boxes.iou"].value == pytest.approx(64 / 136)
    assert found["boxes.giou"].value == pytest.approx(64 / 136 - 8 / 144)
    assert -1 <= found["boxes.giou"].lo < found["boxes.giou"].value < found["boxes.giou"].hi <= 1
    assert found["boxes.giou"].sums["of"] == "(1 + giou) / 2"


@pytest.mark.parametrize("value", [Column([]), Tensor("FP32", (0, 8, 4), []), Tensor("BYTES", (10**15, 0), [])])
def test_an_answer_without_rows_is_one_image_without_boxes(value):
    """It agrees with itself, whatever a sender writes into its shape; with a box it does not."""
    assert one(value, value) is AGREES
    assert one(value, image(seen(A))) == Finding(1, (BOX,))


def test_empty_images_agree_fully_and_have_no_overlap():
    """F1 is 1; there is no IoU, which is not an IoU of 0."""
    found = metrics((image(), image()))
    assert found["boxes.f1"].value == 1.0
    assert (found["boxes.iou"].value, found["boxes.iou"].n) == (None, 0)


def test_a_request_counts_once_with_the_mean_over_its_rows():
    """One request of one image, one of three: the mean of 1 and 1/3, not 2/4."""
    lost = (Column([[seen(A)]] * 3), Column([[seen(A)], [], []]))
    found = metrics((image(seen(A)), image(seen(A))), lost)
    assert found["boxes.f1"].value == pytest.approx((1 + 1 / 3) / 2)
    assert found["boxes.disagreement"].value == pytest.approx((0 + 2 / 3) / 2)


def test_what_is_not_finite_stays_out_of_the_metrics():
    """The match counts, its IoU and a score that is no number do not; both are told."""
    strange = [math.nan, 0, 1, 1]
    sums = summed((image(seen(strange, score=math.nan)), image(seen(strange, score=math.inf))))
    assert (sums.n, sums.labelled, sums.overlapping, sums.score.n) == (1, 1, 0, 0)
    assert sums.not_finite == {"production": 1, "candidate": 1}
    (left,) = boxes.tables(sums)
    assert left.rows == [
        ("production's boxes that are not finite", 1),
        ("the candidate's boxes that are not finite", 1),
    ]


def test_swapped_labels_are_listed():
    """By both labels, the most frequent first."""
    pairs = [(image(seen(A, "cat")), image(seen(A, "dog")))] * 2 + [(image(seen(A, 1)), image(seen(A, None)))]
    (table,) = boxes.tables(summed(*pairs))
    assert table.rows == [("cat", "dog", 2), ("1", "none", 1)]


def test_of_very_many_swaps_some_are_listed_and_the_others_counted():
    """The sums stay bounded, whatever labels come."""
    pairs = [(image(seen(A, at)), image(seen(A, "x"))) for at in range(MAX_SWAPS + 20)]
    sums = summed(*pairs)
    (table,) = boxes.tables(sums)
    assert (len(sums.swapped.kept), len(table.rows), table.not_listed) == (MAX_SWAPS, MAX_SWAPS, 20)


def test_labels_from_outside_stay_short_and_can_be_stored():
    """Half a surrogate pair, a line break, a megabyte: nothing that breaks an encoder or a table."""
    sums = summed((image(seen(A, "\ud800\n" + "x" * 1_000_000)), image(seen(A, "dog"))))
    ((own, other, count),) = boxes.tables(sums)[0].rows
    assert (len(own), other, count) == (MAX_NAME, "dog", 1)
    own.encode()


def test_long_labels_that_begin_alike_are_told_apart():
    """By a digest, as those of a classifier; and nobody takes the beginning for the whole."""
    ways = [(image(seen(A, f"{'x' * 100}{end}")), image(seen(A, "dog"))) for end in "ab"]
    (table,) = boxes.tables(summed(*ways))
    names = [row[0] for row in table.rows]
    assert len(set(names)) == 2
    assert all(is_shortened(each) for each in names)


def test_no_pairs_have_no_values():
    """And say so; no tables."""
    for name, found in derive(boxes.METRICS, BoxesSums(), ALPHA).items():
        assert (name, found.value, found.reason) == (name, None, "no pairs yet")
    assert boxes.tables(BoxesSums()) == []


# ---- laws

NUMBERS = st.sampled_from([0, 1, 2, 5, 10.5, 11, None, math.nan, math.inf, 1e308, -1e308])
DETECTIONS = st.builds(
    seen,
    st.lists(NUMBERS, min_size=4, max_size=4),
    st.sampled_from(["cat", "dog", 1, None, 1.0, True, []]),
    st.sampled_from([0.5, 0.25, None, math.nan, math.inf, 1e308, "x", 10**400]),
)
VALUES = st.builds(Column, st.lists(st.lists(DETECTIONS, max_size=4), max_size=3)) | st.sampled_from(
    [Column([seen(A)]), Tensor("FP64", (1, 1, 4), [0, 0, 1, 1]), Tensor("BYTES", (1,), ["x"]), Raw(b"")]
)
PAIRS = st.lists(st.tuples(VALUES, VALUES), max_size=6)


@given(PAIRS, st.integers(0, 6))
def test_where_a_batch_is_cut_changes_no_bit(pairs, cut):
    """Sums over two batches, merged, are the sums over both at once; each pair has one finding."""
    laws.a_cut_changes_no_bit(boxes, pairs, cut, RULES)


@given(PAIRS)
def test_sums_are_stored_as_they_are(pairs):
    """As summary.py writes and reads them: whatever came with the traffic can be encoded."""
    laws.are_stored_as_they_are(summed(*pairs))


@given(PAIRS)
def test_every_figure_is_within_its_bounds(pairs):
    """Whatever comes."""
    sums = summed(*pairs)
    assert 0 <= sums.disagreement <= sums.n * ONE
    assert 0 <= sums.f1 <= sums.n * ONE
    assert 0 <= sums.swaps <= sums.labelled * ONE
    assert sums.overlapping * ONE // 2 <= sums.iou <= sums.overlapping * ONE
    assert sums.overlapping <= sums.labelled <= sums.n == len(pairs) - sums.unfit


@given(VALUES, st.randoms(use_true_random=False))
def test_a_value_agrees_with_itself_in_any_order(value, random):
    """Boxes are a set."""
    shuffled = value
    if isinstance(value, Column):
        shuffled = Column([random.sample(row, len(row)) if isinstance(row, list) else row for row in value.values])
    (found,), sums = boxes.compare([(value, shuffled)], RULES)
    if not sums.unfit:
        assert found is AGREES
        assert sums.f1 == ONE


# ---- hostile input


def test_of_very_many_boxes_the_first_are_matched():
    """All overlapping all, in reverse: done, counted, and agreeing; a box more on one side is a box without a match."""
    many = [seen([0, 0, 100 + i / 1000, 100], score=None) for i in range(MAX_BOXES + 100)]
    cut = many[:MAX_BOXES][::-1] + many[MAX_BOXES:]
    (found,), sums = boxes.compare([(image(*many), image(*cut))], RULES)
    assert (found, sums.cut, sums.f1) == (AGREES, 1, ONE)
    assert one(image(*many), image(*cut, seen(C))) == Finding(1, (BOX,))
    (read,) = images(image(*many), "xyxy")
    assert (len(read.boxes), read.total) == (MAX_BOXES, len(many))


def test_of_very_many_images_the_first_are_matched():
    """Beyond, boxes are the same or not; every row is looked at."""
    rows = MAX_IMAGES + 50
    moved = Column([[seen([0, 0, 90, 90])] if at in (0, rows - 1) else [seen(A)] for at in range(rows)])
    (found,), sums = boxes.compare([(Column([[seen(A)]] * rows), moved)], RULES)
    assert found == Finding(1 << (rows - 1), (BOX,))
    assert (sums.cut, sums.n) == (1, 1)
    assert real(sums.f1) == 1.0


def test_deep_nesting_is_no_box():
    """No recursion follows what a sender has nested."""
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert one(image(seen(A)), Column([deep])) == Finding(1, (Difference("type", POINTER),))
    assert one(image(seen(A)), Column([[{"box": deep}]])) == Finding(1, (Difference("type", POINTER),))
