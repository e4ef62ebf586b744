"""What requests of the Open Inference Protocol ask: in JSON, and as Triton's own client packs them."""

from typing import Any

import numpy as np
import pytest
import tritonclient.http
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from comparators.errors import Unreadable
from comparators.extract.columns import MAX_FEATURES, MAX_TEXT_CHARS
from comparators.extract.oip import JSON_LENGTH
from comparators.extract.oip_inputs import asked
from comparators.extract.request_body import RequestBody
from tests.comparators.extract.asked import JSON, by_name, sent, tensor
from tests.comparators.extract.fuzzing import never_breaks_asking

READ = {
    "one row": ({"inputs": [tensor("a", [1.5]), tensor("b", ["UA"], [1, 1])]}, {"a": [1.5], "b": ["UA"]}),
    "[rows]": ({"inputs": [tensor("a", [1, 2, None])]}, {"a": [1, 2, None]}),
    "[rows, 1]": ({"inputs": [tensor("a", [1, 2], [2, 1])]}, {"a": [1, 2]}),
    "[rows, 1] nested": ({"inputs": [tensor("a", [[1], [2]], [2, 1])]}, {"a": [1, 2]}),
    "[rows, k]": ({"inputs": [tensor("a", [1, 2, 3, 4], [2, 2])]}, {"a[0]": [1, 3], "a[1]": [2, 4]}),
    "[rows, k] nested": ({"inputs": [tensor("a", [[1, 2], [3, 4]], [2, 2])]}, {"a[0]": [1, 3], "a[1]": [2, 4]}),
    "an image": ({"inputs": [tensor("a", [0] * 12, [1, 3, 4]), tensor("b", [7])]}, {"b": [7]}),
    "a shape that lies": ({"inputs": [tensor("a", [1, 2, 3], [2])]}, {}),
    "what is for the server": (
        {"id": "1", "parameters": {"priority": 3}, "inputs": [tensor("a", [1])], "outputs": [{"name": "p"}]},
        {"a": [1]},
    ),
}
DTYPES = {"FP32": np.float32, "FP64": np.float64, "INT8": np.int8, "INT64": np.int64, "UINT64": np.uint64}


def packed(*inputs: tuple[str, str, Any]) -> RequestBody:
    """As Triton's client sends them: (name, datatype, array); all of them behind the JSON."""
    asking = []
    for name, datatype, array in inputs:
        asking.append(tritonclient.http.InferInput(name, list(array.shape), datatype))
        asking[-1].set_data_from_numpy(array)
    body, length = tritonclient.http.InferenceServerClient.generate_request_body(asking)
    return RequestBody(body, ((JSON_LENGTH, str(length).encode()),))


@pytest.mark.parametrize("layout", READ)
def test_tensors_are_columns(layout):
    """The first dimension is rows, the second columns."""
    body, expected = READ[layout]
    assert by_name(asked(sent(body))) == expected


def test_binary_tensors_are_read_as_those_in_json():
    """Numbers, texts, truth; beside each other, and beside what stands in the JSON."""
    flags, words = np.array([[True], [False]]), np.array([["UA"], ["DL"]], dtype=object)
    numbers = np.array([[1.5, 2.0], [2.5, np.nan]], dtype=np.float32)
    body = packed(("x", "FP32", numbers), ("late", "BOOL", flags), ("carrier", "BYTES", words))
    assert by_name(asked(body)) == {
        "x[0]": [1.5, 2.5],
        "x[1]": [2.0, None],
        "late": [True, False],
        "carrier": ["UA", "DL"],
    }


@given(st.sampled_from(sorted(DTYPES)), st.data())
def test_binary_numbers_are_those_that_were_sent(datatype, data):
    """To the last bit; NaN is missing."""
    sent_ = data.draw(arrays.arrays(DTYPES[datatype], st.tuples(st.integers(1, 9), st.just(1))))
    (found,) = asked(packed(("a", datatype, sent_))).values()
    assert list(found) == [None if each != each else each for each in sent_.reshape(-1).tolist()]


def test_half_floats_and_images_in_binary_tensors():
    """FP16 is widened; more dimensions than two are no table."""
    halves, image = np.array([0.5, 1.5], dtype=np.float16), np.zeros((1, 3, 4), dtype=np.float32)
    assert by_name(asked(packed(("a", "FP16", halves), ("image", "FP32", image)))) == {"a": [0.5, 1.5]}


def test_a_large_batch_is_read_to_its_last_row():
    """Binary, as batches come."""
    rows = np.arange(200_000, dtype=np.float32).reshape(-1, 1)
    (found,) = asked(packed(("a", "FP32", rows))).values()
    assert len(found) == 200_000
    assert found[-1] == 199_999.0


@pytest.mark.parametrize("change", [b"", b"\x00"])
def test_tensors_whose_bytes_are_not_there_are_unreadable(change):
    """Fewer or more of them than shape and datatype say."""
    body = packed(("a", "FP32", np.zeros(2, dtype=np.float32)))
    data = body.data.replace(b'"binary_data_size":8', b'"binary_data_size":' + (b"9" if change else b"7")) + change
    with pytest.raises(Unreadable):
        asked(RequestBody(data, body.headers))


def test_a_length_that_lies_is_unreadable():
    """Longer than the body, or no number."""
    for length in (b"5000", b"-1", b"x"):
        with pytest.raises(Unreadable):
            asked(sent({"inputs": [tensor("a", [1])]}, ((JSON_LENGTH, length),)))


def test_nan_is_missing():
    """Python's clients write it bare."""
    assert by_name(asked(sent(b'{"inputs": [{"name": "a", "shape": [2], "data": [NaN, 1.5]}]}'))) == {"a": [None, 1.5]}
    assert by_name(asked(sent(b'{"inputs": [{"name": "a", "shape": [1], "data": [NaN]}]}'))) == {"a": [None]}


@pytest.mark.parametrize("rows", [1, 2])
def test_long_text_is_cut(rows):
    """What differs only later counts as equal."""
    (found,) = asked(sent({"inputs": [tensor("a", ["x" * 1000] * rows)]})).values()
    assert list(found) == ["x" * MAX_TEXT_CHARS] * rows


def test_inputs_are_bounded():
    """A client may send any number."""
    found = asked(sent({"inputs": [tensor(f"f{number}", [1]) for number in range(MAX_FEATURES + 1)]}))
    assert len(found) == MAX_FEATURES


def test_whatever_is_sent_has_features_or_none():
    """In JSON, and with a length of it that may be any."""
    body = packed(("a", "FP32", np.zeros((2, 1), dtype=np.float32)))
    never_breaks_asking(asked, b'{"inputs":[{"name":"a","shape":[2],"datatype":"FP32","data":[1,2]}]}', headers=JSON)
    never_breaks_asking(asked, body.data, headers=body.headers)
