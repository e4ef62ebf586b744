"""Kind "json": kinds of difference, tolerance, ignored paths, folded paths, rows, arrays with rules, bounds, sums."""

import json
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparators.compare import difference_sizes, score, tree
from comparators.compare.finding import AGREES, IN_WORDS, MAX_DIFFERENCES, Finding
from comparators.compare.rules import HeadRules, rules_for
from comparators.compare.tree import JsonSums
from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts, ToolCall
from comparators.metrics.definition import derive
from comparators.settings import ArraySettings, CompareSettings
from comparators.statistics.exact import ONE, share
from tests.comparators.compare import laws

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_infinity=True) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
)
AT = "/predictions"


def rules_of(pointer: str = "", **changes) -> HeadRules:
    rules = rules_for(CompareSettings(**changes), pointer)
    assert rules is not None
    return rules


RULES = rules_of()


def compared(p, c, rules: HeadRules = RULES) -> tuple[Finding, JsonSums]:
    (result,), sums = tree.compare([(p, c)], rules)
    return result, sums


def found(p: object, c: object, rules: HeadRules = RULES, plain: bool = False) -> set[tuple[str, str]]:
    result, sums = compared(Document(p, plain), Document(c, plain), rules)
    assert result.disagreeing == bool(result.differences)
    assert (sums.n, sums.unfit, sums.disagreement) == (1, 0, ONE * result.disagreeing)
    return {(each.kind, each.path) for each in result.differences}


def ruled(**rule) -> HeadRules:
    return rules_of(arrays=(ArraySettings(**rule),))


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, set()),
        ({"a": 1.0}, {"a": 1.00001}, set()),
        ({"a": 1.0}, {"a": 1.1}, {("value", "/a")}),
        ({"a": 100_000}, {"a": 100_001}, {("value", "/a")}),
        ({"a": 1}, {}, {("missing", "/a")}),
        ({}, {"a": 1}, {("extra", "/a")}),
        ({"a": 1}, {"a": "1"}, {("type", "/a")}),
        ({"a": 1}, {"a": True}, {("type", "/a")}),
        ({"a": None}, {"a": 1}, {("null", "/a")}),
        ({"a": math.nan}, {"a": math.nan}, set()),
        ({"a": math.nan}, {"a": 1.0}, {("nan", "/a")}),
        ({"a": math.inf}, {"a": -math.inf}, {("value", "/a")}),
        ({"a": math.inf}, {"a": 1e300}, {("value", "/a")}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {("order", "/a")}),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, {("length", "/a")}),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 5}, {"b": 6}]}, {("value", "/a/*/b")}),
        ({"users": {"123": 1}}, {"users": {"123": 2}}, {("value", "/users/*")}),
        ({"a/b~c": 1}, {"a/b~c": 2}, {("value", "/a~1b~0c")}),
        (1, 2, {("value", "")}),
        ([1], {"0": 1}, {("type", "")}),
        ("a", "b", {("value", "")}),
    ],
)
def test_each_difference_has_its_kind_and_its_folded_path(p, c, expected):
    """The table of kinds, one by one."""
    assert found(p, c) == expected


@given(JSON)
def test_a_document_equals_itself(value):
    """NaN included: it is the same answer."""
    assert found(value, value) == set()


@given(JSON, JSON)
def test_a_difference_is_seen_from_both_sides(p, c):
    """Whether two documents differ does not depend on which is production's, without a tolerance."""
    exact = rules_of(atol=0, rtol=0)
    assert bool(found(p, c, exact)) == bool(found(c, p, exact))


def test_within_the_tolerance_order_is_no_difference():
    """Two numbers that agree may stand in either place."""
    assert found([1.0, 1.000001], [1.000001, 1.0]) == set()


def test_true_is_not_one():
    """Python says True == 1; the shortcut over equal values must not."""
    assert found({"a": True}, {"a": 1}, plain=False) == {("type", "/a")}


