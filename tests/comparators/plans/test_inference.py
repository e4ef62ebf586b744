"""Which kind of output it is, by production's first answers."""

import math
from functools import partial
from itertools import chain

import numpy as np
import pytest

from comparators.extract.names import EMBEDDING_NAMES, LABEL_NAMES, PROBABILITY_NAMES
from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts
from comparators.plans.inference import FEW_CLASSES, infer


def tensor(datatype, shape, values) -> Tensor:
    return Tensor(datatype, tuple(shape), list(values))


EMBEDDING = [0.1 * (i % 7) - 0.3 for i in range(128)]
BOX = {"box": [0, 0, 10, 10], "label": "cat", "score": 0.9}


@pytest.mark.parametrize(
    ("samples", "kind"),
    [
        ([tensor("INT64", [3], [0, 1, 0])], "label"),
        ([tensor("INT64", [3, 1], [0, 1, 0])], "label"),
        ([tensor("BOOL", [1], [True])], "label"),
        ([tensor("BYTES", [2], ["late", "on time"])], "label"),
        ([tensor("BYTES", [1], ["It was a dark and stormy night in October."])], "text"),
        ([tensor("INT64", [100], range(100))], "score"),
        ([tensor("INT64", [1], [100_000 + 7_919 * n]) for n in range(30)], "score"),
        ([Column([100_000 + 7_919 * (n % 28)]) for n in range(30)], "score"),
        ([tensor("INT64", [1], [n % 26]) for n in range(30)], "label"),
        ([tensor("INT64", [1], [100_000 + n]) for n in range(19)], "label"),
        ([tensor("BYTES", [1], [f"flight {i}"]) for i in range(FEW_CLASSES + 1)], "text"),
        ([tensor("FP32", [1], [0.25])], "score"),
        ([tensor("FP32", [10], [n / 16 for n in range(10)])], "score"),
        ([tensor("FP64", [2, 2], [0.25, 0.75, 0.5, 0.5]), tensor("FP64", [1, 2], [0.4, 0.6])], "probabilities"),
        ([tensor("FP64", [2, 2], [0.25, 0.75, 0.5, 0.5])], "score"),
        ([tensor("FP64", [1, 2], [0.25, 0.75])] * 9, "score"),
        ([tensor("FP64", [2, 3], [0.25, 0.25, 0.5, 0.5, 0.5, 0])], "probabilities"),
        ([tensor("FP64", [1, 6], [0.25, 0.25, 0.25, 0.125, 0.125, 0])], "probabilities"),
        ([tensor("FP64", [1, 2], [0.25, 0.75]), tensor("FP64", [1, 2], [0.25, 0.7])], "score"),
        ([tensor("FP64", [1, 3], [-1.0, 2.0, 0.0])], "score"),
        ([Tensor("FP32", (1, 2), np.array([0.25, 0.75], dtype=np.float32))], "score"),
        ([Tensor("INT32", (1, 3), np.array([5, 3, 9], dtype=np.int32))], "score"),
        ([Tensor("INT64", (2,), np.array([0, 1]))], "label"),
        ([tensor("FP32", [1, 128], EMBEDDING)], "score"),
        ([tensor("FP64", [1, 2], [0.25, None])], "score"),
        ([tensor("INT64", [2, 3], [5, 3, 9, 1, 2, 3])], "score"),
        ([tensor("INT64", [1, 3], [5, 5, 9])], "score"),
        ([tensor("INT64", [1, 2], [0, 1])], "score"),
        ([tensor("INT64", [1, 128], range(128))], "score"),
        ([tensor("BYTES", [1, 2], ["b", "a"])], "json"),
        ([Column([["b", "a", "c"], ["a", "b"]])], "json"),
        ([Column([[{"id": 3}, {"id": 2}]])], "json"),
        ([Column([[{"id": 3, "score": 0.5}, {"id": 2, "score": 0.25}]])], "ranking"),
        ([Column([[{"id": 3, "score": 0.5}], []])], "ranking"),
        ([Column([[{"item_id": "a", "relevance": 2}, {"item_id": "b", "relevance": 1}]])], "ranking"),
        ([Column([[{"id": 3, "score": 0.5}, {"id": 3, "score": 0.25}]])], "json"),
        ([Column([[{"id": 3, "score": "high"}]])], "json"),
        ([Column([[{"xmin": 0, "ymin": 0, "xmax": 5, "ymax": 5, "class": 3, "confidence": 0.5}]])], "boxes"),
        ([Column([[BOX | {"name": 3}, {"bbox": {"x1": 0, "y1": 0, "x2": 5, "y2": 5}}]])], "boxes"),
        ([Column([[BOX | {"confidence": 0.5}]])], "json"),
        ([Column([[BOX | {"name": ["a"]}]])], "json"),
        ([Column([[BOX | {"bbox": [0, 0, 5, 5]}]])], "json"),
        ([Column([[{"box": {"x1": 0, "y1": 0, "x2": 5, "y2": 5, "angle": 3}}]])], "json"),
        ([Column([[BOX | {"id": 3}, BOX | {"mask": [1, 2]}]])], "json"),
        ([Column([{"cat": 0.75, "dog": 0.25}, {"dog": 0.5, "cat": 0.5}, {"dog": 0.6, "cat": 0.4}])], "probabilities"),
        ([Column([{"cat": 0.75, "dog": 0.25}, {"dog": 0.6, "cat": 0.4}])], "json"),
        ([Column([{"mae": 0.75, "bias": 0.25}, {"mae": 0.5, "bias": 0.5}, {"mae": 0.6, "bias": 0.4}])], "json"),
        ([Column([{"cat": 0.75, "dog": 0.25}, {"dog": 0.5, "cat": 0.5}, {"dog": 0.4, "cat": 0.6}])], "json"),
        ([Column([[["cat", 0.5], ["dog", 0.5]]])], "json"),
        ([Column([[["cat", part], ["dog", 1 - part]] for part in (0.25, 0.5, 0.75)])], "probabilities"),
        ([Column([[{"label": "cat", "score": 0.5}, {"label": "dog", "score": 0.5}]])], "probabilities"),
        ([Column([{"cat": 5.0, "dog": 0.5}])], "json"),
        ([Column([[BOX], []])], "boxes"),
        ([Column([EMBEDDING, EMBEDDING[1:]])], "json"),
        ([Column(["a", None, 3])], "label"),
        ([Column([{"anything": ["else"]}])], "json"),
        ([Column([])], "json"),
        ([Column([]), tensor("FP64", [1], [0.5])], "score"),
        ([Column([[0.5, 0.5], [1.0]]), tensor("FP64", [1, 2], [0.5, 0.5])], "json"),
        ([Column(["a", None]), tensor("BYTES", [1], ["b"])], "label"),
        ([Texts([Text("Hello")])], "text"),
        ([Document({"score": 1}, plain=True)], "json"),
        ([Raw(b"\x00")], "bytes"),
        ([Raw(b"\x00"), Document(1, plain=True)], "json"),
        ([tensor("FP64", [0, 3], [])], "json"),
        ([tensor("INT64", [1, 0], [])], "json"),
        ([], "json"),
    ],
)
def test_values_say_what_they_are(samples, kind):
    """From the particular to the general; what fits nothing is JSON."""
    assert infer(samples) == kind


