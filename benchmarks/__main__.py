"""`python -m benchmarks`: run the measurements, print the tables, say what could not be run.

Exit codes as everywhere: 0 every must is met (or was not measured), 1 one is missed, 2 usage or something essential
is not installed, 4 a subject did not start. Progress goes to stderr, tables to stdout.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import (
    comparison,
    faults,
    figures,
    judging,
    latency,
    machine,
    report,
    saturate,
    shared,
    startup,
    throughput,
)
from benchmarks.judging import Found, Names
from benchmarks.processes import StartError
from benchmarks.subjects.direct import Direct
from benchmarks.subjects.envoy import Envoy
from benchmarks.subjects.nginx import Nginx
from benchmarks.subjects.ours import Ours
from benchmarks.subjects.subject import Subject
from benchmarks.tables import Table, into_page
from benchmarks.throughput import LARGE_ANSWERS, OWN_HEADS, Case
from benchmarks.windows import Bench, bench

MEASUREMENTS = ("throughput", "latency", "faults", "shared", "comparison", "startup")
DIRECT, NGINX, NGINX_MIRROR = Direct(), Nginx(mirror=False), Nginx(mirror=True)
ENVOY, ENVOY_MIRROR = Envoy(mirror=False), Envoy(mirror=True)
RECORDING, SHADOWING = Ours(candidate=False), Ours(candidate=True)
SUBJECTS: tuple[Subject, ...] = (DIRECT, RECORDING, SHADOWING, NGINX, NGINX_MIRROR, ENVOY, ENVOY_MIRROR)
# At saturation, each subject as it is; and some once more, by what is different then.
KINDS: dict[str, tuple[Subject, ...]] = {
    "": SUBJECTS,
    OWN_HEADS: (RECORDING, NGINX, NGINX_MIRROR, ENVOY_MIRROR),
    LARGE_ANSWERS: (RECORDING, NGINX_MIRROR, ENVOY_MIRROR),
}
# Under faults, each at half of the throughput of the one beside it.
FAULTY: tuple[tuple[Subject, Subject], ...] = (
    (SHADOWING, RECORDING),
    (NGINX_MIRROR, NGINX_MIRROR),
    (ENVOY_MIRROR, ENVOY_MIRROR),
)
NAMES = Names(
    recording=RECORDING.name,
    shadowing=SHADOWING.name,
    nginx=NGINX.name,
    nginx_mirror=NGINX_MIRROR.name,
    envoy_mirror=ENVOY_MIRROR.name,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    rounds: int
    seconds: int
    faults: tuple[int, int]  # rounds and seconds of our own, which the budgets are about
    peer_faults: tuple[int, int]
    pairs: int


# Subtle: the budget is about the worst of six conditions, so noise goes one way. In windows of 4 s the median of ten
# p99 ratios was off by 5 %, and one in five runs missed by that alone.
FULL = Size(rounds=5, seconds=4, faults=(10, 10), peer_faults=(3, 4), pairs=100_000)
QUICK = Size(rounds=2, seconds=2, faults=(2, 2), peer_faults=(1, 2), pairs=20_000)


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    unknown = set(chosen.only) - set(MEASUREMENTS)
    lacking = [found for found in (NGINX.missing(), saturate.missing()) if found]
    if unknown or lacking:
        print(f"unknown measurement: {', '.join(sorted(unknown))}" if unknown else "", file=sys.stderr, end="")
        print("\n".join(f"needed: {what}" for what in lacking), file=sys.stderr)
        return 2
    absent = {subject.name: f"it needs {what}" for subject in SUBJECTS if (what := subject.missing())}
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # nginx's worker gives up root's rights and must still reach its files
        try:
            with bench(directory) as site:
                absent |= {
                    subject.name: why
                    for subject in SUBJECTS
                    if subject.name not in absent and (why := _not_starting(site, subject))
                }
                subjects = [subject for subject in SUBJECTS if subject.name not in absent]
                found = _measured(site, subjects, chosen.only, QUICK if chosen.quick else FULL)
                about = [*_about(subjects, absent, site), *report.disturbance(found)]
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
        default=MEASUREMENTS,
        help=f"of {','.join(MEASUREMENTS)}: those to run",
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


def _measured(site: Bench, subjects: Sequence[Subject], only: Sequence[str], size: Size) -> Found:
    found = Found()
    if "throughput" in only:
        cases = [Case(subject=one, kind=kind) for kind, several in KINDS.items() for one in several if one in subjects]
        windows = throughput.measure(site, cases, rounds=size.rounds, seconds=size.seconds, tell=_tell)
        found.throughput = {name: figures.throughput(several) for name, several in windows.items()}
    if "latency" in only:
        loads = latency.measure(site, subjects, rounds=size.rounds, seconds=size.seconds, tell=_tell)
        found.latency = {name: figures.latency(several, loads[DIRECT.name]) for name, several in loads.items()}
    if "faults" in only:
        for subject, alone in FAULTY:
            if subject in subjects:
                _measure_faults(site, subject, alone, size, found)
    if "shared" in only:
        windows_by_condition = shared.measure(site, rounds=size.rounds, seconds=size.seconds, tell=_tell)
        baseline = windows_by_condition[shared.BASELINE]
        found.shared = {name: figures.shared(several, baseline) for name, several in windows_by_condition.items()}
    if "comparison" in only:
        _tell("comparison")
        found.comparison = comparison.run(size.pairs)
    if "startup" in only:
        _tell("start-up")
        found.startup = startup.measure()
    return found


def _measure_faults(site: Bench, subject: Subject, alone: Subject, size: Size, found: Found) -> None:
    """`alone`: the same without a candidate."""
    known = found.throughput.get(alone.name)
    if known is None:
        windows = throughput.measure(site, [Case(subject=alone)], rounds=1, seconds=size.seconds, tell=_tell)
        known = figures.throughput(windows[alone.name])
    pace = found.fault_paces[subject.name] = faults.half(site, subject, round(known.per_s / 2), size.seconds, _tell)
    rounds, seconds = size.faults if subject is SHADOWING else size.peer_faults
    loads = faults.measure(site, subject, rate=pace.rate, rounds=rounds, seconds=seconds, tell=_tell)
    found.faults[subject.name] = {
        condition: figures.fault(several, loads[faults.BASELINE]) for condition, several in loads.items()
    }


def _tables(found: Found, budgets: Table) -> list[Table]:
    records = {Case(subject=one, kind=kind).name: one.records for kind, several in KINDS.items() for one in several}
    tables = [budgets]
    if found.throughput:
        tables.append(report.throughput_table(found.throughput, records))
    if found.latency:
        tables.append(report.latency_table(found.latency))
    if found.comparison:
        tables.append(report.comparison_table(found.comparison))
    if found.shared:
        tables.append(report.shared_table(found.shared))
    tables += [
        report.fault_table(name, found.fault_paces[name], conditions) for name, conditions in found.faults.items()
    ]
    return tables


def _about(subjects: Sequence[Subject], absent: dict[str, str], site: Bench) -> list[str]:
    versions = dict.fromkeys(version for subject in subjects if (version := subject.version()))
    lines = [f"{machine.description()}; {', '.join(versions)}; load by {saturate.version()} and benchmarks/load.py."]
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
