"""Exchanges whose kind of request matters."""

import orjson
from msgspec import structs

from records.nouns import Body, Exchange, Request
from tests.comparators.extract.openai_bodies import chat
from tests.comparators.made import JSON, answer, pair

CHAT_ANSWER = answer(chat({"role": "assistant", "content": "yes"}))


def exchange(outcome, target: str = "/score", method: str = "POST") -> Exchange:
    return pair(outcome, outcome, target=target, method=method).exchange


def asking(model, target: str = "/v1/chat/completions", **asked) -> Exchange:
    """A request that names a model, answered."""
    body = orjson.dumps({"model": model, "messages": [], **asked})
    request = Request("POST", target, JSON, Body(body, len(body)))
    return structs.replace(exchange(CHAT_ANSWER, target), request=request)
