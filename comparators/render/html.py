"""The document as one self-contained page: no script, nothing fetched, and a policy in the page that forbids both.

Recorded content is hostile. All text passes through markup.tag, which escapes it; the style is pinned by its hash.
"""

import base64
import hashlib
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple, assert_never

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
    Mark,
    Metrics,
    MetricValue,
    Note,
    Number,
    Snippet,
    Table,
    TableColumn,
)
from comparators.render import charts, words
from comparators.render.markup import Markup, joined, table, tag
from comparators.render.style import STYLE


def _policy(style: str) -> str:
    pinned = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{pinned}'; base-uri 'none'; form-action 'none'"


CONTENT_SECURITY_POLICY = _policy(STYLE)


class PageInset(NamedTuple):
    """What stands behind a page's head and before its first chapter, and the style that it wants besides."""

    markup: Markup
    style: str


def render(blocks: Blocks, inset: PageInset | None = None) -> str:
    style = STYLE if inset is None else STYLE + inset.style
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", _title(blocks)),
        tag("style", Markup(style)),
    )
    drawn = [*chain.from_iterable(map(_drawn, blocks[: first_chapter(blocks)]))]
    if inset is not None:
        drawn.append(inset.markup)
    drawn += chain.from_iterable(map(_drawn, blocks[first_chapter(blocks) :]))
    return f"<!doctype html>\n{tag('html', head, tag('body', tag('main', *drawn)), lang='en')}\n"


def first_chapter(blocks: Blocks) -> int:
    """Its place among them; behind all where there is none."""
    chapters = (at for at, each in enumerate(blocks) if isinstance(each, Heading) and each.level == 2)
    return next(chapters, len(blocks))


def _title(blocks: Blocks) -> str:
    return next(
        (f"{words.line(each.title)} {words.line(each.about)}" for each in blocks if isinstance(each, Heading)), ""
    )


def _drawn(block: Block) -> Iterable[Markup]:
    match block:
        case Heading():
            return [tag(f"h{block.level}", _line(block.title), tag("small", " ", _line(block.about)))]
        case Note():
            return [tag("p", _line(block.line), class_=block.weight)]
        case Metrics():
            return [_cards(block) if block.headline else _metrics(block)]
        case IntervalBar():
            return [charts.scale(block)]
        case Table():
            return _table(block)
        case Histogram():
            return [_key(block), charts.distributions(block)]
        case BarChart():
            return [tag("p", block.title, class_="aside"), _series(block), charts.bars(block)]
        case Listing():
            return [tag("ul", *(tag("li", _line(item)) for item in block.items))]
        case Snippet():
            return [tag("pre", *chain.from_iterable((line, Markup("\n")) for line in block.lines))]
        case ExampleBlock():
            return [_example(block)]
        case _:
            assert_never(block)


def _cards(block: Metrics) -> Markup:
    return tag("div", *map(_card, block.metrics), class_="metrics")


def _card(each: MetricValue) -> Markup:
    about = f"{words.interval_or_reason(each)} of {words.count(each.n)}"
    return tag("div", tag("b", words.value(each)), each.label, tag("small", about), class_="metric")


def _metrics(block: Metrics) -> Markup:
    rows = [
        (each.label, words.value(each), words.interval_or_reason(each), words.count(each.n)) for each in block.metrics
    ]
    return table(("", "value", "interval", "requests"), rows, frozenset({1, 3}))


def _table(block: Table) -> Iterable[Markup]:
    if block.title:
        yield tag("p", _line(block.title), class_="aside")
    titles = [title for column in block.columns for title in ((column.title, "") if column.drawn else (column.title,))]
    rows = [tuple(chain.from_iterable(map(_cells, row, block.columns))) for row in block.rows]
    yield table(tuple(titles), rows, _right(block))
    if block.rest:
        yield tag("p", words.rest(block.rest), class_="aside")


def _right(block: Table) -> frozenset[int]:
    """The places of numbers, counting each bar as a column too."""
    found, at = set(), 0
    for number, column in enumerate(block.columns):
        if any(isinstance(row[number], Number | MetricValue) for row in block.rows):
            found.add(at)
        at += 2 if column.drawn else 1
    return frozenset(found)


def _cells(each: Inline, column: TableColumn) -> Iterable[Markup]:
    yield _cell(each)
    if column.drawn:
        share = each.value if isinstance(each, Number | MetricValue) else None
        yield Markup("") if share is None else charts.share(share)


def _cell(each: Inline) -> Markup:
    if isinstance(each, MetricValue):
        return joined(words.value(each), tag("small", " ", words.interval_or_reason(each)))
    return _said(each)


def _key(block: Histogram) -> Markup:
    sides = (
        joined(tag("span", curve.side, class_=f"key {curve.side}"), f"{words.beyond(curve)} " if curve.beyond else "")
        for curve in block.curves
    )
    return tag("p", *sides, class_="aside")


def _series(block: BarChart) -> Markup:
    sides = (
        tag("span", f"{each.title} {words.up_to(max(each.shares))}", class_=f"key {each.side}") for each in block.series
    )
    marked = [tag("span", words.SET, class_="key set")] if block.set_at else []
    return tag("p", *sides, *marked, class_="aside")


def _example(each: ExampleBlock) -> Markup:
    places = tag("small", *chain.from_iterable((_line(place), " ") for place in each.places))
    return tag(
        "details",
        tag("summary", tag("code", each.id), f" {words.time(each.at)} ", places),
        tag("p", *_begun(each.request, each.left_out), class_="aside"),
        *chain.from_iterable(
            (
                tag("p", tag("span", f"{excerpt.side} {excerpt.about}".strip(), class_=f"key {excerpt.side}")),
                tag("pre", *_begun(excerpt.text, excerpt.left_out)),
            )
            for excerpt in each.excerpts
        ),
    )


def _begun(text: str, left_out: int | None) -> tuple[str, str]:
    return tag("bdi", text, dir="ltr"), words.left_out(left_out)


def _line(inlines: Line) -> Markup:
    return joined(*map(_said, inlines))


def _said(each: Inline) -> Markup:
    match each:
        case Code():
            return tag("code", each.text)
        case Mark():
            return tag("span", each.text, class_=each.tone)
        case MetricValue():
            return joined(words.value(each), tag("small", " ", words.about(each)))
        case _:
            return joined(words.said(each))
