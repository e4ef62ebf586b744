"""What a report says of an output where its rate alone would mislead, and when it says nothing."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from comparators.evidence import output_hints
from comparators.evidence.document.whole import MAX_HINTS, document_of
from comparators.evidence.output_hints import OutputHint
from comparators.evidence.registry import REGISTRY
from comparators.evidence.report import Report
from comparators.pairs.batch import summary_of
from comparators.pairs.summary import merged
from comparators.render import text
from comparators.settings import CompareSettings
from comparators.view import View
from tests.comparators.made import VIEW, answer, oip, pair, planned, view_hiding
from tests.comparators.render.made import report_of

WIDTH = 120
NAMES = ("cat", "dog", "bird")

Say = Callable[[Any], Any]


def report(production: list[Any], candidate: list[Any], view: View = VIEW) -> Report:
    """Of these bodies."""
    bodies = enumerate(zip(production, candidate, strict=True))
    return report_of([pair(answer(p), answer(c), number=i) for i, (p, c) in bodies], view=view)


def hinted(found: Report) -> list[OutputHint]:
    return [each for plan in found.plans for head in plan.heads for each in head.hints]


def labelled(own: Say, other: Say, view: View = VIEW, count: int = 200) -> Report:
    """Three labels, of which the candidate gives another one in one of fifty requests."""
    chance = random.Random(5)
    classes = [chance.choice([0, 0, 1, 2]) for _ in range(count)]
    others = [(each + (i % 50 == 0)) % 3 for i, each in enumerate(classes)]
    return report([{"label": own(each)} for each in classes], [{"label": other(each)} for each in others], view)


def minutes(count: int, most: int) -> list[int]:
    chance = random.Random(9)
    return [min(most, int(chance.expovariate(0.1))) for _ in range(count)]


@pytest.mark.parametrize("off", [lambda i: 1, lambda i: -1, lambda i: (i % 3 == 0) * (i % 2 * 2 - 1)])
def test_whole_numbers_that_differ_by_little_are_said_to_be_numbers(off):
    """Minutes that are one off, everywhere or in some answers: in words and, in the document, with the settings."""
    own = minutes(300, 44)
    found = report([{"value": each} for each in own], [{"value": each + off(i)} for i, each in enumerate(own)])
    hint = hinted(found)[0]
    assert hint.hint == "numbers"
    assert "of those that differ, 100 % differ by at most 1, and production's lie up to" in hint.words
    said = text.render(document_of(found), WIDTH)
    pasted = '[[compare.heads]] pointer = "/value" kind = "score"'
    assert pasted in " ".join(said.split())


@pytest.mark.parametrize(
    ("name", "classes", "off"),
    [
        ("label", 45, lambda i: 1),
        ("value", 10, lambda i: i % 4 == 0),
        ("value", 45, lambda i: i % 3 * 7),
        ("value", 45, lambda i: i % 30 == 0),
    ],
    ids=["by name", "digits", "far", "few"],
)
def test_classes_are_not_said_to_be_numbers(name, classes, off):
    """Named so, no more than ten, mistaken for others that are far away, or hardly ever."""
    own = [i * 7 % classes for i in range(300)]
    found = report([{name: each} for each in own], [{name: (each + off(i)) % 90} for i, each in enumerate(own)])
    assert "numbers" not in [each.hint for each in hinted(found)]


def test_who_set_the_kind_is_not_told_how_to_set_it():
    """Nor is who has no more than ten numbers."""
    own = [{"value": each} for each in minutes(300, 44)]
    found = report(own, own)
    (plan,) = found.plans
    by_settings = structs.replace(plan, heads=[structs.replace(plan.heads[0], decided_by="settings")])
    few = [{"value": i % 10} for i in range(300)]
    assert "compare.heads" in text.render(document_of(found), WIDTH)
    assert "compare.heads" not in text.render(document_of(structs.replace(found, plans=[by_settings])), WIDTH)
    assert "compare.heads" not in text.render(document_of(report(few, few)), WIDTH)


@pytest.mark.parametrize("name", ["label", "class"])
def test_one_label_on_each_side_is_said_to_be_that(name):
    """With both of them; of fewer than thirty requests, of two labels or of the same one nothing is said."""

    def told(own: Say, other: Say, count: int = 40) -> list[OutputHint]:
        return hinted(report([{name: own(i)} for i in range(count)], [{name: other(i)} for i in range(count)]))

    (hint,) = told(lambda _: "early", lambda _: "late")
    assert (hint.hint, hint.details[0].rows) == ("constant", [("early", "late")])
    assert told(lambda _: "early", lambda _: "late", 29) == []
    assert told(lambda _: "early", lambda i: "late" if i % 20 else "early") == []
    assert told(lambda _: "early", lambda _: "early") == []


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        (int, str, "of another type (production writes whole numbers, the candidate text)"),
        (int, lambda each: NAMES[each], "by other names (production writes whole numbers, the candidate text)"),
        (lambda each: NAMES[each], lambda each: NAMES[each].upper(), "the same labels in another case: "),
        (lambda each: int(each > 0), lambda each: int(each == 0), "labels that changed places: "),
        (lambda each: int(each > 0), lambda each: each > 0, "by other names (production writes whole numbers, "),
    ],
    ids=["number and text", "index and name", "another case", "changed places", "number and truth"],
)
def test_the_same_labels_in_another_encoding_are_said_to_be_that(own, other, said):
    """In words, with how many requests agree if they are read so, and with the map."""
    (hint,) = hinted(labelled(own, other))
    assert hint.hint == "encoding"
    assert said in hint.words
    assert "labels map one to one; read so, 9" in hint.words
    (names,) = hint.details
    assert {(row[0], row[1]) for row in names.rows} == {(name(own(each)), name(other(each))) for each in range(3)}


def name(label: Any) -> str:
    """As a report writes it."""
    if type(label) is bool:
        return "true" if label else "false"
    return f'"{label}"' if type(label) is str and label.isdigit() else str(label)


def test_an_index_and_its_one_hot_row_are_one_label():
    """The place of the largest number, also where the numbers are probabilities."""
    for row in (
        lambda each: [int(place == each) for place in range(3)],
        lambda each: [0.5 + (i == each) for i in range(3)],
    ):
        (hint,) = hinted(labelled(lambda each: NAMES[each], row))
        assert hint.words.startswith("the candidate answers rows of numbers where production answers labels")
        assert "3 labels map one to one; read so, 98 % of requests agree" in hint.words
        assert [row[:2] for row in hint.details[0].rows] == [("cat", "[0]"), ("dog", "[1]"), ("bird", "[2]")]


@pytest.mark.parametrize(
    "row",
    [
        lambda each: [int(place == each) for place in range(3)],
        lambda each: [0.5 + (i == each) for i in range(3)],
        lambda each: [0.7 if i == each else 0.15 for i in range(3)],
    ],
    ids=["one-hot", "numbers", "probabilities"],
)
@pytest.mark.parametrize("output", ["label", "output", "probabilities", "logits"])
def test_a_one_hot_row_and_its_index_are_one_label(output, row):
    """The other way round, whichever kind production's rows of numbers are taken for."""
    chance = random.Random(5)
    classes = [chance.choice([0, 0, 1, 2]) for _ in range(200)]
    others = [(each + (i % 50 == 0)) % 3 for i, each in enumerate(classes)]
    found = report([{output: [row(each)]} for each in classes], [{output: NAMES[each]} for each in others])
    (hint,) = hinted(found)
    assert hint.hint == "encoding"
    assert hint.words.startswith("production answers rows of numbers where the candidate answers labels")
    assert "3 labels map one to one; read so, 98 % of requests agree" in hint.words
    assert hint.details[0].columns[:2] == ("production's largest number", "the candidate")
    assert [row[:2] for row in hint.details[0].rows] == [("[0]", "cat"), ("[1]", "dog"), ("[2]", "bird")]


