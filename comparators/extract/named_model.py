"""The model that a request names in its body: one address serves many models in OpenAI's API and those built like it.

A member "model" means a model only where the path is one of these APIs', and beside what such a request asks: a form
about cars has one too. Clients choose names, so what is too long or not printable is folded. plans/kind_of_request.py
calls this.
"""

import re
from functools import lru_cache

import msgspec
from msgspec import Raw, Struct

from comparators.extract.template import FOLDED
from records.coding import decoded
from records.nouns import Request

MAX_MODEL_CHARS = 128
MAX_ASKED_BYTES = 8_388_608  # of a request that came packed

# OpenAI; Anthropic's messages; rerank as Cohere, Jina and vLLM have it; Ollama; what SageMaker and MLflow pass on to a
# model unwrapped.
_PATHS = re.compile(
    r"/(?:chat/completions|completions|embeddings|responses|messages|moderations|rerank|generate|api/(?:chat|embed)"
    r"|invocations)$"
)
_NOTHING = Raw()


class _Question(Struct, gc=False):
    """What such requests ask; what it is plays no part."""

    model: str | None = None
    messages: Raw = _NOTHING
    prompt: Raw = _NOTHING
    input: Raw = _NOTHING
    query: Raw = _NOTHING

    def asks(self) -> bool:
        return any((self.messages, self.prompt, self.input, self.query))


_decoder = msgspec.json.Decoder(_Question)


@lru_cache(maxsize=4096)
def names_model(method: str, path: str) -> bool:
    """Whether requests of this path may name a model in their bodies."""
    return method == "POST" and _PATHS.search(path) is not None


def named_model(request: Request) -> str:
    """Of a request whose path is one of these; "" where it names none."""
    data = _plain(request)
    try:
        asked = _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""
    return _named(asked.model) if asked.model and asked.asks() else ""


def _plain(request: Request) -> bytes:
    if any(name == b"content-encoding" for name, _ in request.headers):
        return decoded(request.body.data, request.headers, MAX_ASKED_BYTES) or b""
    return request.body.data


def _named(model: str) -> str:
    return model if len(model) <= MAX_MODEL_CHARS and model.isprintable() else FOLDED
