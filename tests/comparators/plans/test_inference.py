"""Which kind of output it is, by production's first answers."""

import numpy as np
import pytest

from comparators.extract.output import Column, Document, Raw, Tensor, Text, Texts
from comparators.plans.inference import EMBEDDING_NAMES, MAX_CLASSES, PROBABILITY_NAMES, infer


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
        ([tensor("BYTES", [1], [f"flight {i}"]) for i in range(MAX_CLASSES + 1)], "text"),
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
    "sample", [tensor("FP32", [1, 128], EMBEDDING), tensor("FP64", [2, 64], EMBEDDING), Column([EMBEDDING, EMBEDDING])]
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
        tensor("FP32", [128], EMBEDDING),
        Column([EMBEDDING, ["a"]]),
        Raw(b"x"),
    ],
)
def test_a_name_makes_no_embedding_of_what_is_none(sample):
    """A few numbers, whole numbers, a number a row."""
    assert infer([sample], "/embedding") != "embedding"


@pytest.mark.parametrize("cell", [None, "text", [1], {"a": 1}, 10**400, float("nan")])
@pytest.mark.parametrize("datatype", ["FP64", "INT64", "BYTES", "BOOL", "whatever"])
@pytest.mark.parametrize("shape", [[2], [1, 2], [2, 1]])
def test_no_value_breaks_it(cell, datatype, shape):
    """A datatype is a claim; the values may be anything."""
    assert infer([tensor(datatype, shape, [cell, cell])])
    assert infer([Column([cell, [cell, cell]])])
