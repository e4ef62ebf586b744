"""Outputs, noise and slices in the document."""

import re
from itertools import chain, pairwise

import pytest
from msgspec.structs import replace

from comparators.evidence.document.lines import of_kind
from comparators.evidence.document.outputs import decisions, not_counted, outputs, slices
from comparators.evidence.registry import NOISE_NAMES
from comparators.evidence.report import RowCounts
from comparators.metrics.address import MetricAddress
from comparators.metrics.document import BarChart, Code, Heading, Mark, Metrics, MetricValue, Note, Number, Table
from comparators.render import words
from comparators.slices.conditions import Condition
from tests.comparators import rich as every
from tests.comparators.made import answer, pair
from tests.comparators.render.made import report_of, surer, whole


def test_an_output_has_all_its_metrics_and_its_tables():
    """In the order in which its kind defines them."""
    report = every.report()
    plan = next(each for each in report.plans if each.heads)
    found = list(outputs(plan, of_kind(plan, report).at))
    listed = [each for each in found if isinstance(each, Metrics)]
    told = [[name for name in head.metrics if name not in NOISE_NAMES] for head in plan.heads]
    assert [len(each.metrics) for each in listed] == [*map(len, told)]
    tables = []
    for before, each in pairwise(found):
        if isinstance(each, Table):  # a chart says for both what they show
            tables.append(before.title if isinstance(before, BarChart) else words.line(each.title).partition(" (")[0])
    of_hints = [[detail for hint in head.hints for detail in hint.details] for head in plan.heads]
    shown = chain.from_iterable([*hinted, *head.details] for hinted, head in zip(of_hints, plan.heads, strict=True))
    assert tables == [detail.title for detail in shown if detail.rows]


def test_the_clip_that_is_told_is_that_of_the_means_and_not_of_what_is_beyond_noise():
    """A difference of two values that are clipped on both sides of zero may be twice as large."""
    plan = every.report().plans[0]
    head = next(each for each in plan.heads if each.kind == "boxes")
    clip = head.metrics["boxes.count_change"].sums["clip"]
    assert head.metrics["boxes.count_change.excess"].sums["clip"] == 2 * clip
    notes = [each.line for each in outputs(replace(plan, heads=[head]), MetricAddress("")) if isinstance(each, Note)]
    assert [line[1] for line in notes if line[0].startswith("count change beyond")] == [Number(clip, "value")]


def test_decisions_that_change_are_drawn_over_their_thresholds():
    """The columns of the table below, as they are: what the candidate alone decides for, and production."""
    report = every.report()
    plan = report.plans[0]
    found = list(outputs(plan, of_kind(plan, report).at))
    at = next(place for place, each in enumerate(found) if isinstance(each, BarChart))
    chart, table = found[at : at + 2]
    assert [each.side for each in chart.series] == ["candidate", "production"]
    assert [each.title for each in chart.series] == [column.title for column in table.columns[2:]]
    for number, row in enumerate(table.rows):
        assert row[0] == Number(chart.places[number], "value")
        assert row[1].value == pytest.approx(chart.totals[number])
        assert [each.shares[number] for each in chart.series] == [each.value for each in row[2:]]
    assert "all thresholds at once" in words.line(table.title)
    assert [chart.places[at] for at in chart.set_at] == [0.5]


def test_decisions_that_change_are_told_beside_the_rate():
    """Output by output, those that change most first, whatever else makes whole requests disagree; of scores where a
    threshold is set.
    """
    plan = every.report().plans[0]
    names = {"label": "label", "probabilities": "probability", "logits": "logits", "score": "score"}
    deciding = [each for each in plan.heads if each.kind in names]
    rates = {each.head: 100 * each.metrics[f"{names[each.kind]}.disagreement"].value for each in deciding}
    line = words.line(decisions(plan))
    assert line.startswith("decisions that change: ")
    told = re.findall(r"(/\w+) ([\d.]+) %", line)
    assert {name: float(share) for name, share in told} == pytest.approx(rates, abs=0.1)
    assert [float(share) for _, share in told] == sorted((float(share) for _, share in told), reverse=True)
    assert decisions(whole().plans[0]) == ()


def test_many_outputs_that_decide_are_told_in_part():
    """Eight, and how many there are besides."""
    plan = every.report().plans[0]
    (head,) = (each for each in plan.heads if each.kind == "label")
    many = replace(plan, heads=[replace(head, head=f"/h{n}") for n in range(10)])
    assert words.line(decisions(many)).endswith("/h7 14.1 %, and 2 other outputs")


def test_rows_are_told_beside_requests_where_requests_have_several():
    """Two of three rows, in two requests that are one half and one whole: without an interval, and why."""
    labels = (answer({"predictions": [["a"], ["b"]]}), answer({"predictions": [["a"], ["c"]]}))
    single = (answer({"predictions": [["a"]]}), answer({"predictions": [["c"]]}))
    plan = report_of([pair(*each, number=n) for n, each in enumerate((labels, single))]).plans[0]
    assert plan.heads[0].rows == RowCounts(requests=2, rows=3, disagreeing=2)
    notes = [words.line(each.line) for each in outputs(plan, of_kind(plan, whole()).at) if isinstance(each, Note)]
    assert any(each.startswith("2 of 3 rows disagree, 66.7 %: without an interval") for each in notes)
    alone = report_of([pair(*single)]).plans[0]
    assert not any("rows disagree" in words.line(each.line)
                   for each in outputs(alone, of_kind(alone, whole()).at) if isinstance(each, Note))  # fmt: skip


