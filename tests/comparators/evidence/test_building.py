"""Evidence becomes a report."""

from comparators.evidence.kind_of_request import MAX_SHOWN, OTHER
from comparators.pairs.summary import PlanSummary
from tests.comparators.made import HOUR_NS, MIDNIGHT_NS, answer, failure, observation, pair
from tests.comparators.render.made import empty, report_of


def test_the_window_is_from_the_first_request_to_the_last():
    """In UTC; of nothing compared there is none."""
    own = (observation(answer({"x": 1}), wall_ns=MIDNIGHT_NS + hours * HOUR_NS) for hours in (2, 0, 1))
    found = report_of([pair(each, answer({"x": 1}), number=number) for number, each in enumerate(own)])
    assert (found.window.start, found.window.end) == ("2013-07-01T00:00:00.000Z", "2013-07-01T02:00:00.000Z")
    assert (empty().window.start, empty().window.end) == (None, None)


def test_kinds_of_request_stand_by_their_pairs():
    """The most frequent first; those beyond the bound together, last, without outputs."""
    pairs = [pair(answer({"x": 1}), answer({"x": 1}), target=f"/{kind}") for kind in ("b", "c", "a", "c")]
    plans = report_of(pairs, spoil=lambda summary: summary.add(None, PlanSummary(pairs=9, compared=9))).plans
    assert [(each.plan, each.pairs) for each in plans] == [("POST /c", 2), ("POST /a", 1), ("POST /b", 1), (OTHER, 9)]
    assert plans[-1].heads == []


def test_what_is_not_listed_is_counted():
    """Of places that differ, as many are told as stated."""
    own, other = ({f"at{n:02}": f"{way}{n}" for n in range(MAX_SHOWN + 5)} for way in ("a", "b"))
    (plan,) = report_of([pair(answer(own), answer(other))]).plans
    assert (len(plan.differences), plan.differences_not_listed) == (MAX_SHOWN, 5)


def test_an_outcome_is_judged_as_the_candidate_made_it():
    """Worse where production alone answered, better where the candidate alone did, else the same."""
    ways = [(200, 200), (200, 503), (503, 200), (503, 500)]
    pairs = [pair(answer({"x": 1}, own), answer({"x": 1}, other)) for own, other in ways]
    (plan,) = report_of([*pairs, pair(answer({"x": 1}), failure("connect"))]).plans
    effects = {(each.production, each.candidate): each.effect for each in plan.outcomes}
    assert effects == {
        ("200", "200"): "same",
        ("200", "503"): "worse",
        ("503", "200"): "better",
        ("503", "500"): "same",
        ("200", "connect"): "worse",
    }


def test_the_parts_stand_in_the_whole():
    """All requests together are those of the kinds, and a part that broke is named."""
    found = report_of([pair(answer({"x": n}), answer({"x": 1}), target=f"/{n % 2}", number=n) for n in range(10)])
    assert found.metrics["disagreement.rate"].n == sum(each.compared for each in found.plans) == 10
    assert found.broken == []


def test_a_metric_of_none_of_the_pairs_says_of_how_many():
    """Three hundred without a tool call, and without a latency that counts, are pairs."""
    texts = [answer(f"It is {n}.".encode(), headers=((b"content-type", b"text/plain"),)) for n in range(300)]
    found = report_of([pair(each, each, number=n, warming_up=True) for n, each in enumerate(texts)])
    (plan,) = found.plans
    told = "none of 300 pairs counts here"
    assert plan.heads[0].metrics["text.tool_calls_f1"].reason == told
    assert {found.metrics["latency.p50_ratio"].reason, plan.metrics["latency.production.p50_ms"].reason} == {told}
    assert plan.heads[0].metrics["text.exact"].reason == ""
    assert empty().metrics["disagreement.rate"].reason == "no pairs yet"