@pytest.mark.parametrize("name", ["recommendations", "Ranking", "top_k"])
@pytest.mark.parametrize(
    "sample",
    [
        tensor("INT64", [2, 3], [5, 3, 9, 1, 2, 3]),
        tensor("BYTES", [3], ["b", "a", "c"]),
        Column([["b", "a", "c"], ["a", "b"]]),
        Column([{"id": 3}, {"id": 2}]),
    ],
)
def test_a_name_says_that_a_list_is_a_ranking(name, sample):
    """Where it can be one; under any other name the same list is none."""
    assert infer([sample], f"/outputs/{name}") == "ranking"
    assert infer([sample], "/outputs/corners") != "ranking"


@pytest.mark.parametrize(
    "sample", [tensor("INT64", [1, 3], [5, 5, 9]), tensor("FP64", [1, 2], [0.5, 1.5]), Column(["a", None]), Raw(b"x")]
)
def test_a_name_makes_no_ranking_of_what_is_none(sample):
    """Items that come twice, or are no items."""
    assert infer([sample], "/ranking") != "ranking"


@pytest.mark.parametrize("name", sorted(PROBABILITY_NAMES))
def test_a_name_says_that_numbers_are_probabilities(name):
    """One row is enough; and it has to be one."""
    for row in ({"no": 0.25, "yes": 0.75}, [["no", 0.25], ["yes", 0.75]]):
        assert infer([Column([row])], f"/outputs/{name}") == "probabilities"
    assert infer([tensor("FP64", [1, 2], [0.25, 0.75])], f"/outputs/{name}") == "probabilities"
    assert infer([tensor("FP64", [1, 2], [0.25, 0.7])], f"/outputs/{name}") == "score"


