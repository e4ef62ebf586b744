"""Kind "text": what disagrees, what is summed a request, traits won and lost, tables, laws, hostile input."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparators.compare import text
from comparators.compare.finding import AGREES, Finding
from comparators.compare.label_names import is_shortened
from comparators.compare.rules import HeadRules, rules_for
from comparators.compare.text import MAX_FINISHES, MAX_TOOLS, TextSums
from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts, ToolCall, Value
from comparators.metrics.definition import derive
from comparators.settings import CompareSettings
from comparators.statistics.exact import ONE, real

AT = "/choices"


def rules_at(pointer: str) -> HeadRules:
    rules = rules_for(CompareSettings(), pointer)
    assert rules is not None
    return rules


RULES = rules_at(AT)


def said(*contents: str | Text) -> Texts:
    return Texts([each if isinstance(each, Text) else Text(each, "stop") for each in contents])


def called(*names: str, **arguments) -> Text:
    return Text("", "tool_calls", tool_calls=tuple(ToolCall(name, arguments) for name in names))


def compared(p: Value, c: Value) -> tuple[Finding, TextSums]:
    (found,), sums = text.compare([(p, c)], RULES)
    return found, sums


def kinds(p: Value, c: Value) -> set[str]:
    found, _ = compared(p, c)
    assert all(each.path == AT for each in found.differences)
    return {each.kind for each in found.differences}


# ---- disagreement


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [
        ("Hello world", "Hello world", set()),
        ("Hello  World\n", "hello world", set()),
        ("Straße", "STRASSE", set()),
        ("Hello world", "Hello, world", {"text"}),
        ("", "a", {"text"}),
        (Text("a", "stop"), Text("a", "length"), {"finish"}),
        (Text("a", "stop"), Text("b", "length"), {"text", "finish"}),
        (Text("a", refusal=True), Text("a"), {"refusal"}),
        (called("f", x=1), called("f", x=1.0), set()),
        (called("f", x=1), called("f", x=2), {"tool_calls"}),
        (called("f", x=1), called("f", x=True), {"tool_calls"}),
        (called("f"), called("g"), {"tool_calls"}),
        (called("f", "g"), called("g", "f"), {"tool_calls"}),
        (called("f"), called("f", "f"), {"tool_calls"}),
        (called("f"), Text("", "tool_calls"), {"tool_calls"}),
    ],
)
def test_what_disagrees(p, c, expected):
    """Text after normalisation, finish reason, refusal, and tool calls in their order."""
    assert kinds(said(p), said(c)) == expected


def test_arguments_are_compared_as_json_whatever_the_order_of_keys():
    """Arguments that are no JSON are their text."""
    p, c = (ToolCall("f", dict(order)) for order in ([("a", 1), ("b", 2)], [("b", 2), ("a", 1)]))
    assert kinds(said(Text("", tool_calls=(p,))), said(Text("", tool_calls=(c,)))) == set()
    p, c = (Text("", tool_calls=(ToolCall("f", broken),)) for broken in ("{broken", "{broken "))
    assert kinds(said(p), said(c)) == {"tool_calls"}


def test_each_row_has_its_bit():
    """Of three choices the second and third differ; kinds are told once."""
    found, sums = compared(said("a", "b", "c"), said("a", "x", "y"))
    assert found == Finding(0b110, (("text", AT),))
    assert real(sums.disagreement) == pytest.approx(2 / 3)
    assert real(sums.exact) == pytest.approx(1 / 3)


def test_the_same_texts_cost_no_allocation():
    """The common case is one object."""
    assert compared(said("a"), said("a"))[0] is AGREES
    assert compared(said("A"), said("a"))[0] is AGREES


@pytest.mark.parametrize(
    "form",
    [
        Column(["a", "b"]),
        Tensor("BYTES", (2,), ["a", "b"]),
        Tensor("BYTES", (2, 1), ["a", "b"]),
        Tensor("BYTES", (2,), np.array(["a", "b"], dtype=object)),
        Texts([Text("a"), Text("b")]),
    ],
)
def test_text_comes_in_several_forms(form):
    """All of them compare with one another."""
    assert compared(form, Column(["a", "x"]))[0].disagreeing == 0b10
    assert compared(Column(["a", "x"]), form)[0].disagreeing == 0b10


@pytest.mark.parametrize(
    ("p", "c", "expected"),
    [
        (said("a", "b"), said("a"), Finding(0b11, (("length", AT),))),
        (said(), said("a"), Finding(0b1, (("length", AT),))),
        (said("a"), Document("a", True), Finding(0b1, (("type", AT),))),
        (said("a", "b"), Column(["a", 1]), Finding(0b11, (("type", AT),))),
        (said("a"), Tensor("INT64", (1,), [1]), Finding(0b1, (("type", AT),))),
        (said("a"), Tensor("BYTES", (1, 2), ["a", "b"]), Finding(0b1, (("type", AT),))),
        (said("a"), Tensor("BYTES", (1,), [b"a"]), Finding(0b1, (("type", AT),))),
        (Column([1]), Column([1]), AGREES),
        (Column([None]), said("a"), Finding(0b1, (("value", AT),))),
        (Raw(b"a"), Raw(b"b"), Finding(0b1, (("value", AT),))),
    ],
)
def test_what_does_not_fit_is_told_and_stays_out_of_the_sums(p, c, expected):
    """Another number of rows, or no text: all rows disagree, and the pair is counted as unfit."""
    found, sums = compared(p, c)
    assert found == expected
    assert sums == TextSums(unfit=1)


def test_two_answers_without_a_text_agree():
    """Nothing was said on either side."""
    found, sums = compared(said(), said())
    assert found is AGREES
    assert (sums.n, sums.disagreement, sums.exact, sums.edit_similarity, sums.rouge_l) == (1, 0, ONE, ONE, ONE)


# ---- sums and metrics


def test_the_metrics_of_one_request():
    """kitten and sitting: 4/7 alike as texts, not as words; after normalisation equal texts are alike in all."""
    _, sums = compared(said("kitten"), said("sitting"))
    assert real(sums.edit_similarity) == pytest.approx(4 / 7)
    assert (sums.rouge_l, sums.exact, sums.disagreement) == (0, 0, ONE)
    _, sums = compared(said("Testing one"), said("testing  one"))
    assert (sums.edit_similarity, sums.rouge_l, sums.exact, sums.disagreement) == (ONE, ONE, 0, 0)


def test_the_unit_is_the_request():
    """Of one request with four choices, all wrong, and one with a single right choice, half disagrees."""
    pairs = [(said(*"abcd"), said(*"wxyz")), (said("a"), said("a"))]
    _, sums = text.compare(pairs, RULES)
    found = derive(text.METRICS, sums, 0.05)
    assert found["text.disagreement"].value == 0.5
    assert found["text.exact"].value == 0.5
    assert found["text.edit_similarity"].value == 0.5
    assert found["text.rouge_l"].value == 0.5
    assert {found[name].n for name in ("text.disagreement", "text.exact", "text.rouge_l")} == {2}


def test_lengths_are_compared_as_a_ratio():
    """Characters of all choices together; two empty answers are as long as each other."""
    pairs = [(said("ab", "ab"), said("abcd", "abcd"))] * 3 + [(said(""), said(""))]
    _, sums = text.compare(pairs, RULES)
    assert sums.length_ratio.n == 4
    assert derive(text.METRICS, sums, 0.05)["text.length_ratio_p50"].value == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(
    ("trait", "fine", "wrong"),
    [
        ("refusals", Text("no"), Text("no", refusal=True)),
        ("refusal_phrases", Text("Sure: here it is."), Text("I'm sorry, but I can't help with that.")),
        ("truncations", Text("a"), Text("a", "length")),
        ("truncations", Text("a", "STOP"), Text("a", "MAX_TOKENS")),
        ("json_validity", Text('{"a": 1}'), Text('{"a": 1')),
        ("json_validity", Text('{"a": 1}'), Text("Here it is: a is 1.")),
    ],
)
def test_a_trait_is_new_or_fixed(trait, fine, wrong):
    """New where the candidate's text has it and production's has not; fixed the other way; neither where both do."""
    pairs = [(said(fine), said(wrong))] * 3 + [(said(wrong), said(fine))] + [(said(wrong), said(wrong))] * 4
    _, sums = text.compare(pairs, RULES)
    assert (sums.new, sums.fixed) == ({trait: 3}, {trait: 1})
    metric = derive(text.METRICS, sums, 0.05)[f"text.{trait}_new_minus_fixed"]
    assert metric.value == 2 / 8
    assert metric.sums == {"new": 3, "fixed": 1, "n": 8}
    assert metric.lo < metric.value < metric.hi


def test_texts_that_are_no_json_on_either_side_lost_nothing():
    """Prose stays prose."""
    _, sums = compared(said("one"), said("two"))
    assert (sums.new, sums.fixed) == ({}, {})


def test_a_request_counts_once_however_many_of_its_rows_lost_a_trait():
    """And once on either side, where one row lost what another won."""
    cut, whole = Text("a", "length"), Text("a", "stop")
    _, sums = compared(said(whole, whole, cut), said(cut, cut, whole))
    assert (sums.new, sums.fixed) == ({"truncations": 1}, {"truncations": 1})


def test_tool_calls_are_scored_by_name_where_there_are_any():
    """f and g against f alone: F1 2/3. A request without a call has no part in it."""
    pairs = [(said(called("f", "g")), said(called("f"))), (said("a"), said("b"))]
    _, sums = text.compare(pairs, RULES)
    metric = derive(text.METRICS, sums, 0.05)["text.tool_calls_f1"]
    assert (metric.value, metric.n) == (pytest.approx(2 / 3), 1)


@pytest.mark.parametrize(
    ("p", "c", "f1"),
    [(["f"], ["f"], 1), (["f", "f"], ["f"], 2 / 3), (["f"], ["g"], 0), (["f"], [], 0), (["f", "g"], ["g", "f"], 1)],
)
def test_the_f1_of_tool_calls(p, c, f1):
    """By name, each as often as it is called."""
    _, sums = compared(said(called(*p)), said(called(*c)))
    assert real(sums.tool_calls_f1) == pytest.approx(f1)


def test_every_metric_has_an_interval_or_a_reason():
    """Without a pair there is no value, and no claim."""
    for metric in derive(text.METRICS, TextSums(), 0.05).values():
        assert metric.value is None
        assert metric.reason == "no pairs yet"


# ---- tables


def test_finish_reasons_and_tools_are_tabled():
    """Production's against the candidate's, the most frequent first."""
    pairs = [(said(Text("a", "stop")), said(Text("a", "length")))] * 2
    pairs += [(said(Text("a", "stop")), said(Text("a")))]
    pairs += [(said(called("f", "g", "g")), said(called("f")))]
    _, sums = text.compare(pairs, RULES)
    finishes, tools = text.tables(sums)
    assert finishes.columns == ("production", "candidate", "texts")
    assert finishes.rows == [("stop", "length", 2), ("stop", "none", 1), ("tool_calls", "tool_calls", 1)]
    assert tools.rows == [("f", 1, 1), ("g", 2, 0)]
    assert text.tables(TextSums()) == []


def test_tools_with_long_names_that_begin_alike_are_told_apart():
    """By a digest, and nobody takes the beginning for the whole."""
    names = ["x" * 100 + end for end in "ab"]
    _, sums = text.compare([(said(called(*names)), said(called("f")))], RULES)
    *_, tools = text.tables(sums)
    tools.rows.remove(("f", 0, 1))
    assert len({row[0] for row in tools.rows}) == 2
    assert all(is_shortened(row[0]) for row in tools.rows)


def test_names_in_tables_are_bounded_and_printable():
    """Whatever an answer calls its finish reason or its tools; what is beyond the bound is counted together."""
    pairs = [(said(Text("a", f"reason {i}")), said(Text("a", "x" * 10_000))) for i in range(200)]
    pairs += [(said(Text("", "a\tb\ud800", tool_calls=(ToolCall(f"tool\n{i}", {}),))), said("")) for i in range(300)]
    _, sums = text.compare(pairs, RULES)
    assert len(sums.finishes.kept) == MAX_FINISHES
    assert sums.finishes.other == 500 - sum(sums.finishes.kept.values())
    assert len(sums.tools.kept) == MAX_TOOLS
    assert all(len(each) < 140 for each in sums.finishes.kept)
    assert msgspec.json.decode(msgspec.json.encode(sums.finishes), type=type(sums.finishes)) == sums.finishes
    finishes, tools = text.tables(sums)
    assert finishes.rows[0] == ('"a\\tb\\ud800"', "stop", 300)
    assert len(finishes.rows) + finishes.not_listed == MAX_FINISHES + 1
    assert len(tools.rows) + tools.not_listed == MAX_TOOLS // 2
    assert {count for _, *counts in tools.rows for count in counts} == {0, 1}


# ---- laws


TEXTS = st.builds(
    Text,
    st.sampled_from(["", "one two", "One  two", "two one three", '{"a": 1}', "I can't help.", "\u0301é"]),
    st.sampled_from(["", "stop", "length"]),
    st.booleans(),
    st.lists(st.builds(ToolCall, st.sampled_from("fg"), st.sampled_from([{}, {"a": 1}])), max_size=2).map(tuple),
)
VALUES = st.builds(Texts, st.lists(TEXTS, max_size=3)) | st.just(Column(["one two"])) | st.just(Raw(b"a"))
PAIRS = st.lists(st.tuples(VALUES, VALUES), max_size=5)


@settings(max_examples=60)
@given(PAIRS, PAIRS)
def test_halves_merged_equal_the_whole(left, right):
    """Where a batch ends changes no bit; what is stored comes back the same."""
    whole_found, whole = text.compare([*left, *right], RULES)
    left_found, total = text.compare(left, RULES)
    right_found, more = text.compare(right, RULES)
    total.merge(more)
    assert total == whole
    assert left_found + right_found == whole_found
    stored = msgspec.json.encode(msgspec.to_builtins(whole, str_keys=True))
    assert msgspec.json.decode(stored, type=TextSums, strict=False) == whole


@given(VALUES)
def test_an_answer_agrees_with_itself(value):
    """Whatever it says."""
    again = msgspec.structs.replace(value)
    assert compared(value, again)[0] is AGREES


@given(VALUES, VALUES)
def test_a_disagreement_is_seen_from_both_sides(p, c):
    """And traits swap sides with the texts."""
    (there, own), (back, other) = compared(p, c), compared(c, p)
    assert bool(there.disagreeing) == bool(back.disagreeing)
    assert (own.new, own.fixed, own.disagreement) == (other.fixed, other.new, other.disagreement)


# ---- hostile input


def test_texts_of_ten_megabytes_are_compared():
    """To the end: the last character decides. Similarities look at the beginning."""
    long = "lorem ipsum " * 850_000
    found, sums = compared(said(long + "a"), said(long + "b"))
    assert found == Finding(1, (("text", AT),))
    assert (sums.edit_similarity, sums.rouge_l) == (ONE, ONE)
    assert compared(said(long), said(long))[0] is AGREES


def test_lone_surrogates_are_compared():
    """As any character; nothing of them is stored."""
    found, sums = compared(said("\ud800"), said("\udfff"))
    assert found.disagreeing == 1
    assert msgspec.json.encode(msgspec.to_builtins(sums, str_keys=True))


def test_arguments_of_any_depth_are_compared():
    """Deeper than Python's own == would go."""
    p, c = 1, 2
    for _ in range(50_000):
        p, c = [p], [c]
    assert kinds(said(called("f", x=p)), said(called("f", x=c))) == {"tool_calls"}


def test_many_texts_of_one_answer_are_one_mask():
    """Rows are bits, set in one step."""
    rows = 200_000
    found, sums = compared(Column(["a"] * rows), Column(["a"] * (rows - 1) + ["b"]))
    assert found.disagreeing == 1 << (rows - 1)
    assert sums.n == 1