@pytest.mark.parametrize("ignore", ["/meta", "/meta/id", "/*/id", "/items/*/at", "/items/0/at"])
def test_ignored_paths_are_not_compared(ignore):
    """With all below them; * stands for any key or index, an index for itself."""
    p = {"meta": {"id": 1}, "items": [{"at": 1}]}
    c = {"meta": {"id": 2}, "items": [{"at": 2}]}
    both = {("value", "/meta/id"), ("value", "/items/*/at")}
    gone = "/meta/id" if "id" in ignore or ignore == "/meta" else "/items/*/at"
    assert found(p, c, rules_of(ignore=(ignore,))) == both - {("value", gone)}


def test_an_ignored_key_may_come_and_go():
    """Missing and extra are differences too, and ignored alike."""
    rules = rules_of(ignore=("/at",))
    assert found({"at": 1}, {}, rules) == set()
    assert found({}, {"at": 1}, rules) == set()


def test_many_differences_are_bounded():
    """A hundred are listed, the rest is one more."""
    p = {f"k{chr(97 + i % 26)}{chr(97 + i // 26)}": 1 for i in range(300)}
    differences = found(p, {})
    assert len(differences) == MAX_DIFFERENCES + 1
    assert ("more", "") in differences


def test_many_differences_are_bounded_within_arrays_too():
    """What an array kept aside until its order was known is counted in at last."""
    p = [{f"k{chr(97 + i % 26)}{chr(97 + i // 26)}": 1} for i in range(300)]
    differences = found(p, [{} for _ in p])
    assert len(differences) == MAX_DIFFERENCES + 1
    assert ("more", "") in differences


def test_deep_documents_are_compared_as_one_value_below_a_depth():
    """A thousand levels neither overflow the stack nor hide a difference."""
    p, c = 1, 2
    for _ in range(900):
        p, c = [p], [c]
    assert {kind for kind, _ in found(p, c)} == {"value"}
    assert {kind for kind, _ in found(p, c, plain=True)} == {"value"}


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}])
def test_deep_documents_that_are_equal_agree(wrap):
    """As one value they are compared without recursion; there, too, true is not one and NaN is itself."""
    same, other, true = math.nan, float("nan"), True
    for _ in range(900):
        same, other, true = wrap(same), wrap(other), wrap(true)
    assert found(same, other) == set()
    assert {kind for kind, _ in found(true, same)} == {"value"}


# ---- kinds of Diffy's beyond the table


def test_objects_in_another_order_are_told_as_that():
    """A list of records that was merely sorted otherwise is one difference, not one a field."""
    p = [{"id": 1, "score": 0.5}, {"id": 2, "score": 0.25}]
    assert found({"items": p}, {"items": p[::-1]}) == {("order", "/items")}


def test_reordered_records_that_also_differ_are_told_by_field():
    """Then they are not the same elements."""
    p = [{"id": 1, "score": 0.5}, {"id": 2, "score": 0.25}]
    c = [{"id": 2, "score": 0.75}, {"id": 1, "score": 0.5}]
    assert found(p, c) == {("value", "/*/id"), ("value", "/*/score")}


def test_elements_of_several_levels_are_not_examined_for_order():
    """Or each value of a deep document would be written down once a level."""
    p = [[[1]], [[2]]]
    assert found(p, p[::-1]) == {("value", "/*/*/*")}


def test_only_what_is_looked_at_decides_whether_elements_were_reordered():
    """An ignored member does not make two records different."""
    p = [{"id": 1, "at": 10}, {"id": 2, "at": 11}]
    c = [{"id": 2, "at": 12}, {"id": 1, "at": 13}]
    assert found(p, c, rules_of(ignore=("/*/at",))) == {("order", "")}


# ---- arrays with rules


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [
        ([1, 2, 3], [3, 1, 2], set()),
        ([1, 2], [2.0, 1.0], set()),
        ([1, 1, 2], [1, 2, 2], {("missing", "/tags/*"), ("extra", "/tags/*")}),
        ([1, 2], [1], {("missing", "/tags/*")}),
        ([1], [1, 2], {("extra", "/tags/*")}),
        (["a", "b"], ["b", "a"], set()),
        ([1], ["1"], {("missing", "/tags/*"), ("extra", "/tags/*")}),
        ([1], [True], {("missing", "/tags/*"), ("extra", "/tags/*")}),
        ([None], [], {("missing", "/tags/*")}),
        ([math.nan, 1], [1, float("nan")], set()),
        ([0.0], [-0.0], set()),
        ([{"a": 1, "b": 2}], [{"b": 2, "a": 1}], set()),
        ([["a,b"]], [["a", "b"]], {("missing", "/tags/*"), ("extra", "/tags/*")}),
        ([1.0], [1.0000001], {("missing", "/tags/*"), ("extra", "/tags/*")}),
        ([], [], set()),
    ],
)
def test_a_set_has_no_order_and_no_tolerance(p, c, expected):
    """Each element has an equal partner, or is told as missing or extra; numbers that are close are not equal."""
    assert found({"tags": p}, {"tags": c}, ruled(pointer="/tags", by="set")) == expected


