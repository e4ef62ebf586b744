"""Probabilities: which rows disagree and why, how classes find each other, and how far distributions are apart."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.special import softmax

from comparators.compare import probabilities, probability_sums
from comparators.compare.calibration import BINS
from comparators.compare.finding import AGREES, Difference, Finding
from comparators.compare.margins import PROBABILITIES
from comparators.compare.probability_sums import ProbabilitySums
from comparators.compare.rules import HeadRules
from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts
from comparators.metrics.definition import derive
from comparators.statistics import exact, sequences
from comparators.statistics.distances import distances
from tests.comparators.compare import one_head

POINTER = "/outputs/p"
ALPHA = 0.05
MEASURES = ("total_variation", "jensen_shannon", "l_infinity", "hellinger")


def ruled(**own: Any) -> HeadRules:
    return one_head.ruled(POINTER, **own)


RULES = ruled()
AT_HALF = ruled(threshold=0.5)


def tensor(*rows) -> Tensor:
    """Rows of as many numbers each."""
    return Tensor("FP64", (len(rows), len(rows[0])), [each for row in rows for each in row])


def one(production, candidate, rules=RULES) -> Finding:
    return one_head.one(probabilities, production, candidate, rules)


def summed(*pairs, rules=RULES) -> ProbabilitySums:
    return probabilities.compare(pairs, rules)[1]


def measured(production, candidate, rules=RULES) -> dict[str, float | None]:
    """Of one request: metrics by name, without their kind."""
    found = derive(probability_sums.METRICS, summed((production, candidate), rules=rules), ALPHA)
    return {name.removeprefix("probability."): each.value for name, each in found.items()}


def told(found: Finding) -> list[str]:
    return [each.kind for each in found.differences]


def named(**scores) -> Column:
    return Column([scores])


def table(sums: ProbabilitySums, title: str):
    return next(each for each in probability_sums.tables(sums) if each.title == title)


def spread(random: np.random.Generator, rows: int, classes: int) -> np.ndarray:
    """Distributions, some of whose classes have no probability."""
    p = random.gamma(0.5, size=(rows, classes)) * (random.random((rows, classes)) < 0.8)
    p[:, 0] += 1e-3
    return p / p.sum(axis=1, keepdims=True)


# ---- which rows disagree


def test_another_most_probable_class_disagrees():
    """In row 1 of three; how far the numbers are apart is told elsewhere."""
    p, c = tensor([0.6, 0.4], [0.51, 0.49], [0.2, 0.8]), tensor([0.9, 0.1], [0.49, 0.51], [0.4, 0.6])
    assert one(p, c) == Finding(0b010, (Difference("label", POINTER),))
    assert one(p, tensor([0.9, 0.1], [0.9, 0.1], [0.1, 0.9])) is AGREES


@pytest.mark.parametrize("away", [0.0, 1e-7, -1e-7, 4e-7])
def test_classes_that_are_tied_on_both_sides_do_not_flip(away):
    """Half and half, but for what a 32-bit float cannot tell: neither class comes first, whichever is listed."""
    p, c = tensor([0.5, 0.5]), tensor([0.5 - away, 0.5 + away])
    assert one(p, c) is AGREES
    assert measured(p, c)["argmax_flips"] == measured(c, p)["argmax_flips"] == 0.0


@pytest.mark.parametrize(("p", "c"), [([0.5, 0.5], [0.499, 0.501]), ([0.501, 0.499], [0.5, 0.5 + 1e-9])])
def test_a_tie_on_one_side_alone_does_flip(p, c):
    """Where the other side has a first class, another one was chosen."""
    assert told(one(tensor(p), tensor(c))) == ["label"]


def test_with_a_threshold_two_classes_disagree_on_its_sides_alone():
    """It is about the last class: at 0.3, .45 and .55 are on one side though the top differs, .25 and .35 are not."""
    rules = ruled(threshold=0.3)
    assert one(tensor([0.55, 0.45]), tensor([0.45, 0.55]), rules) is AGREES
    assert told(one(tensor([0.75, 0.25]), tensor([0.65, 0.35]), rules)) == ["decision"]
    assert one(tensor([0.7, 0.3]), tensor([0.65, 0.35]), rules) is AGREES


def test_with_a_threshold_more_classes_disagree_on_the_top():
    """On the side its probability is, and on which class it is."""
    rules = ruled(threshold=0.5)
    p = tensor([0.6, 0.3, 0.1])
    assert told(one(p, tensor([0.4, 0.3, 0.3]), rules)) == ["decision"]
    assert told(one(p, tensor([0.3, 0.6, 0.1]), rules)) == ["label"]
    assert told(one(p, tensor([0.3, 0.4, 0.3]), rules)) == ["label", "decision"]
    assert one(p, tensor([0.9, 0.1, 0.0]), rules) is AGREES


@pytest.mark.parametrize("form", [(3,), (3, 1)])
def test_a_single_number_a_row_is_the_probability_of_the_second_class(form):
    """With a threshold: [p] is [1 - p, p], as a value of one or two dimensions."""
    p, c = Tensor("FP32", form, [0.2, 0.6, 0.9]), Tensor("FP32", form, [0.3, 0.4, 0.95])
    assert one(p, c, AT_HALF) == Finding(0b010, (Difference("decision", POINTER),))
    found = measured(p, c, AT_HALF)
    assert found["total_variation"] == pytest.approx((0.1 + 0.2 + 0.05) / 3)
    assert found["decision_flips"] == pytest.approx(1 / 3)
    assert one(Column([0.2, 0.6]), Column([0.2, 0.4]), AT_HALF).disagreeing == 0b10
    assert one(Column([[0.2], [0.6]]), Column([[0.2], [0.4]]), AT_HALF).disagreeing == 0b10
    assert one(tensor([0.6], [0.25]), tensor([0.75], [0.35]), ruled(threshold=0.3)).disagreeing == 0b10


def test_without_a_threshold_a_single_number_is_no_distribution():
    """What would decide is not known: such values are compared as they are."""
    findings, sums = probabilities.compare([(tensor([0.2], [0.6]), tensor([0.2], [0.7]))], RULES)
    assert (findings[0].disagreeing, told(findings[0]), sums.n, sums.unfit) == (0b11, ["value"], 0, 1)


def test_a_value_of_one_dimension_is_one_distribution():
    """Without a threshold; it disagrees in all rows that the value claims to have."""
    p, c = Tensor("FP64", (3,), [0.6, 0.3, 0.1]), Tensor("FP64", (3,), [0.3, 0.6, 0.1])
    assert one(p, c) == Finding(0b111, (Difference("label", POINTER),))
    assert one(p, Tensor("FP64", (1, 3), [0.6, 0.3, 0.1])) is AGREES
    assert measured(Column([0.6, 0.4]), Column([0.5, 0.5]))["total_variation"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    "broken",
    [[math.nan, 1.0], [None, 1.0], [math.inf, 0.0], [-0.5, 1.5], [0.5, 0.6], [0.0, 0.0], [-1e-5, 1.00001], [1e308] * 2],
)
def test_a_candidate_that_is_no_distribution_where_production_is_disagrees(broken):
    """Whatever its most probable class is."""
    findings, sums = probabilities.compare([(tensor([0.5, 0.5], [0.9, 0.1]), tensor([0.5, 0.5], broken))], RULES)
    assert findings == [Finding(0b10, (Difference("invalid", POINTER),))]
    assert sums.apart == {"invalid_candidate": 1}
    assert sums.described == 1
    assert told(one(tensor([0.1, 0.9]), tensor(broken), AT_HALF)) == ["invalid"]


@pytest.mark.parametrize(
    "valid",
    [[0.333, 0.333, 0.333], [0.499, 0.5, 0.0], [0.5, 0.5004, 0.0], [1.0000005, -5e-7, 0.0], [1.0, 0.0, 0.0], [1, 0, 0]],
)
def test_rounding_makes_no_distribution_invalid(valid):
    """Within 1e-6 of [0, 1] and 1e-3 of a sum of 1; equal ones are no distance apart, whatever they sum to."""
    found = measured(tensor(valid), tensor(valid))
    assert [found[name] for name in MEASURES] == [0.0] * 4


@pytest.mark.parametrize(
    ("production", "candidate", "kinds", "reason"),
    [
        ([5.0, 1.0], [7.0, 0.0], [], "invalid_both"),
        ([5.0, 1.0], [0.0, 7.0], ["label"], "invalid_both"),
        ([5.0, 1.0], [0.9, 0.1], [], "invalid_production"),
        ([5.0, 1.0], [0.1, 0.9], ["label"], "invalid_production"),
        ([math.nan, 1.0], [math.nan, 1.0], [], "invalid_both"),
        ([math.nan, 1.0], [0.0, 1.0], ["nan"], "invalid_production"),
        ([math.nan, 1.0], [1.0, math.nan], ["nan"], "invalid_both"),
        ([math.nan, math.nan], [None, None], [], "invalid_both"),
        ([math.nan, 0.2, 0.7], [math.nan, 0.7, 0.2], ["label"], "invalid_both"),
        ([math.inf, 0.0], [math.inf, 0.0], [], "invalid_both"),
        ([math.inf, 0.0], [0.0, math.inf], ["label"], "invalid_both"),
    ],
)
def test_where_production_is_no_distribution_the_most_probable_class_still_counts(production, candidate, kinds, reason):
    """Two NaN agree, a NaN and a number do not; such rows are counted, and described no further."""
    findings, sums = probabilities.compare([(tensor(production), tensor(candidate))], RULES)
    assert told(findings[0]) == kinds
    assert (sums.apart, sums.described, sums.n) == ({reason: 1}, 0, 1)


@pytest.mark.parametrize(
    ("candidate", "kind"),
    [
        (tensor([0.6, 0.4]), "shape"),
        (Column([[0.6, 0.4]]), "length"),
        (Tensor("BYTES", (2, 2), ["a", "b", "c", "d"]), "type"),
        (Tensor("BOOL", (2, 2), [True, False, True, False]), "type"),
        (Tensor("FP64", (2, 1, 2), [0.6, 0.4, 0.6, 0.4]), "type"),
        (Tensor("FP64", (2, 2), [0.6, "0.4", 0.6, 0.4]), "type"),
        (Tensor("FP64", (2, 2), [0.6, 10**400, 0.6, 0.4]), "type"),
        (Tensor("FP64", (2, 2), np.array(["0.6"] * 4)), "type"),
        (Column([[0.6, 0.4], [True, False]]), "type"),
        (Column([[0.6, 0.4], "cat"]), "type"),
        (Column([[0.6, 0.4], None]), "type"),
        (Column([[0.6, 0.4], [[0.6, 0.4]]]), "type"),
        (Column([[0.6, 0.4], {"cat": [0.6]}]), "type"),
        (Column([[0.6, 0.4], [{"label": ["cat"], "score": 1.0}]]), "type"),
        (Texts([Text("a"), Text("b")]), "type"),
        (Raw(b"a"), "type"),
    ],
)
def test_a_candidate_without_probabilities_disagrees_in_all_rows(candidate, kind):
    """And is counted apart."""
    findings, sums = probabilities.compare([(tensor([0.6, 0.4], [0.3, 0.7]), candidate)], RULES)
    assert findings == [Finding(0b11, (Difference(kind, POINTER),))]
    assert sums == ProbabilitySums(unfit=1)


def test_what_are_no_probabilities_at_production_is_compared_as_it_is():
    """By equality."""
    value = Tensor("BYTES", (1,), ["a"])
    assert one(value, Tensor("BYTES", (1,), ["a"])) is AGREES
    assert told(one(value, tensor([0.6, 0.4]))) == ["value"]


@pytest.mark.parametrize("shape", [(0,), (0, 3), (10**15, 0)])
def test_answers_without_rows_agree(shape):
    """Whatever shape they claim."""
    findings, sums = probabilities.compare([(Tensor("FP64", shape, []), Tensor("FP64", shape, []))], RULES)
    assert (findings, sums) == ([AGREES], ProbabilitySums(empty=1))
    assert told(one(Tensor("FP64", shape, []), tensor([0.6, 0.4]))) == ["shape"]


def test_rows_without_classes_agree_and_have_no_distance():
    """An empty list is no distribution; two of them are the same."""
    findings, sums = probabilities.compare([(Column([[], {}]), Column([[], {}]))], RULES)
    assert (findings, sums.apart, sums.n) == ([AGREES], {"invalid_both": 2}, 1)
    assert told(one(Column([[]]), Column([[0.6, 0.4]]))) == ["shape"]


def test_a_narrower_float_is_told_and_agrees():
    """FP64 to FP32 is what a port does."""
    narrow = Tensor("FP32", (1, 2), np.array([0.6, 0.4], dtype=np.float32))
    assert one(tensor([0.6, 0.4]), narrow) == Finding(0, (Difference("datatype", POINTER),))
    assert told(one(tensor([0.4, 0.6]), narrow)) == ["datatype", "label"]


@pytest.mark.parametrize(
    "rounded",
    [[0.5, 0.30078125, 0.203125], [0.5, 0.2998, 0.1973], [0.33, 0.33, 0.33], [0.14] * 7],
    ids=["BF16", "not rounded", "thirds", "sevenths"],
)
def test_a_coarse_candidate_is_a_distribution_where_rounding_explains_it(rounded):
    """A port to BF16, or to two decimals, whose rows come to .98 or 1.004: the first class decides."""
    p = tensor([1 / len(rounded) + 1e-3, *[1 / len(rounded) - 1e-3 / (len(rounded) - 1)] * (len(rounded) - 1)])
    is_explained = rounded != [0.5, 0.2998, 0.1973]
    assert told(one(p, tensor(rounded))) == ([] if is_explained else ["invalid"])


# ---- how classes find each other

FORMS = [
    Column([{"dog": 0.3, "cat": 0.6, "cow": 0.1}]),
    Column([[["cat", 0.6], ["cow", 0.1], ["dog", 0.3]]]),
    Column([[{"label": "cow", "score": 0.1}, {"label": "dog", "score": 0.3}, {"label": "cat", "score": 0.6}]]),
    Document({"cow": 0.1, "cat": 0.6, "dog": 0.3}, plain=True),
]


@pytest.mark.parametrize("production", FORMS)
@pytest.mark.parametrize("candidate", FORMS)
def test_named_classes_are_the_same_in_any_order_and_form(production, candidate):
    """Maps, lists of pairs, lists of objects."""
    assert one(production, candidate) is AGREES
    assert measured(production, candidate)["total_variation"] == 0.0


@pytest.mark.parametrize("production", FORMS)
def test_the_settings_name_the_classes_of_a_bare_list(production):
    """By index; with other numbers the other class is found."""
    rules = ruled(names=("cow", "dog", "cat"))
    assert one(production, Column([[0.1, 0.3, 0.6]]), rules) is AGREES
    assert one(tensor([0.1, 0.3, 0.6]), production, rules) is AGREES
    assert told(one(production, Column([[0.6, 0.3, 0.1]]), rules)) == ["label"]


def test_a_bare_list_against_names_that_nobody_knows_cannot_be_compared():
    """An index says nothing about a map; that is told instead of guessed."""
    findings, sums = probabilities.compare([(FORMS[0], Column([[0.6, 0.3, 0.1]]))], RULES)
    assert told(findings[0]) == ["names"]
    assert (sums.apart, sums.described) == ({"names": 1}, 0)
    assert told(one(FORMS[0], Column([[0.6, 0.4]]))) == ["shape"]
    assert told(one(FORMS[0], Column([[0.1, 0.3, 0.6]]), ruled(names=("cow", "dog")))) == ["names"]


def test_a_class_that_one_side_alone_names_has_no_probability_on_the_other():
    """It is told, it disagrees, and the distance is known all the same."""
    p, c = named(cat=0.6, dog=0.4), named(cat=0.6, dog=0.3, cow=0.1)
    assert told(one(p, c)) == told(one(c, p)) == ["names"]
    assert measured(p, c)["total_variation"] == pytest.approx(0.1)


def test_lists_of_other_lengths_cannot_be_compared():
    """Without names there is nothing to align by; in one row, the others are."""
    findings, sums = probabilities.compare(
        [(tensor([0.6, 0.4], [0.5, 0.5]), Column([[0.6, 0.4], [0.5, 0.3, 0.2]]))], RULES
    )
    assert findings == [Finding(0b10, (Difference("shape", POINTER),))]
    assert (sums.apart, sums.described) == ({"shape": 1}, 1)


def test_the_last_of_two_named_classes_is_not_the_last_one_listed():
    """Pipelines list by score: the order is that of the settings, else of the alphabet."""
    p, c = Column([[["POS", 0.7], ["NEG", 0.3]]]), Column([[["NEG", 0.6], ["POS", 0.4]]])
    assert told(one(p, c, AT_HALF)) == ["decision"]
    at_two_thirds = ruled(threshold=2 / 3, names=("POS", "NEG"))
    assert one(p, c, at_two_thirds) is AGREES
    assert told(one(p, c, ruled(threshold=2 / 3))) == ["decision"]


def test_names_that_come_twice_are_none():
    """TensorFlow Serving's labels may all be empty: then the index counts."""
    p, c = Column([[["", 0.9], ["", 0.1]]]), Column([[["", 0.2], ["", 0.8]]])
    assert told(one(p, c)) == ["label"]
    assert one(p, Column([[0.9, 0.1]])) is AGREES


