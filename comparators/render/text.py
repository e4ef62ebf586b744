"""The document for a terminal: plain text of any width from 64 columns, without colours, safe to pipe and to paste."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from textwrap import wrap
from typing import assert_never

from comparators.metrics.document import (
    BarChart,
    Block,
    Blocks,
    ExampleBlock,
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
)
from comparators.render import characters, words
from comparators.render.grid import GLUE, grid, has_room, shortened
from comparators.render.right_to_left import MARK, closed, marked
from comparators.render.right_to_left import width as width_of
from ground.printable import blanked

MIN_WIDTH, WIDTH, MAX_WIDTH = 64, 88, 110
_INDENT = "  "


def render(blocks: Blocks, width: int) -> str:
    width = min(MAX_WIDTH, max(MIN_WIDTH, width))
    return "\n".join(part for line in _lines(blocks, width) for part in _within(line, width)) + "\n"


def _lines(blocks: Blocks, width: int) -> Iterator[str]:
    yield from chain.from_iterable(_drawn(block, width) for block in blocks[:1])
    for before, block in pairwise(blocks):
        if _is_apart(before, block):
            yield ""
        yield from _drawn(block, width)


def _is_apart(before: Block, block: Block) -> bool:
    """Whether a blank line parts them: notes and headings introduce what follows."""
    if isinstance(block, Heading) or (isinstance(block, Metrics) and block.headline):
        return True
    is_another = type(before) is not type(block) or (isinstance(block, Table) and bool(block.title))
    return is_another and not isinstance(before, Heading | Note)


def _drawn(block: Block, width: int) -> Iterable[str]:
    match block:
        case Heading():
            return _heading(block, width)
        case Note():
            return [f"{_INDENT}{'! ' if block.weight == 'warning' else ''}{_line(block.line)}"]
        case Metrics():
            return _grid([_metric(each) for each in block.metrics], [False, True, False, True], width)
        case IntervalBar():
            return [f"{_INDENT}{characters.bar(block, width - 12)} {words.scale(block)}"]
        case Table():
            return _table(block, width)
        case Histogram():
            return [f"{_INDENT}{line}" for line in characters.histogram(block)]
        case BarChart():
            return [f"{_INDENT}{block.title}:", *(f"{_INDENT}{line}" for line in characters.bars(block))]
        case Listing():
            return [f"{_INDENT}- {_line(item)}" for item in block.items]
        case Snippet():
            return [f"{_INDENT * 2}{line}" for line in block.lines]
        case ExampleBlock():
            return _example(block, width)
        case _:
            assert_never(block)


def _heading(block: Heading, width: int) -> Iterable[str]:
    title, about = _line(block.title), _line(block.about)
    if block.level == 1:
        return ["━" * width, f"{title} {about}", "━" * width]
    if block.level == 2:
        start = f"── {' · '.join(filter(None, (title, about)))} "
        return [f"{start}{'─' * (width - width_of(start))}"]
    title = "".join(each.upper() if isinstance(each, str) else _line((each,)) for each in block.title)
    return [" · ".join(filter(None, (title, about)))]


def _metric(each: MetricValue) -> tuple[str, ...]:
    about = "  ".join(filter(None, (_interval(each), each.reason)))
    return each.label, _glued(words.value(each)), about, _glued(f"of {words.count(each.n)}")


def _table(block: Table, width: int) -> Iterable[str]:
    if block.title:
        yield f"{_INDENT}{_line(block.title)}:"
    titles = [column.title for column in block.columns]
    right = [any(isinstance(row[at], Number) for row in block.rows) for at in range(len(titles))]
    cells = [tuple(map(_cell, row)) for row in block.rows]
    rows = [titles, *cells] if any(titles) else cells
    whole = [any(isinstance(row[at], Number | MetricValue) for row in block.rows) for at in range(len(titles))]
    if has_room(rows, right, width - len(_INDENT), whole):
        yield from _grid(rows, right, width, whole)
    else:
        yield from chain.from_iterable(_paragraph(titles, row) for row in cells)
    if block.rest:
        yield f"{_INDENT}{words.rest(block.rest)}"


def _paragraph(titles: Sequence[str], cells: Sequence[str]) -> Iterable[str]:
    """A row of too many columns, one below the other."""
    said = zip(titles, map(marked, cells), strict=True)
    told = [f"{title}: {cell}" if title else cell for title, cell in said if cell]
    return [f"{_INDENT}{told[0]}", *(f"{_INDENT * 2}{each}" for each in told[1:])]


def _cell(each: Inline) -> str:
    if isinstance(each, MetricValue):
        return " ".join(filter(None, (_glued(words.value(each)), _interval(each), each.reason)))
    return _glued(words.said(each)) if isinstance(each, Number) else words.said(each)


def _line(inlines: Line) -> str:
    """In which no text moves what stands beside it."""
    return "".join(marked(words.said(each)) for each in inlines)


def _interval(each: MetricValue) -> str:
    return _glued(words.interval(each)) if words.is_bounded(each) else ""


def _glued(text: str) -> str:
    return text.replace(" ", GLUE)


def _grid(
    rows: Sequence[Sequence[str]], right: Sequence[bool], width: int, whole: Sequence[bool] | None = None
) -> Iterable[str]:
    return (f"{_INDENT}{line}" for line in grid(rows, right, width - len(_INDENT), whole))


def _example(each: ExampleBlock, width: int) -> Iterable[str]:
    yield f"{_INDENT}{each.id}  {words.time(each.at)}  {_fit(each.request, width - 2 * len(_INDENT), each.left_out)}"
    yield f"{_INDENT * 2}{', '.join(map(_line, each.places))}"
    names = [f"{excerpt.side} {excerpt.about}".strip() for excerpt in each.excerpts]
    for name, excerpt in zip(names, each.excerpts, strict=True):
        start = f"{_INDENT * 2}{name.ljust(max(map(len, names)))}  "
        yield f"{start}{_fit(excerpt.text, width - len(start), excerpt.left_out)}"


def _fit(text: str, room: int, beyond: int | None) -> str:
    return marked(shortened(blanked(text), room, beyond))


def _within(line: str, width: int) -> Iterable[str]:
    """The line without control characters, on several lines where it is too long."""
    clean = MARK.join(map(blanked, line.replace(GLUE, " ").split(MARK))).rstrip()
    return [clean] if width_of(clean) <= width else closed(wrap(clean, width, subsequent_indent=_INDENT * 3))