def test_a_set_within_a_set_has_no_order_either():
    """An element's form follows the rules below it, and leaves out what is ignored."""
    rules = rules_of(
        arrays=(ArraySettings(pointer="/g", by="set"), ArraySettings(pointer="/g/*/tags", by="set")),
        ignore=("/g/*/at",),
    )
    p = {"g": [{"tags": [1, 2], "at": 5}, {"tags": [3], "at": 6}]}
    c = {"g": [{"tags": [3], "at": 7}, {"tags": [2, 1], "at": 8}]}
    assert found(p, c, rules) == set()


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [
        ([("a", 1.0), ("b", 2.0)], [("b", 2.0), ("a", 1.0)], set()),
        ([("a", 1.0), ("b", 2.0)], [("b", 2.0000001), ("a", 1.0)], set()),
        ([("a", 1.0), ("b", 2.0)], [("b", 2.5), ("a", 1.0)], {("value", "/items/*/v"), ("value", "/items/*/meta/v")}),
        ([("a", 1.0), ("b", 2.0)], [("a", 1.0)], {("missing", "/items/*")}),
        ([("a", 1.0)], [("a", 1.0), ("b", 2.0)], {("extra", "/items/*")}),
        ([("a", 1.0), ("a", 2.0)], [("a", 1.0), ("a", 2.0)], set()),
        ([("a", 1.0), ("a", 2.0)], [("a", 1.0)], {("duplicate", "/items/*")}),
        ([("a", 1.0)], [("a", 1.0), ("a", 2.0)], {("duplicate", "/items/*")}),
        ([(1, 1.0)], [(1.0, 1.0)], set()),
        ([(1, 1.0)], [("1", 1.0)], {("missing", "/items/*"), ("extra", "/items/*")}),
    ],
)
def test_records_are_matched_by_their_key(p, c, expected):
    """The rest of a record is compared with its partner's as any value is, tolerance included."""
    documents = ({"items": [{"meta": {"id": key, "v": value}, "v": value} for key, value in side]} for side in (p, c))
    assert found(*documents, ruled(pointer="/items", by="key", key="/meta/id")) == expected


def test_elements_without_a_key_are_matched_with_each_other():
    """In their order: a missing key is a key that they share."""
    rules = ruled(pointer="", by="key", key="/id")
    assert found([{"v": 1}, 7, {"id": 1, "v": 2}], [{"id": 1, "v": 2}, {"v": 1}, 8], rules) == {("value", "/*")}


def test_a_key_may_be_a_place_in_a_list_or_the_element_itself():
    """Both are JSON pointers from the element."""
    assert found([["a", 1], ["b", 2]], [["b", 2], ["a", 3]], ruled(pointer="", by="key", key="/0")) == {
        ("value", "/*/*")
    }
    assert found(["a", "b"], ["b", "a"], ruled(pointer="", by="key", key="")) == set()


def test_ignored_elements_have_no_partner():
    """Neither in a set nor by a key; what is ignored below an element is not compared with its partner's."""
    by_set = rules_of(arrays=(ArraySettings(pointer="/a", by="set"),), ignore=("/a/0",))
    assert found({"a": [1, 2]}, {"a": [9, 2]}, by_set) == set()
    by_key = rules_of(arrays=(ArraySettings(pointer="/a", by="key", key="/id"),), ignore=("/a/*/at",))
    assert found({"a": [{"id": 1, "at": 1}]}, {"a": [{"at": 2, "id": 1}]}, by_key) == set()
    without_first = rules_of(arrays=(ArraySettings(pointer="/a", by="key", key="/id"),), ignore=("/a/0",))
    assert found({"a": [{"id": 1}, {"id": 2}]}, {"a": [{"id": 3}, {"id": 2}]}, without_first) == set()


