"""What one format shows, all show: each number, each path, each reason of each block, whatever a text holds."""

import html as html_module
import json
import re
from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace

from comparators.evidence.document.whole import document_of
from comparators.metrics.document import (
    BarChart,
    Block,
    Blocks,
    Code,
    ExampleBlock,
    Excerpt,
    Heading,
    Histogram,
    Inline,
    IntervalBar,
    Line,
    Listing,
    Metrics,
    MetricValue,
    Note,
    Number,
    Snippet,
    Table,
    TableColumn,
)
from comparators.render import html, markdown, text, words
from comparators.render.formats import FORMATS, as_text
from tests.comparators import rich as every
from tests.comparators.made import answer, pair
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

REPORTS = [whole, rich, every.report, volatile, surer, empty]
NOTHING_SEEN = re.compile(r"\s+")
LEFT_OUT = re.compile(r"…\(([\d,]+)more\)")


def texts(blocks: Blocks) -> Iterator[str]:
    """All that a reader of these blocks must find."""
    for block in blocks:
        yield from of_block(block)


def of_block(block: Block) -> Iterator[str]:
    match block:
        case Heading():
            yield from of_line((*block.title, *block.about))
        case Note():
            yield from of_line(block.line)
        case Metrics():
            yield from (part for each in block.metrics for part in (each.label, *of_inline(each), words.count(each.n)))
        case IntervalBar():
            yield words.scale(block)
        case Table():
            yield from of_line(block.title)
            yield from (column.title for column in block.columns)
            yield from (part for row in block.rows for part in of_line(row))
            yield words.rest(block.rest) if block.rest else ""
        case Histogram():
            yield from (curve.side for curve in block.curves)
            yield from (words.number(curve.beyond, "share") for curve in block.curves if curve.beyond)
        case BarChart():
            yield block.title
            yield from (part for each in block.series for part in (each.title, words.up_to(max(each.shares))))
            yield from (words.number(block.places[at], block.unit) for at in (0, -1))
            yield words.SET if block.set_at else ""
        case Listing():
            yield from (part for item in block.items for part in of_line(item))
        case Snippet():
            yield from block.lines
        case ExampleBlock():
            yield from (block.id, words.time(block.at), block.request)
            yield from (part for place in block.places for part in of_line(place))
            yield from (part for each in block.excerpts for part in (each.side, each.about, as_long_as_the_body(each)))


def as_long_as_the_body(excerpt: Excerpt) -> str:
    """So that whatever number of characters a format leaves out, it is of all of them."""
    return excerpt.text + "?" * (excerpt.left_out or 0)


def of_line(line: Line) -> Iterator[str]:
    for each in line:
        yield from of_inline(each)


def of_inline(each: Inline) -> Iterator[str]:
    if isinstance(each, MetricValue):
        yield from (words.value(each), words.interval(each) if words.is_bounded(each) else "", each.reason)
    else:
        yield each.text if isinstance(each, Code) else words.said(each)


def seen(said: str) -> str:
    """Without what a text may be broken at, or is set in."""
    return NOTHING_SEEN.sub("", said).lower()


def seen_on_page(page: str) -> str:
    body = page.partition("<main>")[2]
    return seen(html_module.unescape(re.sub(r"<[^>]*>", "", body)))


def seen_in_markdown(said: str) -> str:
    return seen(re.sub(r"\\([\\`|<(])", r"\1", said).replace("`", ""))


SEEN = {"text": seen, "markdown": seen_in_markdown, "html": seen_on_page}


def is_seen(wanted: str, found: str) -> bool:
    """As a whole; word by word, where a cell is broken; or its beginning with the number of characters left out."""
    if all(seen(word) in found for word in wanted.split()):
        return True
    left_out = {int(each.replace(",", "")) for each in LEFT_OUT.findall(found)}
    return any(seen(f"{wanted[:-number]}…({number:,}more)") in found for number in left_out if number < len(wanted))


@pytest.mark.parametrize("form", SEEN)
@pytest.mark.parametrize("make", REPORTS)
def test_what_one_format_shows_all_show(make, form):
    """Each text, number, interval and reason of the document, in every format for people."""
    report = make()
    found = SEEN[form](FORMATS[form].render(report))
    assert not [each for each in texts(document_of(report)) if not is_seen(each, found)]


@pytest.mark.parametrize("width", [text.MIN_WIDTH, text.MAX_WIDTH])
@pytest.mark.parametrize("make", REPORTS)
def test_a_narrow_terminal_is_shown_all_as_well(make, width):
    """Cells are broken and rows are set one below the other; nothing is left out without its number."""
    report = make()
    found = seen(as_text(report, width))
    assert not [each for each in texts(document_of(report)) if not is_seen(each, found)]


@pytest.mark.parametrize("make", REPORTS)
def test_the_json_face_has_the_document_as_it_is_drawn(make):
    """A program that reads its blocks has what a person is shown, to the bit."""
    face = json.loads(FORMATS["json"].render(make()))
    assert msgspec.convert(face["document"], Blocks) == document_of(make())


