"""Typed outputs inside any JSON: as services without a protocol answer, and as Hugging Face's pipelines, torchvision,
TensorFlow's detection API, MMDetection and COCO's tools write their results.
"""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.evidence.request_metrics import head_metrics
from comparators.extract.json_outputs import MAX_LEVELS, read, read_classes
from comparators.extract.output import Column, Document, Tensor
from comparators.extract.shaping import MAX_OUTPUTS
from comparators.settings import ArraySettings, CompareSettings
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks
from tests.comparators.made import answer, compared, judged, pair, planned

SCORED = {"label": "late", "score": 0.75}
CLASSES = [SCORED, {"label": "on time", "score": 0.25}]
BOX = {"xmin": 1, "ymin": 2, "xmax": 30, "ymax": 40}
DETECTED = [{"score": 0.9, "label": "cat", "box": BOX}, {"score": 0.8, "label": "dog", "box": BOX}]  # Hugging Face
COCO = [{"image_id": 42, "category_id": 18, "bbox": [258.15, 41.29, 348.26, 243.78], "score": 0.236}]
APART = {"boxes": [[1.0, 2.0, 30.0, 40.0]], "labels": [3], "scores": [0.5]}
RANKED = [{"id": 3, "score": 0.5}, {"id": 2, "score": 0.25}]
TOGETHER = [{"box": [1.0, 2.0, 30.0, 40.0], "label": 3, "score": 0.5}]


def heads(body, reader=read):
    return reader(json.dumps(body).encode()).heads


def rest(value) -> Document:
    return Document(value, plain=True)


