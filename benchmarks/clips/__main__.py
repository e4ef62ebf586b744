"""`python -m benchmarks.clips`: prints the tables that docs/statistics.md has of clips. Some minutes."""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from statistics import fmean, median

from benchmarks.clips import flights, small_data, texts
from benchmarks.clips.outputs import Outputs
from benchmarks.clips.rules import LESS, MORE, OWN, RULES
from benchmarks.clips.streams import AT, Found, simulate
from benchmarks.tables import Table

STREAMS = 200

ByRule = Mapping[str, Found]


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    found: dict[str, ByRule] = {}
    for outputs in _outputs():
        if chosen.only in outputs.name:
            print(f"{time.strftime('%H:%M:%S')} {outputs.name}", file=sys.stderr)
            found[outputs.name] = simulate(outputs, RULES, chosen.streams)
    if not found:
        print(f"no outputs have {chosen.only!r} in their name", file=sys.stderr)
        return 2
    for table in (by_rule(found), by_outputs(found), *(each_width(found, n) for n in AT), each_share(found)):
        print(table.markdown() if chosen.markdown else table.text(), end="\n\n")
    return 0


def by_rule(found: Mapping[str, ByRule]) -> Table:
    """Over all outputs: the two that lose most, the one that is missed most often, and the median of their widths."""
    rows = []
    for rule in RULES:
        each = [one[rule] for one in found.values()]
        beyond = sorted((fmean(one.beyond) for one in each), reverse=True)
        missed = max(fmean(one.missed) for one in each)
        widths = (median(median(one.widths[n]) for one in each) for n in AT)
        rows.append(
            (rule, *(f"{share:.2%}" for share in (*beyond, 0.0)[:2]), f"{missed:.1%}", *(f"{w:.2f}" for w in widths))
        )
    header = ("rule", "most beyond", "next", "most missed", *(f"{n:,}" for n in AT))
    return Table(title="Clips by rule, over all outputs", header=header, rows=rows)


def by_outputs(found: Mapping[str, ByRule]) -> Table:
    """Under Understudy's own rule, and what were beyond its neighbours."""
    rows = [_row(name, each) for name, each in found.items()]
    shares = ("beyond", "an octave less", "more", "left", "missed", "whole missed")
    widths = (*(f"{n:,}" for n in AT), *(f"{n:,}, of MAE" for n in AT[1::2]))
    return Table(title=f"Clips by {OWN}", header=("outputs", *shares, *widths), rows=rows)


def _row(name: str, each: ByRule) -> tuple[str, ...]:
    one = each[OWN]
    shares = [fmean(each[rule].beyond) for rule in (OWN, LESS, MORE)]
    return (
        name,
        *(f"{share:.2%}" for share in (*shares, fmean(one.left))),
        *(f"{fmean(missed):.1%}" for missed in (one.missed, one.missed_whole)),
        *(_short(median(one.widths[n])) for n in AT),
        *(_short(median(one.relative[n])) for n in AT[1::2]),
    )


def each_width(found: Mapping[str, ByRule], n: int) -> Table:
    rows = [(name, *(_short(median(each[rule].widths[n])) for rule in RULES)) for name, each in found.items()]
    return Table(title=f"Width at {n:,}, in widths of the t interval", header=("outputs", *RULES), rows=rows)


def each_share(found: Mapping[str, ByRule]) -> Table:
    rows = [(name, *(f"{fmean(each[rule].beyond):.2%}" for rule in RULES)) for name, each in found.items()]
    return Table(title="Share beyond the clip", header=("outputs", *RULES), rows=rows)


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 1_000 else f"{value:.1e}"


def _outputs() -> Iterator[Outputs]:
    return chain(small_data.all_of_them(), flights.all_of_them(), texts.all_of_them())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.clips", description="Rules for a clip, on what real models say."
    )
    parser.add_argument("--only", default="", help="outputs whose name contains this")
    parser.add_argument("--streams", type=int, default=STREAMS, help=f"of each; {STREAMS} are evidence")
    parser.add_argument("--markdown", action="store_true", help="as the page has them")
    return parser


if __name__ == "__main__":
    sys.exit(main())
