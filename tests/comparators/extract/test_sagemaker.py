"""SageMaker, as its built-in algorithms answer (linear learner, k-means, PCA, random cut forest, object detection,
DeepAR, XGBoost; each one's page at docs.aws.amazon.com/sagemaker) and as Autopilot and containers of one's own do.
"""

import pytest

from comparators.errors import Unreadable
from comparators.extract.output import Column, Tensor
from comparators.extract.reading import asked
from comparators.extract.sagemaker import read_csv, read_json, read_jsonlines
from comparators.extract.shaping import MAX_OUTPUTS
from tests.comparators.extract.asked import CSV, JSON_LINES, by_name, sent
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks

BINARY = b'{"predictions": [{"score": 0.4, "predicted_label": 0}]}'
MULTICLASS = b'{"predictions": [{"score": [0.1, 0.2, 0.7], "predicted_label": 2}]}'
REGRESSION = b'{"predictions": [{"score": 0.4}, {"score": 7.5}]}'
K_MEANS = b'{"predictions": [{"closest_cluster": 1.0, "distance_to_cluster": 3.0}]}'
PCA = b'{"projections": [{"projection": [1.0, 2.0]}, {"projection": [3.0, 4.0]}]}'
FOREST = b'{"scores": [{"score": 0.02}, {"score": 0.25}]}'
DETECTED = b'{"prediction": [[4.0, 0.86, 0.31, 0.34, 0.91, 0.99], [0.0, 0.73, 0.11, 0.58, 0.86, 0.93]]}'
DEEP_AR = b'{"predictions": [{"quantiles": {"0.5": [1.0, 2.0], "0.9": [2.0, 3.0]}, "mean": [1.5, 2.5]}]}'
OWN_ROWS = b"[[0.9, 0.1], [0.2, 0.8]]"
OWN_OBJECT = b'{"tabby cat": 0.46, "tiger cat": 0.25}'
SENTIMENT = b'[{"label":"POSITIVE","score":0.99}]'
JSON_BODIES = (BINARY, MULTICLASS, REGRESSION, K_MEANS, PCA, FOREST, DETECTED, DEEP_AR, OWN_ROWS, OWN_OBJECT, SENTIMENT)

LINES = b'{"score": 0.4, "predicted_label": 0}\n{"score": 0.6, "predicted_label": 1}\n'
VECTORS = b'{"projection": [1.0, 2.0]}\r\n{"projection": [3.0, 4.0]}'
CLUSTERS = b'{"closest_cluster": 1.0, "distance_to_cluster": 3.0}\n'
LINES_BODIES = (LINES, CLUSTERS, VECTORS, b"[0.5, 0.5]\n[1.0, 0.0]", b'{"cat": 0.5}\n{"dog": 0.5}\n')

XGBOOST = b"0.0021\n0.98\n"
SOFTMAX = b"0.1,0.2,0.7\n0.5,0.25,0.25"
AUTOPILOT = b">50K,0.8,\"[0.2, 0.8]\",\"['<=50K', '>50K']\"\n<=50K,0.6,\"[0.6, 0.4]\",\"['<=50K', '>50K']\"\n"
CSV_BODIES = (XGBOOST, SOFTMAX, AUTOPILOT, b"late\r\non time\r\n", b"1,2\n3\n", b'a,"b\nc"\n')


# ---- JSON


@pytest.mark.parametrize(
    ("data", "heads"),
    [
        (
            BINARY,
            {
                "/predictions/*/score": Tensor("FP64", (1,), [0.4]),
                "/predictions/*/predicted_label": Tensor("INT64", (1,), [0]),
            },
        ),
        (
            MULTICLASS,
            {
                "/predictions/*/score": Tensor("FP64", (1, 3), [0.1, 0.2, 0.7]),
                "/predictions/*/predicted_label": Tensor("INT64", (1,), [2]),
            },
        ),
        (REGRESSION, {"/predictions/*/score": Tensor("FP64", (2,), [0.4, 7.5])}),
        (
            K_MEANS,
            {
                "/predictions/*/closest_cluster": Tensor("FP64", (1,), [1.0]),
                "/predictions/*/distance_to_cluster": Tensor("FP64", (1,), [3.0]),
            },
        ),
        (PCA, {"/projections/*/projection": Tensor("FP64", (2, 2), [1.0, 2.0, 3.0, 4.0])}),
        (FOREST, {"/scores/*/score": Tensor("FP64", (2,), [0.02, 0.25])}),
        (
            DEEP_AR,
            {
                "/predictions/*/quantiles": Column([{"0.5": [1.0, 2.0], "0.9": [2.0, 3.0]}]),
                "/predictions/*/mean": Tensor("FP64", (1, 2), [1.5, 2.5]),
            },
        ),
    ],
)
def test_what_built_in_algorithms_answer(data, heads):
    """Objects name the outputs of each row, under whatever name the list has."""
    assert read_json(data).heads == heads


