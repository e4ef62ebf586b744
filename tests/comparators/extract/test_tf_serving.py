"""TensorFlow Serving, as its model server writes JSON (tensorflow_serving/util/json_tensor.cc, g3doc/api_rest.md):
pretty-printed, one output without its name, several as objects or as columns, bytes as {"b64": …}. So since 1.8, the
first with REST.
"""

import math

import pytest

from comparators.errors import Unreadable
from comparators.extract.output import Column, Tensor
from comparators.extract.tf_serving import asked, read
from tests.comparators.extract.asked import JSON, by_name, sent
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks, never_breaks_asking

HALF_PLUS_TWO = b'{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}'
NAMED_ROWS = b"""{
    "predictions": [
        {
            "probabilities": [0.25, 0.75],
            "classes": 1
        },
        {
            "probabilities": [0.5, 0.5],
            "classes": 0
        }
    ]
}"""
NUMBERS_BY_NAME = b'{"predictions": [{"price": 1.5, "demand": 2.0}]}'
COLUMNS = b'{\n    "outputs": [\n        [0.25, 0.75],\n        [0.5, 0.5]\n    ]\n}'
NAMED_COLUMNS = b'{"outputs": {"classes": ["late", "on time"], "total": 2}}'
CLASSIFIED = b"""{
    "results": [[["late", 0.9], ["on time", 0.1]], [["", 0.5], ["late", 0.5]]
    ]
}"""
REGRESSED = b'{\n    "results": [1.5, -0.25]\n}'
BYTES = b'{"predictions": [{"image_bytes": {"b64": "/9j/"}, "text_bytes": {"b64": "bGF0ZQ=="}}]}'
NOT_FINITE = b'{\n    "predictions": [NaN, Infinity, -Infinity, 1.0\n    ]\n}'
BODIES = (HALF_PLUS_TWO, NAMED_ROWS, NUMBERS_BY_NAME, COLUMNS, NAMED_COLUMNS, CLASSIFIED, REGRESSED, BYTES, NOT_FINITE)


def test_one_output_by_rows():
    """The quick-start model: half of x, plus two."""
    assert read(HALF_PLUS_TWO).heads == {"/predictions": Tensor("FP64", (3,), [2.5, 3.0, 4.5])}


def test_named_outputs_by_rows():
    """Objects name them, even where they hold numbers alone."""
    assert read(NAMED_ROWS).heads == {
        "/predictions/*/probabilities": Tensor("FP64", (2, 2), [0.25, 0.75, 0.5, 0.5]),
        "/predictions/*/classes": Tensor("INT64", (2,), [1, 0]),
    }
    assert [*read(NUMBERS_BY_NAME).heads] == ["/predictions/*/price", "/predictions/*/demand"]


def test_outputs_by_columns():
    """One without its name, several in an object, and one that has no batch."""
    assert read(COLUMNS).heads == {"/outputs": Tensor("FP64", (2, 2), [0.25, 0.75, 0.5, 0.5])}
    assert read(NAMED_COLUMNS).heads == {
        "/outputs/classes": Tensor("BYTES", (2,), ["late", "on time"]),
        "/outputs/total": Tensor("INT64", (), [2]),
    }


def test_classification_is_a_list_of_pairs_a_row():
    """A label may be empty."""
    rows = [[["late", 0.9], ["on time", 0.1]], [["", 0.5], ["late", 0.5]]]
    assert read(CLASSIFIED).heads == {"/results": Column(rows)}


def test_regression_is_a_number_a_row():
    """Whatever the sign."""
    assert read(REGRESSED).heads == {"/results": Tensor("FP64", (2,), [1.5, -0.25])}


def test_what_the_documentation_calls_result_is_read_too():
    """As servers that were written by it answer."""
    assert read(b'{"result": [1.5]}').heads == {"/result": Tensor("FP64", (1,), [1.5])}


def test_encoded_bytes_become_text_where_they_are_text():
    """Others, here the start of a JPEG, stay base64."""
    assert read(BYTES).heads == {
        "/predictions/*/image_bytes": Tensor("BYTES", (1,), ["/9j/"]),
        "/predictions/*/text_bytes": Tensor("BYTES", (1,), ["late"]),
    }


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        (b'{"b64": "bGF0ZQ=="}', "late"),
        (b'{"b64": "bGF0ZQ"}', "bGF0ZQ"),
        (b'{"b64": "bGF0 ZQ=="}', "bGF0 ZQ=="),
        (b'{"b64": "\\u00e4"}', "\u00e4"),
        (b'{"b64": ""}', ""),
    ],
)
def test_bytes_as_an_only_output_are_no_record(encoded, value):
    """{"b64": …} is a value; what is not base64 is left as it came."""
    found = read(b'{"predictions": [' + encoded + b"]}").heads
    assert found == {"/predictions": Tensor("BYTES", (1,), [value])}