def test_nobody_sees_labels_that_are_hidden():
    """The map neither."""
    (hint,) = hinted(labelled(int, lambda each: NAMES[each], view_hiding(redact_pointers=("/label",))))
    assert {cell for row in hint.details[0].rows for cell in row if isinstance(cell, str)} == {"(redacted)"}


def test_labels_that_agree_or_are_truly_others_bring_no_hint():
    """Nor do few requests."""
    chance = random.Random(6)
    assert hinted(labelled(int, int)) == []
    assert hinted(labelled(int, lambda _: chance.choice(NAMES))) == []
    assert hinted(labelled(int, str, count=20)) == []


def test_a_hint_stands_beside_the_rate_and_below_the_few_first_metrics():
    """Nobody reads of 100 % without it."""
    said = text.render(document_of(labelled(int, str)), 88)
    first, _, rest = said.partition("── Coverage")
    assert "! POST /score, /label: the same labels, it seems, written otherwise" in first
    assert "/label: the same labels of another type" in rest.partition("WHERE THEY DIFFER")[0]
    assert "which labels stand for which:" in rest


def test_of_many_hints_the_first_few_stand_below_the_first_metrics():
    """And how many more there are; each stands by its own rate."""
    names = [f"label_{number}" for number in range(12)]
    own = [oip(**{each: ("INT64", [1], [i % 2]) for each in names}) for i in range(60)]
    found = report(own, [oip(**{each: ("BYTES", [1], [str(i % 2)]) for each in names}) for i in range(60)])
    first, _, rest = text.render(document_of(found), 88).partition("── Coverage")
    assert len(hinted(found)) == 12
    assert first.count(": the same labels, it seems, written otherwise") == MAX_HINTS
    assert "4 more, each by the disagreement of its kind of request" in first
    assert " ".join(rest.split()).count(": the same labels of another type") == 12


