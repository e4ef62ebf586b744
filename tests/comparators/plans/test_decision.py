"""What answers say of how their kind is read."""

import msgspec
import pytest

from comparators.compare.extent import Extent
from comparators.plans.known_plans import Plans
from comparators.plans.plan import Plan
from comparators.settings import CompareSettings
from tests.comparators.made import GZIPPED, JSON, OIP, answer, failure, oip
from tests.comparators.plans.exchanges import exchange

LATE = oip(late=("INT64", [1], [1]))


def decided(outcome, target: str = "/score"):
    (plan,) = Plans(CompareSettings()).missing([exchange(outcome, target)])
    return plan


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


def test_a_number_that_is_all_of_an_answer_is_a_score():
    """Whatever its name, and though some are written without a point; whole numbers alone may count."""
    asked = [exchange(answer({"price": 100 if i % 4 == 0 else 100 + i / 8}), "/price") for i in range(40)]
    (plan,) = Plans(CompareSettings()).missing(asked)
    assert [(head.pointer, head.kind) for head in plan.heads] == [("/price", "score")]
    (plan,) = Plans(CompareSettings()).missing([exchange(answer({"visits": i}), "/price") for i in range(40)])
    assert plan.protocol == "json"


def test_a_plan_keeps_how_large_productions_numbers_are():
    """Of its first answers, whatever comes later: where differences are cut off must not depend on them."""
    answers = [answer(oip(delay=("FP64", [1], [1000.5 + minute]))) for minute in range(40)]
    plans = Plans(CompareSettings())
    (plan,) = plans.missing(exchange(each, OIP) for each in answers)
    assert {head.pointer: head.extent for head in plan.heads}["/outputs/delay"] == Extent(scale=11, clip=6)
    assert plan.latency_clip == 23  # four times 2 ms, rounded up to a power of two, of ns
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan


def test_answers_that_say_nothing_have_no_part_in_how_answers_are_read():
    """However many they are: an empty list is a document, and nobody knows of what."""
    some = [answer([{"box": [1, 2, 3, 4], "label": "cat", "score": 0.9}])] * 3
    (plan,) = Plans(CompareSettings()).missing([exchange(each) for each in [answer([])] * 30 + some])
    assert (plan.protocol, [head.kind for head in plan.heads]) == ("json_outputs", ["boxes"])
