"""Which form a decoded value gets: by its structure and its types, never by its numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.errors import Unreadable
from comparators.extract.output import Column, Tensor
from comparators.extract.shaping import (
    MAX_DEPTH,
    MAX_NAME_CHARS,
    MAX_OUTPUTS,
    by_member,
    heads,
    members,
    refuse_error,
    rows,
    value_of,
)

CAT = {"cat": 0.75, "dog": 0.25}


@pytest.mark.parametrize(
    ("values", "datatype", "shape"),
    [
        ([1, 2], "INT64", (2,)),
        ([1.0, 2.0], "FP64", (2,)),
        ([1, 2.5], "FP64", (2,)),
        ([1, None], "INT64", (2,)),
        ([1.5, None], "FP64", (2,)),
        ([1, 2.5, None], "FP64", (3,)),
        ([None], "FP64", (1,)),
        ([math.nan, math.inf], "FP64", (2,)),
        (["late", ""], "BYTES", (2,)),
        ([True, False], "BOOL", (2,)),
        ([[1, 2, 3], [4, 5, 6]], "INT64", (2, 3)),
        ([[1, 2], [3, 4.0]], "FP64", (2, 2)),
        ([[["a"]], [["b"]]], "BYTES", (2, 1, 1)),
        ([[True]], "BOOL", (1, 1)),
    ],
)
def test_rectangular_values_of_one_type_are_a_tensor(values, datatype, shape):
    """Whole numbers are INT64 where all are; null says nothing about that."""
    tensor = rows(values)
    assert isinstance(tensor, Tensor)
    assert (tensor.datatype, tensor.shape) == (datatype, shape)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [[], []],
        [[[]]],
        [1, "a"],
        [1, True],
        ["a", None],
        [True, None],
        [[1], [2, 3]],
        [[1], 2],
        [["a", 0.5], ["b", 0.5]],
        [[1.0], None],
        [CAT],
        [[CAT], [CAT]],
        [CAT, 1],
        [[{"label": "a"}], []],
    ],
)
def test_all_others_are_a_column_of_their_rows(values):
    """Ragged, mixed, structured, or without an element that tells what the elements are."""
    assert rows(values) == Column(values)


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1, 2_000])
def test_tensors_have_a_bounded_number_of_dimensions(depth):
    """Deeper nesting is a row of whatever form; nothing recurses into it."""
    value = [0.5]
    for _ in range(depth - 1):
        value = [value]
    found = rows(value)
    assert isinstance(found, Tensor if depth <= MAX_DEPTH else Column)


@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=MAX_DEPTH),
    st.sampled_from([np.int64, np.float64, np.bool_, np.str_]),
)
def test_a_tensor_is_what_numpy_makes_of_the_same_lists(shape, dtype):
    """numpy as oracle: shape, and the values in row-major order."""
    array = np.arange(math.prod(shape)).reshape(shape).astype(dtype)
    tensor = rows(array.tolist())
    assert isinstance(tensor, Tensor)
    assert tensor.shape == array.shape
    assert list(tensor.values) == array.ravel().tolist()


@given(st.lists(st.lists(st.floats(allow_nan=False), min_size=3, max_size=3), min_size=1))
def test_other_numbers_have_the_same_form(values):
    """A model that answers other numbers, or 1 for 1.0, changes nothing but INT64 for FP64."""
    rounded = [[int(each) if math.isfinite(each) else 0 for each in row] for row in values]
    one, other = rows(values), rows(rounded)
    assert isinstance(one, Tensor)
    assert isinstance(other, Tensor)
    assert (one.shape, one.datatype, other.datatype) == (other.shape, "FP64", "INT64")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, Tensor("FP64", (), [0.5])),
        (3, Tensor("INT64", (), [3])),
        ("late", Tensor("BYTES", (), ["late"])),
        (True, Tensor("BOOL", (), [True])),
        (None, Tensor("FP64", (), [None])),
        (CAT, Column([CAT])),
        ({}, Column([{}])),
        ([0.5], Tensor("FP64", (1,), [0.5])),
    ],
)
def test_a_value_alone_is_one_row(value, expected):
    """Without dimensions; an object is one row of a column."""
    assert value_of(value) == expected


def test_records_are_outputs_by_their_keys():
    """Each key of objects that share all keys is an output of all rows."""
    found = heads("/predictions", [{"score": 0.4, "tags": ["a"]}, {"score": 0.6, "tags": []}])
    assert found == {
        "/predictions/*/score": Tensor("FP64", (2,), [0.4, 0.6]),
        "/predictions/*/tags": Column([["a"], []]),
    }


def test_images_are_one_output_whatever_the_protocol_says():
    """Their boxes, labels and scores belong together; what stands beside them is as ever."""
    image = {"detection_boxes": [[0, 0, 1, 1], [0, 0, 0, 0]], "detection_classes": [3, 1], "detection_scores": [0.5, 0]}
    found = [{"box": [0, 0, 1, 1], "label": 3, "score": 0.5}, {"box": [0, 0, 0, 0], "label": 1, "score": 0}]
    for records in (False, True):
        assert heads("/p", [image, image], records) == {"/p/*/detection_boxes": Column([found, found])}
        counted = heads("/p", [{**image, "num_detections": 1.0, "took": "7 ms"}], records)
        assert counted == {
            "/p/*/detection_boxes": Column([found[:1]]),
            "/p/*/num_detections": Tensor("FP64", (1,), [1.0]),
            "/p/*/took": Tensor("BYTES", (1,), ["7 ms"]),
        }


def test_columns_are_outputs_by_their_keys():
    """One object of lists."""
    found = heads("/outputs", {"label": ["a", "b"], "p": [[0.5, 0.5], [1.0, 0.0]]})
    assert found == {
        "/outputs/label": Tensor("BYTES", (2,), ["a", "b"]),
        "/outputs/p": Tensor("FP64", (2, 2), [0.5, 0.5, 1.0, 0.0]),
    }


@pytest.mark.parametrize(
    "value",
    [
        [CAT],
        [CAT, {"cat": 1, "dog": None}],
        [CAT, {"bird": 1.0}],
        CAT,
        [{"box": [0, 0, 1, 1], "label": "cat"}],
        {"xmin": 0, "label": "cat"},
        [{"label": "a"}, {"label": "b", "note": "c"}],
        [{"label": "a"}, 3],
        [{}, {}],
        {},
        {str(number): "x" for number in range(MAX_OUTPUTS + 1)},
        {"x" * (MAX_NAME_CHARS + 1): "x"},
        {"new\nline": "x"},
        [{"\ud800": "x"}],
    ],
)
def test_maps_detections_and_what_has_no_names_are_kept_whole(value):
    """Labels are no names of outputs: which of them come changes from answer to answer."""
    assert heads("/predictions", value) == {"/predictions": value_of(value)}


@pytest.mark.parametrize("value", [[{"score": 0.4}], [{"label": 3, "probability": 0.5}], {"prediction": 7.5}])
def test_numbers_under_the_names_of_outputs_are_records(value):
    """What servers call a score is no label."""
    assert "/predictions" not in heads("/predictions", value)


@pytest.mark.parametrize("value", [[CAT], CAT, [{"box": [0, 0, 1, 1]}]])
def test_a_protocol_may_say_that_objects_name_outputs(value):
    """Then they are split, whatever they hold."""
    assert "/predictions" not in heads("/predictions", value, records=True)


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.floats(0, 1), min_size=1, max_size=4), st.data())
def test_other_scores_in_a_map_have_the_same_outputs(row, data):
    """The pointers follow from the keys, whatever the numbers are."""
    other = {key: data.draw(st.floats() | st.integers() | st.none()) for key in row}
    assert heads("/p", [row]).keys() == heads("/p", [other]).keys()


def test_names_are_escaped_as_in_json_pointers():
    """RFC 6901 §3."""
    assert [*heads("", {"a/b": "x", "m~n": "y"})] == ["/a~1b", "/m~0n"]
    assert [*by_member({"a/b": [{"c~d": "x"}]})] == ["/a~1b/*/c~0d"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"error": "secret"}, r"error message \(error\) where predictions was expected"),
        ({"error": {"message": "secret"}}, "error message"),
        ({"error_code": "BAD_REQUEST", "message": "secret"}, "error_code"),
        ({"errors": ["secret"]}, "errors"),
        ({"error": 0.5}, "none of predictions, outputs"),
        ({"error": ""}, "none of predictions, outputs"),
        ({}, "none of predictions, outputs"),
        ([1], "no object with predictions"),
        (None, "no object with predictions"),
    ],
)
def test_what_has_not_the_expected_members_says_what_it_is(body, why):
    """An error message inside a good answer is called that, and not quoted."""
    with pytest.raises(Unreadable, match=why) as caught:
        members(body, ("predictions", "outputs"))
    assert "secret" not in str(caught.value)


def test_an_error_beside_predictions_is_none():
    """The predictions are there."""
    body = {"error": "a warning", "predictions": [1]}
    refuse_error(body, ("predictions",))
    assert members(body, ("predictions",)) is body


@given(st.recursive(st.none() | st.integers() | st.text(max_size=2), lambda inner: st.lists(inner, max_size=3)))
def test_nothing_is_lost_on_the_way(value):
    """A tensor's values in their order, or the rows themselves."""
    found = value_of(value)
    if isinstance(found, Column):
        assert found.values == (value if isinstance(value, list) else [value])
        return
    assert isinstance(found, Tensor)
    nested = np.array(found.values, dtype=object).reshape(found.shape).tolist()
    assert nested == value
