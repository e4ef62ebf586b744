"""The document of a report: what stands in it, and in which order."""

import re

import pytest

from comparators.evidence import load_metrics
from comparators.evidence.document.whole import document_of
from comparators.evidence.metric_index import addressed, requirements
from comparators.evidence.registry import HEADLINE
from comparators.evidence.report import Report
from comparators.metrics.address import MetricAddress, parse
from comparators.metrics.document import Blocks, Heading, Metrics, MetricValue, Note, Number, Rest, Table
from comparators.render import words
from comparators.render.formats import FORMATS
from comparators.settings import CompareSettings
from comparators.view import View
from records.privacy.redaction import MIN_KEY_BYTES, Redaction
from records.settings import KeptSettings
from tests.comparators import rich as every
from tests.comparators.made import MS, OIP, answer, oip, pair
from tests.comparators.render.made import attacked, empty, report_of, rich, whole


def titles(blocks: Blocks, level: int) -> list[str]:
    headings = (block for block in blocks if isinstance(block, Heading) and block.level == level)
    return [words.line(heading.title[:1]).strip() for heading in headings]


def notes(blocks: Blocks, weight: str) -> str:
    return "\n".join(words.line(block.line) for block in blocks if isinstance(block, Note) and block.weight == weight)


def test_the_order_is_from_the_whole_to_the_parts():
    """Coverage before any number of a kind, examples last."""
    found = titles(document_of(whole()), 2)
    last = ("Examples", "Farthest apart")
    assert found == ["Coverage", "Kinds of request", "POST /v2/models/late/infer", "POST /users/*/score", *last]


def test_one_kind_of_request_needs_no_overview():
    """Nothing compared yet has neither kinds nor examples."""
    assert titles(document_of(empty()), 2) == ["Coverage"]


def test_the_headline_is_what_a_reader_looks_for_first():
    """The same four metrics whatever was compared."""
    for report in (whole(), empty()):
        (headline,) = (block for block in document_of(report) if isinstance(block, Metrics) and block.headline)
        of_a_replay = {each.name for each in load_metrics.METRICS}
        assert [parse(each.address).name for each in headline.metrics] == [
            name for name in HEADLINE if name not in of_a_replay
        ]


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


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_that_a_candidate_does_not_keep_up_is_said_once(form):
    """It is true of all traffic: at the head, and not again for each kind of request and each ratio."""
    same = answer({"score": 0.5})
    counts = ((90, "/a", ""), (300, "/a", "behind"), (60, "/b", ""), (210, "/b", "behind"))
    slow = [
        pair(same, same, target=target, number=number, unlike=unlike, pace=(5 * MS, 8 * MS))
        for count, target, unlike in counts
        for number in range(count)
    ]
    report = report_of(slow)
    assert len(report.plans) == 2
    assert FORMATS[form].render(report).count("keep up") == 1
    assert notes(document_of(report), "aside").count("no ratio is told: the head of this report says why") == 2
    assert [plan.metrics["latency.p50_ratio"].reason for plan in report.plans] == [
        report.metrics["latency.p50_ratio"].reason
    ] * 2


def test_what_is_wrong_with_one_kind_of_request_alone_is_said_there():
    """Though it has no share in the whole's trouble, or the whole has none."""
    same = answer({"score": 0.5})
    counts = ((900, "/a", ""), (10, "/b", ""), (60, "/b", "fewer_in_hand"))
    pairs = [
        pair(same, same, target=target, number=number, unlike=unlike)
        for count, target, unlike in counts
        for number in range(count)
    ]
    said = notes(document_of(report_of(pairs)), "warning")
    assert said.count("10 of 70 pairs were asked with as many in hand") == 1


def test_what_nobody_must_miss_is_a_warning():
    """A part that broke; a candidate that does not answer."""
    said = notes(document_of(rich()), "warning")
    assert "/late of POST /v2/models/late/infer is broken: TypeError at score.py:7" in said
    assert "has not answered since 2013-07-01 00:05:00 UTC (41 calls in a row" in said


@pytest.mark.parametrize("make", [whole, rich, every.report])
def test_every_metric_that_is_known_stands_in_the_document(make):
    """Of each kind of request and each output, one and all; those over all kinds together in the report alone."""
    report = make()
    shown = {each.address for each in metrics_in(document_of(report))}
    known = {str(address) for address, metric in addressed(report).items() if metric.n and address.request is not None}
    assert known - shown == {str(address) for address in under_another(report)}


def under_another(report: Report) -> list[MetricAddress]:
    """Slices that are named under a stronger one: by their words alone."""
    at = MetricAddress("disagreement.rate", report.route, report.candidate)
    return [
        at._replace(request=leader.plan, slice=requirements(each)) for leader in report.slices for each in leader.also
    ]


def metrics_in(blocks: Blocks) -> list[MetricValue]:
    listed = [each for block in blocks if isinstance(block, Metrics) for each in block.metrics]
    cells = [cell for block in blocks if isinstance(block, Table) for row in block.rows for cell in row]
    titled = [each for block in blocks if isinstance(block, Heading) for each in block.title]
    return [*listed, *(each for each in (*cells, *titled) if isinstance(each, MetricValue))]


