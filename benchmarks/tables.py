"""Tables, as text for a terminal and as Markdown for the page. Knows nothing of what the numbers mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- figures: written by python -m benchmarks --page -->", "<!-- end of figures -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    notes: tuple[str, ...] = ()

    def text(self) -> str:
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]

        def line(cells: tuple[str, ...]) -> str:
            first, *rest = zip(cells, widths, strict=True)
            return "  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)])

        body = [line(self.header), "  ".join("-" * width for width in widths), *map(line, self.rows)]
        return "\n".join([self.title, "", *body, *(f"({note})" for note in self.notes)])

    def markdown(self) -> str:
        def line(cells: tuple[str, ...]) -> str:
            return f"| {' | '.join(cells)} |"

        rule = "|---|" + "---:|" * (len(self.header) - 1)
        notes = [f"\n{note}" for note in self.notes]
        return "\n".join([f"### {self.title}", "", line(self.header), rule, *map(line, self.rows), *notes])


def into_page(page: Path, markdown: str) -> None:
    """Replace what stands between the page's two marks."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has no place for figures: the lines {BEGIN} and {END} are missing")
    page.write_text(f"{before}{BEGIN}\n\n{markdown}\n\n{END}{after}")