def test_a_numbered_class_is_not_its_text():
    """1 and "1" are two classes, and both can be sorted."""
    assert one(Column([[[1, 0.6], [0, 0.4]]]), Column([[[0, 0.4], [1, 0.6]]])) is AGREES
    assert told(one(Column([[[1, 0.6], ["1", 0.4]]]), Column([[["1", 0.6], [1, 0.4]]]))) == ["label"]


# ---- logits


def test_logits_become_probabilities_first():
    """The oracle: scipy's softmax; a single one is against zero."""
    random = np.random.default_rng(1)
    p, c = random.normal(0, 4, (5, 3)), random.normal(0, 4, (5, 3))
    rules = ruled(logits=True)
    found = measured(tensor(*p.tolist()), tensor(*c.tolist()), rules)
    expected = np.abs(softmax(p, axis=1) - softmax(c, axis=1)).sum(axis=1) / 2
    assert found["total_variation"] == pytest.approx(expected.mean(), abs=1e-12)
    decided = ruled(logits=True, threshold=0.5)
    assert told(one(tensor([0.1]), tensor([-0.1]), decided)) == ["decision"]
    assert one(tensor([0.4]), tensor([1.1]), ruled(logits=True, threshold=0.3)) is AGREES
    sigmoid = measured(tensor([2.0]), tensor([-1.0]), decided)
    assert sigmoid["total_variation"] == pytest.approx(1 / (1 + math.exp(-2)) - 1 / (1 + math.exp(1)))


