"""`python -m benchmarks.soak`: half an hour of load and faults, then whether anything was lost, wrong or kept.

Exit codes: 0 all is well, 1 something is wrong, 2 usage, 4 something of the run itself did not start. The timeline and
the verdict go to stdout, a bar to stderr. Everything listens on 127.0.0.1, and all that was started is ended.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.processes import StartError, end_in_order
from benchmarks.soak import judging, telling
from benchmarks.soak.clients import ClientTally
from benchmarks.soak.driving import Driver, together
from benchmarks.soak.faults import FAULTS, Fault
from benchmarks.soak.judging import PastFault
from benchmarks.soak.memory import STORE, Sizes, wrong_with_memory
from benchmarks.soak.schedule import PlannedFault, Schedule
from benchmarks.soak.serving import ROLES, Serving
from benchmarks.soak.site import Site
from benchmarks.soak.telling import Line

DISK_BYTES = 1 << 30  # of the disk that a fault fills
CLOSED_LOOP_S = 5.0  # of load without a pause, to find half of what is carried
SETTLE_S = 180.0
LOOK_EVERY_S = 1.0
WARM_UP_SHARE, LEAST_SHARE = 0.1, 0.2  # of the run: what of a process's life is not judged, and what at least must be
JUDGED_FROM_MINUTES = 10.0  # in a shorter run memory has not settled


@dataclass(slots=True, kw_only=True)
class Run:
    """What a run does and has seen."""

    site: Site
    seconds: float
    began_s: float = field(default_factory=time.monotonic)
    happened: list[PastFault] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    sizes: Sizes = field(default_factory=Sizes)
    bar: Progress

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self.began_s

    def watch(self, seconds: float) -> None:
        """Let the time pass, and look at every process once a second."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.sizes.look(time.monotonic(), self.site.serving.roles(), self.site.store_holds())
            self.bar.update(self.bar.task_ids[0], completed=self.elapsed_s)
            time.sleep(min(LOOK_EVERY_S, left))

    def make(self, planned: PlannedFault) -> None:
        """One fault, until all is ready again; said at once."""
        fault, began_s = planned.fault, time.monotonic()
        self.bar.update(self.bar.task_ids[0], description=fault.name)
        try:
            fault.begin(self.site)
            self.watch(planned.lasts_s)
            fault.end(self.site)
        except (OSError, redis.RedisError, StartError) as error:
            self.site.serving.complaints.append(f"{fault.name} could not be made or undone: {error!r}")
        ended_s = time.monotonic()
        self.site.serving.until_ready()
        self.happened.append(PastFault(name=fault.name, began_s=began_s, ended_s=ended_s, explains=fault.explains))
        line = Line(at_s=began_s - self.began_s, name=fault.name, lasted_s=time.monotonic() - began_s)
        self.lines.append(line)
        print(telling.line_of(line), flush=True)
        self.bar.update(self.bar.task_ids[0], description="nothing")


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    end_in_order()
    with ExitStack() as stack:
        try:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-")))
            disk = stack.enter_context(_small_disk(directory))
            faults = [each for each in FAULTS if disk is not None or "disk" not in each.name]
            site = Site(directory, disk or directory, random.Random(chosen.seed))
            stack.callback(site.close)
            site.begin()
            print(f"seed {chosen.seed}, {chosen.minutes:g} minutes" + ("" if disk else "; no disk of its own to fill"))
            return _soaked(site, chosen, faults)
        except StartError as error:
            print(error, file=sys.stderr)
            return 4


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description="Load and random faults, then: is the coverage exact, did a client see an error that nothing "
        "explains, is the memory of every role flat.",
        epilog="example: python -m benchmarks.soak --seed 7 --minutes 30",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the order of faults; default 1")
    parser.add_argument("--minutes", type=float, default=30.0, help="how long; default 30")
    parser.add_argument("--rate", type=float, help="requests a second; default half of what is carried without a pause")
    return parser