def number(value) -> Tensor:
    return Tensor("FP64", (), [value])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (0.5, {"": number(0.5)}),
        ("late", {"": Tensor("BYTES", (), ["late"])}),
        ([0.25, 0.75], {"": Tensor("FP64", (2,), [0.25, 0.75])}),
        ([[1, 2], [3, 4]], {"": Tensor("INT64", (2, 2), [1, 2, 3, 4])}),
        (["a", "b"], {"": Tensor("BYTES", (2,), ["a", "b"])}),
        ({"score": 0.5}, {"/score": number(0.5)}),
        ({"prediction": [0.5]}, {"/prediction": Tensor("FP64", (1,), [0.5])}),
        ({"score": None, "class": True}, {"/score": number(None), "/class": Tensor("BOOL", (), [True])}),
        (
            {"id": "x7", "label": "late", "score": 0.5},
            {"/label": Tensor("BYTES", (), ["late"]), "/score": number(0.5), "": rest({"id": "x7"})},
        ),
        (
            {"result": {"probability": 0.5, "model": "m"}, "took": {}},
            {"/result/probability": number(0.5), "": rest({"result": {"model": "m"}, "took": {}})},
        ),
        (
            {"probabilities": {"no": 0.25, "yes": 0.75}, "embedding": [0.5, 1.5]},
            {
                "/probabilities": Column([{"no": 0.25, "yes": 0.75}]),
                "/embedding": Tensor("FP64", (2,), [0.5, 1.5]),
            },
        ),
        ({"recommendations": [3, "a"]}, {"/recommendations": Column([3, "a"])}),
        (
            [SCORED, SCORED],
            {"/*/label": Tensor("BYTES", (2,), ["late"] * 2), "/*/score": Tensor("FP64", (2,), [0.75] * 2)},
        ),
        (
            [{"score": 0.5, "id": 1, "at": "x"}, {"score": 1, "id": 2, "at": "y"}],
            {"/*/score": Tensor("FP64", (2,), [0.5, 1]), "": Column([{"id": 1, "at": "x"}, {"id": 2, "at": "y"}])},
        ),
        ([CLASSES, CLASSES], {"": Column([CLASSES, CLASSES])}),
        ([CLASSES, []], {"": Column([CLASSES, []])}),
        (DETECTED, {"": Column([DETECTED])}),
        ([DETECTED, DETECTED], {"": Column([DETECTED, DETECTED])}),
        ({"detections": DETECTED, "took_ms": 7}, {"/detections": Column([DETECTED]), "": rest({"took_ms": 7})}),
        (COCO, {"": Column([COCO])}),
        (APART, {"/boxes": Column([TOGETHER])}),
        ([APART, APART], {"/*/boxes": Column([TOGETHER, TOGETHER])}),
        (
            [{**APART, "masks": [[1]]}, {"boxes": [], "labels": [], "scores": [], "masks": []}],
            {"/*/boxes": Column([TOGETHER, []]), "": Column([{"masks": [[1]]}, {"masks": []}])},
        ),
        (
            {"bboxes": [[1.0, 2.0, 30.0, 40.0]], "labels": [3], "scores": [0.5]},
            {"/bboxes": Column([TOGETHER])},
        ),
        (
            {
                "detection_boxes": [[1.0, 2.0, 30.0, 40.0], [0, 0, 0, 0]],
                "detection_classes": [3, 1],
                "detection_scores": [0.5, 0],
                "num_detections": 1.0,
            },
            {"/detection_boxes": Column([TOGETHER]), "": rest({"num_detections": 1.0})},
        ),
        (
            {"sequence": "hi", "labels": ["a", "b"], "scores": [0.75, 0.25]},
            {"/scores": Column([[["a", 0.75], ["b", 0.25]]]), "": rest({"sequence": "hi"})},
        ),
        (RANKED, {"": Column([RANKED])}),
    ],
)  # fmt: skip
def test_outputs_are_found_by_their_names_and_forms(body, expected):
    """And what stands beside them is a document without them."""
    assert heads(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        {"a": 1},
        {},
        [],
        [{"a": 1}],
        [1, "a"],
        [[1], [2, 3]],
        {"score": {"a": [1]}},
        {"score": [1, "a"]},
        {"score": []},
        {"items": [{"score": 1, "title": "x"}]},
        [{"box": BOX, "mask": [1, 2]}],
        {"boxes": [[1, 2, 3, 4]], "labels": [], "scores": [0.5]},
        {"boxes": [[1, 2, 3, 4]]},
        [{"score": 1}, {"label": "a"}],
        [CLASSES, [1]],
    ],
)
def test_anything_else_is_a_document(body):
    """As if there were no names."""
    assert heads(body) == {"": rest(body)}


def test_classes_of_one_request_are_one_row():
    """Where the plan says so; other answers are read as ever."""
    assert heads(CLASSES, read_classes) == {"": Column([CLASSES])}
    assert heads([CLASSES, CLASSES], read_classes) == heads([CLASSES, CLASSES])
    assert heads({"error": "x"}, read_classes) == {"": rest({"error": "x"})}


def test_outputs_are_bounded():
    """In number, and in how deep they are looked for; the others are compared as JSON."""
    many = {f"r{n}": {"score": n, "boxes": [[1, 2, 3, 4]], "scores": [n]} for n in range(500)}
    assert MAX_OUTPUTS < len(heads(many)) <= MAX_OUTPUTS + 5
    deep = {"score": 1}
    for _ in range(MAX_LEVELS + 1):
        deep = {"a": deep}
    assert heads(deep) == {"": rest(deep)}
    assert "/a" * MAX_LEVELS + "/score" in heads(deep["a"])


NUMBERS = st.floats(-10, 10) | st.integers(-3, 3)
BODIES = st.sampled_from(
    [SCORED, CLASSES, DETECTED, COCO, APART, [0.5, 1.5], {"score": 0.5}, {"a": {"probability": 0.5}}, [SCORED, SCORED]]
)