@pytest.mark.parametrize(
    ("logits", "is_valid"),
    [
        ([1e308, -1e308], True), ([800.0, 0.0], True), ([-math.inf, 0.0], True),
        ([math.inf, 0.0], False), ([math.nan, 0.0], False),
    ],
)  # fmt: skip
def test_logits_of_any_size_are_taken(logits, is_valid):
    """No overflow; a class that is masked out has no probability."""
    sums = summed((tensor([1.0, 0.0]), tensor(logits)), rules=ruled(logits=True))
    assert sums.described == is_valid


def test_a_class_without_a_logit_has_no_probability():
    """Not that of a logit of 0."""
    found = measured(named(a=5.0, b=5.0), named(a=5.0, b=5.0, c=-50.0), ruled(logits=True))
    assert found["total_variation"] == pytest.approx(0, abs=1e-12)


# ---- distances


def test_the_golden_distances():
    """p = [.7, .2, .1] and q = [.5, .3, .2], worked out by the textbook formulas."""
    found = measured(tensor([0.7, 0.2, 0.1]), tensor([0.5, 0.3, 0.2]))
    assert found["total_variation"] == pytest.approx(0.2, abs=1e-12)
    assert found["l_infinity"] == pytest.approx(0.2, abs=1e-12)
    assert found["jensen_shannon"] == pytest.approx(0.0315967, abs=5e-8)
    assert found["jensen_shannon"] * math.log(2) == pytest.approx(0.0219012, abs=5e-8)
    assert math.sqrt(found["jensen_shannon"]) == pytest.approx(0.1777547, abs=5e-8)
    assert found["hellinger"] == pytest.approx(0.1483971, abs=5e-8)
    assert found["top_change"] == pytest.approx(-0.2, abs=1e-12)


