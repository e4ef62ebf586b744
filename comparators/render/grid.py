"""Rows of cells as lines that keep a width: text columns give way, and their cells then take several lines."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap

GAP = "  "
GLUE = "\u00a0"  # a blank at which no cell is broken
LEAST = 14  # columns that a text is left
MAX_LINES = 4  # of a cell

Row = Sequence[str]


def grid(rows: Sequence[Row], right: Sequence[bool], width: int) -> Iterator[str]:
    """`right`: which columns are flush right; these are numbers, and keep their width."""
    widths = _widths(rows, right, width)
    for row in rows:
        cells = (_lines(cell, room) for cell, room in zip(row, widths, strict=True))
        for parts in zip_longest(*cells, fillvalue=""):
            placed = (
                part.rjust(room) if is_right else part.ljust(room)
                for part, room, is_right in zip(parts, widths, right, strict=True)
            )
            yield GAP.join(placed).replace(GLUE, " ").rstrip()


def shortened(text: str, room: int) -> str:
    """The text where it has room; else its beginning, and how many characters of it are left out."""
    if len(text) <= room:
        return text
    kept = max(0, room - len(_left_out(len(text))))
    return text[:kept] + _left_out(len(text) - kept)


def _left_out(number: int) -> str:
    return f"… ({number:,} more)"


def _widths(rows: Sequence[Row], right: Sequence[bool], width: int) -> list[int]:
    """Of each column; the widest text gives way first."""
    widths = [min(width, max(map(len, column))) for column in zip(*rows, strict=True)]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while excess > 0:
        texts = [at for at, is_right in enumerate(right) if not is_right and widths[at] > LEAST]
        if not texts:
            break  # whoever prints the lines breaks them
        widths[max(texts, key=lambda at: widths[at])] -= 1
        excess -= 1
    return widths


def _lines(cell: str, room: int) -> list[str]:
    if len(cell) <= room:
        return [cell]
    return wrap(shortened(cell, MAX_LINES * room), room) or [""]