def test_the_first_rule_of_an_array_counts():
    """As everywhere in the settings; and a pointer may stand for many arrays."""
    rules = rules_of(arrays=(ArraySettings(pointer="/*/a", by="set"), ArraySettings(pointer="/*/a", by="key")))
    assert found({"x": {"a": [1, 1]}}, {"x": {"a": [1]}}, rules) == {("missing", "/x/a/*")}


def test_rules_of_other_outputs_are_not_applied():
    """Their pointers are absolute; this output's own rows are reached through /*."""
    rules = rules_of(AT, arrays=(ArraySettings(pointer="/other/*", by="set"),))
    assert compared(Column([[1, 2]]), Column([[2, 1]]), rules)[0].differences == (("order", f"{AT}/*"),)
    rules = rules_of(AT, arrays=(ArraySettings(pointer=f"{AT}/*", by="set"),))
    assert compared(Column([[1, 2]]), Column([[2, 1]]), rules)[0] is AGREES


def test_elements_too_deep_for_a_form_are_compared_by_index():
    """A set of them cannot be told apart; nothing is hidden by that."""
    p, c = 1, 2
    for _ in range(300):
        p, c = [p], [c]
    rules = ruled(pointer="/a", by="set")
    assert found({"a": [p, 1]}, {"a": [p, 1]}, rules) == set()
    assert {kind for kind, _ in found({"a": [p, 1]}, {"a": [c, 1]}, rules)} == {"value"}


@given(st.lists(JSON, max_size=5), st.randoms())
def test_a_shuffled_array_equals_itself_as_a_set(values, random):
    """Whatever its elements are."""
    shuffled = random.sample(values, len(values))
    assert found(values, shuffled, ruled(pointer="", by="set")) == set()


# ---- values other than documents


def test_each_row_of_a_column_is_compared_on_its_own():
    """Bit r of the mask is row r; paths say where in a row."""
    p = Column([{"a": 1}, {"a": 2}, {"a": 3}, None])
    c = Column([{"a": 1}, {"a": 5}, {"a": 3}, 0])
    result, sums = compared(p, c, rules_of(AT))
    assert result == Finding(0b1010, (("value", f"{AT}/*/a"), ("null", f"{AT}/*")))
    assert (sums.n, sums.disagreement) == (1, share(2, 4))


def test_paths_of_an_output_start_where_it_stands():
    """Ignored paths of the settings reach into it likewise."""
    rules = rules_of(AT, ignore=("/predictions/1", "/predictions/*/at"))
    result, _ = compared(Column([{"at": 1}, 1, 1]), Column([{"at": 2}, 2, 2]), rules)
    assert result == Finding(0b100, (("value", f"{AT}/*"),))
    result, _ = compared(Document({"a": 1}, True), Document({"a": 2}, True), rules_of("/result"))
    assert result == Finding(1, (("value", "/result/a"),))


@pytest.mark.parametrize("form", [list, np.array])
def test_a_tensor_is_compared_row_by_row(form):
    """Nested as its shape says; from lists or arrays alike."""
    p = Tensor("FP64", (2, 2), form([1.0, 2.0, 3.0, 4.0]))
    c = Tensor("FP64", (2, 2), form([1.0, 2.0, 3.0, 4.5]))
    result, sums = compared(p, c, rules_of("/outputs/late"))
    assert result == Finding(0b10, (("value", "/outputs/late/*/*"),))
    assert sums.disagreement == share(1, 2)


def test_a_tensor_and_a_column_of_the_same_values_agree():
    """The form that an extractor chose is no difference: JSON is."""
    assert compared(Tensor("INT64", (2,), [1, 2]), Column([1, 2.0]))[0] is AGREES
    assert compared(Tensor("BOOL", (1,), [True]), Column([1]))[0].differences == (("type", "/*"),)