@pytest.mark.parametrize(
    ("p", "q", "bits"),
    [
        ({"b1": 0.5, "b2": 0.5}, {"b2": 0.25, "b3": 0.25, "b4": 0.5}, 0.65563906222),
        ({"nan of one": 0.25, "rest": 0.75}, {"rest": 1.0}, 0.13792538096),
        ({"b": 0.4, "a": 0.4, "c": 0.2}, {"a": 0.4, "Z": 0.2, "Y": 0.2, "X": 0.2}, 0.6),
        ({"a": 1.0}, {"b": 1.0}, 1.0),
    ],
)
def test_the_golden_divergences_of_tensorflow_data_validation(p, q, bits):
    """From the tests of TensorFlow Data Validation, in bits: histograms as distributions over bins aligned by name."""
    assert measured(Column([p]), Column([q]))["jensen_shannon"] == pytest.approx(bits, abs=5e-11)


@pytest.mark.parametrize(
    ("p", "q", "distance"),
    [
        ({"hello": 0.1, "world": 0.9}, {"hello": 0.3, "world": 0.7}, 0.2),
        ({"b": 0.9, "c": 0.1}, {"a": 0.3, "b": 0.7}, 0.3),
    ],
)
def test_the_golden_l_infinities_of_tensorflow_data_validation(p, q, distance):
    """From the tests of TensorFlow Data Validation: the distance between the most different shares."""
    assert measured(Column([p]), Column([q]))["l_infinity"] == pytest.approx(distance, abs=1e-12)


