"""Which protocol an answer speaks: the surest sign decides, and says which it was."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.extract.detect import detect
from comparators.extract.reading import read_all
from records.nouns import Answer, Body, Headers
from tests.comparators.extract import openai_bodies as openai

JSON: Headers = ((b"content-type", b"application/json; charset=utf-8"),)
STREAM: Headers = ((b"content-type", b"text/event-stream; charset=utf-8"),)

OIP = {"model_name": "m", "outputs": [{"name": "a", "datatype": "FP32", "shape": [1], "data": [0.5]}]}
GENERATED = {"model_name": "m", "model_version": "1", "text_output": "yes"}
PREDICTIONS = {"predictions": [[0.25, 0.75]]}
LINEAR_LEARNER = {"predictions": [{"score": 0.4, "predicted_label": 0}]}
PCA = {"projections": [{"projection": [0.5, 1.5]}]}


def event_stream(*events: Any) -> bytes:
    return openai.stream(*events, done=False)


def found(target: str, body: Any, headers: Headers = JSON, method: str = "POST") -> tuple[str, str]:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    protocol, decided_by, _ = detect(method, target, headers, data)
    return protocol, decided_by


@pytest.mark.parametrize(
    ("target", "body", "protocol"),
    [
        ("/v2/models/late/infer", OIP, "oip_v2"),
        ("/ml/v2/models/late/versions/3/infer?trace=1", OIP, "oip_v2"),
        ("/v2/models/late/infer", b"\x00 not JSON", "oip_v2"),
        ("/v2/models/late/infer", {"error": "busy"}, "oip_v2"),
        ("/v2/models/llm/generate", GENERATED, "oip_generate"),
        ("/v2/models/llm/versions/1/generate_stream", event_stream(GENERATED), "oip_generate"),
        ("/v2/models/llm/generate", {"error": "busy"}, "oip_generate"),
        ("/v2/models/llm/generate", OIP, "oip_v2"),
        ("/v1/models/late:predict", PREDICTIONS, "kserve_v1"),
        ("/v1/models/late:explain", {"explanations": []}, "kserve_v1"),
        ("/v1/models/late:predict", {"error": "busy"}, "kserve_v1"),
        ("/v1/models/late:predict", b"not JSON", "kserve_v1"),
        ("/v1/models/late:predict", {**PREDICTIONS, "outputs": ["label"]}, "kserve_v1"),
        ("/v1/models/late:predict", {"outputs": [[0.25, 0.75]]}, "tf_serving"),
        ("/v1/models/late:predict", {"outputs": {"a": [1], "b": [2]}}, "tf_serving"),
        ("/v1/models/late:predict", {"predictions": [{"b64": "AAAA"}]}, "tf_serving"),
        ("/v1/models/late:predict", {"results": [0.5]}, "tf_serving"),
        ("/v1/models/late:classify", {"results": [[["yes", 0.9], ["no", 0.1]]]}, "tf_serving"),
        ("/v1/models/late:regress", {"results": [0.5]}, "tf_serving"),
        ("/v1/models/late:regress", {"error": "busy"}, "tf_serving"),
        ("/v1/models/late/versions/3:predict", PREDICTIONS, "tf_serving"),
        ("/v1/models/late/labels/stable:predict", PREDICTIONS, "tf_serving"),
        ("/v1/projects/1/endpoints/2:predict", {**PREDICTIONS, "deployedModelId": "3"}, "kserve_v1"),
        ("/invocations", PREDICTIONS, "mlflow"),
        ("/invocations", {"predictions": {"b64": "x"}}, "mlflow"),
        ("/invocations", {"predictions": [{"delay": 0.4}]}, "mlflow"),
        ("/invocations", LINEAR_LEARNER, "sagemaker_json"),
        ("/invocations", PCA, "sagemaker_json"),
        ("/invocations", [0.25, 0.75], "sagemaker_json"),
        ("/invocations", {"error": "busy"}, "sagemaker_json"),
        ("/invocations", b'{"predictions":', "sagemaker_json"),
        ("/endpoints/late/invocations", PREDICTIONS, "mlflow"),
        ("/models/late/invoke", LINEAR_LEARNER, "sagemaker_json"),
        ("/v1/chat/completions", openai.CHAT, "openai_chat"),
        ("/v1/chat/completions", openai.CHAT_STREAM, "openai_chat"),
        ("/openai/deployments/d/chat/completions?api-version=1", openai.CHAT, "openai_chat"),
        ("/v1/completions", openai.COMPLETION, "openai_completions"),
        ("/openai/deployments/d/completions", openai.COMPLETION, "openai_completions"),
        ("/v1/embeddings", openai.EMBEDDINGS, "openai_embeddings"),
        ("/v1/embeddings", openai.ERROR, "openai_embeddings"),
    ],
)
def test_a_path_decides_first(target, body, protocol):
    """Whatever this one answer is; the body only tells protocols apart that share a path."""
    assert found(target, body) == (protocol, "path")


@pytest.mark.parametrize(
    ("target", "headers", "body", "protocol"),
    [
        ("/infer", ((b"inference-header-content-length", b"5"),), b'{"a":\x00\x01', "oip_v2"),
        ("/invocations", ((b"content-type", b"text/csv"),), b"0.5\n0.25\n", "sagemaker_csv"),
        ("/score", ((b"content-type", b"Text/CSV; charset=utf-8"),), b"0.5,1\n", "sagemaker_csv"),
        ("/invocations", ((b"content-type", b"application/jsonlines"),), b'{"score":1}\n', "sagemaker_jsonlines"),
        ("/score", ((b"content-type", b"application/x-ndjson"),), b'{"score":1}\n{"score":2}\n', "json_lines"),
        ("/api/chat", ((b"content-type", b"application/x-ndjson"),), b'{"done":true}\n', "json_lines"),
        ("/summarize", ((b"content-type", b"text/plain; charset=utf-8"),), b"A short text.", "text"),
        ("/score", JSON, b'{"score":', "json"),
        ("/score", ((b"content-type", b"application/problem+json"),), b"oops", "json"),
    ],
)
def test_headers_decide_where_no_path_does(target, headers, body, protocol):
    """The content type, and the header of binary tensors."""
    assert found(target, body, headers) == (protocol, "headers")


@pytest.mark.parametrize(
    ("body", "protocol"),
    [
        (OIP, "oip_v2"),
        ({"outputs": []}, "json"),
        ({"outputs": [1]}, "json"),
        ({"outputs": [{"name": "a"}]}, "json"),
        (GENERATED, "oip_generate"),
        (PREDICTIONS, "kserve_v1"),
        ({"predictions": [{"b64": "AAAA"}]}, "tf_serving"),
        ({"result": 1}, "json_outputs"),
        (openai.CHAT, "openai_chat"),
        (openai.CHAT_TOOLS, "openai_chat"),
        ({"choices": [{"message": {"content": "a"}}]}, "openai_chat"),
        (openai.COMPLETION, "openai_completions"),
        ({"choices": [{"text": "a"}]}, "openai_completions"),
        ({"choices": ["a", "b"]}, "json"),
        ({"choices": []}, "json"),
        (openai.EMBEDDINGS, "openai_embeddings"),
        ({"object": "list", "data": [{"id": "gpt-4o", "object": "model"}]}, "json"),
        ({"a": 1, "b": ["score"]}, "json"),
        ({"score": 1}, "json_outputs"),
        ({"id": 7, "result": {"label": "late"}}, "json_outputs"),
        ([1, 2], "json_outputs"),
        (b"0.5", "json_outputs"),
        (b"NaN", "json_outputs"),
        ([{"label": "a", "score": 0.75}, {"label": "b", "score": 0.25}], "json_classes"),
        ({"price": 12.5}, "json_number"),
        ([{"price": 12}, {"price": 12.5}], "json_number"),
        ({"price": 12}, "json"),
        ({"took_ms": 12.5}, "json"),
        ({"created_at": 1700000000.5}, "json"),
        ({"price": 12.5, "currency": "USD"}, "json"),
        ([{"label": "a", "score": 0.5}, {"label": "b", "score": 0.25}, {"label": "c", "score": 0}], "json_classes"),
        ([{"label": "a", "score": 0.75}], "json_outputs"),
        ([{"label": "a", "score": 0.75}, {"label": "b", "score": 0.75}], "json_outputs"),
        ([{"label": "a", "score": 0.25}, {"label": "b", "score": 0.75}], "json_outputs"),
        ([{"label": "a", "score": 0.5}, {"label": "a", "score": 0.25}], "json_outputs"),
        (b"\x89PNG\r\n", "bytes"),
        (b"yes", "bytes"),
        (b"", "bytes"),
        (openai.CHAT_STREAM, "openai_chat"),
        (openai.AZURE_STREAM, "openai_chat"),
        (openai.COMPLETION_STREAM, "openai_completions"),
        (event_stream(GENERATED), "oip_generate"),
        (event_stream(*[{"ping": 1}] * 10, GENERATED), "bytes"),
        (event_stream({"token": "a"}), "bytes"),
        (b"data: hello\n\n", "bytes"),
        (b"data: 1\n\n" + event_stream(GENERATED), "oip_generate"),
        (b"\n" * 2_000_000, "bytes"),
        (b": ping\n" * 1_000_001, "bytes"),
    ],
)
def test_what_a_body_holds_decides_last(body, protocol):
    """On a path that says nothing, with headers that say nothing."""
    assert found("/score", body, ()) == (protocol, "body")


@pytest.mark.parametrize("target", ["/invocations", "/score"])
@pytest.mark.parametrize(
    ("body", "protocol"),
    [(openai.CHAT, "openai_chat"), (openai.EMBEDDINGS, "openai_embeddings"), (OIP, "oip_v2"), (b"\x00", "bytes")],
)
def test_invocations_may_speak_any_protocol(target, body, protocol):
    """MLflow passes a language model's answer on as it is, and a container says what it likes."""
    assert found(target, body, ()) == (protocol, "body")