def test_detections_are_rows_of_numbers():
    """Class, score and corners, for each object in the image."""
    found = read_json(DETECTED).heads["/prediction"]
    assert isinstance(found, Tensor)
    assert found.shape == (2, 6)


def test_containers_of_ones_own_answer_anything():
    """Rows, a map of labels, records."""
    assert read_json(OWN_ROWS).heads == {"": Tensor("FP64", (2, 2), [0.9, 0.1, 0.2, 0.8])}
    assert read_json(OWN_OBJECT).heads == {"": Column([{"tabby cat": 0.46, "tiger cat": 0.25}])}
    assert [*read_json(SENTIMENT).heads] == ["/*/label", "/*/score"]


def test_members_beside_predictions_are_outputs():
    """A container's own addition does not go uncompared."""
    assert [*read_json(b'{"predictions": [1], "note": "x"}').heads] == ["/predictions", "/note"]
    assert [*read_json(b'{"predictions": [1], "new\\nline": "x"}').heads] == [""]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"ErrorCode": "CLIENT_ERROR_FROM_MODEL", "Message": "..."}', "ErrorCode.* where predictions"),
        (b'{"error": "..."}', "error message"),
        (b'{"predictions": [', "not JSON"),
    ],
)
def test_what_is_no_json_answer_says_why(data, why):
    """Errors and cut bodies."""
    with pytest.raises(Unreadable, match=why):
        read_json(data)


# ---- JSON Lines


def test_a_line_is_a_row():
    """Objects with the same keys are outputs by name, whatever ends a line."""
    assert read_jsonlines(LINES).heads == {
        "/*/score": Tensor("FP64", (2,), [0.4, 0.6]),
        "/*/predicted_label": Tensor("INT64", (2,), [0, 1]),
    }
    assert [*read_jsonlines(CLUSTERS).heads] == ["/*/closest_cluster", "/*/distance_to_cluster"]
    assert read_jsonlines(VECTORS).heads == {"/*/projection": Tensor("FP64", (2, 2), [1.0, 2.0, 3.0, 4.0])}


def test_lines_of_values_are_rows_too():
    """Without a name they are the body itself; of different forms they are a column."""
    assert read_jsonlines(b"[0.5, 0.5]\n\n[1.0, 0.0]\n").heads == {"": Tensor("FP64", (2, 2), [0.5, 0.5, 1.0, 0.0])}
    assert read_jsonlines(b'{"cat": 0.5}\n{"dog": 0.5}').heads == {"": Column([{"cat": 0.5}, {"dog": 0.5}])}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\n \r\n", "no line"),
        (b'{"score": 1}\n{"score"', "not JSON"),
        (b'{"score": 1}\n{"error": "worker died"}', "error message"),
        (b"[1\n2]", "not JSON"),
    ],
)
def test_what_is_no_json_lines_says_why(data, why):
    """Each line is a document of its own; an error may come after good ones."""
    with pytest.raises(Unreadable, match=why):
        read_jsonlines(data)


