"""Several outputs at once: which rows disagree over all of them, and what is told of each."""

import math

import pytest
from msgspec.structs import replace

from comparators.compare.finding import AGREES
from comparators.extract.output import Column, Document, Raw, Reading, Tensor
from comparators.pairs.heads import PlanRules, compare_heads
from comparators.plans.plan import Head, Plan
from comparators.settings import CompareSettings, HeadSettings
from tests.comparators.made import answer, judged, pair

PLAN = Plan(
    method="POST",
    path="/v2/models/late/infer",
    model="late",
    protocol="oip_v2",
    decided_by="path",
    heads=(Head("/outputs/late", "label", "values"), Head("/outputs/score", "score", "values")),
)


def reading(late=(0, 0, 0), score=(0.1, 0.2, 0.3), **more) -> Reading:
    heads = {
        "/outputs/late": Tensor("INT64", (len(late),), list(late)),
        "/outputs/score": Tensor("FP64", (len(score),), list(score)),
    }
    return Reading({**heads, **{f"/outputs/{name}": value for name, value in more.items()}})


def compared(production, candidate, **settings):
    rules = PlanRules.of(PLAN, CompareSettings(**settings))
    return compare_heads([(production, candidate)], rules)


def kinds(found) -> set[tuple[str, str]]:
    return {(each.kind, each.path) for each in found.differences}


def test_a_row_disagrees_once_however_many_outputs_do():
    """Rows 0 and 2 of three; the label disagrees where the score does."""
    result = compared(reading(), reading(late=(1, 0, 1), score=(0.5, 0.2, 0.3)))
    assert (result.found[0].disagreeing, result.rows) == (0b101, [3])
    assert kinds(result.found[0]) == {("label", "/outputs/late"), ("value", "/outputs/score")}


def test_each_output_has_its_own_sums():
    """Never averaged away: two of three rows in one, one of three in the other."""
    sums = compared(reading(), reading(late=(1, 0, 1), score=(0.5, 0.2, 0.3))).sums
    assert sums.keys() == {"/outputs/late", "/outputs/score"}
    assert abs(sums["/outputs/score"].disagreement / 2**40 - 1 / 3) < 1e-12


def test_outputs_with_different_numbers_of_rows_make_one_row():
    """There are no rows to count where outputs don't share them."""
    result = compared(reading(late=(0,)), reading(late=(0,), score=(0.1, 9.0, 0.3)))
    assert (result.found[0].disagreeing, result.rows) == (1, [1])


def box(left):
    return {"box": [left, 1, left + 8, 9], "label": "a", "score": 0.9}


@pytest.mark.parametrize(
    ("kind", "value", "other"),
    [
        ("embedding", Tensor("FP32", (3,), [1.0, 0.0, 0.0]), Tensor("FP32", (3,), [0.0, 1.0, 0.0])),
        ("embedding", Column([1.0, 0.0, 0.0]), Column([0.0, 1.0, 0.0])),
        ("ranking", Column(["a", "b", "c"]), Column(["b", "a", "c"])),
        ("probabilities", Column([0.7, 0.2, 0.1]), Column([0.1, 0.2, 0.7])),
        ("logits", Column([7.0, 2.0, 1.0]), Column([1.0, 2.0, 7.0])),
        ("boxes", Column([box(1), box(50)]), Column([box(1), box(90)])),
    ],
)
def test_a_vector_or_a_list_that_is_one_answer_is_one_row(kind, value, other):
    """Whatever number of values it has; a batch of them has as many rows as before."""
    plan = replace(PLAN, heads=(Head("/it", kind, "values"),))
    rules = PlanRules.of(plan, CompareSettings())
    found = compare_heads([(Reading({"/it": value}), Reading({"/it": other}))], rules)
    assert (found.rows, found.found[0].disagreeing) == ([1], 1)
    assert found.sums["/it"].rows == 1
    several = [[0.7, 0.2], [0.2, 0.7], [0.7, 0.2]] if kind != "boxes" else [[box(1)]] * 3
    batch = Reading({"/it": Column(several)})
    assert compare_heads([(batch, batch)], rules).rows == [3]


@pytest.mark.parametrize(
    "make",
    [
        lambda side, i: {"embedding": [math.sin(i * 37 + at + side) for at in range(128)]},
        lambda side, i: {"recommendations": [f"item-{(i * 7 + (at + 1) * (side + 1)) % 97}" for at in range(10)]},
    ],
    ids=["an embedding", "a ranking"],
)
def test_a_report_counts_answers_of_one_vector_or_list_once(make):
    """Sixty requests that all disagree are sixty rows."""
    pairs = [pair(answer(make(0, i)), answer(make(1, i)), number=i) for i in range(60)]
    (own,) = judged(pairs).summary.plans.values()
    assert (own.rows, own.rows_disagreeing) == (60, 60)


def test_probabilities_with_a_threshold_are_a_row_each():
    """Those of a value of one dimension: each is one decision."""
    plan = replace(PLAN, heads=(Head("/it", "probabilities", "values"),))
    rules = PlanRules.of(plan, CompareSettings(heads=(HeadSettings(pointer="/it", threshold=0.5),)))
    sides = (Reading({"/it": Column([0.1, 0.6, last])}) for last in (0.7, 0.2))
    found = compare_heads([(next(sides), next(sides))], rules)
    assert (found.rows, found.found[0].disagreeing) == ([3], 0b100)


def test_an_output_that_is_missing_or_extra_disagrees():
    """On every row, whether the plan knows it or not."""
    own = reading()
    without = Reading({"/outputs/late": own.heads["/outputs/late"]})
    assert kinds(compared(own, without).found[0]) == {("missing", "/outputs/score")}
    assert compared(own, without).found[0].disagreeing == 0b111
    assert kinds(compared(without, own).found[0]) == {("extra", "/outputs/score")}
    unknown = reading(why=Document("because", plain=True))
    assert kinds(compared(own, unknown).found[0]) == {("extra", "/outputs/why")}
    assert kinds(compared(unknown, own).found[0]) == {("missing", "/outputs/why")}


def test_an_output_that_the_plan_does_not_know_is_compared_all_the_same():
    """As JSON, and described no further."""
    result = compared(reading(why=Document("a", plain=True)), reading(why=Document("b", plain=True)))
    assert kinds(result.found[0]) == {("value", "/outputs/why")}
    assert "/outputs/why" not in result.sums


def test_an_ignored_output_is_not_looked_at():
    """Neither its values nor its presence, nor its number of rows."""
    own, other = reading(), reading(score=(5.0,), why=Document(1, plain=True))
    result = compared(own, other, ignore=("/outputs/score", "/outputs/why"))
    assert (result.found, result.rows) == ([AGREES], [3])
    assert result.sums.keys() == {"/outputs/late"}


def test_an_empty_answer_is_of_another_kind():
    """Nothing where outputs were is not a value of any of them."""
    own = Reading({"": Document({"a": 1}, plain=True)})
    plan = Plan(
        method="POST", path="/", model="", protocol="json", decided_by="body", heads=(Head("", "json", "values"),)
    )
    (found,) = compare_heads([(own, Reading({"": Raw(b"")}))], PlanRules.of(plan, CompareSettings())).found
    assert kinds(found) == {("kind", "")}


def test_an_empty_batch_is_empty():
    """No requests, no sums."""
    assert compare_heads([], PlanRules.of(PLAN, CompareSettings())) == ([], [], {}, [], [], {})
