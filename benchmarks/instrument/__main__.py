"""`python -m benchmarks.instrument`: runs the cases and prints the table.

Exit codes: 1 where one is missed, 4 where a program did not start.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.instrument.cases import LOADS, PAIRS, PAIRS_OF_A_SLOWER, PROGRAMS, Case, Estimate, Found
from benchmarks.instrument.measuring import measure
from benchmarks.processes import StartError, end_in_order
from benchmarks.tables import Table


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    end_in_order()
    cases = [
        Case(program=program, load=load, slower=slower)
        for slower in (False, True)
        for program in PROGRAMS
        for load in LOADS
    ]
    found = []
    with tempfile.TemporaryDirectory(prefix="instrument-") as name:
        for case in cases:
            if chosen.only in case.name:
                print(f"{time.strftime('%H:%M:%S')} {case.name}", file=sys.stderr)
                try:
                    found.append(measure(case, Path(name), pairs=chosen.pairs or case.pairs))
                except StartError as error:
                    print(error, file=sys.stderr)
                    return 4
    print(table(found).text())
    return 1 if any(each.missed() for each in found) else 0


def table(found: Sequence[Found]) -> Table:
    return Table(
        title="The latency instrument's own test",
        header=(
            "",
            "pairs",
            "count",
            "production ms",
            "candidate ms",
            "ratio of p50",
            "pair by pair",
            "directly",
            "lag p99 ms",
            "",
        ),
        rows=[_row(each) for each in found],
    )


def _row(one: Found) -> tuple[str, ...]:
    return (
        one.case.name,
        f"{one.pairs:,}",
        f"{one.counted:.0%}",
        _ms(one.production_ms),
        _ms(one.candidate_ms),
        _shown(one.ratio),
        _shown(one.paired),
        f"{one.truth:.3f}",
        _ms(one.lag_p99_ms),
        f"MISSED: {missed}" if (missed := one.missed()) else one.said,
    )


def _shown(told: Estimate) -> str:
    if told.value is None or told.lo is None or told.hi is None:
        return "" if told.value is None else f"{told.value:.3f}"
    return f"{told.value:.3f} [{told.lo:.3f}, {told.hi:.3f}]"


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.instrument", description="Latencies whose truth is known, through the instrument."
    )
    parser.add_argument("--only", default="", help="cases whose name contains this")
    told = f"of each case; {PAIRS:,} are evidence, {PAIRS_OF_A_SLOWER:,} of a slower candidate"
    parser.add_argument("--pairs", type=int, default=0, help=told)
    return parser


if __name__ == "__main__":
    sys.exit(main())
