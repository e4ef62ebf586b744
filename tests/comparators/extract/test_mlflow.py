"""MLflow's scoring server, as mlflow/pyfunc/scoring_server writes predictions: arrays as lists, data frames as records,
objects as they are, and the model's own answer where the request was passed to it unwrapped. {"predictions"}, perhaps
with metadata beside it, is of 2.x; 1.x wrote what is in it alone, which is told apart as rows of JSON (test_detect.py).
NaN and Infinity come bare, by Python's json.
"""

import pytest

from comparators.errors import Unreadable
from comparators.extract.mlflow import asked, read
from comparators.extract.output import Column, Document, Tensor
from tests.comparators.extract.asked import CSV, JSON, by_name, sent
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks, never_breaks_asking

ARRAY = b'{"predictions": [5.6, 6.1]}'
MATRIX = b'{"predictions": [[0.9, 0.1], [0.2, 0.8]]}'
FRAME = b'{"predictions": [{"price": 1.5, "demand": 3}, {"price": 2.5, "demand": null}]}'
SERIES_BY_NUMBER = b'{"predictions": [{"0": 1}, {"0": 0}]}'
NAMED = b'{"predictions": {"mean": [1.5, 2.5], "label": ["late", "on time"]}}'
TEXTS = b'{"predictions": ["MLflow is an open source platform."]}'
CHAT = (
    b'{"id": "chatcmpl-1", "object": "chat.completion", "created": 1720000000, "model": "m", '
    b'"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}]}'
)
TRACED = b'{"predictions": [1], "databricks_output": {"trace": {"request_id": "tr-1"}}}'
BODIES = (ARRAY, MATRIX, FRAME, SERIES_BY_NUMBER, NAMED, TEXTS, CHAT, TRACED)


def test_arrays_are_one_output():
    """Of numbers or of texts."""
    assert read(ARRAY).heads == {"/predictions": Tensor("FP64", (2,), [5.6, 6.1])}
    assert read(MATRIX).heads == {"/predictions": Tensor("FP64", (2, 2), [0.9, 0.1, 0.2, 0.8])}
    assert read(TEXTS).heads == {"/predictions": Tensor("BYTES", (1,), ["MLflow is an open source platform."])}


def test_a_data_frame_is_an_output_a_column():
    """Numbers too: they are columns by name, never labels. A missing number is null."""
    assert read(FRAME).heads == {
        "/predictions/*/price": Tensor("FP64", (2,), [1.5, 2.5]),
        "/predictions/*/demand": Tensor("INT64", (2,), [3, None]),
    }
    assert read(SERIES_BY_NUMBER).heads == {"/predictions/*/0": Tensor("INT64", (2,), [1, 0])}


def test_an_object_is_an_output_a_member():
    """What a model returns as a dict of arrays."""
    assert read(NAMED).heads == {
        "/predictions/mean": Tensor("FP64", (2,), [1.5, 2.5]),
        "/predictions/label": Tensor("BYTES", (2,), ["late", "on time"]),
    }


def test_an_unwrapped_answer_is_a_document():
    """It has no predictions; whether true or false are in it is known for comparing."""
    found = read(CHAT).heads[""]
    assert isinstance(found, Document)
    assert found.plain
    assert read(b'["a", true]').heads == {"": Document(["a", True], plain=False)}
    assert read(b'["a", false]').heads == {"": Document(["a", False], plain=False)}


def test_what_a_platform_adds_is_not_the_models():
    """A trace has another id each time."""
    assert [*read(TRACED).heads] == ["/predictions"]


def test_rows_with_different_keys_are_a_column():
    """They are no data frame."""
    assert read(b'{"predictions": [{"a": 1}, {"b": 2}]}').heads == {"/predictions": Column([{"a": 1}, {"b": 2}])}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"error_code": "BAD_REQUEST", "message": "...", "stack_trace": "..."}', "error_code.* where predictions"),
        (b'{"error": {"message": "overloaded"}}', "error message"),
        (b'{"predictions": ', "not JSON"),
        (b"\n", "not JSON"),
    ],
)
def test_what_is_no_answer_says_why(data, why):
    """Errors are objects with a code."""
    with pytest.raises(Unreadable, match=why):
        read(data)


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(read, *BODIES)


@long
def test_whatever_comes_for_long():
    """UNDERSTUDY_FUZZ_S seconds."""
    holds_for_long(read, *BODIES)


SPLIT = b'{"dataframe_split": {"columns": ["age", "plan"], "index": [0, 1], "data": [[3, "free"], [4, null]]}}'
RECORDS = b'{"dataframe_records": [{"age": 3, "plan": "free"}, {"age": 4}]}'
CSV_FRAME = b"age,plan\n3,free\n4,\n"


@pytest.mark.parametrize(
    ("body", "headers"), [(SPLIT, JSON), (RECORDS, JSON), (CSV_FRAME, CSV)], ids=["split", "records", "csv"]
)
def test_a_data_frame_asks_the_same_however_it_is_written(body, headers):
    """Its columns, by their names."""
    assert by_name(asked(sent(body, headers))) == {"age": [3, 4], "plan": ["free", None]}


def test_tensors_are_columns():
    """One without a name, or several with names."""
    assert by_name(asked(sent(b'{"inputs": [[1, 2], [3, 4]]}'))) == {"x0": [1, 3], "x1": [2, 4]}
    assert by_name(asked(sent(b'{"inputs": {"a": [1, 2], "b": ["x", "y"]}}'))) == {"a": [1, 2], "b": ["x", "y"]}


def test_parameters_are_features():
    """By their pointers, beside the inputs."""
    body = b'{"inputs": ["Hello"], "params": {"temperature": 0.5, "stop": ["a", "b"]}}'
    assert by_name(asked(sent(body))) == {"x0": ["Hello"], "/params/temperature": [0.5], "/params/stop": ["a", "b"]}


def test_the_first_line_of_csv_is_names_even_of_texts():
    """As pandas writes a frame."""
    assert by_name(asked(sent(b"plan,city\nfree,Rome\n", CSV))) == {"plan": ["free"], "city": ["Rome"]}
    assert by_name(asked(sent(b"", CSV))) == {}


def test_whatever_is_asked_has_features_or_none():
    """Requests, hostile ones among them."""
    never_breaks_asking(asked, SPLIT, RECORDS, b'{"inputs": {"a": [1]}, "params": {"k": 3}}', headers=JSON)
    never_breaks_asking(asked, CSV_FRAME, headers=CSV)