@pytest.mark.parametrize("make", [whole, rich, every.report])
def test_a_metric_of_the_document_is_the_report_s_to_the_bit(make):
    """Its address finds it there; nothing is computed on the way."""
    found = {str(address): metric for address, metric in addressed(make()).items()}
    shown = [each for each in metrics_in(document_of(make())) if each.address]
    assert len(shown) > 10
    for each in shown:
        metric = found[each.address]
        assert (each.value, each.lo, each.hi, each.n) == (metric.value, metric.lo, metric.hi, metric.n)
        assert (each.unit, each.method, each.reason) == (metric.unit, metric.method, metric.reason)


def test_a_table_says_how_many_rows_it_does_not_list():
    """Where production differs from itself, where answers differ, which labels there are."""
    rests = [block.rest for block in document_of(rich()) if isinstance(block, Table) and block.rest]
    assert Rest(5, "at further paths") in rests
    assert len(rests) >= 4
    assert all(rest.number > 0 for rest in rests)


def test_what_came_from_outside_is_code():
    """So that a renderer knows what to escape: our own words hold nothing of it."""
    plain = str([words_of(block) for block in document_of(attacked()) if isinstance(block, Heading | Note | Table)])
    assert "alert" not in plain


def words_of(block):
    lines = [getattr(block, name) for name in ("title", "about", "line") if hasattr(block, name)]
    lines += getattr(block, "rows", ())
    return [each for line in lines for each in line if isinstance(each, str)]


def test_a_count_is_a_number_and_no_text():
    """A program reads it without parsing our words."""
    steps = next(block for block in document_of(whole()) if isinstance(block, Note) and "requests" in str(block.line))
    assert Number(900, "count") in steps.line


def test_what_requests_are_taken_for_is_said_once():
    """Without a unit, that they are independent; with one, that those of one unit count for less."""
    independent = "requests are taken as independent; name a unit if users send several"
    assert notes(document_of(empty()), "aside").count(independent) == 1
    said = notes(document_of(every.report()), "aside")
    assert independent not in said
    assert said.count("Requests of one unit count for less than independent ones") == 1


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("", "requests are taken as independent; name a unit if users send several"),
        ("header:X-User", "has a unit at header:X-User, which is recorded with a request from when the setting is in"),
        ("/user", "has a unit at /user: requests are taken as independent"),
    ],
)
def test_a_unit_that_no_request_has_is_not_asked_for_again(unit, said):
    """As where pairs are recomputed that were recorded without it."""
    view = View(Redaction.create(KeptSettings(), bytes(MIN_KEY_BYTES)), CompareSettings(unit=unit))
    report = report_of([pair(answer({"x": 1}), answer({"x": 1}), number=n) for n in range(3)], view=view)
    told = notes(document_of(report), "aside")
    assert said in told
    assert ("name a unit" in told) == (not unit)
    assert unit == report.unit


def test_headers_that_the_candidate_does_not_get_stand_with_the_coverage():
    """Those that settings rest on; nobody must miss it."""
    settings = CompareSettings(unit="header:X-User")
    view = View(Redaction.create(KeptSettings(), bytes(MIN_KEY_BYTES)), settings, ("X-User",))
    report = report_of([pair(answer({"x": 1}), answer({"x": 1}))], view=view)
    assert report.withheld == ["X-User"]
    assert "withheld from the candidate: X-User (name it in [kept] headers" in notes(document_of(report), "warning")


def test_how_large_differences_are_stands_beside_how_often():
    """At the head, in the table of kinds, and by the rate of each kind; of numbers, in the unit of their output."""
    scores = [
        (answer(oip(p=("FP64", [1], [n / 10]))), answer(oip(p=("FP64", [1], [n / 10 + 0.25])))) for n in range(60)
    ]
    numbers = [pair(*each, target=OIP, number=n) for n, each in enumerate(scores)]
    words_alone = [pair(answer({"x": "a"}), answer({"x": "b"}), target="/word", number=n) for n in range(40)]
    document = document_of(report_of([*numbers, *words_alone]))
    said = notes(document, "plain")
    told = re.findall(r"size of differences: /outputs/p p50 0\.2[45]\d*, p99 0\.2[45]\d*$", said, re.MULTILINE)
    assert len(told) == 2  # with its kind's name, and by its rate
    (overview,) = (each for each in document if isinstance(each, Table) and each.columns[0].title == "kind")
    assert [each.title for each in overview.columns[3:5]] == ["size p50", "size p99"]
    assert [row[3] for row in overview.rows] == [Number(pytest.approx(0.25, rel=0.02), "value"), Number(None, "value")]


def test_without_numbers_nothing_is_said_of_sizes():
    """No column of dashes."""
    kinds = [pair(answer({"x": "a"}), answer({"x": "b"}), target=f"/{n % 2}/word", number=n) for n in range(40)]
    document = document_of(report_of([pair(answer({"x": "a"}), answer({"x": "b"}), target="/b"), *kinds]))
    assert "size of differences" not in notes(document, "plain")
    assert not any("size" in column.title for each in document if isinstance(each, Table) for column in each.columns)
