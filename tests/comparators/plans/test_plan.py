"""Plans: which requests are of one kind, and how their answers are read."""

import gzip

import msgspec
import orjson
import pytest
from msgspec import structs

from comparators.compare.extent import NOT_TOLD, Extent
from comparators.plans.kind_of_request import kind_of
from comparators.plans.plan import MAX_MODELS, MAX_PLANS, Plan, Plans
from comparators.settings import CompareSettings
from records.nouns import Body, Exchange, Request
from tests.comparators.extract.openai_bodies import chat
from tests.comparators.made import GZIPPED, JSON, OIP, answer, failure, oip, pair

CHAT_ANSWER = answer(chat({"role": "assistant", "content": "yes"}))
LATE = oip(late=("INT64", [1], [1]))


def exchange(outcome, target: str = "/score", method: str = "POST") -> Exchange:
    return pair(outcome, outcome, target=target, method=method).exchange


def decided(outcome, target: str = "/score"):
    (plan,) = Plans(CompareSettings()).missing([exchange(outcome, target)])
    return plan


def test_two_models_behind_one_prefix_are_two_kinds():
    """As are two methods on one path."""
    asked = [("POST", "/v2/models/a/infer"), ("POST", "/v2/models/b/infer"), ("GET", "/v2/models/b/infer")]
    assert len({kind_of(Request(method, target, (), Body(b"", 0))).key for method, target in asked}) == 3


@pytest.mark.parametrize(
    ("outcome", "target", "protocol", "decided_by"),
    [
        (answer(LATE), OIP, "oip_v2", "path"),
        (answer(b"not json"), OIP, "oip_v2", "path"),
        (answer(LATE), "/infer", "oip_v2", "body"),
        (answer(LATE, headers=GZIPPED), "/infer", "oip_v2", "body"),
        (answer({"score": 1}), "/score", "json_outputs", "body"),
        (answer({"a": 1}), "/score", "json", "body"),
        (answer(b'{"score":', headers=JSON), "/score", "json", "headers"),
        (answer(b"\x00\x01", headers=()), "/score", "bytes", "body"),
        (answer(b"{}\x00", headers=((b"inference-header-content-length", b"2"),)), "/infer", "oip_v2", "headers"),
    ],
)
def test_path_headers_and_body_decide(outcome, target, protocol, decided_by):
    """The surest sign first, and the plan says which it was."""
    plan = decided(outcome, target)
    assert (plan.protocol, plan.decided_by) == (protocol, decided_by)
    assert protocol in str(plan)


@pytest.mark.parametrize(
    "outcome",
    [answer({"error": "x"}, status=500), answer(b"<html>", status=302), failure(), answer(b""), answer(b"{", cut=True)],
)
def test_only_a_good_whole_answer_decides(outcome):
    """An error page must not decide for good how a model is read."""
    assert Plans(CompareSettings()).missing([exchange(outcome)]) == []


def asking(model, target: str = "/v1/chat/completions", **asked) -> Exchange:
    """A request that names a model, answered."""
    body = orjson.dumps({"model": model, "messages": [], **asked})
    request = Request("POST", target, JSON, Body(body, len(body)))
    return structs.replace(exchange(CHAT_ANSWER, target), request=request)


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


def test_models_that_clients_make_up_are_bounded_and_leave_other_paths_their_room():
    """Those beyond are one kind of their path, read by a plan as any other; and it is the same, however they come."""
    many = [asking(f"m{number}") for number in range(200)]
    at_once, one_by_one = Plans(CompareSettings()), Plans(CompareSettings())
    for plan in at_once.missing(many):
        at_once.learn(plan)
    for each in many:
        for plan in one_by_one.missing([each]):
            one_by_one.learn(plan)
    for plans in (at_once, one_by_one):
        keys = [plans.of(each.request, CHAT_ANSWER).key for each in many]
        assert len(set(keys)) == MAX_MODELS + 1
        assert keys[-1] == "POST /v1/chat/completions"
        assert plans.of(many[-1].request, CHAT_ANSWER).heads
    assert [plan.key for plan in at_once.missing([exchange(answer({"a": 1}))])] == ["POST /score"]


def test_a_plan_of_before_models_had_plans_of_their_own_is_still_read():
    """As the store keeps it; what has no plan of its own is read by it."""
    stored = b'{"method":"POST","path":"/v1/chat/completions","model":"","protocol":"openai_chat","decided_by":"path"}'
    plan = msgspec.json.decode(stored, type=Plan)
    said = f"{plan.key}: openai_chat (by path); provisional, from 0 answers"
    assert (plan.key, str(plan)) == ("POST /v1/chat/completions", said)


def test_a_kind_is_decided_once():
    """The first answer decides; what is known is not proposed again."""
    plans = Plans(CompareSettings())
    first, second = exchange(answer({"score": 1})), exchange(answer(b"text", headers=()))
    (plan,) = plans.missing([first, second])
    plans.learn(plan)
    assert plan.protocol == "json_outputs"
    assert plans.missing([first, second]) == []
    assert plans.of(second.request, answer(b"text", headers=())) == plan


def test_kinds_are_bounded_and_the_rest_is_read_by_its_looks():
    """A client that invents paths gets no plan for each of them; one for each protocol holds them all."""
    plans = Plans(CompareSettings())
    many = [exchange(answer({"n": 1}), f"/invented/{'abcdefghij'[i % 10]}/{chr(97 + i // 10)}x") for i in range(200)]
    proposals = plans.missing(many)
    assert len(proposals) == MAX_PLANS
    for plan in proposals:
        plans.learn(plan)
    keys = {plans.of(each.request, answer({"n": 1})).key for each in many}
    assert len(keys) == MAX_PLANS + 1
    assert "* * (json)" in keys


def test_a_plan_keeps_how_large_productions_numbers_are():
    """Of its first answers, whatever comes later: where differences are cut off must not depend on them."""
    answers = [answer(oip(delay=("FP64", [1], [1000.5 + minute]))) for minute in range(40)]
    plans = Plans(CompareSettings())
    (plan,) = plans.missing(exchange(each, OIP) for each in answers)
    assert {head.pointer: head.extent for head in plan.heads}["/outputs/delay"] == Extent(scale=11, clip=6)
    assert plan.latency_clip == 23  # four times 2 ms, rounded up to a power of two, of ns
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_a_plan_of_before_extents_is_still_read():
    """Its outputs have the extent of which nothing is told."""
    before = b'{"method":"POST","path":"/","model":"","protocol":"json","decided_by":"body","heads":'
    plan = msgspec.json.decode(before + b'[{"pointer":"/a","kind":"score","decided_by":"values"}]}', type=Plan)
    assert plan.heads[0].extent == NOT_TOLD