def test_the_golden_hellinger_of_evidently():
    """Evidently's test of it: [1..6] x [16, 18, 16, 14, 12, 12] against x [16, 16, 16, 16, 16, 8] is .06812.

    That was cut, not rounded: by exact arithmetic it is .068127743….
    """
    p, q = (np.array(each) / sum(each) for each in ([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8]))
    found = measured(tensor(p.tolist()), tensor(q.tolist()))["hellinger"]
    assert math.floor(found * 1e5) == 6_812
    assert found == pytest.approx(0.0681277437, abs=5e-11)


@pytest.mark.parametrize(
    ("p", "q", "expected"),
    [([1, 0, 0], [0, 1, 0], 1.0), ([1, 0], [0.5, 0.5], 0.46450140402245893 / math.sqrt(math.log(2)))],
)
def test_the_golden_distances_of_scipy(p, q, expected):
    """From the docstring of scipy's jensenshannon: the root, the second one there in nats."""
    assert math.sqrt(measured(tensor(p), tensor(q))["jensen_shannon"]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("classes", [2, 3, 10, 1_000])
def test_the_distances_are_scipys_and_numpys(classes):
    """Row by row, with classes of no probability."""
    random = np.random.default_rng(classes)
    p, q = spread(random, 50, classes), spread(random, 50, classes)
    found = distances(p, q)
    assert found["jensen_shannon"] == pytest.approx(jensenshannon(p, q, base=2, axis=1) ** 2, abs=1e-12)
    assert found["total_variation"] == pytest.approx(0.5 * np.abs(p - q).sum(axis=1), abs=1e-12)
    assert found["l_infinity"] == pytest.approx(np.abs(p - q).max(axis=1), abs=1e-12)
    assert found["hellinger"] == pytest.approx(np.sqrt(np.maximum(0, 1 - np.sqrt(p * q).sum(axis=1))), abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_the_distances_keep_their_order(seed, classes):
    """Textbook inequalities: H² <= TV <= H√2, L∞ <= TV, JS <= TV (Lin 1991, theorem 3), all within [0, 1]."""
    random = np.random.default_rng(seed)
    found = distances(spread(random, 8, classes), spread(random, 8, classes))
    tv, js, most, h = (found[name] for name in MEASURES)
    slack = 1e-12
    assert (h**2 <= tv + slack).all()
    assert (tv <= h * math.sqrt(2) + slack).all()
    assert (most <= tv + slack).all()
    assert (js <= tv + slack).all()
    assert all(((each >= 0) & (each <= 1)).all() for each in found.values())


@pytest.mark.parametrize("least", [5e-324, 1e-320, 1e-301])
def test_the_least_probabilities_are_no_infinite_divergence(least):
    """Half of the least float is zero, and a logarithm of a quotient by it is not finite."""
    found = measured(tensor([1.0, least]), tensor([1.0, 0.0]))
    assert found["jensen_shannon"] == 0.0


# ---- sums

CELLS = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0, 1e-320, 0.1, 0.9, -1e-7, 2.0, math.nan, math.inf, None, 1])
NUMBERS = st.lists(CELLS, min_size=2, max_size=3)
NAMED = st.dictionaries(st.sampled_from("abc"), CELLS, min_size=1, max_size=3)
VALID = st.integers(0, 2**32 - 1).map(lambda seed: spread(np.random.default_rng(seed), 1, 3)[0].tolist())
VALUES = (
    st.lists(NUMBERS | NAMED | VALID, max_size=3).map(Column)
    | st.lists(VALID, min_size=1, max_size=3).map(lambda rows: tensor(*rows))
    | st.sampled_from([Column([["a"]]), Tensor("FP64", (2,), [0.2, 0.8]), Tensor("FP64", (1, 1), [0.7])])
)


