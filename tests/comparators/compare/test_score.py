"""Scores: which rows disagree and why, and what the sums say about how far apart the numbers are."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import score, score_sums
from comparators.compare.extent import NOT_TOLD, Extent
from comparators.compare.finding import AGREES, Difference, Finding
from comparators.compare.rules import HeadRules, rules_for
from comparators.extract.output import Column, Tensor
from comparators.metrics.definition import derive
from comparators.metrics.metric import Metric
from comparators.settings import CompareSettings
from tests.comparators.compare import one_head

POINTER = "/outputs/x"
ALPHA = 0.05


def ruled(**own: Any) -> HeadRules:
    return one_head.ruled(POINTER, **own)


RULES = ruled()


def fp64(*values: object, shape: tuple[int, ...] | None = None) -> Tensor:
    return Tensor("FP64", shape or (len(values),), list(values))


def one(production, candidate, rules=RULES) -> Finding:
    return one_head.one(score, production, candidate, rules)


def bad(findings) -> list[int]:
    return [found.disagreeing.bit_count() for found in findings]


@given(
    st.lists(
        st.lists(st.floats(-1e3, 1e3) | st.sampled_from([math.nan, math.inf, -math.inf]), min_size=6, max_size=6),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 2**32 - 1),
)
def test_rows_disagree_as_numpys_allclose_says(production, seed):
    """The oracle: numpy.isclose with equal_nan, row by row, over a batch of requests."""
    random = np.random.default_rng(seed)
    p = np.array(production)
    c = p + random.choice([0, 1e-7, 1.0], size=p.shape)
    c[random.random(p.shape) < 0.1] = math.nan
    pairs = [
        (fp64(*row, shape=(3, 2)), fp64(*other, shape=(3, 2)))
        for row, other in zip(p.tolist(), c.tolist(), strict=True)
    ]
    tolerance = RULES.tolerance
    close = np.isclose(c, p, rtol=tolerance.rtol, atol=tolerance.atol, equal_nan=True)
    wrong = (~close.reshape(-1, 3, 2)).any(axis=2)
    expected = [sum(1 << row for row in np.flatnonzero(each)) for each in wrong]
    findings, _ = score.compare(pairs, RULES)
    assert [found.disagreeing for found in findings] == expected


def test_a_narrower_float_agrees_and_is_told():
    """FP64 to FP32 is what a port does; it changes no rate."""
    p, c = 0.123456789012345, float(np.float32(0.123456789012345))
    assert one(fp64(p), Tensor("FP32", (1,), [c])) == Finding(0, (Difference("datatype", POINTER),))


@pytest.mark.parametrize(
    ("candidate", "kind"),
    [
        (Tensor("INT32", (2,), [1, 2]), "type"),
        (Tensor("BYTES", (2,), ["1", "2"]), "type"),
        (Column([1.0, 2.0]), "type"),
        (fp64(1.0, 2.0, shape=(1, 2)), "shape"),
        (fp64(1.0, math.nan), "nan"),
        (fp64(1.0, None), "nan"),
        (fp64(1.0, "2.0"), "value"),
        (fp64(1.0, {"a": 1}), "value"),
    ],
)
def test_each_difference_has_its_kind(candidate, kind):
    """And none of them agrees."""
    found = one(fp64(1.0, 2.0), candidate)
    assert found.disagreeing
    assert kind in {each.kind for each in found.differences}


@pytest.mark.parametrize(("datatype", "digits"), [("FP16", 11), ("BF16", 8)])
def test_numbers_of_16_bits_agree_as_far_as_these_tell_them_apart(datatype, digits):
    """One side is rounded to so many binary digits: what its datatype loses is no difference, of 32 bits it is one."""
    p = np.random.default_rng(1).normal(0, 10, 300)
    c = np.ldexp(np.rint(np.ldexp(np.frexp(p)[0], digits)), np.frexp(p)[1] - digits)
    own, coarse, fine = (Tensor(kind, (300,), each) for kind, each in (("FP32", p), (datatype, c), ("FP32", c)))
    assert one(own, coarse).disagreeing == one(coarse, own).disagreeing == 0
    assert one(own, fine).disagreeing.bit_count() > 200
    assert one(own, coarse, ruled(rtol=1e-4)).disagreeing.bit_count() > 200
    assert one(own, Tensor(datatype, (300,), 1.1 * c)).disagreeing.bit_count() > 290


def test_json_writes_whole_numbers_either_way():
    """1 and 1.0 are one number in plain JSON, whatever a serialiser makes of them."""
    assert one(Tensor("INT64", (1,), [1]), fp64(1.0)) is AGREES
    assert one(Tensor("INT64", (1,), [1]), fp64(1.5)).disagreeing


def test_whole_numbers_must_be_equal():
    """No tolerance makes 100,000 of something 100,001."""
    assert one(Tensor("INT64", (1,), [100_000]), Tensor("INT64", (1,), [100_001])).disagreeing == 1


def test_a_tolerance_of_their_own_is_for_whole_numbers_too():
    """Minutes within 2: what is set for an output is not ignored there, and no general rtol is added to it."""
    pairs = [(Tensor("INT64", (2,), [100_000, 7]), Tensor("INT64", (2,), [100_000 + away, 7])) for away in (0, 1, 2, 3)]
    assert bad(score.compare(pairs, ruled(atol=2.0))[0]) == [0, 0, 0, 1]
    assert bad(score.compare(pairs, ruled(rtol=1e-5))[0]) == [0, 0, 1, 1]
    assert bad(score.compare(pairs, ruled(precision="float16"))[0]) == [0, 0, 0, 0]
    assert bad(score.compare(pairs, ruled(threshold=7.5))[0]) == [0, 0, 0, 0]
    beside_a_fraction = [(fp64(100_000, 0.5), fp64(100_000 + away, 0.5)) for away in (2, 3)]
    assert bad(score.compare(beside_a_fraction, ruled(atol=2.0))[0]) == [0, 1]


def test_a_request_rises_or_falls_by_more_than_the_tolerance():
    """Float noise that leans one way is no direction; what is beyond it is."""
    noise = [(fp64(1.0), fp64(1.0 + 1e-9))] * 300
    found = derive(score_sums.METRICS, score.compare(noise, RULES)[1], ALPHA)["score.above_minus_below"]
    assert (found.value, found.sums) == (0.0, {"above": 0, "below": 0, "n": 300})
    moved = [*noise, (fp64(1.0), fp64(1.1)), (fp64(1.0), fp64(1.1)), (fp64(1.0), fp64(0.9))]
    found = derive(score_sums.METRICS, score.compare(moved, RULES)[1], ALPHA)["score.above_minus_below"]
    assert found.sums == {"above": 2, "below": 1, "n": 303}


def test_of_several_numbers_a_row_it_is_told_whether_another_is_the_largest():
    """As of logits that nothing says to be any: numpy's argmax, but where a row agrees within the tolerance."""
    random = np.random.default_rng(3)
    p = random.normal(0, 2, (200, 2, 10))
    c = p + random.normal(0, 0.5, p.shape) * (random.random((200, 2, 1)) < 0.5)
    tied = fp64(0.5, 0.5, shape=(1, 2)), fp64(0.5, 0.5 + 1e-7, shape=(1, 2))
    pairs = [(fp64(*a.ravel(), shape=(2, 10)), fp64(*b.ravel(), shape=(2, 10))) for a, b in zip(p, c, strict=True)]
    found = derive(score_sums.METRICS, score.compare([*pairs, tied], RULES)[1], ALPHA)["score.argmax_flips"]
    flips = (p.argmax(axis=2) != c.argmax(axis=2)).mean(axis=1).sum()
    assert (found.value, found.n) == (pytest.approx(flips / 201), 201)
    assert found.lo < found.value < found.hi
    alone = derive(score_sums.METRICS, score.compare([(fp64(1.0), fp64(2.0))], RULES)[1], ALPHA)
    assert "score.argmax_flips" not in alone