def test_texts_are_compared_with_all_that_belongs_to_them():
    """Content, finish reason, refusal, and tool calls with their arguments."""
    p = Texts([Text("a", "stop"), Text("b", tool_calls=(ToolCall("f", {"x": 1}),))])
    c = Texts([Text("a", "length"), Text("b", tool_calls=(ToolCall("f", {"x": 2}),))])
    result, _ = compared(p, c, rules_of("/choices"))
    expected = (("value", "/choices/*/finish"), ("value", "/choices/*/tool_calls/*/arguments/x"))
    assert result == Finding(0b11, expected)


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [
        (Column([1, 2]), Column([1]), Finding(0b11, (("length", AT),))),
        (Column([]), Column([1]), Finding(0b1, (("length", AT),))),
        (Tensor("FP64", (2,), [1.0, 2.0]), Tensor("FP64", (1,), [1.0]), Finding(0b11, (("shape", AT),))),
        (Tensor("FP64", (3, 0), []), Tensor("FP64", (3, 1), [1.0] * 3), Finding(0b1, (("shape", AT),))),
        (Tensor("FP64", (10**12, 0), []), Tensor("FP64", (1,), [1.0]), Finding(0b1, (("shape", AT),))),
        (Column([1, 2]), Document([1, 2], True), Finding(0b11, (("type", AT),))),
        (Document({}, True), Column([{}]), Finding(0b1, (("type", AT),))),
        (Document({}, True), Raw(b"{}"), Finding(0b1, (("type", AT),))),
        (Raw(b"{}"), Raw(b"{}"), AGREES),
        (Raw(b"{}"), Raw(b"[]"), Finding(0b1, (("value", AT),))),
        (Raw(b"{}"), Document({}, True), Finding(0b1, (("value", AT),))),
    ],
)
def test_what_does_not_fit_is_told_and_stays_out_of_the_sums(p, c, expected):
    """Another number of rows, another type, no JSON at all: all rows disagree, and the pair is counted as unfit."""
    result, sums = compared(p, c, rules_of(AT))
    assert result == expected
    assert sums == JsonSums(unfit=1)


@pytest.mark.parametrize("value", [Column([]), Tensor("FP64", (0,), []), Tensor("FP64", (10**12, 0), []), Texts([])])
def test_answers_without_a_row_agree(value):
    """They are counted as one request; a shape is the sender's claim, and costs nothing."""
    again = msgspec.structs.replace(value)
    found, sums = compared(value, again)
    assert (found, sums.n, sums.disagreement, sums.differences.absolute.equal) == (AGREES, 1, 0, 1)


def test_many_rows_are_one_number():
    """A hundred thousand rows, the last of them wrong."""
    rows = 100_000
    result, sums = compared(Column([0] * rows), Column([0] * (rows - 1) + [1]))
    assert result.disagreeing == 1 << (rows - 1)
    assert sums.disagreement == share(1, rows)


# ---- hostile input


def test_whole_numbers_beyond_all_floats_are_compared():
    """Python's JSON reader makes such numbers; against a float they differ, against themselves they do not."""
    huge = 10**400
    assert found({"a": huge}, {"a": huge}) == set()
    assert found({"a": huge}, {"a": 1.5}) == {("value", "/a")}
    assert found({"a": 1.5}, {"a": huge}) == {("value", "/a")}
    assert found({"a": huge}, {"a": math.inf}) == {("value", "/a")}
    assert found([huge, 1], [1, huge], ruled(pointer="", by="set")) == set()


def test_lone_surrogates_do_not_reach_a_path():
    """Python's JSON reader lets them through; no store could write them."""
    p = json.loads('{"\\ud800": NaN}')
    ((kind, path),) = found(p, {})
    assert kind == "missing"
    assert path.encode("utf-8") == b"/?"


def test_surrogates_in_a_set_are_compared():
    """As any text."""
    rules = ruled(pointer="", by="set")
    assert found(["\ud800", "a"], ["a", "\ud800"], rules) == set()
    assert found(["\ud800"], ["\udfff"], rules) == {("missing", "/*"), ("extra", "/*")}


def test_an_array_that_differs_everywhere_is_one_path():
    """A hundred thousand numbers, all of them wrong."""
    p = [float(i) for i in range(100_000)]
    assert found(p, [each + 1 for each in p]) == {("value", "/*")}


# ---- sums