# ---- boxes


def detected(make: Say, apart: Say = lambda i: True, count: int = 60) -> Report:
    """Two boxes an image; the candidate's as `make` writes them, where they are `apart` at all."""
    own, other = [], []
    for i in range(count):
        boxes = [[210 + i, 220, 260 + i, 260], [300, 140 + i, 420, 200 + i]]
        own.append(seen(boxes))
        other.append(seen(list(map(make, boxes)) if apart(i) else boxes))
    return report(own, other)


def seen(boxes: list[list[int]]) -> list[dict[str, Any]]:
    return [{"box": box, "label": "cat", "score": 0.9} for box in boxes]


def sized(box: list[int]) -> list[int]:
    left, top, right, bottom = box
    return [left, top, right - left, bottom - top]


def test_boxes_in_another_form_are_said_to_be_that():
    """With the form, and with how many requests match if they are read in it."""
    (hint,) = hinted(detected(sized))
    assert hint.hint == "box_form"
    assert hint.words.startswith("looks like xywh (left, top, width, height) against xyxy (left, top, right, bottom): ")
    assert hint.words.endswith("fewer than half of the boxes match in 60 requests; read so, they match in 60 of these")


def test_boxes_that_are_truly_others_bring_no_hint():
    """Nor those that match, nor a few that don't; where all are others the rate is saturated, and no form is."""
    (hint,) = hinted(detected(lambda box: [each + 500 for each in box]))
    assert (hint.hint, hint.look_at) == ("saturated", ["boxes.f1"])
    assert hinted(detected(lambda box: box)) == []
    assert hinted(detected(sized, apart=lambda i: i % 6 == 0)) == []


# ---- scores, and rates that can hardly grow


def scored(make: Callable[[float, random.Random], Any], key: str = "score", count: int = 100) -> Report:
    chance = random.Random(7)
    own = [chance.lognormvariate(0, 0.7) + 2 for _ in range(count)]
    return report([{key: each} for each in own], [{key: make(each, chance)} for each in own])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p, _: 100 * p, "are about 100 times production's (percent on one side, shares on the other?)"),
        (lambda p, _: p - 273.15, "are about production's, minus 273"),
        (lambda p, _: 1.8 * p + 32, "are about 1.8 times production's, plus 32"),
        (lambda p, _: p**3, "have production's order, on another scale (a power, or a logarithm)"),
        (lambda p, _: 1 / p, "have the reverse of production's order, on another scale (a power, or a logarithm)"),
    ],
    ids=["percent", "kelvin", "fahrenheit", "power", "reciprocal"],
)
def test_scores_on_another_scale_are_said_to_be_that(make, said):
    """In the output's own numbers, however large they are."""
    (hint,) = hinted(scored(make))
    assert (hint.hint, hint.words) == ("scale", f"the candidate's scores {said}")


def test_where_nearly_all_differ_the_report_points_to_how_far():
    """By the metrics' names, in words with their values, and to slices by distance."""
    found = scored(lambda p, chance: p + chance.gauss(0, 0.3))
    (hint,) = hinted(found)
    assert (hint.hint, hint.look_at[:2]) == ("saturated", ["score.mae", "score.absolute_p50"])
    assert set(hint.look_at) <= found.plans[0].heads[0].metrics.keys()
    said = " ".join(text.render(document_of(found), 88).split())
    assert "look at how far they differ, and slices by absolute difference: mean absolute difference 0." in said


