"""KServe V1, as its model servers answer: sklearnserver, xgbserver, pmmlserver, alibiexplainer, huggingfaceserver."""

import pytest

from comparators.errors import Unreadable
from comparators.extract.kserve_v1 import read
from comparators.extract.output import Column, Tensor
from comparators.extract.reading import asked
from tests.comparators.extract.asked import by_name, sent
from tests.comparators.extract.fuzzing import holds_for_long, long, never_breaks

SKLEARN = b'{"predictions":[1,1]}'
XGBOOST = b'{"predictions":[0.0021,0.98]}'
PROBABILITIES = b'{"predictions":[[0.9,0.1],[0.2,0.8]]}'
PMML = (
    b'{"predictions":[{"Species":"setosa","Probability_setosa":1.0,"Node_Id":"2"},'
    b'{"Species":"virginica","Probability_setosa":0.0,"Node_Id":"7"}]}'
)
EXPLAINED = b'{"explanations":{"anchor":["age <= 28"],"precision":0.98},"predictions":[1]}'
ALIBI = b'{"meta":{"name":"AnchorTabular","version":"0.9.4"},"data":{"anchor":["age <= 28"],"precision":0.98}}'
TOKENS = b'{"predictions":[[{"entity":"PER","score":0.99,"word":"Ada"}],[]]}'
BODIES = (SKLEARN, XGBOOST, PROBABILITIES, PMML, EXPLAINED, ALIBI, TOKENS)


def test_predictions_are_one_output():
    """Labels, scores, and probabilities, a row an instance."""
    assert read(SKLEARN).heads == {"/predictions": Tensor("INT64", (2,), [1, 1])}
    assert read(XGBOOST).heads == {"/predictions": Tensor("FP64", (2,), [0.0021, 0.98])}
    assert read(PROBABILITIES).heads == {"/predictions": Tensor("FP64", (2, 2), [0.9, 0.1, 0.2, 0.8])}


def test_records_are_outputs_by_name():
    """As the PMML server answers."""
    found = read(PMML).heads
    assert [*found] == ["/predictions/*/Species", "/predictions/*/Probability_setosa", "/predictions/*/Node_Id"]
    assert found["/predictions/*/Species"] == Tensor("BYTES", (2,), ["setosa", "virginica"])


def test_explanations_are_outputs_too():
    """Beside the predictions, or in a body of the explainer's own."""
    assert [*read(EXPLAINED).heads] == ["/explanations/anchor", "/explanations/precision", "/predictions"]
    assert [*read(ALIBI).heads] == ["/meta", "/data"]


def test_rows_of_objects_stay_rows():
    """Entities found in each text; how many differs from row to row."""
    assert read(TOKENS).heads == {"/predictions": Column([[{"entity": "PER", "score": 0.99, "word": "Ada"}], []])}


def test_maps_from_labels_to_scores_stay_whole():
    """The protocol gives objects no meaning; other labels in the next answer must not be other outputs."""
    scores = {"tabby cat": 0.75, "tiger cat": 0.25}
    assert read(b'{"predictions":[{"tabby cat":0.75,"tiger cat":0.25}]}').heads == {"/predictions": Column([scores])}


def test_a_body_whose_members_have_no_names_is_one_output():
    """No pointer is made of what cannot be shown."""
    assert [*read(b'{"predictions":[1],"new\\nline":2}').heads] == [""]


def test_further_members_are_outputs():
    """The protocol is not strictly enforced, and nothing goes uncompared."""
    found = read(b'{"predictions":[1],"probabilities":[[0.1,0.9]],"threshold":0.5}').heads
    assert [*found] == ["/predictions", "/probabilities", "/threshold"]


@pytest.mark.parametrize(
    ("data", "pointers"),
    [(b"[1,2]", [""]), (b"0.5", [""]), (b'{"label":"late","score":0.5}', ["/label", "/score"]), (b"{}", [""])],
)
def test_an_answer_of_a_models_own_form_is_read_as_it_is(data, pointers):
    """Response payloads are the predictor's choice."""
    assert [*read(data).heads] == pointers


def test_bare_nan_is_read():
    """Python's JSON writes it."""
    assert repr(read(b'{"predictions":[NaN,1.0]}').heads["/predictions"].values) == "[nan, 1.0]"


def test_the_body_has_no_version():
    """What a predictor calls so is an output."""
    assert read(SKLEARN).version == ""


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"error":"Model with name late does not exist."}', "error message .* where predictions"),
        (b"", "not JSON"),
        (b'{"predictions":[1', "not JSON"),
        (b"<html>", "not JSON"),
    ],
)
def test_what_is_no_answer_says_why(data, why):
    """kserve/errors.py writes {"error": ...}; a proxy may answer 200 with it."""
    with pytest.raises(Unreadable, match=why):
        read(data)


def test_whatever_comes_is_read_or_unreadable():
    """No other exception, for any bytes."""
    never_breaks(read, *BODIES)


@long
def test_whatever_comes_for_long():
    """UNDERSTUDY_FUZZ_S seconds."""
    holds_for_long(read, *BODIES)


def test_what_kserves_python_server_writes_is_read() -> None:
    """kserve/kserve, python/kserve/kserve/protocol/rest/v1_endpoints.py at 0217bda: ORJSONResponse of what the model
    gave. No blanks, NaN as null, an empty list for no instance, and whatever members a model adds.
    """
    assert read(b'{"predictions":[0.5,null]}').heads == {"/predictions": Tensor("FP64", (2,), [0.5, None])}
    assert read(b'{"predictions":[]}').heads == {"/predictions": Column([])}
    assert [*read(b'{"predictions":[1],"model_name":"late"}').heads] == ["/predictions", "/model_name"]
    with pytest.raises(Unreadable):
        read(b'{"error":"Model with name late is not ready."}')


def test_instances_are_rows():
    """Lists, as scikit-learn's server is asked, or objects."""
    lists = b'{"instances": [[6.8, 2.8], [6.0, 3.4]]}'
    assert by_name(asked("kserve_v1", sent(lists))) == {"x0": [6.8, 6.0], "x1": [2.8, 3.4]}
    objects = b'{"instances": [{"sepal": {"length": 6.8}, "site": ["a"]}, {"sepal": null, "site": []}]}'
    assert by_name(asked("kserve_v1", sent(objects))) == {"/sepal/length": [6.8, None], "site": ["a", None]}


def test_what_a_row_lacks_is_missing_in_its_place():
    """A vector, or a list of one: the rows behind it keep their own."""
    rows = b'{"instances": [{"n": 1, "v": [1, 2], "site": ["a"]}, {"n": 2}, {"n": 3, "v": [5, 6], "site": ["c"]}]}'
    assert by_name(asked("kserve_v1", sent(rows))) == {
        "n": [1, 2, 3],
        "v[0]": [1, None, 5],
        "v[1]": [2, None, 6],
        "site": ["a", None, "c"],
    }