@given(BODIES, st.data())
def test_other_numbers_are_read_alike(body, data):
    """Pointers, types of values and shapes follow from names and structure."""

    def renumbered(value):
        if isinstance(value, dict):
            return {key: renumbered(each) for key, each in value.items()}
        if isinstance(value, list):
            return list(map(renumbered, value))
        return data.draw(NUMBERS) if isinstance(value, float) else value

    own, other = heads(body), heads(renumbered(body))
    assert {each: type(value) for each, value in own.items()} == {each: type(value) for each, value in other.items()}
    for one, another in zip(own.values(), other.values(), strict=True):
        assert not isinstance(one, Tensor) or one.shape == another.shape


# ---- all the way: kinds, differences and metrics without settings


def kinds(bodies, settings=None) -> dict[str, str]:
    pairs = [pair(answer(body), answer(body), number=at) for at, body in enumerate(bodies)]
    (plan,) = planned(pairs, settings or CompareSettings()).all()
    return {head.pointer: head.kind for head in plan.heads}


def softmax(rows: int, classes: int) -> list[list[float]]:
    powers = np.exp(np.random.default_rng(5).normal(0, 1.5, (rows, classes)))
    return (powers / powers.sum(axis=1, keepdims=True)).tolist()


def classified(rows: int, classes: int, best: int) -> list[list[dict]]:
    """As a pipeline of Hugging Face answers: the best of so many classes."""
    all_of = [sorted(enumerate(row), key=lambda each: -each[1]) for row in softmax(rows, classes)]
    return [[{"label": f"LABEL_{at}", "score": share} for at, share in row[:best]] for row in all_of]


@pytest.mark.parametrize(("classes", "best"), [(2, 2), (28, 28), (1000, 5), (1000, 1)])
@pytest.mark.parametrize("form", ["one", "nested", "batch"])
def test_the_answers_of_a_classifier_are_probabilities(classes, best, form):
    """All classes or the best of them; of one text, of one in a list, of several."""
    found = classified(40, classes, best)
    bodies = {
        "one": found,
        "nested": [[each] for each in found],
        "batch": [found[at : at + 4] for at in range(0, 40, 4)],
    }[form]
    if form == "one" and best == 1:
        assert kinds(bodies) == {"/*/label": "label", "/*/score": "score"}
    else:
        assert kinds(bodies) == {"": "probabilities"}


def test_one_class_each_of_several_texts_are_labels_and_scores():
    """A batch of which only the best class is told: the scores come to more than 1."""
    found = [each[0] for each in classified(40, 2, 1)]
    assert kinds([found[at : at + 4] for at in range(0, 40, 4)]) == {"/*/label": "label", "/*/score": "score"}


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        ([{"score": each[0]} for each in softmax(60, 3)], {"/score": "score"}),
        (
            [{"label": "ab"[at % 2], "score": each[0], "id": at} for at, each in enumerate(softmax(60, 3))],
            {"/label": "label", "/score": "score", "": "json"},
        ),
        (softmax(30, 4), {"": "probabilities"}),
        ([{"probabilities": each} for each in softmax(30, 4)], {"/probabilities": "probabilities"}),
        ([{"logits": [9 * each[0], -each[1]]} for each in softmax(30, 4)], {"/logits": "logits"}),
        ([DETECTED] * 3, {"": "boxes"}),
        ([COCO] * 3, {"": "boxes"}),
        ([APART] * 3, {"/boxes": "boxes"}),
        ([[APART, APART]] * 3, {"/*/boxes": "boxes"}),
        (
            [[[10.0 * at, 5.5, 10.0 * at + 9, 50.0, 0.9, 3.0], [1.5, 2.5, 8.0, 9.0, 0.5, 17.0]] for at in range(5)],
            {"": "boxes"},
        ),
        ([{"embedding": 24 * each} for each in softmax(5, 4)], {"/embedding": "embedding"}),
        ([RANKED] * 2, {"": "ranking"}),
    ],
)  # fmt: skip
def test_kinds_are_inferred_inside_plain_json(bodies, expected):
    """Without settings."""
    assert kinds(bodies) == expected