def test_a_threshold_makes_the_side_count():
    """0.49 and 0.51 are far apart at a half, 0.6 and 0.9 are not."""
    rules = ruled(threshold=0.5)
    pairs = [(fp64(0.49), fp64(0.51)), (fp64(0.9), fp64(0.6)), (fp64(0.5), fp64(0.4)), (fp64(0.1), fp64(math.nan))]
    findings, sums = score.compare(pairs, rules)
    kinds = [[each.kind for each in found.differences] for found in findings]
    assert kinds == [["decision"], [], ["decision"], ["nan"]]
    assert (sums.upward, sums.downward) == (1, 1)
    balance = derive(score_sums.METRICS, sums, ALPHA)["score.upward_minus_downward"]
    assert balance.sums == {"upward": 1, "downward": 1, "n": 3}


def test_one_bad_value_does_not_touch_its_neighbours():
    """A request with text among its numbers is compared alone; the batch goes on."""
    pairs = [
        (fp64(1.0), fp64(1.0 + 1e-9)),
        (fp64(1.0), fp64("one")),
        (fp64(1.0), fp64(2.0)),
    ]
    findings, sums = score.compare(pairs, RULES)
    assert bad(findings) == [0, 1, 1]
    assert (sums.compared, sums.unfit, sums.n) == (2, 1, 2)


