"""Several outputs at once: which rows disagree over all of them, and what is told of each."""

from comparators.compare.finding import AGREES
from comparators.extract.output import Document, Raw, Reading, Tensor
from comparators.pairs.heads import PlanRules, compare_heads
from comparators.plans.plan import Head, Plan
from comparators.settings import CompareSettings

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