def test_what_stands_beside_an_output_is_compared():
    """By its own path, also where one side has nothing there."""
    usual = {"label": "late", "score": 0.5, "id": 7}
    others = [
        usual,
        {**usual, "score": 0.5 + 1e-9},
        {**usual, "score": 0.6},
        {**usual, "id": 8},
        {"label": "late", "score": 0.5},
        {**usual, "debug": True},
        {"score": 0.5, "id": 7},
        {"error": "none"},
    ]
    found = compared([pair(answer(usual), answer(each)) for each in others])
    told = [{(each.kind, each.path) for each in one.differences} for one in found]
    assert told == [
        set(),
        set(),
        {("value", "/score")},
        {("value", "/id")},
        {("missing", "/id")},
        {("extra", "/debug")},
        {("missing", "/label")},
        {("missing", "/label"), ("missing", "/score"), ("missing", "/id"), ("extra", "/error")},
    ]
    bare = [{"score": 0.5}, {"score": 0.5, "debug": {"a": 1}}]
    first, second = compared([pair(answer(bare[0]), answer(each)) for each in bare])
    assert (first.rows_disagreeing, [*second.differences]) == (0, [("extra", "/debug")])


def test_a_score_in_plain_json_has_the_metrics_of_a_score():
    """How far, and not only how often."""
    random = np.random.default_rng(3)
    p = random.random(300)
    pairs = [pair(answer({"score": a}), answer({"score": a + 0.01})) for a in p.tolist()]
    (summary,) = judged(pairs).summary.plans.values()
    metrics = head_metrics(summary.heads["/score"], 0.05)
    assert metrics["score.bias"].value == pytest.approx(0.01)


def test_the_order_of_boxes_changes_nothing_and_their_form_is_told_by_them():
    """COCO's top left corner and size: read as two corners, these would have no area, and match nothing."""
    boxes = [[258.0, 41.0, 34.0, 24.0], [61.0, 22.0, 50.0, 12.0], [102.0, 88.0, 20.0, 31.0]]
    for form in ("coco", "bare"):
        keys = {"coco": ("category_id", "bbox"), "bare": ("class", "box")}[form]
        usual, moved = (
            [{keys[0]: at, keys[1]: [each[0] + away, *each[1:]], "score": 0.5} for at, each in enumerate(boxes)]
            for away in (0.0, 1.0)
        )
        found = compared([pair(answer(usual), answer(each)) for each in (usual, usual[::-1], moved, moved[:2])])
        assert [each.rows_disagreeing for each in found] == [0, 0, 0, 1]


def test_boxes_of_two_images_in_one_list_do_not_match():
    """COCO's results are of all images."""
    usual = [{"image_id": at, "category_id": 1, "bbox": [9.0, 9.0, 30.0, 30.0], "score": 0.5} for at in (1, 2)]
    other = [usual[0], {**usual[1], "image_id": 3}]
    found = compared([pair(answer(usual), answer(each)) for each in (usual, other)])
    assert [each.rows_disagreeing for each in found] == [0, 1]


def test_settings_of_arrays_are_about_the_document():
    """Where elements find their partners by key, they are not split into outputs."""
    settings = CompareSettings(arrays=(ArraySettings(pointer="", by="key", key="/id"),))
    assert kinds([RANKED], settings) == {"": "json"}
    found = compared([pair(answer(RANKED), answer(RANKED[::-1]))], settings)
    assert found[0].rows_disagreeing == 0


ANSWERS = [
    json.dumps(each).encode()
    for each in (
        {**SCORED, "id": 7}, CLASSES, [CLASSES], DETECTED, COCO, APART, [APART, APART], [[0.5, 1.5]], {"a": SCORED},
    )
]  # fmt: skip


@pytest.mark.parametrize("reader", [read, read_classes])
def test_whatever_comes_is_read_or_unreadable(reader):
    """No other exception, for any bytes."""
    never_breaks(reader, *ANSWERS, examples=100)


@long
def test_whatever_comes_for_long():
    """Likewise."""
    holds_for_long(read, *ANSWERS)