def test_an_output_says_where_its_means_are_clipped():
    """Beside the share of requests that are beyond; each kind of change has a clip of its own."""
    report = every.report()
    plan = report.plans[0]
    found = outputs(plan, of_kind(plan, report).at)
    notes = {words.line(each.line).partition(":")[0]: each for each in found if isinstance(each, Note)}
    assert notes.pop("told by the settings")
    notes = {said: each for said, each in notes.items() if "clip" in said}
    assert notes.keys() == {
        "beyond the clip", "length change beyond the clip", "score change beyond the clip",
        "count change beyond the clip",
    }  # fmt: skip
    assert Number(1.0, "value") in notes["beyond the clip"].line  # the scores are from 0 to 1


def test_an_output_says_what_it_is_and_what_of_it_is_compared():
    """Where that is not all of it."""
    report = every.report()
    plan = report.plans[0]
    headings = [each for each in outputs(plan, of_kind(plan, report).at) if isinstance(each, Heading)]
    said = {words.line(each.title): words.line(each.about) for each in headings}
    assert said["/score"] == "score"
    assert said["/ranking"] == "ranking (compared: the first items, in order)"


def test_a_change_that_does_not_count_is_said_beside_the_rate():
    """As a number, with what changed."""
    (line,) = not_counted(surer().plans[0])
    assert words.line(line) == "beside it, /predictions: probabilities changed by 0.35 (mean total variation)"
    assert any(isinstance(each, Number) for each in line)
    assert list(not_counted(whole().plans[0])) == []


def test_a_slice_is_told_beside_all_other_requests():
    """With its interval and theirs, how many there are, the evidence, and what share of all disagreement it carries."""
    report = every.report()
    plan = report.plans[0]
    found = [each for each in report.slices if each.plan == plan.plan]
    _, table, needed, note = slices(found, [], of_kind(plan, report).at)
    named, configured = table.rows
    assert named[0] == Code("wind: gust is missing")
    own, elsewhere = named[1:3]
    assert isinstance(own, MetricValue)
    assert own.lo > elsewhere.hi
    assert own.address.endswith("slice=wind%3A+gust=null")
    assert elsewhere.address == ""
    assert named[-1] == Mark("higher", "worse")
    assert configured[-1] == ""
    assert named[-2].value > found[0].e_value_needed
    assert configured[-2].value is None
    assert words.line(needed.line) == "carries: of all disagreement; higher: an e-value of 150 or more"
    assert isinstance(note, Note)
    assert words.line(note.line) == "together with wind: gust is missing: delay from 10 to 20.5"
    later = [replace(found[0], also=tuple(replace(also, later=True) for also in found[0].also))]
    *_, note = slices(later, [], of_kind(plan, report).at)
    assert words.line(note.line).endswith(": delay from 10 to 20.5 (counted since first seen)")


def test_of_what_was_first_seen_later_it_is_said_that_it_counts_from_then_on():
    """With the evidence that it takes, which is another."""
    report = every.report()
    plan = report.plans[0]
    first, *_ = (each for each in report.slices if each.plan == plan.plan)
    later = replace(first, words="carrier is 'NEW'", later=True, e_value_needed=400.0, also=())
    _, _, needed, later_needed, _ = slices([first, later], [], of_kind(plan, report).at)
    assert words.line(needed.line).startswith("carries: of all disagreement; higher: an e-value of 150")
    since = "carrier is 'NEW': counted since first seen; carries: of all disagreement since then"
    assert words.line(later_needed.line) == f"{since}; higher: an e-value of 400 or more"
    _, _, alone = slices([later], [], of_kind(plan, report).at)
    assert words.line(alone.line) == f"{since}; higher: an e-value of 400 or more"


def test_a_slice_of_two_conditions_has_both_in_its_address():
    """With the evidence that it takes, which is another."""
    report = every.report()
    plan = report.plans[0]
    first, *_ = (each for each in report.slices if each.plan == plan.plan)
    corner = replace(first, second=Condition("feature", "device", "equals", "Y"), e_value_needed=30_000.0, also=())
    _, table, needed, corners_needed, _ = slices([first, corner], [], of_kind(plan, report).at)
    assert isinstance(table.rows[1][1], MetricValue)
    assert table.rows[1][1].address.endswith("slice=wind%3A+gust=null,slice=device=Y")
    assert words.line(needed.line).startswith("carries: of all disagreement; higher: an e-value of 150")
    assert words.line(corners_needed.line) == "of two conditions; higher: an e-value of 30,000 or more"


def test_where_answers_are_further_apart_is_told_output_by_output():
    """In the distance's own words, within the slice and elsewhere; also where no slice disagrees more often."""
    report = every.report()
    plan = report.plans[0]
    apart = [each for each in report.distance_slices if each.plan == plan.plan]
    heading, table, by, needed, note = slices([], apart, of_kind(plan, report).at)
    assert isinstance(heading, Heading)
    assert words.line(table.title) == "edit distance of /text, on average"
    (row,) = table.rows
    assert [words.said(each) for each in (row[0], row[3], row[5])] == ["wind: gust is missing", "800", "further apart"]
    assert (row[1].value, row[2].value) == (500 / 800, 100 / 7_200)
    assert words.line(by.line) == "told by the mean, and by the power of two at which each difference lies"
    assert words.line(needed.line) == "further apart: an e-value of 150 or more"
    assert words.line(note.line) == "together with wind: gust is missing: delay from 10 to 20.5"
    assert list(slices([], [], of_kind(plan, report).at)) == []
