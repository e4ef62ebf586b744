"""The plans of one route: each kind has one, and there are not too many."""

from comparators.plans.known_plans import MAX_MODELS, MAX_PLANS, Plans
from comparators.settings import CompareSettings
from tests.comparators.made import answer
from tests.comparators.plans.exchanges import CHAT_ANSWER, asking, exchange


def test_a_kind_is_decided_once():
    """The first answer decides; what is known is not proposed again."""
    plans = Plans(CompareSettings())
    first, second = exchange(answer({"score": 1})), exchange(answer(b"text", headers=()))
    (plan,) = plans.missing([first, second])
    plans.learn(plan)
    assert plan.protocol == "json_outputs"
    assert plans.missing([first, second]) == []
    assert plans.of(second.request, answer(b"text", headers=())) == plan


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
