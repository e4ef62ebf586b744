"""Which protocol an answer speaks: by the request's path, then by the answer's headers, then by what its body holds.

A path decides even where this body does not fit it: the first answer may be a poor one, and the plan is for all. Where
one path serves several protocols, the body or the content type tells them apart:

- ":predict" is KServe V1's and TensorFlow Serving's. The latter's alone are :classify and :regress, versions and labels
  in the path, {"outputs"} and {"results"}, and bytes as {"b64"}. {"predictions"} without any of these is taken as
  KServe's: both are read alike, but that KServe's maps from labels to numbers stay whole.
- "/invocations" is MLflow's and SageMaker's. CSV, JSON Lines, and what SageMaker's own algorithms call their results
  are the latter's, other {"predictions"} the former's; both are read alike. JSON without it is SageMaker's.
- "/generate" of MLServer answers in V2's own form; Triton serves models there whose outputs have other names, as JSON.
- "/predictions/<model>" is TorchServe's where the body maps labels to probabilities; other handlers answer any JSON.
- Any other JSON has typed outputs where names or structure say so (json_outputs.py), else it is a document. A list of
  labels and scores is read as the classes of one request where its scores come to no more than 1.
- JSON Lines are SageMaker's on its paths alone. text/plain is text where it is neither JSON nor a stream.

Pure, and no answer makes it fail. plans/decision.py calls this, once for each answer that decides a plan; the body has
no content coding.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from comparators.errors import Unreadable
from comparators.extract import json_outputs, lone_number, sse
from comparators.extract.document import parsed
from comparators.extract.request_body import CSV, JSON_LINES
from comparators.extract.template import path_template
from comparators.extract.torchserve import is_classes
from comparators.settings import Protocol
from records.nouns import Headers

MAX_EVENTS = 10  # of a stream that are looked at: some begin with events that say little

_V2 = r"/v2/models/[^/]+(?:/versions/[^/]+)?"
_VERSIONED = r"(?:/v\d[^/]*|/deployments/[^/]+)"

_PATHS: tuple[tuple[re.Pattern[str], Protocol], ...] = (
    (re.compile(rf"{_V2}/infer$"), "oip_v2"),
    (re.compile(rf"{_V2}/generate(?:_stream)?$"), "oip_generate"),
    (re.compile(r":(?:classify|regress)$|/v1/models/[^/]+/(?:versions|labels)/[^/]+:predict$"), "tf_serving"),
    (re.compile(r":(?:predict|explain)$"), "kserve_v1"),
    (re.compile(r"/invocations$|/models/[^/]+/invoke$"), "mlflow"),
    (re.compile(r"^/predictions/[^/]+(?:/[^/]+)?$"), "torchserve"),
    (re.compile(r"/chat/completions$"), "openai_chat"),
    (re.compile(rf"{_VERSIONED}/completions$"), "openai_completions"),
    (re.compile(rf"{_VERSIONED}/embeddings$"), "openai_embeddings"),
)
_CONTENT_TYPES: dict[bytes, Protocol] = {CSV: "sagemaker_csv", **dict.fromkeys(JSON_LINES, "json_lines")}
_TEXTS = (b"text/plain", b"text/markdown")
# What a body looks like that no other protocol claims.
_OF_INVOCATIONS = ("kserve_v1", "tf_serving", "json_outputs", "json_classes", "json_number", "json")
_OF_TENSORFLOW = frozenset({"outputs", "results", "result"})
# What SageMaker's built-in algorithms call their results, and the members of these.
_SAGEMAKER = ("projections", "scores", "prediction")
_SAGEMAKER_MEMBERS = frozenset({
    "score", "predicted_label", "closest_cluster", "distance_to_cluster", "topic_mixture", "word_embeddings", "vector",
})  # fmt: skip


class ProtocolDetection(NamedTuple):
    """`decided_by`: path, headers or body. `model` is its name in the path, or ""."""

    protocol: Protocol
    decided_by: str
    model: str


def detect(method: str, target: str, answer_headers: Headers, body: bytes) -> ProtocolDetection:
    protocol, decided_by = _decide(method, target.partition("?")[0], dict(answer_headers), body)
    return ProtocolDetection(protocol, decided_by, path_template(target)[1])


def _decide(method: str, path: str, headers: dict[bytes, bytes], body: bytes) -> tuple[Protocol, str]:
    by_path = _by_path(path) if method == "POST" else None
    if by_path == "torchserve":
        by_path = "torchserve" if is_classes(_object(body)) else None
    if by_path is not None and by_path != "mlflow":
        return _told_apart(by_path, body), "path"
    content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if b"inference-header-content-length" in headers:
        return "oip_v2", "headers"
    if content_type in _CONTENT_TYPES:
        found = _CONTENT_TYPES[content_type]
        return "sagemaker_jsonlines" if found == "json_lines" and by_path else found, "headers"
    by_body = _by_body(body, b"json" in content_type)
    if by_body[0] == "bytes" and content_type in _TEXTS and _is_text(body):
        return "text", "headers"
    return (_invoked(body), "path") if by_path and by_body[0] in _OF_INVOCATIONS else by_body


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return not sse.is_stream(body)


def _by_path(path: str) -> Protocol | None:
    return next((protocol for pattern, protocol in _PATHS if pattern.search(path)), None)


def _told_apart(protocol: Protocol, body: bytes) -> Protocol:
    if protocol == "oip_generate":
        return _generated(body)
    if protocol == "kserve_v1":
        return "tf_serving" if any(_is_tensorflow(each, body) for each in _objects(body)) else protocol
    return protocol


def _generated(body: bytes) -> Protocol:
    found = _objects(body)
    if any(map(_is_oip, found)):
        return "oip_v2"
    said = [each for each in found if "text_output" in each or "error" in each]
    return "oip_generate" if said or not found or sse.is_stream(body) else "json"


def _invoked(body: bytes) -> Protocol:
    found = next(iter(_objects(body)), None)
    if found is None or "predictions" not in found:
        return "sagemaker_json"
    return "sagemaker_json" if _is_sagemaker(found) else "mlflow"


def _by_body(body: bytes, is_called_json: bool) -> tuple[Protocol, str]:
    for each in _objects(body):
        for fits, protocol in _SIGNS:
            if fits(each):
                return ("tf_serving" if protocol == "kserve_v1" and b'"b64"' in body else protocol), "body"
    if sse.is_stream(body):
        return "bytes", "body"
    try:
        found = parsed(body)
    except Unreadable:
        return ("json", "headers") if is_called_json else ("bytes", "body")
    return _of_any(found), "body"


def _of_any(body: Any) -> Protocol:
    if json_outputs.are_of_one_request(body):
        return "json_classes"
    if json_outputs.has_outputs(body):
        return "json_outputs"
    return "json_number" if lone_number.is_alone(body) else "json"


def _objects(body: bytes) -> list[dict[str, Any]]:
    """The body, or those of a stream's first events that are objects; none where there are none."""
    try:
        parts = sse.events(body).data if sse.is_stream(body) else [body]
    except Unreadable:
        return []
    return [found for part in parts[:MAX_EVENTS] if (found := _object(part)) is not None]


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        value = parsed(data)
    except Unreadable:
        return None
    return value if type(value) is dict else None