def test_texts_that_all_differ_are_pointed_to_by_their_similarity():
    """Which of them is an answer to the same question nobody counts."""
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "was", "seen", "by", "nobody", "at", "all", "today"]
    texts = [" ".join(random.Random(i).sample(words, 9)) for i in range(200)]
    (hint,) = hinted(report([{"output": each} for each in texts[:100]], [{"output": each} for each in texts[100:]]))
    assert (hint.hint, hint.look_at) == ("saturated", ["text.edit_similarity", "text.rouge_l"])


def test_a_rate_that_can_grow_brings_no_hint():
    """Nor do few requests, nor scores that hardly differ."""
    assert hinted(scored(lambda p, chance: p + chance.choice([0, 1]))) == []
    assert hinted(scored(lambda p, _: 100 * p, count=20)) == []
    assert hinted(scored(lambda p, _: p)) == []


def test_other_labels_are_as_far_apart_as_they_come():
    """Where nearly all labels are others, no size is there to be looked at."""
    chance = random.Random(8)
    assert hinted(labelled(int, lambda each: (each + chance.choice([1, 2])) % 3)) == []


# ---- types


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (str, "the candidate text, in 100 requests"),
        (lambda p: p > 7, "the candidate true and false, in 100 requests"),
    ],
    ids=["text", "truth"],
)
def test_values_of_another_type_are_said_to_be_that(make, said):
    """With both types, in words: whoever changed a schema sees it at once."""
    own = [0.5 + i / 7 for i in range(100)]
    (hint,) = hinted(report([{"output": each} for each in own], [{"output": make(each)} for each in own]))
    assert (hint.hint, hint.words) == ("type", f"another type: production answers numbers, {said}")


def test_a_type_that_hardly_any_request_has_brings_no_hint():
    """It stands among the differences."""
    own = [0.5 + i / 7 for i in range(300)]
    other = [str(each) if i < 2 else each for i, each in enumerate(own)]
    assert hinted(report([{"output": each} for each in own], [{"output": each} for each in other])) == []


def test_what_is_looked_at_are_metrics():
    """By the names that the report has them under."""
    names = {name for names in output_hints.HOW_FAR.values() for name in names}
    assert names <= REGISTRY.keys()


@pytest.mark.parametrize(
    ("own", "other"),
    [
        (lambda i: {"label": NAMES[i % 3]}, lambda i: {"label": [int(place == i % 3) for place in range(3)]}),
        (lambda i: {"logits": [[float(place == i % 3) for place in range(3)]]}, lambda i: {"logits": NAMES[i % 3]}),
        (lambda i: seen([[210 + i, 220, 260 + i, 260]]), lambda i: seen([sized([210 + i, 220, 260 + i, 260])])),
        (lambda i: {"score": i + 0.5}, lambda i: {"score": str(i)}),
    ],
    ids=["one-hot", "one-hot at production", "boxes", "types"],
)
def test_no_hint_depends_on_where_a_batch_is_cut(own, other):
    """Sums merge to the same bits, and live is what is recomputed."""
    pairs = [pair(answer(own(i)), answer(other(i)), number=i) for i in range(90)]
    plans = planned(pairs, CompareSettings())
    whole = summary_of(pairs, plans)
    parts = [summary_of(pairs[start : start + 7], plans) for start in range(0, 90, 7)]
    assert merged(reversed(parts), whole.basis).to_bytes() == whole.to_bytes()
    assert len(hinted(report_of(pairs))) == 1


def test_a_number_of_a_document_that_moves_is_to_be_named():
    """A price beside its currency; an id that is new in every answer is none, however large."""
    production = [{"price": 100.5 + n, "currency": "USD", "ref": (n + 1) * 7_919**4 % 10**15} for n in range(60)]
    candidate = [
        {"price": 1.05 * (100.5 + n), "currency": "USD", "ref": (n + 1) * 104_729**3 % 10**15} for n in range(60)
    ]
    (hint,) = report(production, candidate).plans[0].heads[0].hints
    assert hint.hint == "unnamed"
    assert [row for detail in hint.details for row in detail.rows] == [("/price",)]


def test_where_few_answers_differ_nothing_is_to_be_named():
    """Thirty of them at least."""
    production = [{"price": 100.5 + n, "currency": "USD"} for n in range(20)]
    candidate = [{"price": 1.05 * (100.5 + n), "currency": "USD"} for n in range(20)]
    assert report(production, candidate).plans[0].heads[0].hints == []