@given(
    st.lists(st.tuples(VALUES, VALUES), max_size=8),
    st.sampled_from(
        [
            RULES,
            AT_HALF,
            ruled(logits=True),
            ruled(threshold=0.3, names=("c", "b", "a")),
            ruled(threshold=0.3, positive="b"),
        ]
    ),
    st.data(),
)
def test_where_a_batch_is_cut_changes_no_bit(pairs, rules, data):
    """Sums over two batches, merged, are the sums over both at once; and so is what is found."""
    cut = data.draw(st.integers(0, len(pairs)))
    findings, whole = probabilities.compare(pairs, rules)
    first, parts = probabilities.compare(pairs[:cut], rules)
    second, others = probabilities.compare(pairs[cut:], rules)
    parts.merge(others)
    assert (parts, first + second) == (whole, findings)


@pytest.mark.parametrize("classes", [2, 5, 33])
def test_neighbours_change_no_bit_of_many_rows(classes):
    """One by one, or hundreds of rows in one array, logits included: no kernel mixes or reorders."""
    random = np.random.default_rng(classes)
    p, c = random.normal(0, 5, (300, classes)), random.normal(0, 5, (300, classes))
    pairs = [(tensor(a), tensor(b)) for a, b in zip(p.tolist(), c.tolist(), strict=True)]
    rules = ruled(logits=True, threshold=0.5)
    whole, parts = summed(*pairs, rules=rules), ProbabilitySums()
    for each in pairs:
        parts.merge(summed(each, rules=rules))
    assert parts == whole


def test_batches_beyond_a_chunk_are_the_same():
    """Memory is bounded by parts of the rows; a few huge rows are parts of their own."""
    row = [1.0, *[0.0] * 299_999]
    other = [*[0.0] * 299_999, 1.0]
    findings, sums = probabilities.compare([(tensor(row, row), tensor(row, other))] * 2, RULES)
    assert [found.disagreeing for found in findings] == [0b10, 0b10]
    assert exact.real(sums.total_variation) == 1.0


def test_a_request_counts_once_however_many_rows_it_has():
    """The mean over its rows; of the shares of rows too."""
    first = (tensor([0.6, 0.4], [0.6, 0.4]), tensor([0.6, 0.4], [0.4, 0.6]))
    second = (tensor([0.9, 0.1]), tensor([0.5, 0.5]))
    found = derive(probability_sums.METRICS, summed(first, second), ALPHA)
    assert found["probability.total_variation"].value == pytest.approx((0.1 + 0.4) / 2)
    assert found["probability.argmax_flips"].value == found["probability.disagreement"].value == 0.25
    assert found["probability.far_apart"].sums == {"k": 1, "n": 2}
    assert {each.n for each in found.values()} == {2}


def test_the_means_have_the_sequence_of_rates():
    """They lie in [0, 1]: their interval holds at any size."""
    random = np.random.default_rng(3)
    p, c = spread(random, 400, 3), spread(random, 400, 3)
    found = derive(
        probability_sums.METRICS,
        summed(*[(tensor(a), tensor(b)) for a, b in zip(p.tolist(), c.tolist(), strict=True)]),
        ALPHA,
    )
    for name, values in distances(p, c).items():
        each = found[f"probability.{name}"]
        assert each.value == pytest.approx(values.mean(), abs=1e-11)
        assert (each.lo, each.hi) == sequences.rate(each.sums["k"], 400, ALPHA)
    change = found["probability.top_change"]
    assert change.value == pytest.approx((c.max(axis=1) - p.max(axis=1)).mean(), abs=1e-11)
    assert change.lo < change.value < change.hi
    flips = (p.argmax(axis=1) != c.argmax(axis=1)).mean()
    assert found["probability.argmax_flips"].value == found["probability.disagreement"].value == flips


def test_a_flip_far_from_the_threshold_is_serious():
    """Production's distance from it counts: .52 to .2 is to be expected; .6 to .49 and .44 to .5 are not."""
    rules = ruled(threshold=0.5)
    pairs = [(0.52, 0.2), (0.6, 0.49), (0.8, 0.9), (0.44, 0.5)]
    sums = summed(*[(tensor([1 - p, p]), tensor([1 - c, c])) for p, c in pairs], rules=rules)
    found = derive(probability_sums.METRICS, sums, ALPHA)
    assert found["probability.decision_flips"].sums == {"k": 3.0, "n": 4}
    assert found["probability.serious_decision_flips"].sums == {"k": 2.0, "n": 4}
    undecided = summed((tensor([1, 0]), tensor([0, 1])))
    assert "probability.decision_flips" not in derive(probability_sums.METRICS, undecided, ALPHA)


