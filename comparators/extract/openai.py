"""The OpenAI API and its many compatible servers: chat completions, completions, embeddings (openai-openapi).

    "/choices/*/message/content"   a text for each choice, in the order of their index, with refusal and tool calls
    "/choices/*/text"              likewise, of completions
    "/data/*/embedding"            a Tensor, texts x dimensions; base64 stands for little-endian float32

Whole answers, and streams that openai_stream.py puts together. What differs by chance is not compared: ids, times,
fingerprints, log probabilities, reasoning. A refusal is a text, marked as one. The version is the answer's `model`.

Of a request its parameters are features (`/temperature`, `/response_format/type`), the roles of its messages and the
names of its tools; what is said in it, what its tools are like, and who asks, are none. reading.py calls this.
"""

import base64
import binascii
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comparators.errors import Unreadable
from comparators.extract import asking, leaves, sse
from comparators.extract.columns import Columns, gathered
from comparators.extract.document import parsed
from comparators.extract.openai_stream import MAX_CHOICES, SPOKEN, assembled, text_in
from comparators.extract.output import Reading, Tensor, Text, Texts, ToolCall, Usage
from comparators.extract.request_body import RequestBody
from comparators.extract.shaping import members, refuse_error

CHAT = "/choices/*/message/content"
COMPLETIONS = "/choices/*/text"
EMBEDDINGS = "/data/*/embedding"

MAX_TOKENS = 2**53  # a larger number of tokens is none

_NO_FEATURES = asking.SAID | {
    "/prompt", "/suffix", "/input", "/prediction", "/logit_bias",
    "/tools/*/function/description", "/tools/*/function/parameters",
    "/functions/*/description", "/functions/*/parameters", "/response_format/json_schema/schema",
    "/user", "/safety_identifier", "/prompt_cache_key",
}  # fmt: skip

_FLOATS = np.dtype("<f4")
_NUMBERS = frozenset({int, float, type(None)})


def read_chat(data: bytes) -> Reading:
    answer, chunks = _answer(data)
    texts = [_message(choice.get("message"), _finish(choice)) for choice in _choices(answer)]
    return Reading({CHAT: Texts(texts)}, _version(answer), _usage(answer, chunks))


def read_completions(data: bytes) -> Reading:
    answer, chunks = _answer(data)
    choices = _choices(answer)
    if not all("text" in choice for choice in choices):
        msg = "a choice has no text"
        raise Unreadable(msg)
    texts = [Text(text_in(choice, "text"), _finish(choice)) for choice in choices]
    return Reading({COMPLETIONS: Texts(texts)}, _version(answer), _usage(answer, chunks))


def read_embeddings(data: bytes) -> Reading:
    answer = _whole(data, "data")
    vectors = [_vector(each.get("embedding")) for each in _ordered(answer["data"], "data")]
    sizes = {len(each) for each in vectors}
    if len(sizes) != 1 or 0 in sizes:
        msg = "its embeddings have different numbers of dimensions, or none"
        raise Unreadable(msg)
    values: Any = np.concatenate(vectors)
    return Reading({EMBEDDINGS: Tensor("FP32", (len(vectors), *sizes), values)}, _version(answer), _usage(answer))


def asked(body: RequestBody) -> Columns:
    document = body.document()
    if type(document) is not dict:
        return {}
    return gathered(chain(asking.characters(document), leaves.of_document(document, _NO_FEATURES)))


def _answer(data: bytes) -> tuple[dict[str, Any], int]:
    """The answer, and of how many chunks with output it was put together."""
    if sse.is_stream(data):
        return assembled(data)
    return _whole(data, "choices"), 0


def _whole(data: bytes, name: str) -> dict[str, Any]:
    body = parsed(data)
    refuse_error(body)  # some routers write what there is beside an error
    return members(body, (name,))


def _choices(answer: dict[str, Any]) -> list[dict[str, Any]]:
    choices = _ordered(answer["choices"], "choices")
    if len(choices) > MAX_CHOICES:
        msg = f"it has more than {MAX_CHOICES:,} choices"
        raise Unreadable(msg)
    return choices