CELLS = st.sampled_from(
    [
        0, 1, 0.1, 0.1 + 1e-9, -0.0, True, 2**53 + 1, 2**63, -(2**64), 10**400, 1e308, -1e308,
        math.nan, math.inf, None, "1", [1], {"a": 1},
    ]
)  # fmt: skip


@given(st.lists(st.tuples(*[st.tuples(CELLS, CELLS)] * 2), min_size=1, max_size=5))
def test_a_null_in_the_batch_changes_nothing_of_the_others(rows):
    """It takes the whole batch from the fast reading of numbers to the general one: both find the same."""
    pairs = [tuple(fp64(*side) for side in zip(*row, strict=True)) for row in rows]
    null = (fp64(None, 1.0), fp64(None, 2.0))
    findings, _ = score.compare([*pairs, null], RULES)
    assert findings[:-1] == [one(*each) for each in pairs]


@given(st.lists(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=3), min_size=2, max_size=8), st.data())
def test_where_a_batch_is_cut_changes_no_bit(rows, data):
    """Sums over two batches, merged, are the sums over both at once."""
    pairs = [tuple(fp64(*side) for side in zip(*row, strict=True)) for row in rows]
    cut = data.draw(st.integers(0, len(pairs)))
    _, whole = score.compare(pairs, RULES)
    _, parts = score.compare(pairs[:cut], RULES)
    parts.merge(score.compare(pairs[cut:], RULES)[1])
    assert parts == whole


def test_empty_values_agree():
    """No rows, no values: nothing to disagree on."""
    assert one(fp64(shape=(0, 3)), fp64(shape=(0, 3))) is AGREES
    assert score.compare([], RULES)[0] == []


def test_the_metrics_are_numpys():
    """Bias, MAE, RMSE, concordance: against the textbook formulas on all numbers."""
    random = np.random.default_rng(7)
    p = random.normal(10, 3, size=(500, 4))
    c = p + random.normal(0.2, 1, size=p.shape)
    pairs = [(fp64(*a, shape=(2, 2)), fp64(*b, shape=(2, 2))) for a, b in zip(p.tolist(), c.tolist(), strict=True)]
    found = derive(score_sums.METRICS, score.compare(pairs, RULES)[1], ALPHA)
    delta = c - p
    assert found["score.bias"].value == pytest.approx(delta.mean(), abs=1e-9)
    assert found["score.mae"].value == pytest.approx(np.abs(delta).mean(), abs=1e-9)
    assert found["score.rmse"].value == pytest.approx(math.sqrt((delta**2).mean()), abs=1e-9)
    assert found["score.concordance"].value == pytest.approx(lin(p, c), abs=1e-9)
    for name in ("score.bias", "score.mae", "score.rmse"):
        metric = found[name]
        assert metric.lo < metric.value < metric.hi


