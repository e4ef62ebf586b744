"""The tables of metrics in docs/statistics.md, made from the registry: `make pages` writes them, a test holds them.

What a metric is stands in its definition and nowhere else; the page has a place for each table, between two comments.
Pure but for `main`, which writes the file.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from comparators.evidence import load_metrics
from comparators.evidence.noise import AGAINST_NOISE
from comparators.evidence.registry import OUTPUT_METRICS, REQUEST_METRICS
from comparators.metrics.definition import Definition

_PLACE = re.compile(r"(<!-- metrics of (\w+): made by `make pages` -->\n).*?(<!-- end -->)", re.DOTALL)
_BETTER = {"lower": "lower", "higher": "higher", "neither": ""}


def page(text: str) -> str:
    """The page with its tables as the registry has them. Raises ValueError where it has no place for one."""
    if missing := TABLES.keys() - {found[2] for found in _PLACE.finditer(text)}:
        raise ValueError(f"the page has no place for metrics of {', '.join(sorted(missing))}")
    return _PLACE.sub(lambda found: f"{found[1]}{TABLES[found[2]]}{found[3]}", text)


def table(definitions: Iterable[Definition]) -> str:
    head = "| metric | unit | better | is | method |\n|---|---|---|---|---|\n"
    return head + "".join(f"| {' | '.join(map(_cell, _row(each)))} |\n" for each in definitions)


def noise_table() -> str:
    """A line for each metric that is told against noise; of some there is the difference alone."""
    head = "| of these requests | production itself | beyond noise | unit | better |\n|---|---|---|---|---|\n"
    lines = (told for about in AGAINST_NOISE.values() for told in about.values())
    return head + "".join(f"| {' | '.join(_noise_row(told))} |\n" for told in lines)


def _noise_row(told: Sequence[Definition]) -> tuple[str, ...]:
    names = [f"`{each.name}`" for each in told]
    return *[""] * (3 - len(names)), *names, told[-1].unit, _BETTER[told[-1].better]


def _row(each: Definition) -> tuple[str, ...]:
    where = f" Only where {each.only_where}." if each.only_where else ""
    pair = f" Passes a check only where one on `{each.passes_with}` passes, too." if each.passes_with else ""
    return f"`{each.name}`", each.unit, _BETTER[each.better], each.help + where + pair, f"`{each.method}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


TABLES = {
    "requests": table(REQUEST_METRICS),
    "noise": noise_table(),
    "replays": table(load_metrics.METRICS),
    **{kind: table(metrics) for kind, metrics in OUTPUT_METRICS.items()},
}


def main(file: str) -> None:
    path = Path(file)
    path.write_text(page(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
