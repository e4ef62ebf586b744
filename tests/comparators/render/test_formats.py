"""Every format of a report: complete, safe with hostile content, and honest about what is not known."""

import html as html_module
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from msgspec import structs

from comparators.evidence.document.whole import document_of
from comparators.metrics.document import BarChart, Bars, Code, Note
from comparators.render import html, text, words
from comparators.render.formats import FORMATS, as_text
from comparators.render.markup import Markup, tag
from tests.comparators.made import answer, pair, view_hiding
from tests.comparators.render.made import (
    CODE_SPAN,
    HOSTILE,
    attacked,
    empty,
    hostile,
    report_of,
    rich,
    surer,
    volatile,
    whole,
)


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_the_same_numbers(form):
    """The rate and its interval, the new failures, the plans: found in all of them."""
    report = whole()
    said = FORMATS[form].render(report)
    rate = report.plans[0].metrics["disagreement.rate"]
    wanted = [plan.plan for plan in report.plans]
    wanted += [str(rate.value), str(rate.hi)] if form == "json" else [words.interval(rate), "503"]
    for each in wanted:
        assert each in said


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_beside_the_rate_what_changed_and_does_not_count(form):
    """The same class comes first, 40 and 30 points less sure: the rate is 0 %, and that is not all."""
    report = surer()
    assert report.plans[0].metrics["disagreement.rate"].value == 0
    said = FORMATS[form].render(report)
    if form == "json":
        (head,) = json.loads(said)["plans"][0]["heads"]
        assert head["metrics"]["probability.total_variation"]["value"] == pytest.approx(0.35)
    else:
        line = "beside it, /predictions: probabilities changed by 0.35 (mean total variation)"
        assert line in html_module.unescape(re.sub(r"<[^>]*>", "", said)).replace("`", "")
        assert said.index("beside it") < said.index("argmax")


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_once_that_requests_are_taken_as_independent(form):
    """Where they have no unit; a width that breaks the line changes nothing of it."""
    said = " ".join(FORMATS[form].render(whole()).split())
    assert said.count("requests are taken as independent; name a unit if users send several") == 1


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_how_to_leave_out_what_is_always_new(form):
    """A path with an id in every answer is named, with the settings that ignore it."""
    said = html_module.unescape(FORMATS[form].render(volatile()))
    assert "an id, new in every answer of both sides" in said
    assert ('"/trace"' if form == "json" else 'ignore = ["/trace"]') in said
    if form != "json":
        assert re.search(r"(^|>) *ignore = .*\]", said, re.MULTILINE), "a line, as it stands in a file"
        assert "this line in [compare]" in " ".join(said.split())
        assert "--config FILE" in said


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_says_a_key_below_a_hidden_place(form):
    """Nor proposes a setting by the pseudonym that it shows, by which nothing would be found."""
    sides = [[answer({"x": i, "patients": {"Alice": f"{i:08x}{way}0000"}}) for way in "ab"] for i in range(60)]
    pairs = [pair(*both, number=i) for i, both in enumerate(sides)]
    report = report_of(pairs, view=view_hiding(redact_pointers=("/patients",)))
    assert [each.path[:19] for each in report.plans[0].volatile] == ["/patients/redacted-"]
    assert [place.path[:19] for each in report.examples for place in each.differences] == ["/patients/redacted-"] * 3
    said = FORMATS[form].render(structs.replace(report, examples=[]))
    assert "Alice" not in said
    assert "ignore = " not in said


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_how_many_compared_pairs_it_leaves_out_and_why(form):
    """With what it reports they are all that were compared."""
    report = structs.replace(whole(), left_out={"other_version": 41, "earlier": 1})
    said = FORMATS[form].render(report)
    said = " ".join(said.split())
    wanted = ['"other_version":41'] if form == "json" else ["42 of 900 compared pairs", "41 under versions other"]
    for each in wanted:
        assert each in said.replace('": ', '":') if form == "json" else each in said


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_shows_an_empty_report(form):
    """Nothing compared yet is a page too, not a crash."""
    assert "skewed" in FORMATS[form].render(empty())


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_report_is_the_same_bytes(form):
    """No clock, no order of a set."""
    assert FORMATS[form].render(whole()) == FORMATS[form].render(whole())


def test_the_json_face_has_its_keys():
    """Other programs read them."""
    face = json.loads(FORMATS["json"].render(whole()))
    assert face["schema"] == 2
    assert {"candidate", "route", "versions", "window", "coverage", "metrics", "slices", "examples", "features"} <= (
        face.keys()
    )
    assert set(face["versions"]) == {"production", "candidate"}
    assert set(face["window"]) == {"from", "to"}
    assert face["features"] == {"findings": []}
    for metric in face["metrics"].values():
        assert {"value", "lo", "hi", "n", "unit", "method", "alpha", "sums"} <= metric.keys()
    bins = face["distributions"]["latency.production"]["bins"]
    assert sum(count for *_, count in bins) == face["distributions"]["latency.production"]["n"] > 0


