"""The document for a pull request or a job summary. What is not in our words stands in code spans only."""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import assert_never

from comparators.metrics.document import (
    BarChart,
    Block,
    Blocks,
    Code,
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
from comparators.render.right_to_left import MARK, turns
from ground.printable import blanked

_BAR = 40
_METRIC = ("metric", "value", "interval", "requests", "")
_MARKED = re.compile(r"[\\`|]|<(?=[a-zA-Z/!?])|(?<=\])\(")  # what would be markup, were it in our words
_FENCES = re.compile(r"`+")


def render(blocks: Blocks) -> str:
    """A blank line after each block."""
    return "\n".join(chain.from_iterable((*_drawn(block), "") for block in blocks))


def _drawn(block: Block) -> Iterable[str]:
    match block:
        case Heading():
            return [_heading(block)]
        case Note():
            return ["> [!WARNING]", f"> {_line(block.line)}"] if block.weight == "warning" else [_line(block.line)]
        case Metrics():
            return _metrics(block)
        case IntervalBar():
            return [f"`{characters.bar(block, _BAR)}` {words.scale(block)}"]
        case Table():
            return _table(block)
        case Histogram():
            return ["```text", *characters.histogram(block), "```"]
        case BarChart():
            return [f"{_words(block.title)}:", "", "```text", *characters.bars(block), "```"]
        case Listing():
            return [f"- {_line(item)}" for item in block.items]
        case Snippet():
            return [f"```{block.language}", *map(blanked, block.lines), "```"]
        case ExampleBlock():
            return _example(block)
        case _:
            assert_never(block)


def _heading(block: Heading) -> str:
    between = " " if block.level == 1 else " · "
    return f"{'#' * (block.level + 1)} {between.join(filter(None, (_line(block.title), _line(block.about))))}"


def _metrics(block: Metrics) -> Iterable[str]:
    """With a column for reasons where there are any."""
    columns = len(_METRIC) - (not any(each.reason for each in block.metrics))
    return _grid(_METRIC[:columns], [_metric(each)[:columns] for each in block.metrics], frozenset({1, 3}))


def _metric(each: MetricValue) -> tuple[str, ...]:
    interval = words.interval(each) if words.is_bounded(each) else words.UNKNOWN
    return _words(each.label), words.value(each), interval, words.count(each.n), _words(each.reason)


def _table(block: Table) -> Iterable[str]:
    if block.title:
        yield from (f"{_line(block.title)}:", "")
    numbers = [any(isinstance(row[at], Number) for row in block.rows) for at in range(len(block.columns))]
    right = frozenset(at for at, is_number in enumerate(numbers) if is_number)
    yield from _grid([_words(column.title) for column in block.columns], [_cells(row) for row in block.rows], right)
    if block.rest:
        yield from ("", words.rest(block.rest))


def _cells(row: Line) -> Sequence[str]:
    return [_words(_cell(each)) if isinstance(each, MetricValue) else _in_cell(each) for each in row]


def _cell(each: MetricValue) -> str:
    return f"{words.value(each)} {words.interval_or_reason(each)}"


def _in_cell(each: Inline) -> str:
    r"""A table takes the \ off a \| before code is read, and only there."""
    return _said(each).replace("|", r"\|") if isinstance(each, Code) else _said(each)


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---:' if at in right else '---' for at in range(len(head)))}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _example(each: ExampleBlock) -> Iterable[str]:
    request, places = _begun(each.request, each.left_out), ", ".join(map(_line, each.places))
    yield f"- {_code(each.id)} {words.time(each.at)} {request}: {places}"
    for excerpt in each.excerpts:
        about = " ".join(filter(None, (excerpt.side, _words(excerpt.about))))
        yield f"  - {about} {_begun(excerpt.text, excerpt.left_out)}".rstrip()


def _begun(text: str, left_out: int | None) -> str:
    return f"{_code(text)}{words.left_out(left_out)}"


def _line(inlines: Line) -> str:
    return "".join(map(_said, inlines))


def _said(each: Inline) -> str:
    if isinstance(each, Code):
        return _code(each.text)
    return _words(each) if isinstance(each, str) else words.said(each)


def _words(text: str) -> str:
    return _MARKED.sub(r"\\\g<0>", blanked(text))


def _code(text: str) -> str:
    """A code span that the text cannot end, since its fences are longer than any row of ` within; the text as it is.
    Marks of direction stand outside, so that nobody copies them with it.
    """
    clean = blanked(text)
    if not clean.strip():
        return f"`{clean}`" if clean else ""
    fence = "`" * (1 + max(map(len, _FENCES.findall(clean)), default=0))
    room = " " if clean[0] in "` " or clean[-1] in "` " else ""  # one blank on either side is not read
    mark = MARK if turns(clean) else ""
    return f"{mark}{fence}{room}{clean}{room}{fence}{mark}"
