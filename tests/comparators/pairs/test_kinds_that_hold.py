"""Outputs as models answer them, through the whole way: the kind that they have, and metrics that say something.

Each was once another kind for the sake of a few values, and lost its metrics.
"""

import math

import numpy as np
import pytest

from comparators.evidence.request_metrics import head_metrics
from comparators.settings import CompareSettings
from tests.comparators.made import OIP, answer, compared, judged, oip, pair, planned

ALPHA = 0.05
N = 120


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def brain(numbers: np.ndarray) -> np.ndarray:
    """As a model that computes in BF16 sends them in FP32."""
    bits = numbers.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32)


def answered(values, name="output", datatype="FP32", batch=True) -> list:
    shapes = [np.shape(each) for each in values]
    return [
        answer(oip(**{name: (datatype, [1, *shape] if batch else [*shape], np.ravel(each).tolist())}))
        for each, shape in zip(values, shapes, strict=True)
    ]


def told(production: list, candidate: list, target: str = OIP):
    """The kind of the one output, and its metrics."""
    pairs = [pair(*both, target=target, number=at) for at, both in enumerate(zip(production, candidate, strict=True))]
    (plan,) = planned(pairs, CompareSettings()).all()
    (head,) = plan.heads
    (summary,) = judged(pairs).summary.plans.values()
    (sums,) = summary.heads.values()
    return head.kind, head_metrics(sums, ALPHA), sums


LOGITS = np.random.default_rng(11).normal(0, 3, (N, 100))
OTHER = LOGITS + np.random.default_rng(12).normal(0, 0.02, LOGITS.shape)


@pytest.mark.parametrize("batch", [True, False], ids=["batch", "no batch"])
def test_a_softmax_moved_to_bf16_is_compared_as_probabilities(batch):
    """In every row: those that come to 1 only within 2⁻⁷ are distributions on either side."""
    p, c = softmax(LOGITS), brain(softmax(LOGITS))
    assert (np.abs(c.sum(axis=1) - 1) > 1e-3).mean() > 0.02
    for own, other in ((p, c), (c, p), (c, c)):
        kind, metrics, sums = told(answered(own, batch=batch), answered(other, batch=batch))
        assert (kind, sums.described, sums.apart) == ("probabilities", N, {})
        assert metrics["probability.total_variation"].value < 0.004
        assert metrics["probability.disagreement"].value < 0.02


def test_logits_of_a_hundred_classes_are_compared_by_their_first_class():
    """FP16 for FP32: every number is off, hardly any class is."""
    flips = (LOGITS.argmax(axis=1) != OTHER.argmax(axis=1)).mean()
    kind, metrics, _ = told(answered(LOGITS, "logits"), answered(OTHER, "logits"))
    assert kind == "logits"
    assert metrics["logits.disagreement"].value == pytest.approx(flips)
    assert metrics["logits.clear_flips"].value == 0
    kind, metrics, _ = told(answered(LOGITS, "fc6_1"), answered(OTHER, "fc6_1"))
    assert (kind, metrics["score.disagreement"].value) == ("score", 1.0)
    assert metrics["score.argmax_flips"].value == pytest.approx(flips)


def test_one_row_of_nan_takes_no_metric_from_the_others():
    """It agrees with a row of NaN, disagrees with any other, and is counted."""
    p = softmax(LOGITS[:, :5])
    broken = p.copy()
    broken[7] = math.nan
    kind, metrics, sums = told(answered(broken), answered(broken))
    assert (kind, sums.n, sums.described, sums.apart) == ("probabilities", N, N - 1, {"invalid_both": 1})
    assert metrics["probability.disagreement"].value == 0
    _, metrics, sums = told(answered(broken), answered(p))
    assert metrics["probability.disagreement"].value == pytest.approx(1 / N)
    assert sums.apart == {"invalid_production": 1}


def test_two_hundred_labels_have_a_confusion_table():
    """Words, and numbers that are called labels: κ, and which became which."""
    own = np.random.default_rng(13).integers(0, 200, N)
    other = np.where(np.arange(N) % 10 == 0, (own + 1) % 200, own)
    for name, datatype, as_label in (("output", "BYTES", lambda each: f"n{each:05}"), ("class_id", "INT64", int)):
        values = [[[as_label(each)] for each in side.tolist()] for side in (own, other)]
        kind, metrics, _ = told(*(answered(side, name, datatype) for side in values))
        assert (kind, metrics["label.disagreement"].value) == ("label", pytest.approx(0.1))
        assert 0.85 < metrics["label.kappa"].value < 0.95


def test_a_few_failed_answers_are_counted_and_change_no_kind():
    """One in twenty is a text in the place of a number: compared by equality, left out of the others' metrics."""
    own = [{"score": "N/A" if at % 20 == 3 else at / N} for at in range(N)]
    other = [{"score": "none" if at == 3 else each["score"]} for at, each in enumerate(own)]
    kind, metrics, sums = told([*map(answer, own)], [*map(answer, other)], "/score")
    assert (kind, sums.unfit, sums.compared) == ("score", N // 20, N - N // 20)
    assert metrics["score.disagreement"].value == 0
    pairs = [pair(answer(a), answer(b)) for a, b in zip(own, other, strict=True)]
    assert sum(each.rows_disagreeing for each in compared(pairs)) == 1


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh"])
def test_boxes_overlap_whatever_their_four_numbers_are(form):
    """A box moved by a tenth of its size has the overlap of that: 0.9 · 1 / 1.1 of a direction."""

    def boxes(left, top, width, height):
        if form == "xyxy":
            return [left, top, left + width, top + height]
        return [left, top, width, height] if form == "xywh" else [left + width / 2, top + height / 2, width, height]

    corners = np.random.default_rng(14).uniform(0.4, 0.6, (N, 2)).tolist()
    own, other = (
        [[{"bbox": boxes(left + away, top, 0.39, 0.35), "label": "cat", "score": 0.5}] for left, top in corners]
        for away in (0.0, 0.039)
    )
    kind, metrics, _ = told([*map(answer, own)], [*map(answer, other)], "/detect")
    assert kind == "boxes"
    assert metrics["boxes.iou"].value == pytest.approx(0.9 / 1.1, abs=1e-6)
    assert metrics["boxes.disagreement"].value == 0
