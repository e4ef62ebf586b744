"""`python -m benchmarks`: run the measurements, print the tables, say what could not be run.

Exit codes as everywhere: 0 every must is met (or was not measured), 1 one is missed, 2 usage or something essential
is not installed, 4 a subject did not start. Progress goes to stderr, tables to stdout.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import apart, judging, machine, report, saturate, scrape, sections
from benchmarks.judging import Figures
from benchmarks.processes import StartError, end_in_order
from benchmarks.replay.tables import cost_table, fidelity_table
from benchmarks.sections import FULL, KINDS, NAMES, NGINX, QUICK, SECTIONS, SUBJECTS, Stand
from benchmarks.subjects.subject import Subject
from benchmarks.tables import Table, into_page
from benchmarks.throughput import Case
from benchmarks.windows import Bench, bench


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    end_in_order()
    unknown = set(chosen.only) - set(SECTIONS)
    lacking = [found for found in (NGINX.missing(), saturate.missing()) if found]
    if unknown or lacking:
        print(f"unknown measurement: {', '.join(sorted(unknown))}" if unknown else "", file=sys.stderr, end="")
        print("\n".join(f"needed: {what}" for what in lacking), file=sys.stderr)
        return 2
    absent = {subject.name: f"it needs {what}" for subject in SUBJECTS if (what := subject.missing())}
    size = QUICK if chosen.quick else FULL
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # nginx's worker gives up root's rights and must still reach its files
        try:
            with bench(directory, size.attempts) as site:
                absent |= {
                    subject.name: why
                    for subject in SUBJECTS
                    if subject.name not in absent and (why := _not_starting(site, subject))
                }
                subjects = [subject for subject in SUBJECTS if subject.name not in absent]
                found = sections.measure(Stand(bench=site, subjects=subjects, size=size, tell=_tell), chosen.only)
                about = [*_about(subjects, absent, site), *report.disturbance(found), report.took(found)]
        except StartError as error:
            print(error, file=sys.stderr)
            return 4
    judged = judging.judgements(found, NAMES)
    tables = _tables(found, report.budget_table(judged))
    print("\n\n".join([*about, *(table.text() for table in tables)]))
    if chosen.page:
        into_page(chosen.page, "\n\n".join([*about, *(table.markdown() for table in tables)]))
    return 1 if any(one.missed for one in judged) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Understudy beside nginx and Envoy, in one run on one machine."
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a look, no evidence")
    parser.add_argument(
        "--only",
        type=lambda text: tuple(text.split(",")),
        default=tuple(SECTIONS),
        help=f"of {','.join(SECTIONS)}: those to run",
    )
    parser.add_argument("--page", type=Path, help="write the tables into this page too (docs/performance.md)")
    return parser


def _not_starting(site: Bench, subject: Subject) -> str | None:
    """Before anything is measured, so that one subject's trouble does not cost the others' figures."""
    _tell(f"can it start: {subject.name}")
    try:
        with subject.running(site.directory, site.port, site.port if subject.shadows else None):
            return None
    except StartError as error:
        return " ".join(str(error).split())


def _tables(found: Figures, budgets: Table) -> list[Table]:
    records = {Case(subject=one, kind=kind).name: one.records for kind, several in KINDS.items() for one in several}
    tables = [budgets]
    if found.throughput:
        tables.append(report.throughput_table(found.throughput, records))
    if found.latency:
        tables.append(report.latency_table(found.latency))
    if found.comparison:
        tables.append(report.comparison_table(found.comparison))
    if found.scrape:
        tables.append(scrape.table(found.scrape))
    if found.apart:
        tables.append(apart.table(list(found.apart.values())))
    if found.replay_costs:
        tables.append(cost_table(found.replay_costs))
    if found.fidelity:
        tables.append(fidelity_table(found.fidelity))
    if found.shared:
        tables.append(report.shared_table(found.shared))
    tables += [
        report.fault_table(name, found.fault_paces[name], conditions) for name, conditions in found.faults.items()
    ]
    return tables


def _about(subjects: Sequence[Subject], absent: dict[str, str], site: Bench) -> list[str]:
    versions = dict.fromkeys(version for subject in subjects if (version := subject.version()))
    loaded = f"load by {saturate.version()} and benchmarks/open_loop.py"
    lines = [f"{machine.description()}; {', '.join(versions)}; {loaded}."]
    lines += [f"Could not be run: {name}; {why}." for name, why in absent.items()]
    if machine.PROXY_CORE == machine.OTHER_CORE:
        lines.append("There is one core only: proxy, load and all the rest shared it, and the ratios say little.")
    if not site.real_time:
        lines.append("Load and production had no real-time priority (not permitted): latencies include their waiting.")
    return lines


def _tell(progress: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {progress}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