def _soaked(site: Site, chosen: argparse.Namespace, faults: Sequence[Fault]) -> int:
    told, troubles = [], []
    rate = chosen.rate
    if rate is None:
        began_s = time.monotonic()
        with Driver(site.serving.port, 0.0) as driver:
            time.sleep(CLOSED_LOOP_S)
            told.append(driver.end())
            troubles += driver.troubles
        _settled(site.serving)  # half load is half of what mirror and compare carry as well
        rate = round(told[0].answered / (time.monotonic() - began_s) / 2)
    print(f"{rate:,.0f} requests a second", flush=True)
    with _bar(60 * chosen.minutes) as bar, Driver(site.serving.port, rate) as driver:
        run = Run(site=site, seconds=60 * chosen.minutes, bar=bar)
        _make_faults(run, Schedule(chosen.seed, faults))
        told.append(driver.end())
        troubles += driver.troubles
    coverage = _settled(site.serving)
    report = _reported(site.serving)
    began = time.monotonic()
    site.serving.stop()
    print(f"stopped within {time.monotonic() - began:.1f} s", flush=True)
    return _judged(run, together(told), troubles, coverage, report)


def _make_faults(run: Run, schedule: Schedule) -> None:
    """Until the time is over. In its second half nothing ends a process of ours."""
    while True:
        planned = schedule.next(calm=run.elapsed_s > run.seconds / 2)
        if run.elapsed_s + planned.pause_s + planned.lasts_s > run.seconds:
            run.watch(run.seconds - run.elapsed_s)
            return
        run.watch(planned.pause_s)
        run.make(planned)


def _settled(serving: Serving) -> dict[str, Any] | None:
    """The coverage once nothing is under way, or when that has taken too long; None where nobody answers."""
    found, deadline = None, time.monotonic() + SETTLE_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            found = serving.coverage()
            if found["held"] == found["waiting"] == found["uncompared"] == 0:
                break
        time.sleep(0.5)
    return found


def _reported(serving: Serving) -> dict[str, Any] | None:
    try:
        return serving.report()
    except OSError as error:
        serving.complaints.append(f"there is no report: {error}")
        return None


def _judged(
    run: Run, told: ClientTally, troubles: list[Any], coverage: dict[str, Any] | None, report: dict[str, Any] | None
) -> int:
    explained, left = judging.sorted_out(troubles, run.happened)
    reasons = {(each.name, kind): why for each in run.happened for kind, why in each.explains.items()}
    grown = run.sizes.judged(warm_up_s=WARM_UP_SHARE * run.seconds, least_s=LEAST_SHARE * run.seconds)
    wrong = [
        *run.site.serving.complaints,
        *(f"died by itself: {each}" for each in run.site.serving.died_by_itself()),
        *judging.wrong_with_clients(left, told),
        *(judging.wrong_with_coverage(coverage, told) if coverage else ["nobody tells the coverage"]),
        *(judging.wrong_with_report(report, coverage) if report and coverage else []),
    ]
    memory_judged = run.seconds >= 60 * JUDGED_FROM_MINUTES
    if memory_judged:
        wrong += wrong_with_memory((*ROLES, STORE, "supervisor"), grown)
    lines = [
        "",
        *telling.counts(told, coverage),
        *telling.explained(explained, reasons),
        *telling.unexplained(left, run.lines, run.began_s),
        "logged as errors: "
        + (", ".join(f"{n} x {event}" for event, n in run.site.serving.errors_logged().items()) or "none"),
        "",
        telling.memory_table(grown, judged=memory_judged).text(),
        "",
        *(f"WRONG: {each}" for each in wrong),
        "wrong" if wrong else "all is well",
    ]
    print("\n".join(lines), flush=True)
    return 1 if wrong else 0


@contextmanager
def _bar(seconds: float) -> Iterator[Progress]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        bar.add_task("nothing", total=seconds)
        yield bar


@contextmanager
def _small_disk(directory: Path) -> Iterator[Path | None]:
    """A file system of its own, so that it can be filled; None where we may not mount one."""
    place = directory / "disk"
    place.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "understudy-soak", str(place)]
    if shutil.which("mount") is None or subprocess.run(options, capture_output=True, check=False).returncode != 0:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