# ---- CSV


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (XGBOOST, Tensor("FP64", (2,), [0.0021, 0.98])),
        (b"1\n0", Tensor("INT64", (2,), [1, 0])),
        (b"nan\n-inf\n1e5", "FP64"),
        (SOFTMAX, Tensor("FP64", (2, 3), [0.1, 0.2, 0.7, 0.5, 0.25, 0.25])),
        (b"1,0.5\n\n,0.25\r\n", Tensor("FP64", (2, 2), [1, 0.5, None, 0.25])),
        (b"late\r\non time\r\n", Tensor("BYTES", (2,), ["late", "on time"])),
        (b"1_000\nlate", Tensor("BYTES", (2,), ["1_000", "late"])),
        (b"1_000\n2", Tensor("BYTES", (2,), ["1_000", "2"])),
        ("\u0661\n2".encode(), Tensor("BYTES", (2,), ["\u0661", "2"])),
        (b"12\nlate", Tensor("BYTES", (2,), ["12", "late"])),
        (b'"1","2"\n\n"3","4"', Tensor("INT64", (2, 2), [1, 2, 3, 4])),
        (b"1,2\n3", Column([[1, 2], [3]])),
        (b'late,"a"\n3', Column([["late", "a"], [3]])),
    ],
)
def test_csv_without_names_is_one_output(data, value):
    """All numbers, a single column, or lines of several lengths."""
    found = read_csv(data).heads
    assert [*found] == [""]
    if value == "FP64":
        assert found[""].datatype == "FP64"
    else:
        assert found[""] == value


def test_csv_with_text_is_an_output_a_column():
    """As Autopilot answers: the label, its probability, all probabilities, all labels."""
    assert read_csv(AUTOPILOT).heads == {
        "/0": Tensor("BYTES", (2,), [">50K", "<=50K"]),
        "/1": Tensor("FP64", (2,), [0.8, 0.6]),
        "/2": Tensor("FP64", (2, 2), [0.2, 0.8, 0.6, 0.4]),
        "/3": Tensor("BYTES", (2,), ["['<=50K', '>50K']", "['<=50K', '>50K']"]),
    }


def test_quoted_fields_keep_their_commas_and_lines():
    """RFC 4180 §2."""
    found = read_csv(b'"a, b","c\nd"\n"say ""x""",e\n').heads
    assert [value.values for value in found.values()] == [["a, b", 'say "x"'], ["c\nd", "e"]]
    assert read_csv(b'"c\r\nd"').heads[""].values == ["c\r\nd"]


def test_columns_of_arrays_are_outputs():
    """Of one length or of several."""
    assert read_csv(b'"[1, 2]","[3]"\n"[4, 5]","[]"').heads == {
        "/0": Tensor("INT64", (2, 2), [1, 2, 4, 5]),
        "/1": Column([[3], []]),
    }
    assert [*read_csv(b'"[1, 2]","[3]"').heads] == ["/0", "/1"]


def test_many_columns_with_text_are_no_outputs():
    """Heads are bounded."""
    data = ",".join(["text"] * (MAX_OUTPUTS + 1)).encode()
    assert [*read_csv(data).heads] == [""]


@pytest.mark.parametrize(
    ("data", "why"),
    [(b"\n\r\n", "no line"), (b"\xff\xfe", "UTF-8"), (b'"' + b"x" * 200_000 + b'"', "not CSV")],
)
def test_what_is_no_csv_says_why(data, why):
    """Empty, no text, or a field that Python's reader finds too large."""
    with pytest.raises(Unreadable, match=why):
        read_csv(data)


def test_bodies_have_no_version():
    """The variant is in a header."""
    assert read_json(BINARY).version == read_jsonlines(LINES).version == read_csv(XGBOOST).version == ""


@pytest.mark.parametrize(
    ("read", "bodies"), [(read_json, JSON_BODIES), (read_jsonlines, LINES_BODIES), (read_csv, CSV_BODIES)]
)
def test_whatever_comes_is_read_or_unreadable(read, bodies):
    """No other exception, for any bytes."""
    never_breaks(read, *bodies)


@long
@pytest.mark.parametrize(
    ("read", "bodies"), [(read_json, JSON_BODIES), (read_jsonlines, LINES_BODIES), (read_csv, CSV_BODIES)]
)
def test_whatever_comes_for_long(read, bodies):
    """UNDERSTUDY_FUZZ_S seconds each."""
    holds_for_long(read, *bodies)


# ---- what containers write