def test_decisions_of_two_classes_are_told_at_every_threshold():
    """Of the last class, a threshold that is set among them; what is no distribution, or has more classes, is not."""
    random = np.random.default_rng(8)
    p, c = (spread(random, 300, 2) for _ in range(2))
    pairs = [(tensor(a), tensor(b)) for a, b in zip(p.tolist(), c.tolist(), strict=True)]
    others = [(tensor([0.2, 0.3, 0.5]), tensor([0.5, 0.3, 0.2])), (tensor([0.2, 0.8]), tensor([0.8, 0.8]))]
    sums = summed(*pairs, *others, rules=ruled(threshold=0.35))
    found, *_ = probability_sums.decisions(sums, ALPHA, 1.0)
    assert sums.thresholds.n == 300
    for at, change, upward, _ in found.rows:
        own, other = p[:, 1] >= at, c[:, 1] >= at
        assert change.value == pytest.approx((own != other).mean())
        assert upward == pytest.approx((other & ~own).mean())


def test_each_class_is_told_by_how_often_it_changes():
    """By the names of rows in any order, of settings, or by index; and which became which: as counted one by one."""
    random = np.random.default_rng(9)
    p, c = (spread(random, 400, 3) for _ in range(2))
    first, names = p.argmax(axis=1), ("cat", "dog", "cow")
    both = list(zip(p.tolist(), c.tolist(), strict=True))
    named_pairs = [
        (Column([dict(zip(names, a, strict=True))]), Column([dict(list(zip(names, b, strict=True))[::-1])]))
        for a, b in both
    ]
    plain_pairs = [(tensor(a), tensor(b)) for a, b in both]
    for pairs, rules, called in (
        (named_pairs, RULES, names),
        (plain_pairs, ruled(names=names), names),
        (plain_pairs, RULES, "012"),
    ):
        told = {each.title: each for each in probability_sums.decisions(summed(*pairs, rules=rules), ALPHA, 1.0)}
        rates = {row[0]: row[1:] for row in told["how often a class changes"].rows}
        became = {row[:2]: row[2] for row in told["which classes became which"].rows}
        assert rates.keys() == set(called)
        for at, name in enumerate(called):
            own, other = first == at, c.argmax(axis=1) == at
            lost, gained = rates[name]
            assert (lost.value, lost.n) == (pytest.approx((own & ~other).sum() / own.sum()), own.sum())
            assert (gained.value, gained.n) == (pytest.approx((other & ~own).sum() / other.sum()), other.sum())
            for to, another in enumerate(called):
                moved = (own & (c.argmax(axis=1) == to)).sum() if to != at else 0
                assert became.get((name, another), 0) == moved


def test_with_a_threshold_the_class_of_two_is_what_is_decided_for():
    """At 0.3 both are decided for though the first class is ahead in one of them."""
    sums = summed(
        (tensor([0.6, 0.4]), tensor([0.9, 0.1])), (tensor([0.4, 0.6]), tensor([0.6, 0.4])), rules=ruled(threshold=0.3)
    )
    assert sums.classes.production.kept == {"1": 2 * exact.ONE}
    assert sums.classes.cells.kept == {"1\t0": exact.ONE}
    single = summed((tensor([0.4]), tensor([0.1])), rules=ruled(threshold=0.3, names=("no", "yes")))
    assert single.classes.cells.kept == {"yes\tno": exact.ONE}


def test_a_threshold_decides_for_the_class_that_settings_name():
    """Of any number of classes, by name or by index; which class comes first says nothing then, and nothing else."""
    random = np.random.default_rng(11)
    p, c = (spread(random, 300, 3) for _ in range(2))
    both, names = list(zip(p.tolist(), c.tolist(), strict=True)), ("ok", "fraud", "late")
    plain = [(tensor(a), tensor(b)) for a, b in both]
    by_name = [
        (Column([dict(zip(names, a, strict=True))]), Column([dict(zip(names, b, strict=True))])) for a, b in both
    ]
    for pairs, own in (
        (plain, {"positive": "1"}),
        (plain, {"positive": "fraud", "names": names}),
        (by_name, {"positive": "fraud"}),
    ):
        findings, sums = probabilities.compare(pairs, ruled(threshold=0.3, **own))
        crossed = (p[:, 1] >= 0.3) != (c[:, 1] >= 0.3)
        assert [bool(each.disagreeing) for each in findings] == crossed.tolist()
        assert {each.differences[0].kind for each in findings if each.disagreeing} == {"decision"}
        grid = probability_sums.decisions(sums, ALPHA, 1.0)[0]
        for at, change, *_ in grid.rows:
            assert change.value == pytest.approx(((p[:, 1] >= at) != (c[:, 1] >= at)).mean())
        told_for = own["positive"]
        assert sums.classes.production.kept.keys() == {told_for, f"not {told_for}"}
        assert sums.classes.production.kept[told_for] == (p[:, 1] >= 0.3).sum() * exact.ONE
        assert exact.real(sums.total_variation) == pytest.approx(0.5 * np.abs(p - c).sum())


