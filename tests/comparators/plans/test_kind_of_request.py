"""Which requests are of one kind."""

import gzip

import orjson
import pytest

from comparators.plans.kind_of_request import kind_of
from records.nouns import Body, Request
from tests.comparators.made import GZIPPED, JSON
from tests.comparators.plans.exchanges import asking


def test_two_models_behind_one_prefix_are_two_kinds():
    """As are two methods on one path."""
    asked = [("POST", "/v2/models/a/infer"), ("POST", "/v2/models/b/infer"), ("GET", "/v2/models/b/infer")]
    assert len({kind_of(Request(method, target, (), Body(b"", 0))).key for method, target in asked}) == 3


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("/v1/chat/completions", {"messages": []}),
        ("/openai/v1/completions", {"prompt": "x"}),
        ("/v1/embeddings", {"input": ["x"]}),
        ("/v1/responses", {"input": "x"}),
        ("/v1/rerank", {"query": "x", "documents": ["y"]}),
        ("/api/generate", {"prompt": "x"}),
        ("/api/chat", {"messages": []}),
        ("/api/embed", {"input": "x"}),
        ("/invocations", {"messages": []}),
    ],
)
def test_the_model_in_a_requests_body_is_of_its_kind(target, asked):
    """One address, many models: OpenAI's API, Ollama's, and what MLflow and SageMaker pass on unwrapped."""
    bodies = [orjson.dumps({"model": model, **asked}) for model in ("a", "b")]
    kinds = [kind_of(Request("POST", target, JSON, Body(body, len(body)))) for body in bodies]
    assert [kind.key for kind in kinds] == [f"POST {target} model=a", f"POST {target} model=b"]


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/score", b'{"model":"Golf","input":[1]}'),  # no API of models
        ("/invocations", b'{"model":"Golf","year":2014}'),  # asks nothing that such an API asks
        ("/openai/deployments/late/chat/completions", b'{"model":"a","messages":[]}'),  # the path names it
        ("/v1/chat/completions", b'{"model":7,"messages":[]}'),
        ("/v1/chat/completions", b'{"model":"","messages":[]}'),
        ("/v1/chat/completions", b'{"metadata":{"model":"a"},"messages":[]}'),
        ("/v1/chat/completions", b'{"model":"a","messages":'),
        ("/v1/chat/completions", b""),
    ],
)
def test_what_names_no_model_is_of_its_paths_kind(target, body):
    """A member of that name is a model only where the API says so."""
    assert kind_of(Request("POST", target, JSON, Body(body, len(body)))).key == f"POST {target}"


def test_a_packed_request_names_its_model_too():
    """Its content coding is undone."""
    body = gzip.compress(b'{"model":"a","messages":[]}')
    assert kind_of(Request("POST", "/v1/chat/completions", GZIPPED, Body(body, len(body)))).named == "a"


@pytest.mark.parametrize("name", ["n" * 200, "a\nb", "\x1b[2J"])
def test_a_models_name_from_a_client_is_bounded_and_printable(name):
    """It stands in reports, logs and keys of the store."""
    assert kind_of(asking(name).request).key == "POST /v1/chat/completions model=*"