class Page(HTMLParser):
    """Which elements a browser would make of it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize(("make", "harmless"), [(hostile, whole), (attacked, rich)])
def test_hostile_content_is_text_on_the_page(make, harmless):
    """No element, attribute or style comes from what was recorded."""
    page = html.render(document_of(make()))
    seen, clean = Page(page), Page(html.render(document_of(harmless())))
    assert "script" not in seen.elements
    assert seen.elements <= clean.elements
    assert seen.attributes <= clean.attributes
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_the_page_needs_nothing_and_allows_nothing():
    """No address, no script, no inline style but the pinned one: it opens from a disk and under a strict policy."""
    page = html.render(document_of(whole()))
    assert not re.search(r"\s(?:src|href|style|on\w+)=", page)
    assert "url(" not in page
    assert "@import" not in page
    assert html.CONTENT_SECURITY_POLICY.startswith("default-src 'none'")


def test_text_written_from_right_to_left_moves_nothing_around_it():
    """What came with the traffic stands in elements that the style isolates, or in blocks of its own."""
    page = html.render((Note(("before ", Code("\u05d7\u05ea\u05d5\u05dc"), " 12 of 30")),))
    assert "before <code>\u05d7\u05ea\u05d5\u05dc</code> 12 of 30" in page
    assert re.search(r"^code \{[^}]*unicode-bidi: isolate", page, re.MULTILINE)


def test_the_pages_drawings_are_well_formed():
    """Each SVG is XML by itself, with finite numbers."""
    drawings = re.findall(r"<svg.*?</svg>", html.render(document_of(whole())), re.DOTALL)
    assert len(drawings) > 4
    for drawing in drawings:
        ET.fromstring(drawing)
        assert "nan" not in drawing
        assert "inf" not in drawing


def test_a_place_that_settings_name_is_marked_in_its_column():
    """Below the columns in text, and through its middle on the page; in words beside both."""
    sides = Bars("candidate", "upward", (0.1, 0.2, 0.0)), Bars("production", "downward", (0.0, 0.1, 0.1))
    chart = BarChart("changes", "value", (0.1, 0.5, 0.9), sides, set_at=(1,))
    upward, *_, marks = text.render((chart,), 80).splitlines()[1:]
    assert marks.split() == ["set", "▲"]
    assert marks.index("▲") == upward.index("upward ") + len("upward ") + 2
    page = html.render((chart,))
    assert re.findall(r'<line x1="([\d.]+)" x2="([\d.]+)"[^>]*class="set"', page) == [("360.0", "360.0")]
    assert ">set</span>" in page
    assert "▲" not in text.render((structs.replace(chart, set_at=()),), 80)


@pytest.mark.parametrize("width", [20, 60, 80, 100, 400])
@pytest.mark.parametrize("make", [whole, rich, empty, hostile, attacked])
def test_text_keeps_its_width_and_moves_no_cursor(width, make):
    """From 64 to 110 columns, whatever the terminal says it has, and no control character passes."""
    lines = as_text(make(), width).splitlines()
    assert max(map(len, lines)) <= min(text.MAX_WIDTH, max(text.MIN_WIDTH, width))
    assert all(line.isprintable() for line in lines)


def test_hostile_content_breaks_no_markdown_table():
    """It stands in code spans, which it cannot end."""
    rendered = FORMATS["markdown"].render(hostile())
    outside = CODE_SPAN.sub("", rendered)
    assert "script" not in outside
    assert "\x1b" not in rendered
    tables = [line for line in outside.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} <= {3, 4, 5, 6, 7}


def test_markup_escapes_by_construction():
    """Text and attributes alike; only markup passes."""
    assert tag("p", "<b>", Markup("<b>x</b>"), title='"') == '<p title="&quot;">&lt;b&gt;<b>x</b></p>'
    assert HOSTILE not in tag("p", HOSTILE, title=HOSTILE)


def test_what_is_not_known_is_a_dash_with_a_reason():
    """Never a zero, never an empty cell that reads like one."""
    said = as_text(empty())
    metric = empty().metrics["latency.p99_ratio"]
    assert words.number(metric.value, metric.unit) == "—"
    assert words.interval(metric) == "—"
    assert metric.reason == "no pairs yet"
    assert "no requests yet" in said or "—" in said


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "ms", "—"),
        (0.0, "share", "0 %"),
        (1.0, "share", "100 %"),
        (0.999999, "share", "99.99 %"),
        (0.3141, "share", "31.4 %"),
        (0.01234, "share", "1.23 %"),
        (0.00123, "share", "0.123 %"),
        (0.000001234, "share", "0.0001 %"),
        (1e-9, "share", "<0.0001 %"),
        (-0.0123, "share", "-1.23 %"),
        (0.1234, "ms", "0.123 ms"),
        (12.34, "ms", "12.3 ms"),
        (1234.0, "ms", "1,234 ms"),
        (123_456.0, "ms", "123.5 s"),
        (2.345, "ratio", "2.35x"),
        (12345.0, "ratio", "12,345x"),
    ],
)
def test_numbers_are_said_shortly_and_never_as_more_than_they_are(value, unit, expected):
    """Three figures; what is not all is never 100 %, what is not nothing never 0."""
    assert words.number(value, unit) == expected
