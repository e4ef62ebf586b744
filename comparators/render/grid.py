"""Rows of cells as lines that keep a width: the widest column gives way, and its cells then take several lines."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

from comparators.render.right_to_left import marked
from comparators.render.words import left_out

GAP = "  "
GLUE = "\u00a0"  # a blank at which no cell is broken
LEAST = 14  # columns that a text is left
MAX_LINES = 4  # of a cell

Row = Sequence[str]


def grid(rows: Sequence[Row], right: Sequence[bool], width: int, whole: Sequence[bool] | None = None) -> Iterator[str]:
    """`right`: which columns are flush right. `whole`: in which no word is broken, since they hold numbers; where it is
    not said, in these.
    """
    widths = _widths(rows, right, width, whole)
    for row in rows:
        cells = (_lines(cell, room) for cell, room in zip(row, widths, strict=True))
        for parts in zip_longest(*cells, fillvalue=""):
            placed = map(_placed, parts, widths, right)
            yield GAP.join(placed).replace(GLUE, " ").rstrip()


def has_room(rows: Sequence[Row], right: Sequence[bool], width: int, whole: Sequence[bool] | None = None) -> bool:
    """Whether a grid of them keeps the width."""
    return _total(_widths(rows, right, width, whole)) <= width


def shortened(text: str, room: int, beyond: int | None = 0) -> str:
    """The text where it has room; else its beginning, and how many characters of it are left out. `beyond`: how many
    the text had left out already; None: nobody knows.
    """
    if len(text) + len(left_out(beyond)) <= room:
        return text + left_out(beyond)
    whole = None if beyond is None else len(text) + beyond
    kept = max(0, room - len(left_out(whole)))
    return text[:kept] + left_out(None if whole is None else whole - kept)


def _placed(part: str, room: int, is_right: bool) -> str:
    blanks = " " * (room - len(part))
    return f"{blanks}{marked(part)}" if is_right else f"{marked(part)}{blanks}"


def _widths(rows: Sequence[Row], right: Sequence[bool], width: int, whole: Sequence[bool] | None) -> list[int]:
    """Of each column. The titles of numbers give way first, since the numbers below them are short."""
    columns = list(zip(*rows, strict=True))
    widths = [min(width, max(map(len, column))) for column in columns]
    unbroken = right if whole is None else whole
    least = [_longest_word(column) if unbroken[at] else LEAST for at, column in enumerate(columns)]
    for _ in range(_total(widths) - width):
        wide = [at for at in range(len(widths)) if widths[at] > least[at]]
        if wide:
            widths[max(wide, key=lambda at: (right[at], widths[at]))] -= 1
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(GAP) * (len(widths) - 1)


def _longest_word(cells: Row) -> int:
    return max(len(word) for cell in cells for word in cell.split(" "))


def _lines(cell: str, room: int) -> list[str]:
    if len(cell) <= room:
        return [cell]
    return wrap(shortened(cell, MAX_LINES * room), room) or [""]
