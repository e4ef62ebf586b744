"""The document of a report: what stands in it, and in which order."""

from comparators.evidence.document.whole import HEADLINE, document_of
from comparators.metrics.document import Blocks, Code, Heading, Metrics, MetricValue, Note, Number, Rest, Table
from comparators.render import words
from tests.comparators.render.made import attacked, empty, rich, whole


def titles(blocks: Blocks, level: int) -> list[str]:
    headings = (block for block in blocks if isinstance(block, Heading) and block.level == level)
    return [words.line(heading.title[:1]).strip() for heading in headings]


def notes(blocks: Blocks, weight: str) -> str:
    return "\n".join(words.line(block.line) for block in blocks if isinstance(block, Note) and block.weight == weight)


def test_the_order_is_from_the_whole_to_the_parts():
    """Coverage before any number of a kind, examples last."""
    found = titles(document_of(whole()), 2)
    assert found == ["Coverage", "Kinds of request", "POST /v2/models/late/infer", "POST /users/*/score", "Examples"]


def test_one_kind_of_request_needs_no_overview():
    """Nothing compared yet has neither kinds nor examples."""
    assert titles(document_of(empty()), 2) == ["Coverage"]


def test_the_headline_is_what_a_reader_looks_for_first():
    """The same four metrics whatever was compared."""
    for report in (whole(), empty()):
        (headline,) = (block for block in document_of(report) if isinstance(block, Metrics) and block.headline)
        assert tuple(each.name for each in headline.metrics) == HEADLINE


def test_what_is_not_in_the_numbers_is_said():
    """What is on its way, what does not count and why, what is left out, over which pairs."""
    said = notes(document_of(rich()), "aside")
    for each in (
        "shed: buffer 3",
        "latency not counted: warm_up 100",
        "on their way: 1 held, 2 waiting, 3 uncompared",
        "42 of 280 compared pairs are in no number below",
        "not comparable: production_unreadable 20",
        "recomputed over the newest complete ones, 220 of 1,221 pairs",
        "candidate own-version (own-build) against 1 (ab12), epoch 7",
        "and 19 more",
    ):
        assert each in said


def test_what_nobody_must_miss_is_a_warning():
    """A part that broke; a candidate that does not answer."""
    said = notes(document_of(rich()), "warning")
    assert "/late of POST /v2/models/late/infer is broken: TypeError at score.py:7" in said
    assert "has not answered since 2013-07-01 00:05:00 UTC (41 calls in a row" in said


def test_every_metric_that_is_known_stands_in_the_document():
    """Of each kind of request and each output, one and all."""
    report = whole()
    shown = {each.name for each in metrics_in(document_of(report))}
    for plan in report.plans:
        assert {name for name, metric in plan.metrics.items() if metric.n} <= shown
        assert all(set(head.metrics) <= shown for head in plan.heads)


def metrics_in(blocks: Blocks) -> list[MetricValue]:
    listed = [each for block in blocks if isinstance(block, Metrics) for each in block.metrics]
    cells = [cell for block in blocks if isinstance(block, Table) for row in block.rows for cell in row]
    titled = [each for block in blocks if isinstance(block, Heading) for each in block.title]
    return [*listed, *(each for each in (*cells, *titled) if isinstance(each, MetricValue))]


def test_the_numbers_are_the_report_s_to_the_bit():
    """Nothing is computed on the way."""
    report = whole()
    for each in metrics_in(document_of(report)):
        pooled = [report.metrics.get(each.name)]
        pooled += [source.get(each.name) for plan in report.plans for source in (plan.metrics, *own(plan))]
        same = [(metric.value, metric.lo, metric.hi, metric.n, metric.reason) for metric in pooled if metric]
        assert (each.value, each.lo, each.hi, each.n, each.reason) in same


def own(plan):
    return (head.metrics for head in plan.heads)


def test_a_table_says_how_many_rows_it_does_not_list():
    """Where production differs from itself, where answers differ, which labels there are."""
    rests = [block.rest for block in document_of(rich()) if isinstance(block, Table) and block.rest]
    assert Rest(5, "at further paths") in rests
    assert len(rests) >= 4
    assert all(rest.number > 0 for rest in rests)


def test_what_came_from_outside_is_code():
    """So that a renderer knows what to escape: our own words hold nothing of it."""
    plain = str([without_code(block) for block in document_of(attacked()) if isinstance(block, Heading | Note | Table)])
    assert "alert" not in plain


def without_code(block):
    lines = [getattr(block, name) for name in ("title", "about", "line") if hasattr(block, name)]
    lines += getattr(block, "rows", ())
    return [each for line in lines for each in line if not isinstance(each, Code)]


def test_a_count_is_a_number_and_no_text():
    """A program reads it without parsing our words."""
    steps = next(block for block in document_of(whole()) if isinstance(block, Note) and "requests" in str(block.line))
    assert Number(900, "count") in steps.line