def test_bytes_inside_tensors_are_decoded():
    """At any depth that a tensor may have."""
    found = read(b'{"outputs": [[{"b64": "bGF0ZQ=="}], [{"b64": "b24gdGltZQ=="}]]}').heads
    assert found == {"/outputs": Tensor("BYTES", (2, 1), ["late", "on time"])}


def test_what_is_nested_deeper_than_tensors_is_left_alone():
    """Nothing recurses as deep as an answer may be."""
    found = read(b'{"outputs": ' + b"[" * 900 + b'{"b64": "eA=="}' + b"]" * 900 + b"}").heads
    assert isinstance(found["/outputs"], Column)


def test_an_object_with_more_than_bytes_is_a_record():
    """Only an object of nothing else is an encoded value."""
    assert [*read(b'{"predictions": [{"b64": "eA==", "n": 1}]}').heads] == ["/predictions/*/b64", "/predictions/*/n"]


def test_bare_nan_and_infinity_are_read():
    """No JSON, but documented."""
    values = read(NOT_FINITE).heads["/predictions"].values
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, -math.inf, 1.0]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"error": "Servable not found for request: Latest(late)"}', "error message .* where predictions"),
        (b'{"model_version_status": []}', "none of predictions, outputs, results, result"),
        (b"[2.5]", "no object with predictions"),
        (b'{"predictions": [2.5', "not JSON"),
        (b'{"predictions": [nan]}', "not JSON"),
    ],
)
def test_what_is_no_answer_says_why(data, why):
    """An error, a status page, another protocol, or a cut body."""
    with pytest.raises(Unreadable, match=why):
        read(data)


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(read, *BODIES)


@long
def test_whatever_comes_for_long():
    """UNDERSTUDY_FUZZ_S seconds."""
    holds_for_long(read, *BODIES)


# As the documentation writes the same request by rows and by columns.
BY_ROWS = b"""{"signature_name": "serving_default", "instances": [
    {"tag": "foo", "signal": [1, 2, 3], "sensor": [[1, 2], [3, 4]]},
    {"tag": "bar", "signal": [3, 4, 1], "sensor": [[4, 5], [6, 8]]}
]}"""
BY_COLUMNS = b"""{"inputs": {
    "tag": ["foo", "bar"], "signal": [[1, 2, 3], [3, 4, 1]], "sensor": [[[1, 2], [3, 4]], [[4, 5], [6, 8]]]
}}"""
EXAMPLES = b"""{"signature_name": "classify", "context": {"country": "DE", "hours": [7, 8]}, "examples": [
    {"age": 3, "tags": ["a", "b"]}, {"age": 4}
]}"""


@pytest.mark.parametrize("body", [BY_ROWS, BY_COLUMNS], ids=["by rows", "by columns"])
def test_a_request_asks_the_same_by_rows_and_by_columns(body):
    """Vectors are features by their places; what has more dimensions is none."""
    assert by_name(asked(sent(body))) == {
        "tag": ["foo", "bar"],
        "signal[0]": [1, 3],
        "signal[1]": [2, 4],
        "signal[2]": [3, 1],
    }


def test_examples_have_features_of_their_own_and_in_common():
    """What all of them have stands beside them, once."""
    assert by_name(asked(sent(EXAMPLES))) == {
        "age": [3, 4],
        "tags": ["a", "b", None],
        "country": ["DE"],
        "hours[0]": [7],
        "hours[1]": [8],
    }


def test_bytes_that_are_asked_about_are_their_text():
    """As in answers; what is no text stays as it was sent."""
    assert by_name(asked(sent(b'{"instances": [{"b64": "aGk="}, {"b64": "/w=="}]}'))) == {"x0": ["hi", "/w=="]}


def test_whatever_is_asked_has_features_or_none():
    """Requests, hostile ones among them."""
    never_breaks_asking(asked, BY_ROWS, BY_COLUMNS, EXAMPLES, headers=JSON)