def lin(p, c, weights=None) -> float:
    """His coefficient of all these numbers."""
    own, other = np.average(p, weights=weights), np.average(c, weights=weights)
    covariance = np.cov(np.ravel(p), np.ravel(c), bias=True, aweights=weights)
    return 2 * covariance[0, 1] / (covariance[0, 0] + covariance[1, 1] + (own - other) ** 2)


def test_scores_in_another_order_within_a_batch_do_not_concord():
    """Though the means of all batches are the same; and what is told of these says so."""
    random = np.random.default_rng(8)
    batches = [random.random(random.integers(2, 5)) for _ in range(300)]
    pairs = [(fp64(*each.tolist()), fp64(*each[::-1].tolist())) for each in batches]
    sums = score.compare(pairs, RULES)[1]
    found = derive(score_sums.METRICS, sums, ALPHA)
    weights = np.concatenate([np.full(len(each), 1 / len(each)) for each in batches])
    expected = lin(np.concatenate(batches), np.concatenate([each[::-1] for each in batches]), weights)
    assert found["score.concordance"].value == pytest.approx(expected, abs=1e-9)
    assert expected < 0.5
    labels = {each.name: each.label for each in score_sums.METRICS}
    assert labels["score.rank_agreement"] == "rank agreement of requests' means"
    titles = [each.title for each in score_sums.magnitudes(sums, ALPHA, 1.0)]
    assert "means of requests' values of both sides, as distributions" in titles


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e9])
def test_numbers_that_are_nan_leave_the_others_of_their_request_concordant(unit):
    """Whatever the output's unit is, several equal numbers a request concord to the bit."""
    random = np.random.default_rng(9)
    rows = (unit * random.normal(3, 1, size=(200, 3))).tolist()
    pairs = [(fp64(*own), fp64(*own)) for own in rows] + [(fp64(unit, 2 * unit, math.nan), fp64(unit, 2 * unit, 0.0))]
    rules = msgspec.structs.replace(RULES, extent=score.extent([own for own, _ in pairs]))
    assert told(pairs, rules)["score.concordance"].value == 1.0


def test_scores_too_large_to_square_within_a_request_are_left_out():
    """With a count, and nothing breaks."""
    found = score.compare([(fp64(1e200, -1e200), fp64(1e200, -1e200)), (fp64(1.0, 2.0), fp64(1.0, 2.0))], RULES)[1]
    assert (found.n, found.not_finite) == (1, {"too_large": 1})


def sized(scale: int, clip: int) -> HeadRules:
    return msgspec.structs.replace(RULES, extent=Extent(scale, clip))


def ruled_for(values) -> HeadRules:
    found = rules_for(CompareSettings(), POINTER, extent=score.extent(values))
    assert found is not None
    return found


def told(pairs, rules) -> dict[str, Metric]:
    return derive(score_sums.METRICS, score.compare(pairs, rules)[1], ALPHA)


def test_equal_scores_are_not_known_to_stay_so():
    """300 requests without a difference: what one in 300 may still do is in the interval."""
    found = told([(fp64(0.1), fp64(0.1))] * 300, sized(0, 1))
    assert found["score.mae"].value == found["score.rmse"].value == 0
    assert 0.02 < found["score.mae"].hi < 0.1
    assert found["score.bias"].lo < 0 < found["score.bias"].hi
    assert found["score.beyond"].value == 0


def test_float_noise_does_not_hide_flips():
    """A ported model: noise of a millionth, and one flip in 500 that 100 requests have not shown yet."""
    random = np.random.default_rng(8)
    pairs = [(fp64(0.5), fp64(0.5 + noise)) for noise in random.normal(0, 1e-6, 100)]
    found = told(pairs, sized(0, 1))
    assert found["score.mae"].value == pytest.approx(8e-7, rel=0.2)
    assert found["score.mae"].hi > 0.002


