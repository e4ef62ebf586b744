"""Embeddings: which rows point elsewhere, what the sums say about distances and norms, and when cosine says nothing."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import embedding
from comparators.compare.embedding import DIFFERENT_SPACES, MIN_REQUESTS, EmbeddingSums
from comparators.compare.finding import AGREES, Difference, Finding
from comparators.compare.rules import HeadRules
from comparators.extract.output import Column, Document, Raw, Tensor
from comparators.metrics.definition import derive
from comparators.statistics.exact import ONE
from comparators.statistics.sketch import RELATIVE_ERROR
from tests.comparators.compare import laws, one_head

POINTER = "/data"
ALPHA = 0.05


def ruled(kind: str = "embedding", **own: Any) -> HeadRules:
    return one_head.ruled(POINTER, kind=kind, **own)


RULES = ruled()
DIRECTION = Difference("direction", POINTER)


def rows(*vectors, datatype: str = "FP64") -> Tensor:
    values = [float(each) if datatype == "FP64" and each is not None else each for vector in vectors for each in vector]
    return Tensor(datatype, (len(vectors), len(vectors[0])), values)


def array(matrix, datatype: str = "FP32") -> Tensor:
    matrix = np.asarray(matrix, dtype=np.float32)
    return Tensor(datatype, matrix.shape, matrix.ravel())


def one(production, candidate, rules=RULES) -> Finding:
    return one_head.one(embedding, production, candidate, rules)


def summed(*pairs, rules=RULES) -> EmbeddingSums:
    return embedding.compare(pairs, rules)[1]


def metrics(*pairs, rules=RULES):
    return derive(embedding.METRICS, summed(*pairs, rules=rules), ALPHA)


# ---- which rows disagree


def test_a_row_disagrees_below_the_least_cosine():
    """(1, 0) and (1, 0.1) have a cosine of 0.995: below the default, above what is set."""
    production, candidate = rows([1, 0], [1, 0]), rows([2, 0], [1, 0.1])
    assert one(production, candidate) == Finding(0b10, (DIRECTION,))
    assert one(production, candidate, ruled(min_cosine=0.99)) is AGREES


def apart(sums: EmbeddingSums) -> bool:
    return embedding.different_spaces(sums.wide, sums.alignment)


@pytest.mark.parametrize("min_cosine", [0.999, 0.9, 0.5])
def test_where_nobody_said_embedding_the_length_counts(min_cosine):
    """As far as a turn to the least cosine: the end of a unit vector moves by its chord, the root of 2(1 - cosine)."""
    rules, vector = ruled(kind=None, min_cosine=min_cosine), np.random.default_rng(1).normal(size=(1, 384))
    chord = math.sqrt((1 - min_cosine) ** 2 + (1 - min_cosine**2))  # from (1, 0) to (cosine, sine)
    for times, disagrees in ((1, 0), (1 + 0.98 * chord, 0), (1 - 0.98 * chord, 0), (1 + 1.02 * chord, 1), (8, 1)):
        found = one(array(vector), array(times * vector), rules)
        assert found == (Finding(1, (Difference("norm", POINTER),)) if disagrees else AGREES)
        assert one(array(vector), array(times * vector), ruled(min_cosine=min_cosine)) is AGREES


def test_the_length_of_a_vector_plays_no_part_where_settings_say_embedding():
    """And a vector is nearer than anything else to its own copy: it agrees at a least cosine of 1."""
    vector = np.random.default_rng(1).normal(size=(1, 384))
    assert one(array(vector), array(8 * vector), ruled(min_cosine=1)) is AGREES
    assert one(array(vector), array(-vector), ruled(min_cosine=-1)) is AGREES


@given(st.integers(0, 2**32 - 1))
def test_rows_disagree_as_numpys_cosines_say(seed):
    """The oracle, over a batch of requests of several rows."""
    random = np.random.default_rng(seed)
    p = random.normal(size=(6, 3, 8))
    c = p + random.normal(size=(6, 3, 8)) * random.choice([0.001, 0.2, 1], size=(6, 3, 1))
    cosine = (p * c).sum(axis=2) / np.linalg.norm(p, axis=2) / np.linalg.norm(c, axis=2)
    pairs = [(rows(*own), rows(*other)) for own, other in zip(p, c, strict=True)]
    findings, _ = embedding.compare(pairs, ruled(min_cosine=0.9))
    assert [found.disagreeing for found in findings] == [
        int(sum(1 << r for r in np.flatnonzero(each < 0.9))) for each in cosine
    ]


def test_another_number_of_dimensions_disagrees():
    """Of a tensor in all rows, of ragged rows where it is so; the other rows are compared."""
    assert one(rows([1, 0], [0, 1]), rows([1, 0, 0], [0, 1, 0])) == Finding(0b11, (Difference("dimension", POINTER),))
    pair = Column([[1.0, 0.0], [0.0, 1.0]]), Column([[1.0, 0.0], [0.0, 1.0, 0.0]])
    assert one(*pair) == Finding(0b10, (Difference("dimension", POINTER),))
    sums = summed(pair)
    assert (sums.measured, sums.apart, sums.disagreement) == (1, {"dimension": 1}, ONE // 2)


def test_a_zero_vector_has_no_direction():
    """It agrees with another one alone; all are counted apart."""
    pairs = [(rows([0, 0]), rows([0, 0])), (rows([1, 0]), rows([0, 0])), (rows([0, 0]), rows([1, 0]))]
    findings, sums = embedding.compare(pairs, RULES)
    assert findings == [AGREES, Finding(1, (DIRECTION,)), Finding(1, (DIRECTION,))]
    assert sums.apart == {"zero_both": 1, "zero_candidate": 1, "zero_production": 1}
    assert (sums.measured, sums.distances.n, sums.norm_ratios.n) == (0, 0, 0)


def test_two_nan_agree_and_a_nan_and_a_number_do_not():
    """null is NaN, the same infinity agrees; no such row is described."""
    nan, inf = math.nan, math.inf
    production = rows([nan, 1], [nan, 1], [None, 1], [inf, 1], [inf, 1], [1, 0])
    candidate = rows([nan, 1], [0, 1], [nan, 1], [inf, 1], [-inf, 1], [1, 0])
    (found,), sums = embedding.compare([(production, candidate)], RULES)
    assert found == Finding(0b010010, (Difference("nan", POINTER),))
    assert sums.apart == {"not_finite": 5}
    assert sums.measured == 1
    assert summed((rows([nan, 1, 0]), rows([nan, 0, 1]))).measured == 0


def test_a_nan_in_common_hides_no_other_direction():
    """What is finite in both is compared."""
    assert one(rows([math.nan, 1, 0]), rows([math.nan, 0, 1])) == Finding(1, (DIRECTION,))


def test_floats_of_another_width_agree_and_are_told():
    """It changes no rate, and stands before what does."""
    production = rows([1, 0])
    width = Difference("datatype", POINTER)
    assert one(production, array([[1, 0]])) == Finding(0, (width,))
    assert one(production, array([[0, 1]])) == Finding(1, (width, DIRECTION))
    assert one(production, rows([1, 0], datatype="INT64")) is AGREES


def test_ragged_rows_and_tensors_are_one_form():
    """An extractor makes a tensor where it can, and a column where not."""
    assert one(rows([1, 0], [0, 1]), Column([[1.0, 0.0], [0, 1]])) is AGREES


def test_a_value_of_one_dimension_is_one_vector():
    """Where it disagrees, so do all the rows that it claims to be."""
    assert one(Tensor("FP64", (3,), [1.0, 0.0, 0.0]), Column([1.0, 0.0, 0.0])) is AGREES
    assert one(Tensor("FP64", (3,), [1.0, 0.0, 0.0]), Tensor("FP64", (3,), [0.0, 1.0, 0.0])) == Finding(
        0b111, (DIRECTION,)
    )


@pytest.mark.parametrize(
    "value",
    [
        Column([]),
        Tensor("FP32", (0, 8), []),
        Tensor("FP32", (10**15, 0), []),
        Tensor("BYTES", (10**15, 0), []),
        Column([[]]),
    ],
)
def test_an_answer_without_numbers_agrees_with_itself(value):
    """Whatever a sender writes into its shape; and with nothing else."""
    assert one(value, value) is AGREES
    assert one(value, rows([1, 0])).disagreeing == 1
    assert summed((value, value)).measured == 0


@pytest.mark.parametrize(
    "candidate",
    [
        Tensor("BYTES", (1, 2), ["1", "2"]),
        Tensor("FP64", (1, 2), [1.0, "2"]),
        Tensor("FP64", (1, 2), [1.0, [2]]),
        Tensor("FP64", (1, 2), [1.0, 10**400]),
        Column([["1", "2"]]),
        Column(["12"]),
        Column([[1.0, 2.0], None]),
        Column([{"embedding": [1.0, 2.0]}]),
        Column([b"12345678"]),
        Document([1.0, 2.0], True),
        Raw(b""),
    ],
)
def test_a_candidate_of_another_form_disagrees(candidate):
    """It is counted, and described no further."""
    (found,), sums = embedding.compare([(rows([1, 2]), candidate)], RULES)
    assert found == Finding(1, (Difference("type", POINTER),))
    assert sums == EmbeddingSums(unfit=1)


def test_where_production_gave_no_vectors_values_are_compared_as_they_are():
    """Equal or not; nothing is described."""
    other = Column([["a"]])
    assert one(other, other) is AGREES
    assert one(other, rows([1, 2])) == Finding(1, (Difference("value", POINTER),))


def test_another_number_of_vectors_disagrees_in_all_rows():
    """Which belongs to which is not known."""
    assert one(rows([1, 2], [1, 2]), rows([1, 2])) == Finding(0b11, (Difference("length", POINTER),))


def test_one_bad_value_does_not_touch_its_neighbours():
    """The batch goes on."""
    good = (rows([1, 0]), rows([1, 0]))
    findings, sums = embedding.compare([good, (rows([1, 0]), Tensor("FP64", (1, 2), ["a", 0.0])), good], RULES)
    assert [found.disagreeing for found in findings] == [0, 1, 0]
    assert (sums.unfit, sums.n) == (1, 2)


# ---- what the sums say


def test_a_right_angle_is_a_distance_of_one():
    """Both metrics are 1 - cosine; the opposite would be 2."""
    found = metrics(*[(rows([1, 0]), rows([0, 3]))] * 500)
    mean, tail = found["embedding.cosine_distance"], found["embedding.cosine_distance_p95"]
    assert mean.value == pytest.approx(1.0)
    assert 0.8 < mean.lo < 1.0 < mean.hi < 1.2
    assert mean.sums == {"of": "(1 - cosine) / 2", "k": pytest.approx(250.0), "n": 500}
    assert tail.value == pytest.approx(1.0, rel=1.001 * RELATIVE_ERROR)
    assert found["embedding.norm_ratio"].value == pytest.approx(3.0, rel=1.001 * RELATIVE_ERROR)


def test_the_metrics_are_numpys():
    """Against the textbook formulas, on the means that requests have."""
    random = np.random.default_rng(7)
    p = random.normal(size=(800, 2, 32))
    c = 1.5 * p + random.normal(size=p.shape) * random.uniform(0, 0.5, size=(800, 1, 1))
    found = metrics(*[(rows(*own), rows(*other)) for own, other in zip(p, c, strict=True)])
    norms = np.linalg.norm(p, axis=2), np.linalg.norm(c, axis=2)
    distances = (1 - (p * c).sum(axis=2) / (norms[0] * norms[1])).mean(axis=1)
    ratios = (norms[1] / norms[0]).mean(axis=1)
    assert found["embedding.cosine_distance"].value == pytest.approx(distances.mean(), abs=1e-9)
    p95 = np.quantile(distances, 0.95, method="inverted_cdf")
    assert found["embedding.cosine_distance_p95"].value == pytest.approx(p95, rel=1.001 * RELATIVE_ERROR)
    median = np.quantile(ratios, 0.5, method="inverted_cdf")
    assert found["embedding.norm_ratio"].value == pytest.approx(median, rel=1.001 * RELATIVE_ERROR)


def test_a_request_counts_once_with_the_mean_over_its_rows():
    """One request of one vector, one of three: the mean of 0 and 2/3, not 2/4."""
    same, turned = [1, 0], [0, 1]
    found = metrics((rows(same), rows(same)), (rows(same, same, same), rows(same, turned, turned)))
    assert found["embedding.cosine_distance"].value == pytest.approx(1 / 3)
    assert found["embedding.disagreement"].value == pytest.approx(1 / 3)


def test_extreme_sizes_have_ordinary_cosines():
    """Their squares are 0 or infinite."""
    pairs = [(rows([1e300, 1e300]), rows([1e300, 0])), (rows([1e-300, 1e-300]), rows([1e-300, 0]))]
    assert metrics(*pairs)["embedding.cosine_distance"].value == pytest.approx(1 - math.sqrt(0.5))
    assert metrics(*pairs)["embedding.norm_ratio"].value == pytest.approx(math.sqrt(0.5), rel=1.001 * RELATIVE_ERROR)


def test_no_pairs_have_no_values():
    """And say why; no tables."""
    found = derive(embedding.METRICS, EmbeddingSums(), ALPHA)
    assert all(each.value is None and each.reason for each in found.values())
    assert embedding.tables(EmbeddingSums()) == []


def test_what_is_left_out_is_listed():
    """In words."""
    (table,) = embedding.tables(summed((rows([0, 0]), rows([0, 0])), (rows([1, 0]), Raw(b""))))
    assert table.rows == [
        ("rows that are zero at both", 1),
        ("requests without vectors, or with another number of them", 1),
    ]


# ---- different spaces


def spaces(n, d, *, rotated, noise=0.5, seed=3):
    """Pairs of a model's vectors, which lie around one direction, and another's of the same requests."""
    random = np.random.default_rng(seed)
    p = random.normal(size=(n, d)) + random.normal(size=d)
    c = p + noise * random.normal(size=p.shape)
    if rotated:
        c = c @ np.linalg.qr(random.normal(size=(d, d)))[0]
    return [(array([own]), array([other])) for own, other in zip(p, c, strict=True)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("d", [64, 384])
def test_another_space_is_recognised(d, seed):
    """The same model with its axes turned: every relation between its vectors is as before, and cosine says nothing."""
    sums = summed(*spaces(2 * MIN_REQUESTS, d, rotated=True, seed=seed))
    assert apart(sums)
    found = derive(embedding.METRICS, sums, ALPHA)
    named = {name for name, each in found.items() if each.reason == DIFFERENT_SPACES}
    assert named == {f"embedding.{name}" for name in ("disagreement", "cosine_distance", "cosine_distance_p95")}
    assert found["embedding.alignment"].value < 3
    assert embedding.tables(sums)[0].title == DIFFERENT_SPACES


@pytest.mark.parametrize("noise", [0.0, 0.5, 1.0, 2.0])
def test_a_worse_model_of_the_same_space_is_not_taken_for_another_space(noise):
    """Down to a cosine of about 0.6: it disagrees, and the cosine says so."""
    sums = summed(*spaces(2 * MIN_REQUESTS, 64, rotated=False, noise=noise))
    assert not apart(sums)
    assert embedding.tables(sums) == []


def test_a_few_requests_or_dimensions_say_nothing_about_spaces():
    """Below MIN_REQUESTS, and below MIN_DIMENSIONS, where chance alone gives large cosines."""
    assert not apart(summed(*spaces(MIN_REQUESTS - 1, 384, rotated=True)))
    few = summed(*spaces(3 * MIN_REQUESTS, 8, rotated=True))
    assert not apart(few)
    reason = derive(embedding.METRICS, few, ALPHA)["embedding.alignment"].reason
    assert reason == "no vectors of 64 dimensions or more"


def test_the_same_vectors_are_aligned_by_the_root_of_their_dimensions():
    """What 1 is for random directions."""
    found = derive(embedding.METRICS, summed(*spaces(MIN_REQUESTS, 64, rotated=False, noise=0.0)), ALPHA)
    assert found["embedding.alignment"].value == pytest.approx(8.0)
    assert found["embedding.alignment"].lo is None


# ---- laws

CELLS = st.sampled_from([0, 1, -1, 0.1, 0.3, 1e-320, 1e308, -1e308, 7e-9, math.nan, math.inf, -math.inf, None])
VECTORS = st.lists(CELLS, max_size=4)
VALUES = (
    st.builds(Column, st.lists(VECTORS, max_size=3))
    | st.integers(0, 3).flatmap(
        lambda d: st.lists(CELLS, min_size=2 * d, max_size=2 * d).map(lambda each: Tensor("FP64", (2, d), each))
    )
    | st.sampled_from([Column(["x"]), Column([1, "1"]), Tensor("INT8", (3,), [1, 2, 3]), Raw(b""), Column([[[[]]]])])
)
PAIRS = st.lists(st.tuples(VALUES, VALUES), max_size=8)


@given(PAIRS, st.integers(0, 8))
def test_where_a_batch_is_cut_changes_no_bit(pairs, cut):
    """Sums over two batches, merged, are the sums over both at once; each pair has one finding."""
    laws.a_cut_changes_no_bit(embedding, pairs, cut, RULES)


def test_neither_batches_nor_chunks_change_a_bit_of_long_vectors():
    """Sizes in turns, more numbers than are looked at at a time: all at once, in uneven parts, and one by one."""
    groups = [spaces(n, d, rotated=False) for n, d in ((900, 384), (900, 100), (900, 1_000))]
    pairs = [pair for each in zip(*groups, strict=True) for pair in each]
    whole = summed(*pairs)
    for size in (1, 701):
        parts = EmbeddingSums()
        for start in range(0, len(pairs), size):
            parts.merge(summed(*pairs[start : start + size]))
        assert parts == whole


@given(PAIRS)
def test_sums_are_stored_as_they_are(pairs):
    """As summary.py writes and reads them: whatever came with the traffic can be encoded."""
    laws.are_stored_as_they_are(summed(*pairs))


@given(PAIRS)
def test_every_figure_is_within_its_bounds(pairs):
    """Whatever comes."""
    sums = summed(*pairs)
    assert 0 <= sums.disagreement <= sums.n * ONE
    assert 0 <= sums.distance <= sums.measured * ONE
    assert sums.distances.n == sums.norm_ratios.n == sums.measured <= sums.n == len(pairs) - sums.unfit


@given(VALUES)
def test_a_value_agrees_with_itself(value):
    """Also with NaN, infinities and zeros in it."""
    (found,), sums = embedding.compare([(value, value)], RULES)
    if not sums.unfit:
        assert found is AGREES
        assert sums.distance == 0


# ---- hostile input


def test_a_vector_of_a_million_numbers_is_a_vector():
    """And so are a hundred thousand vectors of one number."""
    long = np.ones((1, 1_000_000))
    assert one(array(long), array(long)) is AGREES
    many = np.ones((100_000, 1))
    assert one(array(many), array(-many)).disagreeing == (1 << 100_000) - 1


def test_deep_nesting_is_no_vector():
    """No recursion follows what a sender has nested."""
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    assert one(rows([1, 0]), Column([deep])) == Finding(1, (Difference("type", POINTER),))