VALUES = st.builds(Column, st.lists(JSON, max_size=3)) | st.builds(Document, JSON, st.just(False)) | st.just(Raw(b""))
PAIRS = st.lists(st.tuples(VALUES, VALUES), max_size=6)


@settings(max_examples=60)
@given(PAIRS, PAIRS)
def test_halves_merged_equal_the_whole(left, right):
    """Where a batch ends changes no bit."""
    whole_found, whole = tree.compare([*left, *right], RULES)
    left_found, total = tree.compare(left, RULES)
    right_found, more = tree.compare(right, RULES)
    total.merge(more)
    assert total == whole
    assert left_found + right_found == whole_found
    assert msgspec.json.decode(msgspec.json.encode(whole), type=JsonSums) == whole


def test_the_metric_is_the_mean_share_of_rows():
    """Half of one request's rows and none of another's: a quarter, with its interval."""
    pairs = [(Column([1, 2]), Column([1, 3])), (Column([1]), Column([1]))]
    _, sums = tree.compare(pairs, RULES)
    (metric,) = derive(tree.METRICS, sums, 0.05).values()
    assert (metric.value, metric.n, metric.unit) == (0.25, 2, "share")
    assert derive(tree.METRICS, JsonSums(), 0.05)["json.disagreement"].reason == "no pairs yet"
    assert tree.tables(sums) == []


def test_every_kind_told_here_has_words():
    """The table of kinds is closed."""
    assert {
        "missing",
        "extra",
        "duplicate",
        "order",
        "length",
        "type",
        "null",
        "nan",
        "value",
        "more",
    } <= IN_WORDS.keys()


NUMBER = (
    st.integers(-3, 3) | st.sampled_from([10**400, -(10**400)]) | st.floats() | st.sampled_from([0.0, 1e308, -1e308])
)


@given(st.lists(st.floats(allow_nan=True), min_size=1, max_size=8), st.data())
def test_numbers_of_documents_are_as_far_apart_as_those_of_scores(numbers, data):
    """The oracle: the same numbers as a score's. A request counts with the number that differs most."""
    others = [data.draw(st.just(each) | st.floats() | st.sampled_from([0.0, math.inf])) for each in numbers]
    sides = [{f"/{at}": {"x": [value]} for at, value in enumerate(side)} for side in (numbers, others)]
    _, sums = compared(*(Document(each, plain=True) for each in sides))
    tensors = (Tensor("FP64", (len(side),), list(side)) for side in (numbers, others))
    as_scores = score.compare([tuple(tensors)], RULES)[1].differences
    assert sums.differences == as_scores


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=1, max_size=5))
def test_whole_numbers_of_any_length_are_told_apart(numbers):
    """Sums merge and are stored; what no float holds is infinitely far, and breaks nothing."""
    pairs = [(Document([p], plain=False), Document([c], plain=False)) for p, c in numbers]
    laws.a_cut_changes_no_bit(tree, pairs, len(pairs) // 2, RULES)
    sums = tree.compare(pairs, RULES)[1]
    laws.are_stored_as_they_are(sums)
    assert sums.differences.absolute.n == len(pairs)


def test_elements_in_another_order_are_not_far_apart():
    """At one index stand different ones: of these no distance is told; beside them others count."""
    p, c = ({"ids": ids, "x": x} for ids, x in (([1.0, 500.0], 1.0), ([500.0, 1.0], 1.25)))
    assert found(p, c) == {("order", "/ids"), ("value", "/x")}
    sums = compared(Document(p, plain=True), Document(c, plain=True))[1]
    assert sums.differences.absolute.largest.value == 0.25


def test_a_report_tells_how_far_numbers_of_documents_are_apart():
    """Only where any differ."""
    near = [(Document({"x": 1.0}, plain=True), Document({"x": 1.0 + 1e-7}, plain=True))] * 9
    (spread, outside) = tree.magnitudes(tree.compare(near, RULES)[1], 0.05, 1.0)
    assert spread.rows[0][1] == pytest.approx(1e-7, rel=0.01)
    assert {row[0]: row[1].value for row in outside.rows} == dict.fromkeys(difference_sizes.TOLERANCES, 0.0)
    assert tree.magnitudes(tree.compare([(p, p) for p, _ in near], RULES)[1], 0.05, 1.0) == []