@pytest.mark.parametrize("name", sorted(EMBEDDING_NAMES))
@pytest.mark.parametrize(
    "sample",
    [
        tensor("FP32", [1, 128], EMBEDDING),
        tensor("FP64", [2, 64], EMBEDDING),
        tensor("FP32", [128], EMBEDDING),
        Column([EMBEDDING, EMBEDDING]),
    ],
)
def test_a_name_says_that_a_vector_is_an_embedding(name, sample):
    """Where it is long enough for one."""
    assert infer([sample], f"/outputs/{name}") == "embedding"
    assert infer([sample], f"/{name}/mean") != "embedding"


@pytest.mark.parametrize(
    "sample",
    [
        tensor("FP32", [1, 32], EMBEDDING[:32]),
        tensor("INT64", [1, 128], range(128)),
        tensor("FP32", [32], EMBEDDING[:32]),
        Column([EMBEDDING, ["a"]]),
        Raw(b"x"),
    ],
)
def test_a_name_makes_no_embedding_of_what_is_none(sample):
    """A few numbers, whole numbers, something else among them."""
    assert infer([sample], "/embedding") != "embedding"


@pytest.mark.parametrize("cell", [None, "text", [1], {"a": 1}, 10**400, float("nan")])
@pytest.mark.parametrize("datatype", ["FP64", "INT64", "BYTES", "BOOL", "whatever"])
@pytest.mark.parametrize("shape", [[2], [1, 2], [2, 1]])
def test_no_value_breaks_it(cell, datatype, shape):
    """A datatype is a claim; the values may be anything."""
    assert infer([tensor(datatype, shape, [cell, cell])])
    assert infer([Column([cell, [cell, cell]])])


# ---- a kind holds where nearly all values fit it


def softmax(rows: int, classes: int, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    powers = np.exp(random.normal(0, 2, (rows, classes)))
    return powers / powers.sum(axis=1, keepdims=True)


def brain(numbers: np.ndarray) -> np.ndarray:
    """As BF16 keeps them, rounded to nearest."""
    bits = numbers.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).view(np.float32)


def requests(numbers: np.ndarray, datatype: str = "FP32") -> list[Tensor]:
    """One row each."""
    return [tensor(datatype, (1, len(row)), row.tolist()) for row in numbers]


@pytest.mark.parametrize(
    ("rounded", "classes"),
    [
        *[(brain, classes) for classes in (3, 10, 100, 1000)],
        *[(np.float16, classes) for classes in (3, 10, 100, 1000)],
        *[(partial(np.round, decimals=2), classes) for classes in (3, 10)],
        *[(partial(np.round, decimals=3), classes) for classes in (3, 10, 100)],
    ],
)
def test_a_coarse_softmax_is_a_distribution(rounded, classes):
    """A tenth of the rows of BF16 comes to 1 not within a thousandth; so do those that a server rounds to decimals."""
    p = rounded(softmax(60, classes))
    assert infer(requests(p)) == infer(requests(p.astype(np.float32))) == "probabilities"


def test_numbers_that_come_to_something_else_are_no_distributions():
    """Within two hundredths of 1, but of 32-bit floats: no rounding explains it."""
    p = softmax(60, 5) * 1.015
    assert infer(requests(p)) == "score"


@pytest.mark.parametrize("broken", [[math.nan] * 4, [None] * 4, [0.3, 0.3, 0.3, math.nan], [7.0, 0.0, 0.0, 0.0]])
def test_a_broken_row_takes_no_kind_away(broken):
    """One of thirty; a row with a number missing says nothing at all, one of fifteen more."""
    rows = softmax(29, 4).tolist()
    assert infer([tensor("FP32", (1, 4), row) for row in (*rows[:5], broken, *rows[5:])]) == "probabilities"
    assert infer([tensor("FP32", (30, 4), [*chain(*rows), *broken])]) == "probabilities"


def test_half_of_the_rows_make_no_kind():
    """What fits a tenth worse than that is another thing."""
    mixed = [*softmax(20, 4).tolist(), *(softmax(10, 4, 2) * 3).tolist()]
    assert infer([tensor("FP32", (1, 4), row) for row in mixed]) == "score"


