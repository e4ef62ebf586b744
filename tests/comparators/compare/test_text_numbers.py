"""Numbers that answers write as text, through the whole way from thirty answers to metrics."""

import json
import random

import numpy as np
import pytest

from comparators.compare.text_numbers import as_numbers, has_point, number_of
from comparators.evidence.request_metrics import head_metrics
from comparators.extract.output import Column, Tensor
from comparators.settings import CompareSettings, HeadSettings
from tests.comparators.made import OIP, answer, judged, oip, pair, planned

CHANCE = random.Random(5)
SCORES = [CHANCE.random() for _ in range(90)]
WAYS = {
    "a named output": (lambda text: {"score": text}, "/score"),
    "beside others": (lambda text: {"score": text, "id": 7}, "/score"),
    "KServe V1": (lambda text: {"predictions": [text]}, "/score"),
    "KServe V1, beside null": (lambda text: {"predictions": [text, None]}, "/score"),
    "KServe V1, records": (lambda text: {"predictions": [{"risk": text, "route": "a"}]}, "/score"),
    "V2": (lambda text: oip(y=("BYTES", [1], [text])), OIP),
}


@pytest.mark.parametrize(
    ("text", "number", "pointed"),
    [
        ("0.25", 0.25, True),
        ("-1e-7", -1e-7, True),
        ("3", 3, False),
        ("-12", -12, False),
        ("1.0", 1.0, True),
        *[
            (text, None, True)
            for text in ("", "late", "1.", ".5", "01", "+1", " 1", "1_0", "NaN", "1e999", "1.2.3", "٣")
        ],
        ("9" * 41, None, False),
    ],
)
def test_what_json_would_write_is_a_number(text, number, pointed):
    """Nothing else: no version, no blank, no other digits."""
    assert number_of(text) == number
    assert type(number_of(text)) is type(number)
    assert number is None or has_point(text) is pointed


def test_all_rows_are_numbers_as_text_or_none_is():
    """null goes with them, and is no number by itself."""
    assert as_numbers(Column(["0.5", None])) == Tensor("FP64", (2,), [0.5, None])
    assert as_numbers(Tensor("BYTES", (1, 2), ["0.5", "2"])) == Tensor("FP64", (1, 2), [0.5, 2])
    for value in (
        Column(["0.5", "late"]),
        Column([None]),
        Column([]),
        Column(["0.5", 0.5]),
        Tensor("FP64", (1,), [0.5]),
    ):
        assert as_numbers(value) is None


def told(production, candidate, target, settings=None):
    """The kinds, how many disagree, and the one score's metrics."""
    bodies = enumerate(zip(production, candidate, strict=True))
    pairs = [pair(answer(p), answer(c), number=at, target=target) for at, (p, c) in bodies]
    heads = {
        head.pointer: head.kind for plan in planned(pairs, settings or CompareSettings()).all() for head in plan.heads
    }
    (summary,) = judged(pairs, settings).summary.plans.values()
    scores = [head_metrics(sums, 0.05) for at, sums in summary.heads.items() if heads[at] == "score"]
    return heads, summary.requests_disagreeing, scores


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_numbers_as_text_agree_within_the_tolerance(way):
    """Float noise changes their last digits and nothing else; what is a tenth off is, by a tenth."""
    make, target = way
    own, near, far = ([make(repr(each + off)) for each in SCORES] for off in (0, 1e-12, 0.1))
    _, disagreeing, (metrics,) = told(own, near, target)
    assert (disagreeing, metrics["score.disagreement"].value) == (0, 0.0)
    _, disagreeing, (metrics,) = told(own, far, target)
    assert disagreeing == len(SCORES)
    assert metrics["score.mae"].value == pytest.approx(0.1, rel=0.02)


def test_a_text_where_a_number_was_is_another_type():
    """Whoever calls the service reads it otherwise; and a text among them that is no number is compared as it is."""
    own = [{"score": repr(each)} for each in SCORES]
    for production, candidate in ((own, SCORES), (SCORES, own)):
        bodies = [
            [each if type(each) is dict else {"score": each} for each in side] for side in (production, candidate)
        ]
        assert told(*bodies, "/score")[1] == len(SCORES)
    some = [{"score": "N/A"} if at % 20 == 3 else each for at, each in enumerate(own)]
    heads, disagreeing, _ = told(some, json.loads(json.dumps(some).replace("N/A", "none", 1)), "/score")
    assert (heads, disagreeing) == ({"/score": "score"}, 1)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([f"1.{at % 4}" for at in range(90)], "label"),
        ([str(10**6 + at) for at in range(90)], "text"),
        ([f"1.{at}.0" for at in range(90)], "text"),
        (np.round(SCORES, 1).astype(str).tolist(), "label"),
        ([f"{each:.4f}" for each in SCORES], "score"),
        ([f"{each:.4f}" if each > 0.3 else "0" for each in np.linspace(0, 1, 90)], "score"),
    ],
    ids=["versions", "ids", "longer versions", "few", "four digits", "some without a point"],
)
def test_text_that_comes_again_or_has_no_point_is_no_number(values, kind):
    """ "1.10" and "1.1" are two versions; ids have no point."""
    assert told([{"value": each} for each in values], [{"value": each} for each in values], "/x")[0] == {"/value": kind}


def test_settings_make_a_score_of_few_numbers_as_text():
    """And a name a label."""
    settings = CompareSettings(heads=(HeadSettings(pointer="/value", kind="score"),))
    own, near = ([{"value": f"{at % 4}.5{off}"} for at in range(40)] for off in ("", "0000000001"))
    assert told(own, near, "/x")[1] == 40
    assert told(own, near, "/x", settings)[1] == 0
    texts = [{"label": repr(each)} for each in SCORES]
    assert told(texts, texts, "/x")[0] == {"/label": "text"}
