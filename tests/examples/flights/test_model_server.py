"""The model server, over real sockets: Open Inference Protocol V2, and its errors."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from aiohttp.test_utils import TestClient, TestServer

from examples.flights.model_server import Columns, application


class Halves:
    """The smallest model that has a number, a name and two outputs."""

    name = "halves"
    version = "7"
    inputs: Mapping[str, str] = {"x": "FP64", "who": "BYTES"}
    outputs: Mapping[str, str] = {"half": "FP64", "big": "BOOL"}

    def predict(self, columns: Columns) -> Mapping[str, npt.NDArray[Any]]:
        if "crash" in columns["who"]:
            raise ZeroDivisionError("of the model's own making")
        half = np.array(columns["x"], dtype=np.float64) / 2
        return {"half": half, "big": half > 1}


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(application(Halves()))) as client:
        yield client


def asked(x: Any = (3.0, None), who: Any = ("a", "b"), **changes: Any) -> dict[str, Any]:
    tensors = [
        {"name": "x", "datatype": "FP64", "shape": [len(x)], "data": list(x)},
        {"name": "who", "datatype": "BYTES", "shape": [len(who)], "data": list(who)},
    ]
    return {"inputs": tensors} | changes


async def test_an_answer_names_model_and_version_and_repeats_the_id(client: TestClient[Any, Any]) -> None:
    """And null in, where a value is missing, is null out where nothing can be said."""
    answer = await client.post("/v2/models/halves/infer", json=asked(id="41"))

    assert answer.status == 200
    assert await answer.json() == {
        "model_name": "halves",
        "model_version": "7",
        "id": "41",
        "outputs": [
            {"name": "half", "datatype": "FP64", "shape": [2], "data": [1.5, None]},
            {"name": "big", "datatype": "BOOL", "shape": [2], "data": [True, False]},
        ],
    }


async def test_only_the_outputs_that_were_asked_for_are_answered(client: TestClient[Any, Any]) -> None:
    """In the order in which they were asked for; the versioned address is the same model."""
    body = asked(outputs=[{"name": "big"}])
    answer = await client.post("/v2/models/halves/versions/7/infer", json=body)

    document = await answer.json()
    assert [output["name"] for output in document["outputs"]] == ["big"]
    assert "id" not in document


BAD_INPUTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a datatype other than the model's": ({"x": [1]}, {"datatype": "INT64"}, "'FP64' is expected"),
    "a shape that isn't the data's": ({"x": [1]}, {"shape": [2]}, "shape [2]"),
    "text for a number": ({"x": ["1"]}, {}, "'1' is no FP64"),
    "truth for a number": ({"x": [True]}, {}, "True is no FP64"),
    "no rows": ({"x": []}, {}, "at least one"),
    "fewer rows than the others": ({"x": [1, 2]}, {}, "number of rows"),
}


@pytest.mark.parametrize("what", BAD_INPUTS)
async def test_a_tensor_that_does_not_fit_is_refused(what: str, client: TestClient[Any, Any]) -> None:
    """With 400 and V2's error object, which says which input and why."""
    arguments, change, expected = BAD_INPUTS[what]
    body = asked(**arguments, who=["a"])
    body["inputs"][0] |= change

    answer = await client.post("/v2/models/halves/infer", json=body)

    assert answer.status == 400
    assert expected in (await answer.json())["error"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "inputs is not a list"),
        (b'{"inputs": [{}]}', "no name"),
        (b'{"inputs": [{"name": "y"}]}', "missing ['who', 'x'], unknown ['y']"),
    ],
)
async def test_a_body_that_is_no_request_is_refused(body: bytes, expected: str, client: TestClient[Any, Any]) -> None:
    """With 400 and a reason."""
    answer = await client.post("/v2/models/halves/infer", data=body)

    assert answer.status == 400
    assert expected in (await answer.json())["error"]


async def test_an_output_that_does_not_exist_is_refused(client: TestClient[Any, Any]) -> None:
    """And the answer says which there are."""
    answer = await client.post("/v2/models/halves/infer", json=asked(outputs=[{"name": "third"}]))

    assert answer.status == 400
    assert (await answer.json())["error"] == "unknown outputs ['third']: there are ['big', 'half']"


async def test_binary_tensors_are_refused_by_name(client: TestClient[Any, Any]) -> None:
    """Rather than read as broken JSON."""
    headers = {"Inference-Header-Content-Length": "10"}
    answer = await client.post("/v2/models/halves/infer", data=b"{}", headers=headers)

    assert answer.status == 400
    assert "binary" in (await answer.json())["error"]


async def test_a_bug_in_the_model_is_an_internal_error_that_tells_nothing(
    client: TestClient[Any, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns that it failed, the log learns why."""
    answer = await client.post("/v2/models/halves/infer", json=asked(who=["a", "crash"]))

    assert answer.status == 500
    assert await answer.json() == {"error": "internal error"}
    assert "of the model's own making" in caplog.text


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/halves/versions/8/ready", "/v3"])
async def test_what_is_not_there_is_404_with_an_error_object(path: str, client: TestClient[Any, Any]) -> None:
    """A model, a version, or a path."""
    answer = await client.get(path)

    assert answer.status == 404
    assert (await answer.json())["error"]


async def test_health_and_metadata_are_answered(client: TestClient[Any, Any]) -> None:
    """Server and model say that they live, are ready, and what they take."""
    for path in ("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/halves/ready"):
        assert (await client.get(path)).status == 200

    metadata = await (await client.get("/v2/models/halves")).json()
    assert metadata["inputs"][1] == {"name": "who", "datatype": "BYTES", "shape": [-1]}
    assert metadata["versions"] == ["7"]