@pytest.mark.parametrize(
    ("usual", "other", "kind"),
    [
        (tensor("FP64", [1], [0.25]), tensor("BYTES", [1], ["N/A"]), "score"),
        (tensor("FP64", [1], [0.25]), Raw(b""), "score"),
        (Column([0.25, None, "N/A"] + [0.5] * 20), Column([0.25]), "score"),
        (Column([[BOX]]), Column([[{"message": "none"}]]), "boxes"),
        (Column([[{"id": 3, "score": 0.5}]]), Column(["none"]), "ranking"),
        (tensor("BYTES", [1], ["late"]), tensor("FP64", [1], [None]), "label"),
        (tensor("BYTES", [1], ["late"]), tensor("BYTES", [1], ["a word and then many words more"]), "label"),
        (Texts([Text("Hello")]), Document({"error": 1}, plain=True), "text"),
    ],
)
def test_one_answer_of_another_form_changes_nothing(usual, other, kind):
    """Of thirty; of two it does."""
    assert infer([usual] * 15 + [other] + [usual] * 14) == kind
    if type(usual) is not type(other):
        assert infer([usual, other]) == "json"


def test_empty_lists_say_nothing_of_what_they_would_hold():
    """They fit detections as well as rankings."""
    assert infer([Column([[]]), Column([[], []])]) == "json"


# ---- labels, however many


@pytest.mark.parametrize("classes", [100, 1000])
def test_labels_are_labels_however_many_there_are(classes):
    """Words of which two are alike: of a hundred answers some are, be there a thousand classes."""
    random = np.random.default_rng(classes)
    names = [f"n{each:08} thing" for each in random.integers(0, classes, 100)]
    assert infer([tensor("BYTES", [1], [name]) for name in names]) == "label"
    assert infer([Column([*names, None])]) == "label"


@pytest.mark.parametrize("name", sorted(LABEL_NAMES))
def test_a_name_says_that_whole_numbers_are_classes(name):
    """As counts they would be a score; so would numbers with a fraction, and those that have a tolerance."""
    counts = [tensor("INT64", [1], [each]) for each in range(100)]
    assert infer(counts, f"/outputs/{name}") == "label"
    assert infer([tensor("FP32", [1], [float(each)]) for each in range(100)], f"/{name}") == "label"
    assert infer([tensor("FP32", [1], [each / 4]) for each in range(100)], f"/{name}") == "score"
    assert infer(counts, f"/outputs/{name}", is_measured=True) == "score"


def test_a_tolerance_says_that_whole_numbers_are_measured():
    """Few different ones are no classes then; words have no tolerance."""
    assert infer([tensor("INT64", [3], [0, 1, 0])], is_measured=True) == "score"
    assert infer([tensor("BYTES", [1], ["a"])], is_measured=True) == "label"


# ---- vectors


@pytest.mark.parametrize("shape", [(5,), (1, 5), (1, 5, 1, 1)])
def test_a_server_without_batches_answers_one_vector(shape):
    """A value of one dimension, the same in each answer, or with dimensions of one as networks leave them."""
    p = softmax(30, 5)
    assert infer([tensor("FP32", shape, row) for row in p.tolist()]) == "probabilities"
    assert infer([tensor("FP32", shape, row) for row in np.log(p).tolist()]) == "logits"
    assert infer([tensor("FP32", shape, row) for row in (3 * p).tolist()]) == "score"


def test_scores_in_batches_are_no_vector():
    """Of several lengths, or of any sum."""
    random = np.random.default_rng(5)
    batches = [random.random(size).tolist() for size in random.integers(1, 9, 30)]
    assert infer([tensor("FP64", (len(batch),), batch) for batch in batches]) == "score"
    assert infer([tensor("FP64", (4,), random.random(4).tolist()) for _ in range(30)]) == "score"


@pytest.mark.parametrize("name", ["logits", "logit", "class_logits"])
@pytest.mark.parametrize("shape", [(1, 100), (100,), (100, 1)])
def test_a_name_says_that_numbers_are_logits(name, shape):
    """Any other numbers of a row may be a forecast."""
    numbers = np.random.default_rng(3).normal(0, 4, 100).tolist()
    assert infer([tensor("FP32", shape, numbers)], f"/outputs/{name}") == "logits"
    assert infer([tensor("FP32", shape, numbers)], "/outputs/forecast") == "score"


def test_logarithms_of_probabilities_are_logits():
    """A class that is all but certain says nothing: the others' logarithms may be any numbers."""
    p = softmax(30, 6)
    assert infer(requests(np.log(p))) == "logits"
    assert infer([*requests(np.log(p[:29])), tensor("FP32", (1, 6), [math.nan] * 6)]) == "logits"
    certain = [[0.0 if at == row % 3 else -30.0 - row for at in range(3)] for row in range(30)]
    assert infer([tensor("FP32", (1, 3), row) for row in certain]) == "score"
