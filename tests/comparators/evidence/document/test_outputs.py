"""Outputs, noise and slices in the document."""

import pytest
from msgspec.structs import replace

from comparators.evidence.document.lines import of_kind
from comparators.evidence.document.outputs import not_counted, outputs, slices
from comparators.evidence.registry import NOISE_NAMES
from comparators.metrics.document import BarChart, Code, Heading, Mark, Metrics, MetricValue, Note, Number, Table
from comparators.render import words
from tests.comparators import rich as every
from tests.comparators.render.made import surer, whole


def test_an_output_has_all_its_metrics_and_its_tables():
    """In the order in which its kind defines them."""
    report = every.report()
    plan = next(each for each in report.plans if each.heads)
    found = list(outputs(plan, of_kind(plan, report).at))
    listed = [each for each in found if isinstance(each, Metrics)]
    told = [[name for name in head.metrics if name not in NOISE_NAMES] for head in plan.heads]
    assert [len(each.metrics) for each in listed] == [*map(len, told)]
    titles = [words.line(each.title) for each in found if isinstance(each, Table)]
    charts = iter([each.title for each in found if isinstance(each, BarChart)])
    tables = [title or next(charts) for title in titles]  # a chart says for both what they show
    assert tables == [detail.title for head in plan.heads for detail in head.details if detail.rows]


def test_decisions_that_change_are_drawn_over_their_thresholds():
    """The columns of the table below, as they are: what the candidate alone decides for, and production."""
    report = every.report()
    plan = report.plans[0]
    found = list(outputs(plan, of_kind(plan, report).at))
    at = next(place for place, each in enumerate(found) if isinstance(each, BarChart))
    chart, table, note = found[at : at + 3]
    assert [each.side for each in chart.series] == ["candidate", "production"]
    assert [each.title for each in chart.series] == [column.title for column in table.columns[2:]]
    for number, row in enumerate(table.rows):
        assert row[0] == Number(chart.places[number], "value")
        assert row[1].value == pytest.approx(chart.totals[number])
        assert [each.shares[number] for each in chart.series] == [each.value for each in row[2:]]
    assert "all thresholds at once" in words.line(note.line)


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


def test_of_what_was_first_seen_later_it_is_said_that_it_counts_from_then_on():
    """With the evidence that it takes, which is another."""
    report = every.report()
    plan = report.plans[0]
    first, *_ = (each for each in report.slices if each.plan == plan.plan)
    later = replace(first, words="carrier is 'NEW'", later=True, e_value_needed=400.0, also=())
    _, _, needed, later_needed, _ = slices([first, later], [], of_kind(plan, report).at)
    assert words.line(needed.line).startswith("carries: of all disagreement; higher: an e-value of 150")
    said = "carrier is 'NEW': counted since they were first seen; higher: an e-value of 400 or more"
    assert words.line(later_needed.line) == said


def test_where_answers_are_further_apart_is_told_output_by_output():
    """In the distance's own words, within the slice and elsewhere; also where no slice disagrees more often."""
    report = every.report()
    plan = report.plans[0]
    apart = [each for each in report.distance_slices if each.plan == plan.plan]
    heading, table, needed, note = slices([], apart, of_kind(plan, report).at)
    assert isinstance(heading, Heading)
    assert words.line(table.title) == "edit distance of /text, on average"
    (row,) = table.rows
    assert [words.said(each) for each in (row[0], row[3], row[5])] == ["wind: gust is missing", "800", "higher"]
    assert (row[1].value, row[2].value) == (500 / 800, 100 / 7_200)
    assert words.line(needed.line) == "higher: an e-value of 150 or more"
    assert words.line(note.line) == "together with wind: gust is missing: delay from 10 to 20.5"
    assert list(slices([], [], of_kind(plan, report).at)) == []