def test_what_is_beyond_the_clip_counts_as_the_clip_and_is_counted():
    """Nine of ten differ by 0.5, the tenth by a hundred; the quantiles tell of the whole size."""
    pairs = [*[(fp64(0.0), fp64(-0.5))] * 90, *[(fp64(0.0), fp64(100.0))] * 10]
    found = told(pairs, sized(0, 2))
    assert found["score.mae"].value == pytest.approx(0.9 * 0.5 + 0.1 * 4)
    assert found["score.bias"].value == pytest.approx(-0.9 * 0.5 + 0.1 * 4)
    assert found["score.rmse"].value == pytest.approx(math.sqrt(0.9 * 0.25 + 0.1 * 16))
    assert found["score.mae"].sums["clip"] == 4
    assert (found["score.rmse"].sums["clip"], found["score.rmse"].sums["of"]) == (16, "δ²")
    assert found["score.beyond"].value == pytest.approx(0.1)
    assert found["score.absolute_p50"].value == pytest.approx(0.5, rel=0.01)
    assert found["score.absolute_p99"].value == pytest.approx(100, rel=0.01)


def test_one_number_of_many_that_is_far_off_is_beyond_the_clip():
    """A request whose mean is within it, while its square is not: one of the three means leaves something out."""
    found = told([(fp64(*[0.0] * 100), fp64(50.0, *[0.0] * 99))], sized(0, 1))
    assert found["score.mae"].value == pytest.approx(0.5)
    assert found["score.beyond"].value == 1


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e-12, 1e-30, 1e12])
def test_an_outputs_unit_changes_nothing_but_the_unit(unit):
    """Scores of 1e-12 and of a million millions have the same bias, errors, concordance: numpy's."""
    random = np.random.default_rng(7)
    p = unit * random.normal(10, 3, size=500)
    c = p + unit * random.normal(0.2, 1, size=500)
    pairs = [(fp64(a), fp64(b)) for a, b in zip(p.tolist(), c.tolist(), strict=True)]
    rules = msgspec.structs.replace(RULES, extent=score.extent([own for own, _ in pairs]))
    found, delta = told(pairs, rules), c - p
    assert found["score.bias"].value == pytest.approx(delta.mean(), rel=1e-9)
    assert found["score.mae"].value == pytest.approx(np.abs(delta).mean(), rel=1e-9)
    assert found["score.rmse"].value == pytest.approx(math.sqrt((delta**2).mean()), rel=1e-9)
    assert found["score.mae"].lo < found["score.mae"].value < found["score.mae"].hi < 2 * found["score.mae"].value
    assert found["score.concordance"].value == pytest.approx(lin(p, c), rel=1e-6)


@pytest.mark.parametrize("noise", [3.3e-8, 1e-12, 2.0**-54])
def test_small_differences_have_a_root_mean_square(noise):
    """Where the mean absolute difference is not zero, neither is it: each is that of the same differences."""
    random = np.random.default_rng(9)
    delta = noise * random.choice([1.0, -1.0, 3.0], 300)
    pairs = [(fp64(0.0), fp64(each)) for each in delta.tolist()]
    found = told(pairs, sized(0, 1))
    assert found["score.mae"].value == pytest.approx(np.abs(delta).mean(), rel=1e-9)
    assert found["score.rmse"].value == pytest.approx(math.sqrt((delta**2).mean()), rel=0.01)


def test_scores_of_a_millionth_that_triple_differ():
    """The default tolerance is a share of the output's size: 1e-5 would call all of them equal."""
    small = ruled_for([fp64(1e-6)])
    assert one(fp64(1e-6), fp64(3e-6), small).disagreeing
    assert one(fp64(1e-6), fp64(1e-6 + 1e-12), small) is AGREES
    assert one(fp64(0.0), fp64(1e-12), small) is AGREES
    large = ruled_for([fp64(1e6)])
    assert one(fp64(0.0), fp64(2e-5), large).disagreeing  # of a large one it is what it is of numbers around 1


def test_a_tolerance_that_is_set_is_what_was_set():
    """Whatever the size of the output."""
    set_for_all = rules_for(CompareSettings(atol=1e-5), POINTER, extent=score.extent([fp64(1e-6)]))
    assert one(fp64(1e-6), fp64(3e-6), set_for_all) is AGREES
    assert one(fp64(1e-6), fp64(3e-6), ruled(atol=1e-5)) is AGREES


