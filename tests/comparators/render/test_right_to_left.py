"""Hebrew and Arabic letters move nothing around them."""

import html as html_module
import re
from unicodedata import bidirectional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from comparators.metrics.document import (
    Blocks,
    Code,
    ExampleBlock,
    Excerpt,
    Heading,
    Listing,
    Note,
    Number,
    Snippet,
    Table,
    TableColumn,
)
from comparators.render import html, markdown, text
from comparators.render.formats import FORMATS
from comparators.render.right_to_left import MARK, marked, turns, width
from tests.comparators.render.made import rich

CAT, HOUSE, DIGITS = "\u05d7\u05ea\u05d5\u05dc", "\u0628\u064a\u062a", "\u0661\u0662"  # Hebrew, Arabic, Arabic digits
POINTED = "\u05e9\u05b8"  # a letter, and a point that is set on it
CONTROLS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # all that direct writing

COLUMNS = (TableColumn("path"), TableColumn("label"), TableColumn("requests"))
NAMES = [f"/{CAT}", HOUSE, f"{CAT} {HOUSE} {DIGITS}", f"/{CAT}/7" * 40, " ".join([CAT] * 90)]


def document(name: str) -> Blocks:
    """The name beside numbers, in each place where something of the traffic may stand."""
    places: tuple[tuple[str | Code, ...], ...] = (("value ", Code(name)), ("kind ", Code(name)))
    excerpts = (Excerpt("production", "200", name, 12), Excerpt("candidate", "200", name, None))
    return (
        Heading(1, (Code(name),), ("route ", Code(name), " 1 of 2")),
        Heading(2, (Code(name),), ("about",)),
        Heading(3, (Code(name),), ("12 of 30",)),
        Note(("before ", Code(name), " 12 of 30, and ", Code(name), " 7")),
        Listing(((Code(name), " 12"),)),
        Table((Code(name), " 12"), COLUMNS, ((Code(name), Code(name), Number(1_200, "count")),) * 2),
        Table((), COLUMNS * 4, ((Code(name), "x", Number(1_200, "count")) * 4,)),
        ExampleBlock("ab12", "2026-01-01T00:00:00Z", name, 34, places, excerpts),
    )


def directions(line: str) -> list[str]:
    """What decides how a line is set: its letters and numbers, and the marks between them."""
    return [found for found in map(bidirectional, line) if found in {"L", "R", "AL", "AN", "EN"}]


def is_in_order(line: str) -> bool:
    """By Unicode's Annex 9: no number of ours, and no letter, is read with a letter from right to left before it."""
    outside = re.sub(f"{MARK}[^{MARK}]*{MARK}", MARK, line)
    return not set(directions(outside)) & {"R", "AL", "AN"} and directions(line)[:1] in (["L"], ["EN"], [])


@pytest.mark.parametrize("columns", [text.MIN_WIDTH, text.MAX_WIDTH])
@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_shows_numbers_where_they_stand(name, columns):
    """Each row of such letters lies between two marks; a line begins from left to right."""
    said = text.render(document(name), columns)
    assert MARK in said
    assert [line for line in said.splitlines() if not is_in_order(line)] == []


@pytest.mark.parametrize("name", NAMES)
def test_marks_take_no_room_in_a_terminal(name):
    """Columns begin where they would without, and lines keep the width."""
    plain = text.render(document(re.sub(r"[^\x00-\x7f]", "x", name)), 64)
    said = text.render(document(name), 64)
    assert all(width(line) <= 64 for line in said.splitlines())
    tables = [line for line in plain.splitlines() if line.endswith("1,200")]
    assert [line.replace(MARK, "").index("1,200") for line in said.splitlines() if "1,200" in line] == [
        line.index("1,200") for line in tables
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_of_several_lines_moves_nothing_in_any(name):
    """Where a name is broken, each line of it has its own marks."""
    cells = ((Code(name), Code(name), Number(1_200, "count")),)
    for line in text.render((Table((), COLUMNS, cells),), 64).splitlines():
        assert is_in_order(line)
        assert line.count(MARK) % 2 == 0


@pytest.mark.parametrize("name", NAMES)
def test_markdown_shows_numbers_where_they_stand(name):
    """Marks stand around the code, and none in it: who copies it has the name as it is."""
    said = markdown.render(document(name))
    assert [line for line in said.splitlines() if not is_in_order(line.lstrip("#-> |"))] == []
    codes = re.findall(r"`([^`]*)`", said)
    assert name in codes
    assert not [each for each in codes if MARK in each]


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_no_text_of_the_traffic_brings_a_mark_of_its_own(form):
    """Whatever directs writing is a blank, beside letters that need marks too."""
    name = CONTROLS.join((CAT, HOUSE, "7", ""))
    said = text.render(document(name), 64) if form == "text" else markdown.render(document(name))
    assert not set(said) & (set(CONTROLS) - {MARK})
    for line in said.splitlines():
        assert line.count(MARK) % 2 == 0
        assert is_in_order(line.lstrip("#-> |"))


def test_lines_to_paste_are_as_they_are():
    """A mark in a settings file would name another path."""
    line = f'ignore = ["/{CAT}", "/7"]'
    for said in (text.render((Snippet("toml", (line,)),), 88), markdown.render((Snippet("toml", (line,)),))):
        assert line in said


def test_the_page_says_how_much_it_leaves_out_behind_a_text():
    """The number stands outside of what is isolated."""
    page = html_module.unescape(html.render(document(CAT)))
    assert f'<bdi dir="ltr">{CAT}</bdi>… (34 more)' in page
    assert f'<bdi dir="ltr">{CAT}</bdi>… (12 more)' in page


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_nothing_is_marked_without_such_letters(form):
    """Any other script is shown as ever."""
    report = replace(rich(), candidate="caf\u00e9 \u6f22\u5b57")
    assert MARK not in FORMATS[form].render(report)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"/{CAT}/7", f"/{MARK}{CAT}{MARK}/7"),
        (f"{CAT} and {HOUSE}", f"{MARK}{CAT} and {HOUSE}{MARK}"),
        (f"{POINTED}\u05b9 7", f"{MARK}{POINTED}\u05b9{MARK} 7"),
        (DIGITS, f"{MARK}{DIGITS}{MARK}"),
        ("na\u00efve 7", "na\u00efve 7"),
        ("", ""),
    ],
)
def test_marks_stand_close_around_these_letters(said, expected):
    """What is at either end of a path stays there, and a point stays on its letter."""
    assert marked(said) == expected


@given(st.text())
def test_a_marked_text_is_the_same_but_for_two_marks(said):
    """And as wide."""
    clean = said.replace(MARK, "")
    found = marked(clean)
    assert found.replace(MARK, "") == clean
    assert found.count(MARK) == (2 if turns(clean) else 0)
    assert width(found) == len(clean)
