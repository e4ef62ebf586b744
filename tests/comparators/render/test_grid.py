"""Rows of cells within a width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparators.render.grid import GLUE, LEAST, grid, has_room, shortened


def test_numbers_are_flush_right_and_texts_left():
    """With two blanks between columns."""
    assert list(grid([("path", "n"), ("/a/b", "1,200")], [False, True], 40)) == ["path      n", "/a/b  1,200"]


def test_a_text_that_is_too_wide_takes_several_lines():
    """The numbers beside it keep theirs, and nothing is lost."""
    path = "/" + "abcdefghi/" * 5
    lines = list(grid([(path, "1,200")], [False, True], 30))
    assert all(len(line) <= 30 for line in lines)
    assert lines[0].endswith("1,200")
    assert "".join(line.split()[0] for line in lines) == path


def test_glue_keeps_an_interval_together():
    """A cell is broken at blanks, not between a number and its unit."""
    cell = f"3.13{GLUE}ms [2.92,{GLUE}3.31]"
    assert list(grid([(cell, "x" * LEAST)], [False, True], 2 * LEAST + 2)) == [
        f"3.13 ms         {'x' * LEAST}",
        "[2.92, 3.31]",
    ]


def test_the_title_of_a_column_of_numbers_gives_way():
    """The numbers below it do not."""
    rows = [("path", "of all disagreement"), ("x" * 20, f"79.2{GLUE}%")]
    assert has_room(rows, [False, True], 34)
    assert not has_room(rows, [False, True], 26)
    assert list(grid(rows, [False, True], 34)) == [
        "path                        of all",
        "                      disagreement",
        "xxxxxxxxxxxxxxxxxxxx        79.2 %",
    ]


@given(st.text(max_size=400), st.integers(20, 60))
def test_what_is_shortened_says_by_how_much(text, room):
    """Its beginning, and the number of characters that are not there; never wider than its room."""
    found = shortened(text, room)
    assert len(found) <= room
    if found != text:
        kept, _, rest = found.rpartition("… (")
        assert text.startswith(kept)
        assert len(kept) + int(rest.split()[0].replace(",", "")) == len(text)


@pytest.mark.parametrize("width", [10, 40])
def test_no_rows_are_no_lines(width):
    """An empty table is drawn by its title alone."""
    assert list(grid([], [], width)) == []


def test_a_column_of_numbers_that_is_not_flush_right_has_its_words_whole():
    """A value may stand above its interval; an interval is never broken."""
    told = f"0.5 [0.25,{GLUE}0.75]"
    rows = [("", "candidate", "beyond noise"), ("mean absolute difference", told, told)]
    lines = list(grid(rows, [False] * 3, 50, [False, True, True]))
    assert sum(line.count("[0.25, 0.75]") for line in lines) == 2
    assert max(map(len, lines)) <= 50
    assert not has_room(rows, [False] * 3, 40, [False, True, True])
    assert has_room(rows, [False] * 3, 46)
