"""MLServer behind, Triton's client library in front: what the two say to each other with nothing between them."""

import numpy as np
import pytest
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

ROWS = np.array([[1.0, 2.0, 4.0], [9.0, 0.5, -2.5]])


@pytest.fixture
def client(mlserver_url: str) -> InferenceServerClient:
    return InferenceServerClient(mlserver_url.removeprefix("http://"))


def test_the_server_and_its_model_are_ready(client: InferenceServerClient) -> None:
    """As the client asks for it: health and metadata."""
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("sums")
    assert client.get_model_metadata("sums")["name"] == "sums"


def test_tensors_go_there_and_back(client: InferenceServerClient) -> None:
    """Numbers and names, with the request's id and the model's version. In JSON: MLServer speaks no binary tensors."""
    rows = InferInput("rows", list(ROWS.shape), "FP64").set_data_from_numpy(ROWS, binary_data=False)
    outputs = [InferRequestedOutput(name, binary_data=False) for name in ("sum", "largest")]

    answer = client.infer("sums", [rows], outputs=outputs, request_id="a-request")

    np.testing.assert_array_equal(answer.as_numpy("sum").ravel(), [7.0, 7.0])
    assert answer.as_numpy("largest").ravel().tolist() == ["column 2", "column 0"]
    response = answer.get_response()
    assert (response["id"], response["model_name"], response["model_version"]) == ("a-request", "sums", "3")


def test_a_model_that_is_not_there_is_the_server_s_own_error(client: InferenceServerClient) -> None:
    """The client raises what the server said."""
    with pytest.raises(InferenceServerException, match="nobody"):
        client.get_model_metadata("nobody")
