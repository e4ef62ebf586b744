"""Plans: which requests are of one kind, and how their answers are read."""

import pytest

from comparators.extract.plan import MAX_PLANS, Plans, plan_key
from comparators.settings import CompareSettings
from records.nouns import Body, Exchange, Request
from tests.comparators.made import GZIPPED, JSON, OIP, answer, failure, oip, pair

LATE = oip(late=("INT64", [1], [1]))


def exchange(outcome, target: str = "/score", method: str = "POST") -> Exchange:
    return pair(outcome, outcome, target=target, method=method).exchange


def decided(outcome, target: str = "/score"):
    (plan,) = Plans(CompareSettings()).missing([exchange(outcome, target)])
    return plan


def test_two_models_behind_one_prefix_are_two_kinds():
    """As are two methods on one path."""
    asked = [("POST", "/v2/models/a/infer"), ("POST", "/v2/models/b/infer"), ("GET", "/v2/models/b/infer")]
    assert len({plan_key(Request(method, target, (), Body(b"", 0))) for method, target in asked}) == 3


@pytest.mark.parametrize(
    ("outcome", "target", "protocol", "decided_by"),
    [
        (answer(LATE), OIP, "oip_v2", "path"),
        (answer(b"not json"), OIP, "oip_v2", "path"),
        (answer(LATE), "/infer", "oip_v2", "body"),
        (answer(LATE, headers=GZIPPED), "/infer", "oip_v2", "body"),
        (answer({"score": 1}), "/score", "json", "body"),
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


def test_a_kind_is_decided_once():
    """The first answer decides; what is known is not proposed again."""
    plans = Plans(CompareSettings())
    first, second = exchange(answer({"score": 1})), exchange(answer(b"text", headers=()))
    (plan,) = plans.missing([first, second])
    plans.learn(plan)
    assert plan.protocol == "json"
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