def test_paths_say_nothing_of_other_methods():
    """GET /v1/chat/completions lists stored answers."""
    assert found("/v1/chat/completions", {"object": "list", "data": []}, method="GET") == ("json", "body")


@pytest.mark.parametrize(
    ("target", "model"),
    [
        ("/v2/models/late/infer", "late"),
        ("/v1/models/2026:predict", "2026"),
        ("/predictions/resnet-18", "resnet-18"),
        ("/v1/chat/completions", ""),
        ("/score", ""),
    ],
)
def test_the_model_is_told_where_the_path_has_it(target, model):
    """Elsewhere the request's body may name it (named_model.py)."""
    assert detect("POST", target, JSON, b"{}").model == model


TARGETS = (
    "/v2/models/a/infer", "/v2/models/a/generate", "/v1/models/a:predict", "/v1/models/a:classify", "/invocations",
    "/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/score", "", "//",
)  # fmt: skip
ANSWERS = (
    OIP, GENERATED, PREDICTIONS, LINEAR_LEARNER, PCA, *map(orjson.loads, (openai.CHAT, openai.COMPLETION)),
    orjson.loads(openai.EMBEDDINGS), {"outputs": {"a": [1]}}, {"result": [1]}, {"score": 1}, [1, 2], "text", 0.5,
)  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_speaks_on_a_path_that_says_nothing_is_readable(target, answer):
    """What a body or a header decides, that body can be read as; a path may promise more than an answer keeps."""
    body = orjson.dumps(answer)
    protocol, decided_by, _ = detect("POST", target, JSON, body)
    (found,) = read_all(protocol, [Answer(200, JSON, Body(body, len(body)))], len(body))
    assert found[0].heads if found is not None else decided_by == "path"


KEYS = st.sampled_from(["outputs", "predictions", "choices", "data", "object", "result", "text_output", "scores"])
VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
)
BODIES = st.binary(max_size=40) | VALUES.map(orjson.dumps) | VALUES.map(event_stream)


@given(st.sampled_from(TARGETS) | st.text(max_size=20), st.sampled_from(["POST", "GET", ""]), BODIES)
def test_whatever_comes_is_decided(target, method, body):
    """Some protocol, by some sign, and no exception."""
    assert found(target, body, JSON, method)[1] in ("path", "headers", "body")
    assert found(target, body, STREAM, method) == found(target, body, STREAM, method)