def _ordered(items: Any, name: str) -> list[dict[str, Any]]:
    """By index, or where they stand for those that tell none."""
    if type(items) is not list or not items or not all(type(each) is dict for each in items):
        msg = f"its {name} are no list of objects, or an empty one"
        raise Unreadable(msg)
    by_index: dict[int, dict[str, Any]] = {}
    for place, each in enumerate(items):
        index = each.get("index")
        by_index[index if type(index) is int else place] = each
    if len(by_index) != len(items):
        msg = f"two of its {name} have the same index"
        raise Unreadable(msg)
    return [by_index[index] for index in sorted(by_index)]


def _finish(choice: dict[str, Any]) -> str:
    reason = choice.get("finish_reason")
    return reason if type(reason) is str else ""


def _version(answer: dict[str, Any]) -> str:
    model = answer.get("model")
    return model if type(model) is str else ""


def tokens_told(usage: Any) -> int | None:
    """Of the completion."""
    return _tokens(usage.get("completion_tokens")) if type(usage) is dict else None


def _usage(answer: dict[str, Any], chunks: int = 0) -> Usage | None:
    told = answer.get("usage")
    if type(told) is not dict:
        return Usage(chunks=chunks) if chunks else None
    return Usage(_tokens(told.get("prompt_tokens")), tokens_told(told), chunks)


def _tokens(count: Any) -> int | None:
    return count if type(count) is int and 0 <= count < MAX_TOKENS else None


# ---- messages


def _message(message: Any, finish: str) -> Text:
    if type(message) is not dict:
        msg = "a choice has no message"
        raise Unreadable(msg)
    if message.get("audio"):
        raise Unreadable(SPOKEN)
    refusal = text_in(message, "refusal")
    content = text_in(message, "content") or refusal
    return Text(content, finish, bool(refusal), tuple(_calls(message)))


def _calls(message: dict[str, Any]) -> list[ToolCall]:
    calls, function = message.get("tool_calls"), message.get("function_call")
    found = [_call(each) for each in calls] if type(calls) is list else []
    return found if function is None else [*found, _function(function)]


def _call(call: Any) -> ToolCall:
    if type(call) is dict and "custom" in call:
        name, custom = _named(call["custom"])
        return ToolCall(name, custom.get("input"))
    return _function(call.get("function") if type(call) is dict else None)


def _function(function: Any) -> ToolCall:
    name, function = _named(function)
    arguments = function.get("arguments")
    return ToolCall(name, _decoded(arguments) if type(arguments) is str else arguments)


def _named(called: Any) -> tuple[str, dict[str, Any]]:
    if type(called) is not dict or type(called.get("name")) is not str:
        msg = "a tool call has no name"
        raise Unreadable(msg)
    return called["name"], called


def _decoded(arguments: str) -> Any:
    """A model writes them, and may write no JSON."""
    try:
        return parsed(arguments.encode())
    except (Unreadable, UnicodeEncodeError):
        return arguments


# ---- embeddings


def _vector(embedding: Any) -> NDArray[np.float32]:
    if type(embedding) is str:
        return _from_base64(embedding)
    if type(embedding) is list and _NUMBERS.issuperset(map(type, embedding)):
        return _from_numbers(embedding)
    msg = "an embedding is neither a list of numbers nor base64"
    raise Unreadable(msg)


def _from_base64(text: str) -> NDArray[np.float32]:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = "an embedding is no base64"
        raise Unreadable(msg) from error
    if len(data) % _FLOATS.itemsize:
        msg = "an embedding in base64 holds no whole number of 32-bit floats"
        raise Unreadable(msg)
    return np.frombuffer(data, _FLOATS) if data else np.empty(0, _FLOATS)


def _from_numbers(numbers: Sequence[Any]) -> NDArray[np.float32]:
    """null is NaN: some encoders write it so."""
    try:
        wide = np.array(numbers, np.float64)
    except OverflowError as error:
        msg = "an embedding has a number beyond all floats"
        raise Unreadable(msg) from error
    with np.errstate(over="ignore"):
        narrow = wide.astype(_FLOATS)
    if np.any(np.isinf(narrow) & ~np.isinf(wide)):
        msg = "an embedding has a number beyond 32-bit floats"
        raise Unreadable(msg)
    return narrow
