"""Detectors behind the Open Inference Protocol: boxes, labels and scores as tensors of their own."""

import json

import numpy as np
import pytest

from comparators.extract.oip import read_several
from comparators.extract.output import Column, Tensor
from comparators.settings import CompareSettings
from tests.comparators.made import OIP, answer, compared, oip, pair, planned

BOXES = [[1.0, 2.0, 30.0, 40.0], [5.0, 5.0, 9.0, 9.0]]
FOUND = [{"box": BOXES[0], "label": 3, "score": 0.75}, {"box": BOXES[1], "label": 1, "score": 0.5}]


def torchvision(boxes=BOXES, labels=(3, 1), scores=(0.75, 0.5)):
    n = len(boxes)
    flat = [each for box in boxes for each in box]
    return oip(boxes=("FP32", [n, 4], flat), labels=("INT64", [n], [*labels]), scores=("FP32", [n], [*scores]))


def tensorflow(meant: float = 1.0, datatype: str = "FP32"):
    flat = [each for box in BOXES for each in box]
    return oip(
        detection_boxes=(datatype, [1, 2, 4], flat),
        detection_classes=(datatype, [1, 2], [3.0, 1.0]),
        detection_scores=(datatype, [1, 2], [0.75, 0.5]),
        num_detections=(datatype, [1], [meant]),
    )


def heads(body):
    (reading,) = read_several([(json.dumps(body).encode(), ())])
    assert reading is not None
    return reading.heads


def test_one_image_without_batches_is_one_row():
    """As torchvision's models answer once they are exported."""
    assert heads(torchvision()) == {"/outputs/boxes": Column([FOUND])}
    assert heads(torchvision([], [], [])) == {"/outputs/boxes": Column([[]])}


@pytest.mark.parametrize(("meant", "kept"), [(1.0, 1), (0, 0), (2, 2), (3, 2), (0.5, 2), (None, 2)])
def test_of_an_image_that_is_filled_up_those_that_are_meant_count(meant, kept):
    """By the number beside them, where it can be one; it stays an output."""
    found = heads(tensorflow(meant))
    assert found["/outputs/detection_boxes"] == Column([FOUND[:kept]])
    assert found["/outputs/num_detections"] == Tensor("FP32", (1,), [meant])


@pytest.mark.parametrize(
    "body",
    [
        oip(boxes=("FP32", [1, 4], BOXES[0])),
        oip(boxes=("FP32", [4], BOXES[0]), scores=("FP32", [4], BOXES[0])),
        oip(boxes=("FP32", [1, 4], BOXES[0]), scores=("FP32", [2], [0.5, 0.25])),
        oip(boxes=("FP32", [1, 4], BOXES[0]), scores=("FP32", [1, 1], [0.5])),
        oip(labels=("INT64", [1], [3]), scores=("FP32", [1], [0.5])),
    ],
)
def test_tensors_that_do_not_belong_together_stay_what_they_are(body):
    """By their names alone they say nothing."""
    assert all(type(each) is Tensor for each in heads(body).values())
    assert len(heads(body)) == len(body["outputs"])


def test_another_order_of_boxes_agrees_and_another_box_does_not():
    """Also where one side packs its tensors."""
    usual = torchvision()
    others = [usual, torchvision(BOXES[::-1], (1, 3), (0.5, 0.75)), torchvision(BOXES[:1], (3,), (0.75,))]
    pairs = [pair(answer(usual), answer(each), target=OIP) for each in others]
    (plan,) = planned(pairs, CompareSettings()).all()
    assert [(head.pointer, head.kind) for head in plan.heads] == [("/outputs/boxes", "boxes")]
    assert [each.rows_disagreeing for each in compared(pairs)] == [0, 0, 1]
    assert [each.rows_disagreeing for each in compared([pair(answer(usual), packed(), target=OIP)])] == [0]


def packed():
    arrays = {
        "boxes": ("FP32", np.array(BOXES, dtype="<f4")),
        "labels": ("INT64", np.array([3, 1], dtype="<i8")),
        "scores": ("FP32", np.array([0.75, 0.5], dtype="<f4")),
    }
    outputs = [
        {"name": name, "datatype": kind, "shape": [*each.shape], "parameters": {"binary_data_size": each.nbytes}}
        for name, (kind, each) in arrays.items()
    ]
    head = json.dumps({"model_name": "m", "outputs": outputs}).encode()
    data = head + b"".join(each.tobytes() for _, each in arrays.values())
    headers = ((b"content-type", b"application/octet-stream"), (b"inference-header-content-length", b"%d" % len(head)))
    return answer(data, headers=headers)