# ---- what a body holds


def _is_oip(body: dict[str, Any]) -> bool:
    return _all_are(body.get("outputs"), lambda each: "datatype" in each)


def _is_chat(body: dict[str, Any]) -> bool:
    if body.get("object") in ("chat.completion", "chat.completion.chunk"):
        return True
    return _all_are(body.get("choices"), lambda each: type(each.get("message", each.get("delta"))) is dict)


def _is_completion(body: dict[str, Any]) -> bool:
    return body.get("object") == "text_completion" or _all_are(
        body.get("choices"), lambda each: type(each.get("text")) is str
    )


def _is_embeddings(body: dict[str, Any]) -> bool:
    return _all_are(body.get("data"), lambda each: type(each.get("embedding")) in (list, str))


def _is_tensorflow(body: dict[str, Any], data: bytes) -> bool:
    return b'"b64"' in data or ("predictions" not in body and not _OF_TENSORFLOW.isdisjoint(body))


def _is_sagemaker(body: dict[str, Any]) -> bool:
    if any(type(body.get(name)) is list for name in _SAGEMAKER):
        return True
    return _all_are(body["predictions"], lambda each: not _SAGEMAKER_MEMBERS.isdisjoint(each))


def _all_are(items: Any, fits: Callable[[dict[str, Any]], bool]) -> bool:
    """A list of objects that all fit; one at least."""
    return type(items) is list and bool(items) and all(type(each) is dict and fits(each) for each in items)


_SIGNS: Iterable[tuple[Callable[[dict[str, Any]], bool], Protocol]] = (
    (_is_oip, "oip_v2"),
    (_is_chat, "openai_chat"),
    (_is_completion, "openai_completions"),
    (_is_embeddings, "openai_embeddings"),
    (lambda body: "text_output" in body, "oip_generate"),
    (lambda body: "predictions" in body, "kserve_v1"),
)