def test_of_two_classes_the_first_may_be_the_one():
    """Where settings say so."""
    p, c = tensor([0.25, 0.75]), tensor([0.35, 0.65])
    assert told(one(p, c, ruled(threshold=0.3, positive="0"))) == ["decision"]
    assert one(p, c, ruled(threshold=0.3)) is AGREES
    assert one(tensor([0.2]), tensor([0.4]), ruled(threshold=0.3, positive="0")).disagreeing == 1


def test_rows_without_the_class_that_settings_name_are_said():
    """Their first class decides: a name that is wrong hides nothing."""
    rules = ruled(threshold=0.3, positive="fruad")
    findings, sums = probabilities.compare([(named(ok=0.6, fraud=0.4), named(ok=0.4, fraud=0.6))], rules)
    assert findings[0].disagreeing == 1
    assert table(sums, "decided by the class that comes first").rows == [
        ("rows without the class that `positive` names", 1)
    ]


@pytest.mark.parametrize("threshold", [None, 0.4])
@pytest.mark.parametrize("classes", [2, 4])
def test_flips_by_margin_are_what_numpy_counts(threshold, classes):
    """Of the first class before the next one; from a threshold, where it decides; the nearer one where both do."""
    random = np.random.default_rng(classes)
    p = spread(random, 600, classes)
    c = np.abs(p + random.normal(0, 0.1, p.shape))
    c /= c.sum(axis=1, keepdims=True)
    pairs = [(tensor(a), tensor(b)) for a, b in zip(p.tolist(), c.tolist(), strict=True)]
    sums = summed(*pairs, rules=ruled(threshold=threshold) if threshold else RULES)
    ranked = np.sort(p, axis=1)
    margin, changed = ranked[:, -1] - ranked[:, -2], p.argmax(axis=1) != c.argmax(axis=1)
    if threshold and classes == 2:
        margin, changed = np.abs(p[:, 1] - threshold), (p[:, 1] >= threshold) != (c[:, 1] >= threshold)
    elif threshold:
        margin = np.minimum(margin, np.abs(p.max(axis=1) - threshold))
        changed |= (p.max(axis=1) >= threshold) != (c.max(axis=1) >= threshold)
    counted = np.histogram(margin, [0, *PROBABILITIES, 2])[0], np.histogram(margin[changed], [0, *PROBABILITIES, 2])[0]
    assert [sums.margins.rows, sums.margins.changed] == [[each * exact.ONE for each in side] for side in counted]


def test_calibration_looks_at_the_same_class_on_both_sides():
    """Of two classes the second, of more production's top; by ten bins of production's probability."""
    sums = summed(
        (tensor([0.75, 0.25]), tensor([0.25, 0.75])),
        (tensor([0.5, 0.25, 0.25]), tensor([0.25, 0.5, 0.25])),
        (tensor([0.0, 1.0], [0.75, 0.25]), tensor([0.0, 1.0], [0.5, 0.5])),
    )
    found = table(sums, "the same class's probability, by production's")
    shares = [row[1] for row in found.rows]
    assert [row[0] for row in found.rows] == ["0.2 to 0.3", "0.5 to 0.6", "0.9 to 1.0"]
    assert shares == pytest.approx([0.5, 1 / 3, 1 / 6])
    assert [row[2:] for row in found.rows] == [
        (0.25, pytest.approx((0.75 + 0.25) / 1.5), pytest.approx(1 / 1.5 - 0.25)),
        (0.5, 0.25, -0.25),
        (1.0, 1.0, 0.0),
    ]
    assert sum(sums.bin_n) == 3 * exact.ONE
    assert len(sums.bin_n) == BINS


def test_what_is_left_out_is_said():
    """By reason, in words."""
    sums = summed(
        (tensor([0.6, 0.4], [5.0, 5.0]), tensor([0.6, 0.6], [5.0, 5.0])),
        (tensor([0.6, 0.4]), Raw(b"")),
        (Column([]), Column([])),
    )
    assert table(sums, "left out of these metrics").rows == [
        ("rows that are no distribution at both", 1),
        ("rows that are no distribution at the candidate alone", 1),
        ("requests without probabilities, or with another number of rows", 1),
        ("requests without rows", 1),
    ]
    assert derive(probability_sums.METRICS, sums, ALPHA)["probability.total_variation"].reason == "no pairs yet"


def test_nothing_compared_is_nothing_known():
    """No value, no bound that could pass, a reason for each."""
    assert probabilities.compare([], RULES) == ([], ProbabilitySums())
    for name, found in derive(probability_sums.METRICS, ProbabilitySums(), ALPHA).items():
        assert found.value is None, name
        assert found.hi == 1.0, name
        assert found.reason, name
    assert probability_sums.tables(ProbabilitySums()) == []


def test_the_sums_are_what_the_store_keeps():
    """Out to JSON and back."""
    sums = summed((tensor([0.6, 0.4]), tensor([0.3, 0.7])), (tensor([0.6, 0.4]), tensor([0.3, 0.8])))
    stored = msgspec.json.encode(msgspec.to_builtins(sums, str_keys=True), order="deterministic")
    assert msgspec.json.decode(stored, type=ProbabilitySums) == sums
