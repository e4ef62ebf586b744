"""The Open Inference Protocol's generate extension, as Triton and vLLM on it speak it: texts at "/text_output".

    /generate          {"model_name", "model_version", "text_output": "…"}; a list has one text a row
    /generate_stream   server-sent events of the same form, each with the next piece of every row

After a stream's head has said 200, an error can only come as an event, {"error": "…"}: the answer is then unreadable,
and so is one that ends within an event. Outputs beside the text (log probabilities, token counts) are not compared.
Of a request its parameters are features, and its text is none. Sources: open-inference-protocol, generate_rest.yaml;
Triton, extension_generate.md. reading.py calls this.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from comparators.errors import Unreadable
from comparators.extract import asking, leaves, sse
from comparators.extract.columns import Columns, gathered
from comparators.extract.document import parsed, parsed_piece
from comparators.extract.lenient import joined
from comparators.extract.output import Reading, Text, Texts, Usage
from comparators.extract.request_body import RequestBody
from comparators.extract.shaping import members, refuse_error

HEAD = "/text_output"
EXPECTED = ("text_output",)
MAX_ROWS = 10_000

_NO_FEATURES = frozenset({"/text_input", "/prompt", "/id"})  # the text by the extension's name, and by vLLM's


def read(data: bytes) -> Reading:
    if sse.is_stream(data):
        return _streamed(data)
    body = members(parsed(data), EXPECTED)
    return Reading({HEAD: _rows(_texts(body), _finish(body))}, _version(body))


def asked(body: RequestBody) -> Columns:
    document = body.document()
    if type(document) is not dict:
        return {}
    return gathered(chain(asking.characters(document), leaves.of_document(document, _NO_FEATURES)))


def _streamed(data: bytes) -> Reading:
    stream = sse.events(data)
    if stream.cut:
        msg = "its stream ends within an event"
        raise Unreadable(msg)
    events = [_event(each) for each in stream.data]
    pieces = [_texts(event) for event in events if event.get("text_output", []) != []]  # Triton: [] is no element
    if not pieces:
        msg = "no event of its stream has a text_output"
        raise Unreadable(msg)
    texts = _rows(_joined(pieces), _last(map(_finish, events)))
    chunks = sum(1 for piece in pieces if any(piece))
    return Reading({HEAD: texts}, _last(map(_version, events)), Usage(chunks=chunks))


def _event(data: bytes) -> dict[str, Any]:
    event = parsed_piece(data)
    refuse_error(event)
    if type(event) is not dict:
        msg = "an event of its stream is no object"
        raise Unreadable(msg)
    found: dict[str, Any] = event
    return found


def _texts(body: dict[str, Any]) -> list[str]:
    value = body["text_output"]
    texts = value if type(value) is list else [value]
    if not 0 < len(texts) <= MAX_ROWS or not all(type(each) is str for each in texts):
        msg = f"its text_output is neither a text nor a list of 1 to {MAX_ROWS:,} texts"
        raise Unreadable(msg)
    return texts


def _joined(pieces: Sequence[Sequence[str]]) -> list[str]:
    if len(set(map(len, pieces))) > 1:
        msg = "its events have different numbers of texts"
        raise Unreadable(msg)
    return list(map(joined, zip(*pieces, strict=True)))


def _rows(texts: Iterable[str], finish: str) -> Texts:
    return Texts([Text(each, finish) for each in texts])


def _finish(body: dict[str, Any]) -> str:
    details = body.get("details")
    reason = details.get("finish_reason") if type(details) is dict else None
    return reason if type(reason) is str else ""


def _version(body: dict[str, Any]) -> str:
    version = body.get("model_version")
    return str(version) if type(version) in (str, int) else ""


def _last(words: Iterable[str]) -> str:
    """The last one that says something."""
    return joined([next((word for word in reversed(list(words)) if word), "")])
