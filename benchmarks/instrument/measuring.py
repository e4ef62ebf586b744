"""A case run through Understudy, with all its roles, and the same measured directly."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from benchmarks.instrument.cases import Case, Estimate, Found, Program
from benchmarks.instrument.clients import Answered, ask
from benchmarks.processes import free_port, running
from benchmarks.subjects.ours import command
from benchmarks.subjects.together import together

_WARM_UP_S = 3.0
_DIRECT_S = 8.0
_SETTLE_S = 20.0
_HEADROOM = 1.3  # some pairs warm up, some do not count


def measure(case: Case, directory: Path, *, pairs: int) -> Found:
    """Raises StartError."""
    program = case.program
    other = program.slower() if case.slower else program
    truth = ratio_of(*(_directly(each, case, directory) for each in (program, other))) if case.slower else 1.0
    with (
        serving(program, directory) as production,
        serving(other, directory) as candidate,
        together(directory, production, candidate) as subject,
    ):
        seconds = _WARM_UP_S + _HEADROOM * pairs / case.load.per_s(program)
        ask(subject.port, case.load.kind, case.load.of(program), seconds)
        return _found(case, _report(subject.config), truth, pairs)


def ratio_of(own: Answered, other: Answered) -> float:
    """Of the medians, at the numbers of requests under way that the one had: how the other queues under clients that
    don't wait is another question.
    """
    took: dict[int, list[float]] = {}
    for under_way, each in other.took_ms:
        took.setdefault(under_way, []).append(each)
    alike = [(under_way, each) for under_way, each in own.took_ms if under_way in took]
    random = Random(7)
    return median(random.choice(took[under_way]) for under_way, _ in alike) / median(each for _, each in alike)


def _directly(program: Program, case: Case, directory: Path) -> Answered:
    """By the clients that the case's own program has."""
    with serving(program, directory) as port:
        return ask(port, case.load.kind, case.load.of(case.program), _DIRECT_S)


@contextmanager
def serving(program: Program, directory: Path) -> Iterator[int]:
    """The port of the program, while the block lasts."""
    port = free_port()
    arguments = [str(each) for each in (port, program.ways, program.takes_us, program.chunks)]
    with running(
        [sys.executable, "-m", "benchmarks.instrument.server", *arguments], core=None, directory=directory, port=port
    ):
        yield port


def _report(config: Path | None) -> dict[str, Any]:
    """Once what was recorded has been compared, or as far as it is in `_SETTLE_S`: one that falls behind never is."""
    deadline = time.monotonic() + _SETTLE_S
    while True:
        said = subprocess.run(
            [command(), "report", "--config", str(config), "--json"], capture_output=True, text=True, timeout=60
        ).stdout
        found: dict[str, Any] = json.loads(said) if said.startswith("{") else {}
        coverage = found.get("coverage", {})
        done = coverage and not coverage["waiting"] + coverage["uncompared"]
        if done or time.monotonic() > deadline:
            return found
        time.sleep(1.0)


def _found(case: Case, report: dict[str, Any], truth: float, wanted: int) -> Found:
    metrics = report["metrics"]
    ratio, paired = metrics["latency.p50_ratio"], metrics["latency.paired_ratio_p50"]
    return Found(
        case=case,
        wanted=wanted,
        pairs=metrics["latency.counted"]["n"],
        counted=metrics["latency.counted"]["value"] or 0.0,
        ratio=_estimate(ratio),
        paired=_estimate(paired),
        production_ms=metrics["latency.production.p50_ms"]["value"],
        candidate_ms=metrics["latency.candidate.p50_ms"]["value"],
        truth=truth,
        lag_p99_ms=metrics["latency.mirror_lag_p99_ms"]["value"],
        said=ratio["reason"] if ratio["value"] is None else "",
    )


def _estimate(metric: dict[str, Any]) -> Estimate:
    return Estimate(metric["value"], metric["lo"], metric["hi"])