def test_what_the_xgboost_container_writes_is_read() -> None:
    """aws/sagemaker-xgboost-container, algorithm_mode/serve_utils.py at 258ab9c (encode_selected_predictions) and
    encoder.py at 13a194f: json.dumps of records, with a bare NaN for what an objective does not have, or a line of it a
    record; CSV with lists in quotes, nan, and no line's end after the last.
    """
    record = b'{"predicted_label": 1, "probabilities": [0.25, 0.75], "raw_scores": NaN}'
    for found in (read_json(b'{"predictions": [%b]}' % record), read_jsonlines(record + b"\n")):
        values = {name.rpartition("/")[2]: value for name, value in found.heads.items()}
        assert values["predicted_label"] == Tensor("INT64", (1,), [1])
        assert values["probabilities"] == Tensor("FP64", (1, 2), [0.25, 0.75])
    found = read_csv(b'1,"[0.25, 0.75]",nan\n0,"[0.5, 0.5]",nan')
    assert found.heads["/0"] == Tensor("INT64", (2,), [1, 0])
    assert found.heads["/1"] == Tensor("FP64", (2, 2), [0.25, 0.75, 0.5, 0.5])


def test_what_the_inference_toolkit_writes_is_read() -> None:
    """aws/sagemaker-inference-toolkit, src/sagemaker_inference/encoder.py at 1285ad5, which frameworks' containers
    use: json.dumps of arrays, NaN bare; CSV by numpy's savetxt with %s, a line an instance.
    """
    (tensor,) = read_json(b"[NaN, 1.5, -Infinity]").heads.values()
    assert isinstance(tensor, Tensor)
    assert list(tensor.values[1:]) == [1.5, float("-inf")]
    assert read_csv(b"1.0,2.5e-07\n0.5,3.0\n").heads == {"": Tensor("FP64", (2, 2), [1.0, 2.5e-07, 0.5, 3.0])}
    assert read_csv(b"setosa\nvirginica\n").heads == {"": Tensor("BYTES", (2,), ["setosa", "virginica"])}


def test_what_hugging_faces_toolkit_writes_is_read() -> None:
    """aws/sagemaker-huggingface-inference-toolkit, decoder_encoder.py at 02ba035: compact JSON without NaN; CSV by
    DictWriter, whose first line names the columns, so that scores are numbers.
    """
    assert [*read_json(b'[{"label":"POSITIVE","score":0.99}]').heads] == ["/*/label", "/*/score"]
    assert read_csv(b"label,score\r\nPOSITIVE,0.75\r\nNEGATIVE,0.5\r\n").heads == {
        "/label": Tensor("BYTES", (2,), ["POSITIVE", "NEGATIVE"]),
        "/score": Tensor("FP64", (2,), [0.75, 0.5]),
    }


@pytest.mark.parametrize("lines", [b"a,b\nc,d\n", b"a,b\n", b"a,1\nb,2\n", b"a,a\nb,1\n", b"a,\nb,1\n"])
def test_a_first_line_that_may_be_an_answer_names_no_column(lines: bytes) -> None:
    """One with a number, a name twice or none; above texts alone; and a line by itself."""
    assert [*read_csv(lines).heads] == ["/0", "/1"]


REQUESTS = {
    "CSV": (b"1.5,16,free\n-2.0,,paid\n", CSV, {"x0": [1.5, -2.0], "x1": [16, None], "x2": ["free", "paid"]}),
    "JSON": (
        b'{"instances": [{"features": [1.5, 16.0]}, {"features": [-2.0, 100.25]}]}',
        (),
        {"features[0]": [1.5, -2.0], "features[1]": [16.0, 100.25]},
    ),
    "JSON with data": (
        b'{"instances": [{"data": {"features": {"values": [1.5, 16.0]}}}]}',
        (),
        {"/data/features/values[0]": [1.5], "/data/features/values[1]": [16.0]},
    ),
    "JSON Lines": (b'{"features": [1.5]}\n{"features": [2.5]}', JSON_LINES, {"features": [1.5, 2.5]}),
    "Hugging Face": (b'{"inputs": "so", "parameters": {"k": 3}}', (), {"/inputs": ["so"], "/parameters/k": [3]}),
}


@pytest.mark.parametrize("form", REQUESTS)
def test_requests_are_read_by_their_content_type(form):
    """Whatever the answers to them are."""
    body, headers, expected = REQUESTS[form]
    for protocol in ("sagemaker_csv", "sagemaker_json", "sagemaker_jsonlines"):
        assert by_name(asked(protocol, sent(body, headers))) == expected
