"""The tables of metrics in docs/statistics.md, made from the registry: `make pages` writes them, a test holds them.

What a metric is stands in its definition and nowhere else; the page has a place for each table, between two comments.
Pure but for `main`, which writes the file.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from comparators.evidence.registry import OUTPUT_METRICS, REQUEST_METRICS
from comparators.metrics.definition import Definition

TABLES: dict[str, Sequence[Definition]] = {"requests": REQUEST_METRICS, **OUTPUT_METRICS}

_PLACE = re.compile(r"(<!-- metrics of (\w+): made by `make pages` -->\n).*?(<!-- end -->)", re.DOTALL)
_BETTER = {"lower": "lower", "higher": "higher", "neither": ""}


def page(text: str) -> str:
    """The page with its tables as the registry has them. Raises ValueError where it has no place for one."""
    if missing := TABLES.keys() - {found[2] for found in _PLACE.finditer(text)}:
        raise ValueError(f"the page has no place for metrics of {', '.join(sorted(missing))}")
    return _PLACE.sub(lambda found: f"{found[1]}{table(TABLES[found[2]])}{found[3]}", text)


def table(definitions: Iterable[Definition]) -> str:
    head = "| metric | unit | better | is | method |\n|---|---|---|---|---|\n"
    return head + "".join(f"| {' | '.join(map(_cell, _row(each)))} |\n" for each in definitions)


def _row(each: Definition) -> tuple[str, ...]:
    where = f" Only where {each.only_where}." if each.only_where else ""
    return f"`{each.name}`", each.unit, _BETTER[each.better], each.help + where, f"`{each.method}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(file: str) -> None:
    path = Path(file)
    path.write_text(page(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
