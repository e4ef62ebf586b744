"""One broken output takes down neither a report nor a scrape: it is named, and the rest stands."""

import pytest

from comparators.evidence.metric_index import addressed
from comparators.evidence.report import Report
from comparators.pairs.summary import Summary
from comparators.render.formats import FORMATS
from comparators.stored.exposition import broken_family, metric_families
from tests.comparators.made import answer, pair
from tests.comparators.render.made import report_of


def spoil(summary: Summary) -> None:
    """Every whole number of one output becomes what cannot be computed with."""
    (plan,) = summary.plans.values()
    sums = plan.heads[min(plan.heads)]
    for name in sums.__struct_fields__:
        if isinstance(getattr(sums, name), int):
            setattr(sums, name, 1j)


@pytest.fixture
def report() -> Report:
    pairs = [
        pair(answer({"a": 0.5 + i / 100, "b": 0.25 + i / 100}), answer({"a": 0.5, "b": 0.25}), number=i)
        for i in range(30)
    ]
    return report_of(pairs, spoil=spoil)


def test_the_output_is_named_and_the_rest_stands(report: Report) -> None:
    """With the fault and its place, and none of the fault's own words."""
    (plan,) = report.plans
    assert {(each.plan, each.part) for each in report.broken} == {(plan.plan, min(head.head for head in plan.heads))}
    assert all("Error at " in each.error and "complex" not in each.error for each in report.broken)
    assert report.metrics["disagreement.rate"].n == 30
    assert all(head.metrics for head in plan.heads if head.head != report.broken[0].part)


@pytest.mark.parametrize("form", list(FORMATS))
def test_every_format_says_so(report: Report, form: str) -> None:
    """Where a person looks."""
    shown = FORMATS[form].render(report)  # type: ignore[index]
    assert "broken" in shown
    assert report.broken[0].error in shown


def test_a_scrape_counts_it(report: Report) -> None:
    """And has the other metrics."""
    (sample,) = broken_family({("root", "skewed"): len(report.broken)}).samples
    assert sample.value == len(report.broken) > 0
    assert "understudy_disagreement_rate" in [family.name for family in metric_families([addressed(report)])]
