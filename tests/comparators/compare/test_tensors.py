"""Tensors: which rows disagree, and why."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.compare import tensors
from comparators.compare.found import Difference, Found
from comparators.compare.tolerance import Rules
from comparators.extract.output import Tensor, Tensors
from comparators.settings import CompareSettings

RULES = Rules.of(CompareSettings())


def outputs(**named: Tensor) -> Tensors:
    return Tensors(named)


def fp64(*values: object, shape: tuple[int, ...] | None = None) -> Tensor:
    return Tensor("FP64", shape or (len(values),), list(values))


def one(production: Tensors, candidate: Tensors, rules: Rules = RULES) -> Found:
    (found,) = tensors.compare([(production, candidate)], rules)
    return found


def kinds(found: Found) -> set[tuple[str, str]]:
    return {(each.kind, each.path) for each in found.differences}


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
        (outputs(x=fp64(*row, shape=(3, 2))), outputs(x=fp64(*other, shape=(3, 2))))
        for row, other in zip(p.tolist(), c.tolist(), strict=True)
    ]
    close = np.isclose(c, p, rtol=RULES.rtol, atol=RULES.atol, equal_nan=True)
    expected = (~close.reshape(-1, 3, 2)).any(axis=2).sum(axis=1).tolist()
    assert [found.bad for found in tensors.compare(pairs, RULES)] == expected


def test_a_row_disagrees_once_however_many_outputs_do():
    """Rows 0 and 2 of three; the label disagrees where the score does."""
    found = one(
        outputs(score=fp64(0.1, 0.2, 0.3), label=Tensor("INT64", (3,), [0, 0, 0])),
        outputs(score=fp64(0.5, 0.2, 0.3), label=Tensor("INT64", (3,), [1, 0, 1])),
    )
    assert (found.bad, found.rows) == (2, 3)
    assert kinds(found) == {("value", "/outputs/score"), ("value", "/outputs/label")}


def test_a_narrower_float_agrees_and_is_told():
    """FP64 to FP32 is what a port does; it changes no rate."""
    p, c = 0.123456789012345, float(np.float32(0.123456789012345))
    found = one(outputs(x=fp64(p)), outputs(x=Tensor("FP32", (1,), [c])))
    assert found == Found(0, 1, (Difference("datatype", "/outputs/x"),))


@pytest.mark.parametrize(
    ("candidate", "kind"),
    [
        (outputs(), "missing"),
        (outputs(x=fp64(1.0, 2.0), y=fp64(1.0, 2.0)), "extra"),
        (outputs(x=Tensor("INT64", (2,), [1, 2])), "type"),
        (outputs(x=fp64(1.0, 2.0, shape=(1, 2))), "shape"),
        (outputs(x=fp64(1.0, math.nan)), "nan"),
        (outputs(x=fp64(1.0, None)), "nan"),
        (outputs(x=fp64(1.0, "2.0")), "value"),
        (outputs(x=fp64(1.0, {"a": 1})), "value"),
    ],
)
def test_each_difference_has_its_kind(candidate, kind):
    """And none of them agrees."""
    found = one(outputs(x=fp64(1.0, 2.0)), candidate)
    assert found.bad > 0
    assert kind in {each.kind for each in found.differences}


def test_whole_numbers_must_be_equal():
    """No tolerance makes label 100,000 label 100,001."""
    found = one(outputs(x=Tensor("INT64", (1,), [100_000])), outputs(x=Tensor("INT64", (1,), [100_001])))
    assert found.bad == 1


def test_one_bad_value_does_not_touch_its_neighbours():
    """A request with text among its numbers is compared alone; the batch goes on."""
    pairs = [
        (outputs(x=fp64(1.0)), outputs(x=fp64(1.0 + 1e-9))),
        (outputs(x=fp64(1.0)), outputs(x=fp64("one"))),
        (outputs(x=fp64(1.0)), outputs(x=fp64(2.0))),
    ]
    assert [found.bad for found in tensors.compare(pairs, RULES)] == [0, 1, 1]


CELLS = st.sampled_from(
    [
        0,
        1,
        0.1,
        0.1 + 1e-9,
        -0.0,
        True,
        2**53 + 1,
        2**63,
        -(2**64),
        10**400,
        math.nan,
        math.inf,
        None,
        "1",
        [1],
        {"a": 1},
    ]
)


@given(st.lists(st.tuples(*[st.tuples(CELLS, CELLS)] * 2), min_size=1, max_size=5))
def test_a_null_in_the_batch_changes_nothing_of_the_others(rows):
    """It takes the whole batch from the fast reading of numbers to the general one: both find the same."""
    pairs = [tuple(outputs(x=fp64(*side)) for side in zip(*row, strict=True)) for row in rows]
    null = (outputs(x=fp64(None, 1.0)), outputs(x=fp64(None, 2.0)))
    assert tensors.compare([*pairs, null], RULES)[:-1] == [one(*each) for each in pairs]


def test_outputs_with_different_first_dimensions_make_one_row():
    """There are no rows to count where outputs don't share them."""
    production = outputs(x=fp64(1.0, 2.0), y=fp64(1.0))
    assert one(production, outputs(x=fp64(1.0, 9.0), y=fp64(1.0))).rows == 1
    assert one(production, production).rows == 1


def test_an_ignored_output_is_not_looked_at():
    """Neither its values nor its presence."""
    rules = Rules.of(CompareSettings(ignore=("/outputs/explain",)))
    found = one(outputs(x=fp64(1.0), explain=fp64(1.0)), outputs(x=fp64(1.0), explain=fp64(5.0)), rules)
    assert found == Found(0, 1)
    assert one(outputs(x=fp64(1.0)), outputs(x=fp64(1.0), explain=fp64(5.0)), rules) == Found(0, 1)


def test_empty_outputs_agree():
    """No outputs, no rows, no values: nothing to disagree on."""
    assert one(outputs(), outputs()) == Found(0, 1)
    assert one(outputs(x=fp64(shape=(0, 3))), outputs(x=fp64(shape=(0, 3)))).bad == 0