def test_numbers_that_are_all_within_a_tolerance_are_told():
    """A number of requests and what to do: not that they are equal. Zeros need no tolerance."""
    sums = score.compare([(fp64(1e-6), fp64(3e-6))] * 3 + [(fp64(0.0), fp64(0.0))], RULES)[1]
    (told_of,) = score_sums.tables(sums)
    assert told_of.title.startswith("within atol of zero on both sides")
    assert told_of.rows == [("all numbers of a request", 3)]
    assert score_sums.tables(score.compare([(fp64(1e-6), fp64(3e-6)), (fp64(1.0), fp64(1.0))] * 3, RULES)[1]) == []
    assert score_sums.tables(score.compare([(fp64(0.0), fp64(0.0))], RULES)[1]) == []
    assert score_sums.tables(score.compare([(fp64(1e-6), fp64(3e-6))], ruled(threshold=0.5))[1]) == []


def test_the_extent_is_that_of_productions_numbers():
    """Within 2^scale they lie; differences are cut off at the power of two above their range."""
    values = [fp64(*range(20, 36)), fp64(*range(36, 51), None, shape=(4, 4))]
    assert score.extent(values) == Extent(scale=6, clip=5)
    assert score.extent([fp64(1e-7)]) == Extent(scale=-23, clip=-23)
    assert score.extent([fp64(*[0.0] * 40)]) == Extent(scale=0, clip=0)
    assert score.extent([Column(["a"]), fp64("b")]) == NOT_TOLD


def test_what_is_not_finite_is_counted_and_left_out():
    """Means of the finite numbers alone; the rest by side."""
    pairs = [
        (fp64(1.0, math.nan), fp64(2.0, 5.0)),
        (fp64(math.inf, 1.0), fp64(math.inf, 1.0)),
        (fp64(None), fp64(None)),
    ]
    _, sums = score.compare(pairs, RULES)
    assert sums.not_finite == {"nan_production": 1, "infinite": 1, "nan_both": 1}
    assert sums.n == 2
    assert derive(score_sums.METRICS, sums, ALPHA)["score.bias"].value == 0.5
    assert [count for _, count in score_sums.tables(sums)[0].rows] == [1, 1, 1]


def test_numbers_of_numpy_are_numbers():
    """The binary extension hands arrays over as they are."""
    p = Tensor("FP32", (2,), np.array([0.5, 1.5], dtype=np.float32))
    c = Tensor("FP32", (2,), np.array([0.5, 2.5], dtype=np.float32))
    assert one(p, c).disagreeing == 0b10


def rank_agreement(p, c):
    """Of requests with these scores."""
    _, sums = score.compare([(fp64(a), fp64(b)) for a, b in zip(p, c, strict=True)], RULES)
    return derive(score_sums.METRICS, sums, ALPHA)["score.rank_agreement"]


def test_rank_agreement_is_told_of_twenty_thousand_different_scores():
    """Their true tau is 0.81, which the report says, however many pairs of scores there are."""
    random = np.random.default_rng(4)
    rho = math.sin(0.81 * math.pi / 2)
    p, c = random.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 20_000).T.tolist()
    found = rank_agreement(p, c)
    assert found.value == pytest.approx(0.81, abs=0.01)
    assert found.n == 20_000


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (100.1, 100.9), (-7.5, -7.0)])
def test_a_reversed_order_is_a_rank_agreement_of_minus_one(low, high):
    """Wherever the scores lie, and however close they are."""
    p = np.linspace(low, high, 300).tolist()
    assert rank_agreement(p, p[::-1]).value == pytest.approx(-1.0, abs=0.01)


def test_rounding_changes_no_rank():
    """Scores that production gives again and again stay equal where the candidate rounds them otherwise."""
    p = [float(n % 3) for n in range(1, 301)]
    c = [value * (1 + 1e-7 * (n % 7)) for n, value in enumerate(p)]
    assert rank_agreement(p, c).value == 1.0


def test_scores_that_do_not_vary_have_no_rank():
    """And the report says so."""
    found = rank_agreement([0.5] * 300, np.linspace(0, 1, 300).tolist())
    assert (found.value, found.reason) == (None, "one side does not vary")