def test_the_rich_report_has_every_block():
    """Else the promise above would be one about less."""
    found = {type(block) for make in REPORTS for block in document_of(make())}
    assert found == set(Block.__args__)


def test_hostile_text_changes_no_markdown():
    """Outside of code nothing of it stands, and each table keeps its columns."""
    said = FORMATS["markdown"].render(attacked())
    plain = CODE_SPAN.sub("", re.sub(r"^```\w+\n.*?\n```$", "", said, flags=re.MULTILINE | re.DOTALL))
    assert "alert" in said
    assert "alert" not in plain
    tables = re.findall(r"(?:^\|.*\|\n)+", plain, re.MULTILINE)
    assert tables
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1, table
    assert re.findall(r"^#+", said, re.MULTILINE) == re.findall(
        r"^#+", FORMATS["markdown"].render(rich()), re.MULTILINE
    )


@pytest.mark.parametrize("path", ["/a`b", "/a|b", "/``", "`", "/a\\|b`", " both ", " ", "/" + "`" * 9, "|"])
def test_markdown_holds_each_path_as_it_is(path):
    """Whoever copies it from a rendered page has the path that was meant, from a table as from a sentence."""
    columns = (TableColumn("path"), TableColumn("n"))
    table = Table((), columns, ((Code(path), Number(1, "count")),))
    row = markdown.render((table,)).splitlines()[-1]
    (sentence,) = CODE_SPAN.finditer(markdown.render((Note((Code(path),)),)))
    (cell,) = CODE_SPAN.finditer(row)
    assert code_in(sentence[2]) == path
    assert "|" not in re.sub(r"\\\|", "", cell[0])
    assert code_in(cell[2].replace(r"\|", "|")) == path


def code_in(span: str) -> str:
    """CommonMark takes a blank off both ends where there is one on both and something between."""
    return span[1:-1] if span.strip() and span[0] == span[-1] == " " else span


def test_markdown_says_nothing_for_an_empty_text():
    """Two bare ` would be the beginning of code."""
    empty_body = ExampleBlock("ab12", "2026-01-01T00:00:00Z", "POST /", 0, (), (Excerpt("candidate", "503", "", 0),))
    assert markdown.render((empty_body,)).splitlines()[1] == "  - candidate 503"


@pytest.mark.parametrize("form", SEEN)
def test_each_format_says_how_much_of_a_text_it_leaves_out(form):
    """Of all of it: each body and each target has 5,000 of a character. Where nobody knows, that there is more."""
    own, new = answer({"x": "y" * 5_000}), answer({"x": "z" * 5_000})
    first = report_of([pair(own, new, target="/" + "q" * 5_000)]).examples[0]
    unknown = replace(first, id="ab12", candidate=replace(first.candidate, excerpt="w" * 600, left_out=None))
    found = SEEN[form](FORMATS[form].render(replace(empty(), examples=[first, unknown])))
    for letter, after in (("y", '"}'), ("z", '"}'), ("q", "")):
        shown, more = re.search(rf"({letter}+)…\(([\d,]+)more\)", found).groups()
        assert len(shown) + int(more.replace(",", "")) == 5_000 + len(after)
    assert re.search(r"w+…(?!\()", found)


@pytest.mark.parametrize("make", [empty, rich])
def test_markdown_says_of_intervals_what_the_others_say(make):
    """An interval that says nothing is a dash, not counted and not open on both sides."""
    document = document_of(make())
    said = FORMATS["markdown"].render(make())
    metrics = [each for block in document if isinstance(block, Metrics) for each in block.metrics]
    silent = [each for each in metrics if not words.is_bounded(each)]
    assert silent
    for each in silent:
        assert f"| {words.value(each)} | — | {words.count(each.n)} |" in said


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("make", [attacked, hostile])
def test_no_format_holds_a_character_that_cannot_be_printed(make, form):
    """Nothing moves a cursor, and nothing turns the direction of writing."""
    said = FORMATS[form].render(make())
    assert "alert" in said
    assert not [each for each in said if not each.isprintable() and each != "\n"]


def test_the_json_face_says_hostile_text_as_it_came():
    """Escaped, but not changed."""
    assert json.loads(FORMATS["json"].render(hostile()))["candidate"] == HOSTILE


def test_a_wide_text_is_said_in_part_and_by_how_much():
    """In a cell of a terminal's table as in an example."""
    wide = "/" + "x" * 3000
    said = text.render((Table((), (TableColumn("path"),), ((Code(wide),),)),), 64)
    assert is_seen(wide, seen(said))
    assert len(said.splitlines()) < 8


def test_every_renderer_draws_a_document_of_any_blocks():
    """A document need not be a report's: a gate's or a load test's will be another."""
    blocks: Blocks = (Heading(1, ("A gate",)), Note(("It passed.",), "warning"), Table((), (), ()), Metrics(()))
    for render in (lambda each: text.render(each, 88), markdown.render, html.render):
        assert "It passed." in render(blocks)
