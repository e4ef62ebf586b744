"""What a picture is drawn with: a panel of marks between two axes as SVG, its legend, the section it stands in. No I/O.

A panel is as wide as its page and of a fixed height. So that words and marks keep their size on a telephone, what is
stretched (lines, areas) stands in a drawing of its own with strokes that are not, and all else at percentages. No
element has an address, an inline style or a script: the page's policy forbids them (comparators/render/html.py).
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from comparators.render.markup import Markup, joined, tag
from loadtest.results.axes import Axis
from loadtest.results.rows import Column

HEIGHTS = {"tall": 270, "high": 190, "low": 110, "square": 380}  # in CSS pixels, by the class that sets them
STRETCHED_WIDTH = 1_000  # in units of a drawing
_AREA = "M0 0H26V12H0Z"
_SHAPES = {  # of a legend's pieces that are no line
    "others": "M7 0H19V12H7Z",
    "apart": "M13 0L19 6L13 12L7 6Z",
    "failed": "M9 2L17 10M17 2L9 10",
    "interval": _AREA,
    "planned": _AREA,
    "lag": _AREA,
}
_NEAR_THE_END = 0.97  # of an axis: a name there ends with it


class Panel(NamedTuple):
    """`size`: one of HEIGHTS. Marks that reach beyond an axis are cut off."""

    x: Axis
    y: Axis
    size: str

    @property
    def height(self) -> int:
        return HEIGHTS[self.size]

    # ---- stretched marks: `inside` of `drawn`

    def line(self, xs: Column, ys: Column, class_: str) -> Markup:
        """Through each point that is known; a gap where one is not."""
        return tag("path", d=self._path(xs, ys), class_=class_)

    def steps(self, edges: Column, ys: Column, class_: str) -> Markup:
        """A level from each edge to the next."""
        return tag("path", d=self._path(np.repeat(edges, 2)[1:-1], np.repeat(ys, 2)), class_=class_)

    def columns(self, edges: Column, ys: Column, class_: str) -> Markup:
        """The same, filled from 0 on."""
        base = np.full(2 * len(ys), self.y.lo)
        return self.band(np.repeat(edges, 2)[1:-1], base, np.repeat(ys, 2), class_)

    def band(self, xs: Column, lo: Column, hi: Column, class_: str) -> Markup:
        """Between two lines, for each stretch in which both are known."""
        known = ~(np.isnan(lo) | np.isnan(hi))
        cuts = np.flatnonzero(np.diff(known)) + 1
        runs = [some for some in np.split(np.arange(len(xs)), cuts) if len(some) and known[some[0]]]
        paths = (
            self._path(np.concatenate([xs[some], xs[some][::-1]]), np.concatenate([hi[some], lo[some][::-1]])) + "Z"
            for some in runs
        )
        return tag("path", d="".join(paths), class_=class_)

    def _path(self, xs: Column, ys: Column) -> str:
        """In whole units, of which a page has fewer pixels across, and tenths of a pixel down."""
        across, down = self.x.parts(xs) * STRETCHED_WIDTH, (1 - self.y.parts(ys)) * self.height
        down = np.clip(down, -self.height, 2 * self.height)
        pen, steps = "M", []
        for x, y in zip(across.tolist(), down.tolist(), strict=True):
            if y != y:  # NaN
                pen = "M"
                continue
            steps.append(f"{pen}{x:.1f} {y:.1f}")
            pen = "L"
        return "".join(steps)

    # ---- marks that keep their size: `over` of `drawn`

    def dot(self, x: float, y: float, class_: str, title: str = "") -> Markup:
        return tag(
            "circle", *([titled(title)] if title else []), cx=self._across(x), cy=self._down(y), r=4, class_=class_
        )

    def whisker(self, x: float, lo: float, hi: float, class_: str) -> Markup:
        across = self._across(x)
        return tag("line", x1=across, x2=across, y1=self._down(lo), y2=self._down(hi), class_=class_)

    def upright(self, x: float, class_: str) -> Markup:
        return tag("line", x1=self._across(x), x2=self._across(x), y1=0, y2=self.height, class_=class_)

    def level(self, y: float, class_: str) -> Markup:
        return tag("line", x1=0, x2="100%", y1=self._down(y), y2=self._down(y), class_=class_)

    def word(self, x: float, y_px: float, text: str, class_: str = "", anchor: str = "") -> Markup:
        """`anchor`: by which end it stands at x; of itself by that which leaves it inside."""
        anchor = anchor or ("end" if self.x.part(x) > 0.5 else "start")
        return tag("text", text, x=self._across(x), y=y_px, text_anchor=anchor, class_=class_)

    def shade(self, start: float, end: float, class_: str, *lines: str) -> Markup:
        """All of the height, with what is said of it where a pointer rests."""
        first, last = (min(1.0, max(0.0, self.x.part(each))) for each in (start, end))
        return tag(
            "rect", titled(*lines), x=f"{100 * first:.2f}%", y=0, width=f"{100 * (last - first):.2f}%",
            height=self.height, class_=class_,
        )  # fmt: skip

    def _across(self, x: float) -> str:
        return f"{100 * self.x.part(x):.2f}%"

    def _down(self, y: float) -> str:
        return f"{(1 - min(1.0, max(0.0, self.y.part(y)))) * self.height:.1f}"

    # ---- the whole

    def drawn(self, about: str, inside: Iterable[Markup], over: Iterable[Markup] = ()) -> Markup:
        """`about`: what there is to be seen, for who does not see it."""
        box = f"0 0 {STRETCHED_WIDTH} {self.height}"
        stretched = tag("svg", *inside, viewBox=box, preserveAspectRatio="none", width="100%", height=self.height)
        frame = [*self._levels(), stretched, *self._uprights(), *over]
        return tag("div", tag("svg", *frame, role="img", aria_label=about, class_=self.size), class_="plot")

    def _levels(self) -> Iterable[Markup]:
        for tick in self.y.ticks:
            yield self.level(tick.at, "grid")
            yield tag("text", tick.label, x=-8, y=f"{float(self._down(tick.at)) + 4:.1f}", text_anchor="end")

    def _uprights(self) -> Iterable[Markup]:
        yield tag("line", x1=0, x2="100%", y1=self.height, y2=self.height, class_="axis")
        for tick in self.x.ticks:
            across, anchor = self._across(tick.at), "end" if self.x.part(tick.at) > _NEAR_THE_END else "middle"
            class_ = "minor" if tick.is_minor else "major"
            yield tag("line", x1=across, x2=across, y1=self.height, y2=self.height + 5, class_="axis")
            yield tag("text", tick.label, x=across, y=self.height + 19, text_anchor=anchor, class_=class_)


def titled(*lines: str) -> Markup:
    """What is said where a pointer rests."""
    return tag("title", *chain.from_iterable((line, Markup("\n")) for line in lines[:-1]), *lines[-1:])


def legend(*entries: tuple[str, str]) -> Markup:
    """The class of a line, an area or a mark, and what it is."""
    return tag("p", *(tag("span", swatch(class_), words) for class_, words in entries), class_="legend")


def swatch(class_: str) -> Markup:
    """A piece of what has this class, as large as a word."""
    shape = _SHAPES.get(class_.split()[0], "M0 6H26")
    return tag("svg", tag("path", d=shape, class_=class_), viewBox="0 0 26 12", class_="swatch", aria_hidden="true")


def section(finding: str, about: str, *content: str) -> Markup:
    """`finding`: what there is to see, in a sentence."""
    return tag("section", tag("h2", finding, tag("small", f" {about}")), *content, class_="picture")


def absent(about: str, why: str) -> Markup:
    """Instead of a picture of nothing."""
    return section(f"{about[0].upper()}{about[1:]}", "not drawn", tag("p", why))


def caption(text: str) -> Markup:
    return tag("p", text, class_="caption")


def side_by_side(*sections: Sequence[Markup]) -> Markup:
    """In columns where there is room."""
    return tag("div", *(tag("div", joined(*some)) for some in sections), class_="abreast")
